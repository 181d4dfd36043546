import { setup } from 'xstate';
import { CloseCode } from '../../net/types.js';

/** What the session machine asks of the code beside it. */
export interface SessionPort {
  /** Loads the account's conversations; ends with `READY` or `LOST`. */
  prepare(): void;
  /** Attaches to the rooms, shows the account as here, takes in what waited. */
  enter(): void;
  /** Detaches from the rooms, shows this session as gone. */
  leave(): void;
  closeConnection(code: CloseCode, text: string): void;
}

export interface SessionContext {
  readonly port: SessionPort;
}

export type SessionEvent =
  /** A request that may end in a login is under way. */
  | { readonly type: 'AUTHENTICATE' }
  | { readonly type: 'REFUSED' }
  /** The account is known: by a login, or kept by the I/O actor from before this thread's restart. */
  | { readonly type: 'IDENTIFIED' }
  /** The conversations are loaded. */
  | { readonly type: 'READY' }
  /** They cannot be loaded now. */
  | { readonly type: 'LOST' }
  /** The person logged out and may log in again, as somebody else too. */
  | { readonly type: 'LOGOUT' }
  | { readonly type: 'CLOSE'; readonly code: CloseCode; readonly text: string }
  /** The connection is gone. */
  | { readonly type: 'CLOSED' };

/** A registry that restarts is back well within this. */
const RETRY_MS = 250;
/** The I/O actor answers a close at once; a lost answer must not keep the session for ever. */
const CLOSING_MS = 5_000;

/** One connection's life on the server, from the handshake to the last detach. */
export const sessionMachine = setup({
  types: {
    input: {} as SessionContext & { readonly anonymousMs: number },
    context: {} as SessionContext & { readonly anonymousMs: number },
    events: {} as SessionEvent,
  },
  actions: {
    prepare: ({ context }) => context.port.prepare(),
    enter: ({ context }) => context.port.enter(),
    leave: ({ context }) => context.port.leave(),
    closeConnection: ({ context }, { code, text }: { code: CloseCode; text: string }) =>
      context.port.closeConnection(code, text),
    closeUnused: ({ context }) =>
      context.port.closeConnection(CloseCode.Limit, 'Nobody logged in; connect again when ready.'),
  },
  delays: {
    anonymousMs: ({ context }) => context.anonymousMs,
    retryMs: RETRY_MS,
    closingMs: CLOSING_MS,
  },
}).createMachine({
  id: 'session',
  context: ({ input }) => input,
  initial: 'anonymous',
  on: {
    CLOSE: {
      target: '.closing',
      actions: { type: 'closeConnection', params: ({ event: { code, text } }) => ({ code, text }) },
    },
    CLOSED: '.closed',
  },
  states: {
    anonymous: {
      on: { AUTHENTICATE: 'authenticating', IDENTIFIED: 'preparing' },
      after: { anonymousMs: { target: 'closing', actions: 'closeUnused' } },
    },
    authenticating: {
      on: { REFUSED: 'anonymous', IDENTIFIED: 'preparing' },
      after: { anonymousMs: { target: 'closing', actions: 'closeUnused' } },
    },
    preparing: {
      entry: 'prepare',
      on: { READY: 'active', LOST: 'waiting' },
    },
    waiting: {
      after: { retryMs: 'preparing' },
    },
    active: {
      entry: 'enter',
      exit: 'leave',
      on: { LOGOUT: 'anonymous' },
    },
    closing: {
      on: { CLOSE: {} },
      after: { closingMs: 'closed' },
    },
    closed: {
      type: 'final',
    },
  },
});
