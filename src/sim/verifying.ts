/** Signatures are really made, and each is checked once: a thousand peers would check each a thousand times. */
import { type Verify, verify } from '../net/ring/identity.js';

interface Checked {
  readonly key: Buffer;
  readonly signed: Buffer;
  readonly isGood: boolean;
}

/** Signatures remembered; then all are forgotten. */
const REMEMBERED_MAX = 200_000;

/** As `verify`, with a memory that many peers share. What was signed is compared whole. */
export function sharedVerify(): Verify {
  const checked = new Map<string, Checked>();
  return (key, parts, signature) => {
    const name = signature.toString('latin1');
    const before = checked.get(name);
    if (before?.key.equals(key) && isSame(before.signed, parts)) return before.isGood;
    const isGood = verify(key, parts, signature);
    if (checked.size >= REMEMBERED_MAX) checked.clear();
    checked.set(name, { key: Buffer.from(key), signed: Buffer.concat(parts), isGood });
    return isGood;
  };
}

function isSame(whole: Buffer, parts: readonly Uint8Array[]): boolean {
  let at = 0;
  for (const part of parts) {
    if (whole.compare(part, 0, part.length, at, at + part.length) !== 0) return false;
    at += part.length;
  }
  return at === whole.length;
}
