import type * as xstate from 'xstate';
import { edgeId } from '../../src/chart/edge-id.js';

/** What one machine of the program did with one event, or on its own. */
export interface Taken {
  /** As XState writes it: where it stood. */
  readonly from: xstate.StateValue;
  readonly event: string;
  /** Ids of edges; none when the event was ignored. */
  readonly edges: readonly string[];
}

/** One machine that the program has started. */
export interface Run {
  readonly machine: xstate.AnyStateMachine;
  readonly value: () => xstate.StateValue;
  readonly taken: Taken[];
}

/** What XState says to a machine that is stopped from outside: it decides nothing. */
export const STOP = 'xstate.stop';

const runs: Run[] = [];

/** Every run of this machine, in the order in which they were started. */
export function runsOf(machine: xstate.AnyStateMachine): readonly Run[] {
  // The program may provide a machine with its actions, which makes another one of the same states.
  return runs.filter((run) => run.machine.config === machine.config);
}

export function forgetRuns(): void {
  runs.length = 0;
}

/**
 * XState, with every machine that the program starts being watched. A test says, before anything else:
 *
 *   vi.mock('xstate', async (original) => (await import('./witness.js')).witnessed(await original()));
 */
export function witnessed(original: typeof xstate): typeof xstate {
  const createActor = (logic: xstate.AnyActorLogic, options?: { readonly inspect?: unknown }) => {
    // Who inspects by itself is no part of the program: the walker's own model.
    if (!isMachine(logic) || options?.inspect !== undefined)
      return original.createActor(logic, options as never);
    const taken: Taken[] = [];
    let at: xstate.StateValue = '';
    const inspect = (inspected: xstate.InspectionEvent) => {
      if (inspected.type === '@xstate.microstep' && inspected.event.type !== STOP) note(inspected);
    };
    const note = ({ event, snapshot, _transitions }: xstate.InspectedMicrostepEvent) => {
      const edges = _transitions.filter(({ eventType }) => eventType !== null).map(edgeId);
      taken.push({ from: at, event: event.type, edges });
      at = (snapshot as xstate.AnyMachineSnapshot).value;
    };
    const actor = original.createActor(logic, { ...options, inspect } as never);
    if (taken.length === 0) at = (actor.getSnapshot() as xstate.AnyMachineSnapshot).value;
    const value = () => (actor.getSnapshot() as xstate.AnyMachineSnapshot).value;
    runs.push({ machine: logic, value, taken });
    return actor;
  };
  return { ...original, createActor: createActor as typeof original.createActor };
}

function isMachine(logic: xstate.AnyActorLogic): logic is xstate.AnyStateMachine {
  return 'root' in logic && 'config' in logic;
}

/** The newest run of this machine. @throws RangeError when the program has started none */
export function lastRun(machine: xstate.AnyStateMachine): Run {
  const run = runsOf(machine).at(-1);
  if (run === undefined) throw new RangeError(`The program has started no ${machine.id}.`);
  return run;
}
