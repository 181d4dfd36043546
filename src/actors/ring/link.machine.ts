import { setup } from 'xstate';
import { DIAL_STAGGER_MS, HELLO_PATIENCE_MS } from '../../net/ring/constants.js';

/** How long the first comparing of what both have may take before a link counts as live all the same. */
const SYNC_PATIENCE_MS = 10_000;

/** What the link machine asks of the code beside it. */
export interface LinkPort {
  /** Starts a handshake with the next address. With none left and none under way: `EXHAUSTED`; was it dialled by the other end: `OPENED`. */
  dialNext(): void;
  /** Whether there is an address that was not tried. */
  hasMoreAddresses(): boolean;
  /** Gives up the handshakes still under way. */
  abandonDials(): void;
  /** Both have said HELLO: frames may flow. */
  link(): void;
  /** It is over: closes its wires, tells whoever counted on it. */
  end(): void;
}

export interface LinkContext {
  readonly port: LinkPort;
}

export type LinkEvent =
  /** A handshake has succeeded: a wire is there. */
  | { readonly type: 'OPENED' }
  /** No address answered. */
  | { readonly type: 'EXHAUSTED' }
  /** The other end's HELLO came and holds. */
  | { readonly type: 'GREETED' }
  /** Both have what the other had, or need not compare. */
  | { readonly type: 'SYNCED' }
  /** It is silent, and others were asked about it. */
  | { readonly type: 'SUSPECTED' }
  | { readonly type: 'TRUSTED' }
  /** The last wire is gone. */
  | { readonly type: 'LOST' }
  /** Dead, not needed by either side, refused, or another link of the same peer has its wires now. */
  | { readonly type: 'CLOSE' };

/**
 * One link to one peer, from an address to the last frame.
 *
 *     dialling -> handshaking -> syncing -> live <-> suspect        gone: from everywhere
 *
 * `handshaking` lasts from the proven key to the other's HELLO. Frames flow from `syncing` on.
 */
export const linkMachine = setup({
  types: {
    input: {} as LinkContext,
    context: {} as LinkContext,
    events: {} as LinkEvent,
  },
  actions: {
    dialNext: ({ context }) => context.port.dialNext(),
    abandonDials: ({ context }) => context.port.abandonDials(),
    link: ({ context }) => context.port.link(),
    end: ({ context }) => context.port.end(),
  },
  guards: {
    hasMoreAddresses: ({ context }) => context.port.hasMoreAddresses(),
  },
  delays: {
    stagger: DIAL_STAGGER_MS,
    helloPatience: HELLO_PATIENCE_MS,
    syncPatience: SYNC_PATIENCE_MS,
  },
}).createMachine({
  id: 'link',
  context: ({ input }) => input,
  initial: 'dialling',
  on: { LOST: '.gone', CLOSE: '.gone' },
  states: {
    dialling: {
      entry: 'dialNext',
      // Not on its exit, which is also the way to the next address: each is tried beside those before it.
      on: { OPENED: { target: 'handshaking', actions: 'abandonDials' }, EXHAUSTED: 'gone' },
      after: { stagger: { guard: 'hasMoreAddresses', target: 'dialling', reenter: true } },
    },
    handshaking: {
      on: { GREETED: 'syncing' },
      after: { helloPatience: 'gone' },
    },
    syncing: {
      entry: 'link',
      on: { SYNCED: 'live', SUSPECTED: 'suspect' },
      after: { syncPatience: 'live' },
    },
    live: {
      on: { SUSPECTED: 'suspect' },
    },
    suspect: {
      on: { TRUSTED: 'live' },
    },
    gone: {
      type: 'final',
      entry: ['abandonDials', 'end'],
    },
  },
});
