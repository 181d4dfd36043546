import { type Actor, type ActorOptions, type AnyStateMachine, createActor, type InputFrom } from 'xstate';
import type { ActorContext } from './runtime/actor.js';
import type { MachineOptions } from './runtime/machine-subject.js';

/**
 * Starts one of many machines within an actor, as a root of its own (`HostedMachine` is for the one machine
 * that is the actor's own life, and ends it). Its timers are the actor's, and when one of its
 * actions throws, that actor fails and is restarted. (XState alone would rethrow it where nobody is, which
 * ends the thread.)
 * @param facts counts and times for an inspector
 */
export function startMachine<M extends AnyStateMachine>(
  context: Pick<ActorContext, 'clock' | 'tap'>,
  machine: M,
  input: InputFrom<M>,
  facts?: MachineOptions['facts'],
): Actor<M> {
  const root = prepareMachine(context, machine, input, facts);
  root.start();
  return root;
}

/** As `startMachine`, not started yet. */
export function prepareMachine<M extends AnyStateMachine>(
  context: Pick<ActorContext, 'clock' | 'tap'>,
  machine: M,
  input: InputFrom<M>,
  facts?: MachineOptions['facts'],
): Actor<M> {
  // XState makes `input` optional or required by M, which is not known here.
  const options = { input, clock: context.clock } as unknown as ActorOptions<M> & { input: InputFrom<M> };
  const root = createActor(machine, options as never) as Actor<M>;
  context.tap?.machine(root as unknown as Actor<AnyStateMachine>, { facts });
  root.subscribe({
    error: (error) =>
      context.clock.setTimeout(() => {
        throw error;
      }, 0),
  });
  return root;
}
