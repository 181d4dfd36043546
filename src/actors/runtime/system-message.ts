import type { Address, Kind } from './actor.js';

const TERMINATED_BYTES = 8;
const THREAD_RESTARTED_BYTES = 5;

/** Body of SystemMessage.Terminated: kind u8, key u48, reason u8. */
export function encodeTerminated({ kind, key }: Address, reason: number): Buffer {
  const body = Buffer.alloc(TERMINATED_BYTES);
  body.writeUInt8(kind, 0);
  body.writeUIntBE(key, 1, 6);
  body.writeUInt8(reason, 7);
  return body;
}

/** Who died, and why (DeathReason). */
export function decodeTerminated(body: Buffer): { readonly address: Address; readonly reason: number } {
  const address = { kind: body.readUInt8(0) as Kind, key: body.readUIntBE(1, 6) };
  return { address, reason: body.readUInt8(7) };
}

/** Body of SystemMessage.ThreadRestarted: thread u8, generation u32. */
export function encodeThreadRestarted(thread: number, generation: number): Buffer {
  const body = Buffer.alloc(THREAD_RESTARTED_BYTES);
  body.writeUInt8(thread, 0);
  body.writeUInt32BE(generation, 1);
  return body;
}

export function decodeThreadRestarted(body: Buffer): {
  readonly thread: number;
  readonly generation: number;
} {
  return { thread: body.readUInt8(0), generation: body.readUInt32BE(1) };
}
