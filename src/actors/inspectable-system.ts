import type { ActorEvent, Mishap } from './inspect/frames.js';
import type { Inspectable, Report } from './inspect/inspectable.js';
import type { RawEvent, RawLetter, RawMishap, RawReport } from './inspect/raw.js';
import { messageName } from './message-name.js';
import type { LookedInto, Looks } from './runtime/looks.js';

/** What an inspector looks into, of a system of threads: their reports, with names for the numbers of messages. */
export function inspectableOf(looks: Looks): Inspectable {
  return {
    look(report) {
      const look = looks.open({
        report: (thread, raw) => report(reportOf(thread, raw)),
        down: ({ name, generation }) => {
          const row = { name, generation, up: false, ...NOTHING };
          report({ thread: name, fresh: true, row });
        },
        mishap: ({ name }, mishap) => report({ thread: name, mishaps: [mishapOf('system', mishap)] }),
      });
      return { wish: ({ chosen }) => look.choose(chosen), close: () => look.close() };
    },
  };
}

const NOTHING = { actors: 0, deadLetters: 0, handled: 0, mailbox: 0, loopDelayP99Ms: 0 };

function reportOf({ name, generation }: LookedInto, raw: RawReport): Report {
  const { fresh, thread, actors, gone, details } = raw;
  const life = String(generation);
  return {
    thread: name,
    fresh,
    ...(thread === undefined ? {} : { row: { name, generation, up: true, ...thread } }),
    actors,
    gone,
    details,
    events: raw.events.map(eventOf),
    mishaps: [
      ...raw.mishaps.map((each) => mishapOf(life, each)),
      ...raw.letters.map((each) => letterOf(life, each)),
    ],
  };
}

function eventOf({
  wall,
  type,
  name,
  ...event
}: RawEvent): { readonly actor: string } & Omit<ActorEvent, 'seq'> {
  const receiver = event.kind === 'out' ? event.other : event.actor;
  return { ...event, at: timeOf(wall), name: type === undefined ? name : messageName(receiver, type) };
}

/** A mishap, and what tells it from every other of its thread. */
function mishapOf(
  life: string,
  { id, wall, ...mishap }: RawMishap,
): { readonly id: string } & Omit<Mishap, 'seq' | 'thread'> {
  return { ...mishap, id: `${life} ${id}`, at: timeOf(wall) };
}

function letterOf(
  life: string,
  { id, wall, reason, type, to, from, bytes }: RawLetter,
): ReturnType<typeof mishapOf> {
  const cause = `${messageName(to, type)} from ${from}, ${bytes} bytes: ${REASONS[reason] ?? reason}`;
  return { id: `${life} letter ${id}`, at: timeOf(wall), kind: 'dead letter', actor: to, cause };
}

const REASONS: Readonly<Record<string, string>> = {
  nobody: 'nobody of that kind lives there',
  mailbox: 'its mailbox was full',
  outbox: 'too much waited for its thread already',
  gone: 'it was gone',
};

function timeOf(wall: number): string {
  return new Date(wall).toISOString();
}
