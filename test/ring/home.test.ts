import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Home, type HomeOptions, openHome } from '../../src/actors/ring/home.js';
import { communityIdOf } from '../../src/net/ring/community.js';

let data: string;
const homes: Home[] = [];

function home(options: Partial<HomeOptions> = {}): Home {
  const opened = openHome({ data, community: 'lilacs', ...options });
  homes.push(opened);
  return opened;
}

/** As after a restart. */
function again(options: Partial<HomeOptions> = {}): Home {
  for (const open of homes.splice(0)) open.lock.release();
  return home(options);
}

beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'natter-home-'));
});

afterEach(() => {
  for (const open of homes.splice(0)) open.lock.release();
  rmSync(data, { recursive: true, force: true });
});

describe('the home of a peer', () => {
  it('keeps who it is, for all its communities, where nobody else can read it', () => {
    const first = home();
    expect(first.identity.publicKey).toHaveLength(32);
    expect(again({ community: 'roses' }).identity).toEqual(first.identity);
    expect(statSync(join(data, 'ring', 'identity.key')).mode & 0o777).toBe(0o600);
  });

  it('has one owner in each community', () => {
    const lilacs = home();
    const roses = home({ community: 'roses' });
    expect(roses.folder).not.toBe(lilacs.folder);
    expect(() => home()).toThrow(
      expect.objectContaining({ code: 'DATA_LOCKED', message: expect.stringContaining(`${process.pid}`) }),
    );
    again();
  });

  it('is of an open community unless it was closed or came by a key', () => {
    const open = home();
    expect([open.secret, open.terms.psk]).toEqual([undefined, undefined]);
    expect(open.community).toEqual(communityIdOf('lilacs'));
  });

  it('keeps the key of a community that it closed', () => {
    const closed = home({ closed: true });
    expect(closed.secret).toHaveLength(32);
    expect(closed.terms.psk).toEqual(closed.secret);
    expect(closed.community).toEqual(communityIdOf('lilacs', closed.secret));
    const later = again();
    expect([later.secret, later.folder]).toEqual([closed.secret, closed.folder]);
    expect(again({ closed: true }).secret).toEqual(closed.secret);
  });

  it('keeps the key of the link it came by, the newest one', () => {
    const [old, young] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
    expect(home({ secret: old }).secret).toEqual(old);
    expect(again({ closed: true }).secret).toEqual(old);
    expect(again({ secret: young }).secret).toEqual(young);
    expect(again().secret).toEqual(young);
  });

  it('never makes a new identity over a damaged one', () => {
    home();
    const path = join(data, 'ring', 'identity.key');
    const text = readFileSync(path, 'utf8').replace(/"seed":"./, '"seed":"x');
    writeFileSync(path, text);
    expect(() => again()).toThrow(expect.objectContaining({ code: 'DATA_CORRUPT' }));
    expect(readFileSync(path, 'utf8')).toBe(text);
  });
});
