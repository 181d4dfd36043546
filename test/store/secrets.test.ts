import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  keyPairOf,
  newKeyPair,
  opaqueSetup,
  readKeyPair,
  serverKeys,
  writeKeyPair,
} from '../../src/store/keys.js';
import { Profile } from '../../src/store/profile.js';
import { temporaryFolder } from './support.js';

test('a key pair is made once, privately, and comes back', () => {
  const folder = temporaryFolder();
  const first = serverKeys(folder);
  expect(serverKeys(folder)).toEqual(first);
  expect(first.publicKey).toHaveLength(32);
  expect(serverKeys(temporaryFolder()).publicKey).not.toEqual(first.publicKey);
  expect(readdirSync(folder)).toEqual(['server.key']);
  if (process.platform !== 'win32') expect(statSync(join(folder, 'server.key')).mode & 0o777).toBe(0o600);
});

test('a damaged key file is named and left as it is', () => {
  const folder = temporaryFolder();
  const path = join(folder, 'server.key');
  serverKeys(folder);
  const good = readFileSync(path, 'utf8');
  const other = newKeyPair().publicKey.toString('hex');
  const bad = [
    '',
    'garbage',
    '{}',
    good.slice(0, 80),
    good.replace(/"public":"[0-9a-f]{64}"/, `"public":"${other}"`),
  ];
  for (const text of bad) {
    writeFileSync(path, text);
    expect(() => serverKeys(folder)).toThrow(expect.objectContaining({ code: 'DATA_CORRUPT' }));
    expect(() => serverKeys(folder)).toThrow(path);
    expect(readFileSync(path, 'utf8')).toBe(text);
  }
});

test('the OPAQUE setup is made once and never replaced', () => {
  const folder = temporaryFolder();
  expect(opaqueSetup(folder, () => 'first')).toBe('first');
  expect(opaqueSetup(folder, () => 'second')).toBe('first');
  writeFileSync(join(folder, 'opaque.key'), '{"format":1}');
  expect(() => opaqueSetup(folder, () => 'third')).toThrow(expect.objectContaining({ code: 'DATA_CORRUPT' }));
});

test('a key pair can be kept that was made elsewhere', () => {
  const path = join(temporaryFolder(), 'device.key');
  expect(readKeyPair(path)).toBeUndefined();
  const keys = newKeyPair();
  writeKeyPair(path, keys);
  expect(keyPairOf(path)).toEqual(keys);
});

test('a pinned key stays until it is forgotten', async () => {
  const folder = temporaryFolder();
  const profile = new Profile(folder);
  const [key, other] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
  expect(profile.pinOf('a:1')).toBeUndefined();
  await profile.pin('a:1', key, 'fp');
  await profile.pin('a:1', key, 'fp');
  await expect(profile.pin('a:1', other, 'fp2')).rejects.toMatchObject({ code: 'KEY_CHANGED' });
  expect(new Profile(folder).pinOf('a:1')).toEqual({ server: 'a:1', key, fingerprint: 'fp' });
  expect(await profile.forget('a:1')).toBe(true);
  expect(await profile.forget('a:1')).toBe(false);
  await profile.pin('a:1', other, 'fp2');
  expect(profile.servers()).toEqual(['a:1']);
});

test('logins, the last use and settings are kept per server and user', async () => {
  const folder = temporaryFolder();
  const profile = new Profile(folder);
  expect(profile.device('a:1', 'ana', { create: false })).toBeUndefined();
  const device = profile.device('a:1', 'ana', { create: true });
  expect(profile.device('a:1', 'ana', { create: false })).toEqual(device);
  expect(profile.device('a:1', '__proto__', { create: true }).publicKey).not.toEqual(device.publicKey);
  expect(profile.remembered('a:1', 'ana')).toBeUndefined();
  await profile.remember('a:1', 'ana', Buffer.alloc(16, 5));
  await profile.remember('a:1', '__proto__', Buffer.alloc(16, 6));
  await profile.used('a:1', 'ana');
  await profile.set('city', 'Wien');
  const again = new Profile(folder);
  expect(again.remembered('a:1', 'ana')?.account).toEqual(Buffer.alloc(16, 5));
  expect(again.logins().map((login) => login.user)).toEqual(['ana', '__proto__']);
  expect(again.lastLogin()).toEqual({ server: 'a:1', user: 'ana' });
  expect([again.setting('city'), again.setting('at')]).toEqual(['Wien', undefined]);
  await again.forgetLogin('a:1', 'ana');
  expect(profile.remembered('a:1', 'ana')).toBeUndefined();
  expect(profile.device('a:1', 'ana', { create: false })).toBeUndefined();
});

test('a folder that is gone is told in a sentence', async () => {
  const folder = temporaryFolder();
  const profile = new Profile(folder);
  await profile.used('a:1', 'ana');
  rmSync(folder, { recursive: true });
  await expect(profile.used('a:1', 'bo')).rejects.toMatchObject({
    code: 'DATA_UNWRITABLE',
    message: expect.stringContaining(`The data folder ${folder} cannot be written`),
  });
});

test('changes of several profiles over one folder are all kept', async () => {
  const folder = temporaryFolder();
  await Promise.all(
    Array.from({ length: 10 }, (_, index) =>
      new Profile(folder).pin(`h:${index}`, Buffer.alloc(32, index), `fp${index}`),
    ),
  );
  expect(new Profile(folder).servers()).toHaveLength(10);
});

test('a damaged profile is named and never written over', async () => {
  const folder = temporaryFolder();
  const path = join(folder, 'profile.json');
  for (const text of ['', '{"format":1', '[]', '{"format":9}', '{"format":1,"pins":[{"server":1}]}']) {
    writeFileSync(path, text);
    const profile = new Profile(folder);
    expect(() => profile.pinOf('a:1')).toThrow(path);
    await expect(profile.set('city', 'Wien')).rejects.toMatchObject({ code: 'DATA_CORRUPT' });
    expect(readFileSync(path, 'utf8')).toBe(text);
  }
});
