import { type ErrorCode, NatterError } from '../../src/chat/error.js';
import { Operation } from '../../src/chat/operations.js';
import { type TestClient, TestServer } from '../support/chat-server.js';
import { HASH, offered } from '../support/offered-files.js';
import type { ModelEvent } from './model.js';

const LOBBY = 1;
export const RETRY_MS = 250;
export const ASSURE_MS = 10_000;

export interface World {
  /** Its sender has it open over a connection. */
  open: boolean;
  /** All chunks are at the server. */
  whole: boolean;
  /** The sender has said what the whole should be. */
  hash: boolean;
  /** What blobs has not answered yet. */
  slow: 'nothing' | 'open' | 'finish';
  /** Something failed that passes: it is tried again by itself. */
  again: boolean;
  /** How often the whole was another. */
  wrong: number;
}

export interface Real {
  readonly server: TestServer;
  ada: TestClient;
  readonly ben: TestClient;
  readonly f: number;
  /** So much of what blobs was asked has been looked at. */
  looked: number;
}

const failure = new NatterError('STALLED', 'It is told why.');

export function sent(...types: string[]): ModelEvent[] {
  return types.map((type) => ({ type, failure }));
}

/** What comes after `TURN`. */
export function opened({ whole, hash }: World): string[] {
  if (!whole) return ['OPENED'];
  return hash ? ['COMPLETE', 'OPENED', 'VERIFIED'] : ['COMPLETE', 'OPENED'];
}

export async function offer(): Promise<Real> {
  const server = new TestServer();
  const ada = await server.register('ada');
  const ben = await server.register('ben');
  const f = await offered(ada, LOBBY);
  await ben.do(Operation.Download, { f });
  return { server, ada, ben, f, looked: server.blobs.asked.length };
}

/** Asks and lets everything happen that follows; an answer may not come. */
export async function ask({ server, ada }: Real, operation: Operation, body: object): Promise<void> {
  ada.ask(operation, body);
  await server.settle();
}

export async function answerLate({ server }: Real): Promise<void> {
  server.blobs.silent.clear();
  server.blobs.answerSilenced();
  await server.settle();
}

export const upload = (real: Real) => ask(real, Operation.Upload, { f: real.f });
export const finish = (real: Real) => ask(real, Operation.Finish, { f: real.f, h: HASH });

/** Blobs refuses the next of these. */
export function refused(type: number, code: ErrorCode, act: (real: Real) => Promise<void>) {
  return async (real: Real) => {
    real.server.blobs.refusals.set(type, code);
    await act(real);
  };
}
