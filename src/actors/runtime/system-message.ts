import type { Address } from './actor.js';

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

/** Body of SystemMessage.ThreadRestarted: thread u8, generation u32. */
export function encodeThreadRestarted(thread: number, generation: number): Buffer {
  const body = Buffer.alloc(THREAD_RESTARTED_BYTES);
  body.writeUInt8(thread, 0);
  body.writeUInt32BE(generation, 1);
  return body;
}
