import { packCbor, unpackCbor } from './cbor.js';
import type { ActorContext } from './runtime/actor.js';
import { BLOBS, REGISTRY } from './singletons.js';

/** Within the client's own patience (20 s), above what a commit on a slow disk takes. */
export const ASK_MS = 8_000;

/** Asks the registry; body and answer are the CBOR shapes of registry/bodies.ts. */
export async function askRegistry<T extends object>(
  context: ActorContext,
  type: number,
  body: object,
  deadlineMs = ASK_MS,
): Promise<T> {
  return unpackCbor<T>(await context.ask(REGISTRY, type, packCbor(body), deadlineMs));
}

/** Asks blobs; body and answer are the CBOR shapes of blobs/bodies.ts. Where there is nothing to say the answer is empty. */
export async function askBlobs<T extends object>(
  context: ActorContext,
  type: number,
  body: object,
  deadlineMs = ASK_MS,
): Promise<T> {
  const answer = await context.ask(BLOBS, type, packCbor(body), deadlineMs);
  return answer.length === 0 ? ({} as T) : unpackCbor<T>(answer);
}
