import type { ActorRow } from '../inspect/frames.js';
import type { Inspectable, Report } from '../inspect/inspectable.js';
import type { Supervisor } from './supervisor.js';
import type { TapEvent } from './tap.js';

/** Reports made of what a supervisor's tap shows. */
export function inspectableOf(system: Supervisor): Inspectable {
  return {
    look(report) {
      const rows = new Map<string, Omit<ActorRow, 'thread'>>();
      const close = system.tap((thread, event) => {
        const told = reportOf(thread, event, rows);
        if (told !== undefined) report(told);
      });
      return { wish: () => undefined, close };
    },
  };
}

function reportOf(
  thread: string,
  event: TapEvent,
  rows: Map<string, Omit<ActorRow, 'thread'>>,
): Report | undefined {
  const { actor } = event;
  const key = `${thread} ${actor}`;
  const row = rows.get(key) ?? {
    actor,
    machine: undefined,
    state: '',
    mailbox: 0,
    restarts: 0,
    life: 'live' as const,
  };
  const put = (next: Omit<ActorRow, 'thread'>): Report => {
    rows.set(key, next);
    return { thread, actors: [next] };
  };
  switch (event.channel) {
    case 'born':
      return put({ ...row, life: 'live' });
    case 'died':
      rows.delete(key);
      return { thread, gone: [actor] };
    case 'restarting':
      return put({ ...row, life: 'restarting', restarts: row.restarts + 1 });
    case 'state':
      return put({ ...row, state: event.state });
    default:
      return undefined;
  }
}
