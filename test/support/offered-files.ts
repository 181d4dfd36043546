import { EventKind, Operation } from '../../src/chat/operations.js';
import type { Body, TestClient } from './chat-server.js';

/** Of every file in these tests, as far as their senders say. */
export const HASH = Buffer.alloc(32, 7);
let ids = 0;

/** The body of an Offer with an id of its own. */
export function offerOf(l: number, more: object = {}): { i: Buffer } & Record<string, unknown> {
  return { l, i: Buffer.alloc(16, ++ids), n: 'cat.png', s: 100_000, t: 'image/png', ...more };
}

/** @returns the file's number */
export async function offered(client: TestClient, l: number, more: object = {}): Promise<number> {
  return Number((await client.do(Operation.Offer, offerOf(l, more))).f);
}

/** Offered, supplied, finished: held. */
export async function held(client: TestClient, l: number): Promise<number> {
  const { server } = client;
  const f = await offered(client, l);
  await client.do(Operation.Upload, { f });
  server.blobs.complete(f);
  await client.do(Operation.Finish, { f, h: HASH });
  await server.settle();
  return f;
}

/** The bodies of EVENT File that came, in order. */
export function fileEvents(client: TestClient): Body[] {
  return client
    .events()
    .filter(({ event }) => event === EventKind.File)
    .map(({ body }) => body);
}
