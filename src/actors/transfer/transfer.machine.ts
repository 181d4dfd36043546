import { assign, setup } from 'xstate';
import type { NatterError } from '../../chat/error.js';

/** What the transfer machine asks of the code beside it: the same at a sender, at a receiver and at a server. */
export interface TransferPort {
  /** Asks the other end what is missing. Ends with `OPENED`, `COMPLETE`, `LOST` or `FAILED`. */
  open(): void;
  /** Moves chunks. Ends with `COMPLETE`, `LOST`, `STALLED` or `FAILED`. */
  move(): void;
  /** Moves nothing any more and tells the other end, if it can be reached. */
  halt(): void;
  /** Checks the whole and gives it its final place. Ends with `VERIFIED`, `MISMATCH`, `LOST` or `FAILED`. */
  verify(): void;
  /** It is over, in whichever final state: frees everything, forgets what is half done. */
  settle(): void;
}

export interface TransferContext {
  readonly port: TransferPort;
  /** Why it failed or waits. */
  readonly failure: NatterError | undefined;
  /** How often the whole was wrong. */
  readonly mismatches: number;
}

export type TransferEvent =
  | { readonly type: 'ACCEPT' }
  | { readonly type: 'REJECT' }
  /** It may use the link: there is one, and it is this transfer's turn. */
  | { readonly type: 'TURN' }
  /** The other end knows what is missing. */
  | { readonly type: 'OPENED' }
  /** Every chunk is where it should be. */
  | { readonly type: 'COMPLETE' }
  | { readonly type: 'VERIFIED' }
  /** The whole is not what it should be; the chunks at fault are missing again. */
  | { readonly type: 'MISMATCH'; readonly failure: NatterError }
  /** The link, or who serves the file, is gone for now. */
  | { readonly type: 'LOST' }
  /** Nothing came for too long, or the disk takes nothing now. */
  | { readonly type: 'STALLED'; readonly failure: NatterError }
  | { readonly type: 'PAUSE' }
  | { readonly type: 'RESUME' }
  | { readonly type: 'CANCEL'; readonly failure: NatterError }
  | { readonly type: 'FAILED'; readonly failure: NatterError };

/** A whole that was wrong this often will not become right. */
const MISMATCHES_MAX = 2;

/**
 * One file on its way. Everything between `accepted` and `done` may be begun again at any time: chunks that are
 * verified stay, so `resuming` only asks for what is missing.
 *
 *     offered -> accepted -> resuming -> running -> verifying -> done
 *                   ^   ^-------+----------+-- LOST --+
 *                   |--- RESUME -- paused <-- PAUSE, STALLED            rejected, failed: from everywhere
 */
export const transferMachine = setup({
  types: {
    input: {} as { readonly port: TransferPort },
    context: {} as TransferContext,
    events: {} as TransferEvent,
  },
  actions: {
    open: ({ context }) => context.port.open(),
    move: ({ context }) => context.port.move(),
    halt: ({ context }) => context.port.halt(),
    verify: ({ context }) => context.port.verify(),
    settle: ({ context }) => context.port.settle(),
    keepFailure: assign({ failure: (_, { failure }: { failure: NatterError }) => failure }),
    forgetFailure: assign({ failure: undefined }),
    countMismatch: assign({ mismatches: ({ context }) => context.mismatches + 1 }),
  },
  guards: {
    mayStillBecomeRight: ({ context }) => context.mismatches < MISMATCHES_MAX,
  },
}).createMachine({
  id: 'transfer',
  context: ({ input }) => ({ port: input.port, failure: undefined, mismatches: 0 }),
  initial: 'offered',
  states: {
    offered: {
      on: { ACCEPT: 'accepted' },
    },
    accepted: {
      // The other end may have it open still: one that was lost for a moment is tried again by itself.
      on: { TURN: 'resuming', PAUSE: { target: 'paused', actions: 'halt' } },
    },
    resuming: {
      entry: ['forgetFailure', 'open'],
      on: {
        OPENED: 'running',
        COMPLETE: 'verifying',
        LOST: 'accepted',
        PAUSE: { target: 'paused', actions: 'halt' },
        STALLED: stalled(),
      },
    },
    running: {
      entry: 'move',
      on: {
        COMPLETE: 'verifying',
        LOST: 'accepted',
        PAUSE: { target: 'paused', actions: 'halt' },
        STALLED: stalled(),
      },
    },
    paused: {
      on: { RESUME: 'accepted' },
    },
    verifying: {
      entry: 'verify',
      on: {
        VERIFIED: 'done',
        MISMATCH: [
          { guard: 'mayStillBecomeRight', target: 'resuming', actions: 'countMismatch' },
          { target: 'failed', actions: keepFailure() },
        ],
        LOST: 'accepted',
        STALLED: stalled(),
      },
    },
    done: { type: 'final', entry: 'settle' },
    rejected: { type: 'final', entry: 'settle' },
    failed: { type: 'final', entry: 'settle' },
  },
  on: {
    // Also while it is sent: whom it was meant for does not want it.
    REJECT: { target: '.rejected', actions: 'halt' },
    CANCEL: { target: '.failed', actions: [keepFailure(), 'halt'] },
    FAILED: { target: '.failed', actions: [keepFailure(), 'halt'] },
  },
});

function keepFailure() {
  return {
    type: 'keepFailure' as const,
    params: ({ event }: { event: TransferEvent }) => ({
      failure: (event as { failure: NatterError }).failure,
    }),
  };
}

function stalled() {
  return { target: 'paused' as const, actions: [keepFailure(), 'halt' as const] };
}
