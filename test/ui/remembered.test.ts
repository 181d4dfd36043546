import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Profile } from '../../src/store/profile.js';
import { HERE, lastLogin, profileOf, rememberRing } from '../../src/ui/remembered.js';

const ACCOUNT = Buffer.alloc(16);
const A = 'chat.example.org:7777';
const B = '127.0.0.1:7900';

let folder: string;
let profile: Profile;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'natter-remembered-'));
  profile = new Profile(folder);
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('a start that names no server', () => {
  test('goes where this device was last, if it is remembered there', async () => {
    expect(lastLogin(profile)).toEqual({});
    await profile.used(A, 'ana');
    expect(lastLogin(profile)).toEqual({});
    await profile.remember(A, 'ana', ACCOUNT);
    expect(lastLogin(profile)).toEqual({ server: A, user: 'ana', here: false });
    await profile.set(HERE, A);
    expect(lastLogin(profile)).toEqual({ server: A, user: 'ana', here: true });
  });

  test('goes to the ring or to the server, whichever was used last', async () => {
    await profile.remember(A, 'ana', ACCOUNT);
    await profile.used(A, 'ana');
    await profile.usedRing('walkers', 'mia');
    expect(lastLogin(profile)).toEqual({ ring: 'walkers', user: 'mia', goesTo: 'ring' });
    expect(lastLogin(profile, A)).toEqual({ user: 'ana' });
    await profile.used(A, 'ana');
    expect(lastLogin(profile)).toEqual({ ring: 'walkers', server: A, user: 'ana', here: false });
  });

  test('offers the ring of before where the last login is not remembered', async () => {
    await profile.usedRing('walkers', 'mia');
    await profile.used(A, 'ana');
    expect(lastLogin(profile)).toEqual({ ring: 'walkers', user: 'mia' });
  });

  test('fails by nothing that could not be noted of a ring', async () => {
    const blocked = join(folder, 'file');
    writeFileSync(blocked, '');
    await rememberRing(blocked, 'walkers', 'mia');
    const data = join(folder, 'data');
    await rememberRing(data, 'walkers', 'mia');
    expect(lastLogin(await profileOf(data)).ring).toBe('walkers');
  });
});

describe('a start that names a server', () => {
  test('is that of the newest login there, however the address is written', async () => {
    await profile.remember(A, 'ana', ACCOUNT);
    await profile.remember(A, 'bo', ACCOUNT);
    expect(lastLogin(profile, 'chat.example.org')).toEqual({ user: 'bo' });
    expect(lastLogin(profile, B)).toEqual({});
  });

  test('is that of who was there last, if they are still remembered', async () => {
    await profile.remember(A, 'ana', ACCOUNT);
    await profile.remember(A, 'bo', ACCOUNT);
    await profile.used(A, 'ana');
    expect(lastLogin(profile, A)).toEqual({ user: 'ana' });
    await profile.forgetLogin(A, 'ana');
    expect(lastLogin(profile, A)).toEqual({ user: 'bo' });
  });

  test('is nobody in particular at the server of this machine, where a second terminal is somebody else', async () => {
    await profile.remember(B, 'ana', ACCOUNT);
    await profile.set(HERE, B);
    expect(lastLogin(profile, B)).toEqual({});
  });
});
