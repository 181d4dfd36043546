import type { ReportedThread } from './reporter.js';
import type { Subject } from './subject.js';
import type { ActorSystem } from './system.js';
import type { Tap } from './tap.js';

const NOT_MEASURED = { deadLetters: 0, handled: 0, mailbox: 0, loopDelayP99Ms: 0 };

/** A thread of actors, for its `Reporter`. @param loopDelayP99Ms 0 where it is not measured */
export function reportedThread(system: ActorSystem, loopDelayP99Ms: () => number): ReportedThread {
  const { tap, clock, deadLetters, cells } = system;
  function* subjects(): Iterable<Subject> {
    yield* cells.all();
    yield* tap.machines;
  }
  return {
    tap,
    clock,
    deadLetters,
    subjects,
    named: (name) => subjectNamed(name, subjects()),
    figures: () => {
      const {
        actors,
        deadLetters: letters,
        messagesHandled: handled,
        mailboxDepthSum: mailbox,
      } = system.stats();
      const count = Object.values(actors).reduce((sum, each) => sum + each, tap.machines.size);
      return { actors: count, deadLetters: letters, handled, mailbox, loopDelayP99Ms: loopDelayP99Ms() };
    },
  };
}

/** A thread without actors, of which only machines are seen: a client's. */
export function reportedMachines(tap: Tap, clock: ReportedThread['clock']): ReportedThread {
  return {
    tap,
    clock,
    subjects: () => tap.machines,
    named: (name) => subjectNamed(name, tap.machines),
    figures: () => ({ actors: tap.machines.size, ...NOT_MEASURED }),
  };
}

function subjectNamed(name: string, subjects: Iterable<Subject>): Subject | undefined {
  for (const subject of subjects) if (subject.name === name) return subject;
  return undefined;
}
