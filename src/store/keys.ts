/**
 * Secrets that are made once and kept: key pairs, the seed of a peer, keys of communities, the server's OPAQUE
 * setup. Files of mode 0600.
 */
import { linkSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import sodium from 'sodium-native';
import { KEY_BYTES } from '../net/constants.js';
import { IDENTITY_SEED_BYTES } from '../net/ring/constants.js';
import type { KeyPair } from '../net/types.js';
import { syncFolder, writeFileAtomic } from './atomic.js';
import { corrupt } from './faults.js';
import { asObject } from './json.js';

const FORMAT = 1;

/** A new X25519 key pair. */
export function newKeyPair(): KeyPair {
  const publicKey = Buffer.alloc(KEY_BYTES);
  const secretKey = Buffer.alloc(KEY_BYTES);
  sodium.randombytes_buf(secretKey);
  sodium.crypto_scalarmult_base(publicKey, secretKey);
  return { publicKey, secretKey };
}

/** A server's static key. @throws NatterError DATA_CORRUPT */
export const serverKeys = (folder: string): KeyPair => keyPairOf(join(folder, 'server.key'));

/** @returns the key pair in a file, which is made at the first call. @throws NatterError DATA_CORRUPT */
export function keyPairOf(path: string): KeyPair {
  return readKeyPair(path) ?? parseKeyPair(path, createOnce(path, keyPairText(newKeyPair())));
}

/** Undefined when there is no such file. @throws NatterError DATA_CORRUPT */
export function readKeyPair(path: string): KeyPair | undefined {
  const text = readSecret(path);
  return text === undefined ? undefined : parseKeyPair(path, text);
}

/** Writes a key pair that exists already; an older one in that file is replaced. */
export function writeKeyPair(path: string, keys: KeyPair): void {
  writeFileAtomic(path, keyPairText(keys));
}

/**
 * The server's OPAQUE setup string. Losing it locks everybody out, so it is never made anew over a damaged one.
 * @param create makes it at the first call
 * @throws NatterError DATA_CORRUPT
 */
export function opaqueSetup(folder: string, create: () => string): string {
  const path = join(folder, 'opaque.key');
  const text =
    readSecret(path) ?? createOnce(path, `${JSON.stringify({ format: FORMAT, setup: create() })}\n`);
  const { format, setup } = parse(path, text);
  if (format !== FORMAT || typeof setup !== 'string' || setup === '')
    throw corrupt(path, 'no OPAQUE setup in it');
  return setup;
}

/** 32 random bytes that are made at the first call. @throws NatterError DATA_CORRUPT */
export function seedOf(path: string): Buffer {
  return readSeed(path) ?? parseSeed(path, createOnce(path, seedText(newSeed())));
}

/** Undefined when there is no such file. @throws NatterError DATA_CORRUPT */
export function readSeed(path: string): Buffer | undefined {
  const text = readSecret(path);
  return text === undefined ? undefined : parseSeed(path, text);
}

/** Keeps 32 bytes that came from elsewhere; older ones in that file are replaced. */
export function writeSeed(path: string, seed: Buffer): void {
  writeFileAtomic(path, seedText(seed));
}

function newSeed(): Buffer {
  const seed = Buffer.alloc(IDENTITY_SEED_BYTES);
  sodium.randombytes_buf(seed);
  return seed;
}

function seedText(seed: Buffer): string {
  return `${JSON.stringify({ format: FORMAT, seed: seed.toString('hex') })}\n`;
}

function parseSeed(path: string, text: string): Buffer {
  const fields = parse(path, text);
  if (fields.format !== FORMAT) throw corrupt(path, `format ${String(fields.format)}`);
  return keyOf(path, fields.seed);
}

function readSecret(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Two processes may come here at once: the first one's file counts for both. */
function createOnce(path: string, text: string): string {
  const candidate = `${path}.${process.pid}.new`;
  writeFileAtomic(candidate, text);
  try {
    linkSync(candidate, path);
    syncFolder(join(path, '..'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
      // No hard links on this file system: then the last one counts.
      writeFileAtomic(path, text);
    }
  } finally {
    rmSync(candidate, { force: true });
  }
  return readFileSync(path, 'utf8');
}

function keyPairText(keys: KeyPair): string {
  const hex = {
    format: FORMAT,
    public: keys.publicKey.toString('hex'),
    secret: keys.secretKey.toString('hex'),
  };
  return `${JSON.stringify(hex)}\n`;
}

function parseKeyPair(path: string, text: string): KeyPair {
  const fields = parse(path, text);
  if (fields.format !== FORMAT) throw corrupt(path, `format ${String(fields.format)}`);
  const publicKey = keyOf(path, fields.public);
  const secretKey = keyOf(path, fields.secret);
  const derived = Buffer.alloc(KEY_BYTES);
  sodium.crypto_scalarmult_base(derived, secretKey);
  if (!derived.equals(publicKey)) throw corrupt(path, 'its two keys do not belong together');
  return { publicKey, secretKey };
}

function keyOf(path: string, value: unknown): Buffer {
  if (typeof value !== 'string' || !/^[0-9a-f]{64}$/.test(value)) throw corrupt(path, 'no key in it');
  return Buffer.from(value, 'hex');
}

function parse(path: string, text: string): Record<string, unknown> {
  try {
    return asObject(JSON.parse(text));
  } catch (error) {
    throw corrupt(path, error instanceof Error ? error.message : String(error), error);
  }
}
