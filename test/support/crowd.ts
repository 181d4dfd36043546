/** A server with as many sessions as one likes, that nobody runs: what its Inspector would tell. */
import type {
  ActorDetail,
  ActorEvent,
  ActorRow,
  Frame,
  Interest,
  Mishap,
  RingRow,
  ThreadRow,
} from '../../src/actors/inspect/frames.js';

type Listener = (frame: Frame) => boolean;

const STATES = ['anonymous', 'authenticating', 'preparing', 'active'];
const AT = '2026-01-01T00:00:00.000Z';

export class Crowd {
  readonly actors: ActorRow[];
  /** The rings that it takes part in. */
  rings: readonly RingRow[] = [];
  readonly #watchers = new Set<CrowdWatcher>();
  readonly #threads: readonly string[];
  #turn = 0;
  #seq = 0;

  constructor(count: number, threads: readonly string[] = ['core-0', 'core-1']) {
    this.#threads = threads;
    this.actors = Array.from({ length: count }, (_, n) => ({
      thread: threads[n % threads.length] ?? '',
      actor: `session/${n}`,
      machine: 'session',
      state: STATES[0] ?? '',
      mailbox: 0,
      restarts: 0,
      life: 'live' as const,
    }));
  }

  get watchers(): number {
    return this.#watchers.size;
  }

  /** As each frame tells of them. */
  get threads(): ThreadRow[] {
    return this.#threads.map((name) => ({
      name,
      generation: 0,
      up: true,
      actors: Math.ceil(this.actors.length / this.#threads.length),
      deadLetters: 0,
      handled: this.#turn,
      mailbox: 3,
      loopDelayP99Ms: 1.5,
    }));
  }

  watch(listener: Listener): CrowdWatcher {
    const watcher = new CrowdWatcher(listener, () => this.#watchers.delete(watcher));
    this.#watchers.add(watcher);
    listener({ whole: true, at: AT, threads: this.threads, actors: this.actors, rings: this.rings });
    return watcher;
  }

  /**
   * Changes so many actors, and tells every watcher, with so many events of whomever it has chosen.
   * @returns whether all of them could take it
   */
  tick(changed: number, events = 0): boolean {
    const rows = Array.from({ length: changed }, (_, n) =>
      this.#move((this.#turn + n * 7) % this.actors.length),
    );
    this.#turn += changed;
    const took = [...this.#watchers].map((watcher) => {
      const chosen = this.actors.find((row) => `${row.thread} ${row.actor}` === watcher.wanted.chosen);
      return watcher.listener({
        whole: false,
        at: AT,
        threads: this.threads,
        actors: rows,
        ...(chosen && { detail: detailOf(chosen), events: this.#events(events) }),
      });
    });
    return took.every((each) => each);
  }

  /** Tells everybody this. @returns whether all of them could take it */
  tell(frame: Partial<Frame>): boolean {
    const took = [...this.#watchers].map(({ listener }) => listener({ whole: false, at: AT, ...frame }));
    return took.every((each) => each);
  }

  mishap(kind: Mishap['kind'], cause: string, actor = 'session/1'): boolean {
    return this.tell({ mishaps: [{ seq: ++this.#seq, at: AT, kind, thread: 'core-0', actor, cause }] });
  }

  #move(index: number): ActorRow {
    const row = this.actors[index];
    if (row === undefined) throw new RangeError(`there is no actor ${index}`);
    const state = STATES[(STATES.indexOf(row.state) + 1) % STATES.length] ?? '';
    const moved = { ...row, state, mailbox: (row.mailbox + 1) % 17 };
    this.actors[index] = moved;
    return moved;
  }

  #events(count: number): ActorEvent[] {
    return Array.from({ length: count }, (_, n) => ({
      seq: ++this.#seq,
      at: AT,
      kind: n % 2 === 0 ? ('in' as const) : ('out' as const),
      name: 'Publish',
      other: 'room/1',
      bytes: 100 + n,
      edges: [],
      skipped: 0,
    }));
  }
}

class CrowdWatcher {
  readonly listener: Listener;
  /** What is on its screen. */
  wanted: Interest = { chosen: undefined, ring: false };
  readonly #closed: () => void;

  constructor(listener: Listener, closed: () => void) {
    this.listener = listener;
    this.#closed = closed;
  }

  interest(next: Interest): void {
    this.wanted = next;
  }

  close(): void {
    this.#closed();
  }
}

function detailOf(row: ActorRow): ActorDetail {
  return { row, active: ['session', `session.${row.state}`], facts: { unread: row.mailbox } };
}
