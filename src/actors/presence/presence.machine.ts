import { setup } from 'xstate';
import { PresenceState } from '../../chat/operations.js';

/** What the presence machine asks of the code beside it. */
export interface PresencePort {
  /** Tells the lobby, unless it was told the same last. */
  publish(state: PresenceState): void;
  /** The account has been gone long enough. */
  forget(): void;
}

export interface PresenceContext {
  readonly port: PresencePort;
  readonly lingerMs: number;
}

export type PresenceEvent =
  /** A session is here and not away. */
  | { readonly type: 'HERE' }
  /** All sessions are away. */
  | { readonly type: 'AWAY' }
  /** The last session is gone. */
  | { readonly type: 'NOBODY' };

/** One account as others see it. It lingers after its last session, so that a reconnect makes no flicker. */
export const presenceMachine = setup({
  types: {
    input: {} as PresenceContext,
    context: {} as PresenceContext,
    events: {} as PresenceEvent,
  },
  actions: {
    publishOnline: ({ context }) => context.port.publish(PresenceState.Online),
    publishAway: ({ context }) => context.port.publish(PresenceState.Away),
    publishOffline: ({ context }) => context.port.publish(PresenceState.Offline),
    forget: ({ context }) => context.port.forget(),
  },
  delays: { lingerMs: ({ context }) => context.lingerMs },
}).createMachine({
  id: 'presence',
  context: ({ input }) => input,
  initial: 'online',
  states: {
    online: {
      entry: 'publishOnline',
      on: { AWAY: 'away', NOBODY: 'lingering' },
    },
    away: {
      entry: 'publishAway',
      on: { HERE: 'online', NOBODY: 'lingering' },
    },
    lingering: {
      on: { HERE: 'online', AWAY: 'away' },
      after: { lingerMs: 'offline' },
    },
    offline: {
      type: 'final',
      entry: ['publishOffline', 'forget'],
    },
  },
});
