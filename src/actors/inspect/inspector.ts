import type { Interest } from './frames.js';
import type { Inspectable, Look, Report } from './inspectable.js';
import { Known, keyOf } from './known.js';
import { ThreadNames } from './thread-names.js';
import { type FrameListener, Watcher } from './watcher.js';

const TICK_MS = 100;
const NOTHING: Interest = { chosen: undefined, ring: false };

export interface Watch {
  /** What is on the screen from now on; replaces what was before. */
  interest(next: Interest): void;
  close(): void;
}

/**
 * Looks into running systems on behalf of any number of watchers. While there are none it asks nobody for anything,
 * and the systems pay nothing.
 */
export class Inspector {
  /** Undefined while nobody watches. */
  readonly #systems = new Map<Inspectable, Look | undefined>();
  readonly #names = new ThreadNames<Inspectable>();
  readonly #watchers = new Set<Watcher>();
  readonly #known = new Known();
  #timer: NodeJS.Timeout | undefined;

  constructor(systems: readonly Inspectable[] = []) {
    for (const system of systems) this.#systems.set(system, undefined);
  }

  /** Shows one more, until the returned function is called: a chat may start a server, or go over to a ring. */
  add(system: Inspectable): () => void {
    this.#systems.set(system, this.#watchers.size === 0 ? undefined : this.#look(system));
    this.#wish();
    return () => this.#remove(system);
  }

  /**
   * Frames come from now on, at most ten a second; the first holds everything that is known by then.
   * @param listener answers false when it cannot take a frame now: what it says comes with a later one
   */
  watch(listener: FrameListener, interest: Interest = NOTHING): Watch {
    if (this.#watchers.size === 0) this.#begin();
    const watcher = new Watcher(this.#known, listener, interest);
    this.#watchers.add(watcher);
    this.#wish();
    return {
      interest: (next) => {
        if (!this.#watchers.has(watcher)) return;
        watcher.want(next);
        this.#wish();
      },
      close: () => this.#leave(watcher),
    };
  }

  /** Nobody is told anything any more. */
  close(): void {
    if (this.#watchers.size > 0) this.#end();
    this.#watchers.clear();
  }

  #begin(): void {
    this.#known.clear();
    for (const system of this.#systems.keys()) this.#systems.set(system, this.#look(system));
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
    this.#timer.unref();
  }

  #end(): void {
    clearInterval(this.#timer);
    for (const [system, look] of this.#systems) {
      look?.close();
      this.#systems.set(system, undefined);
    }
  }

  #look(system: Inspectable): Look {
    return system.look((report) => {
      const { name, isNew } = this.#names.shown(system, report.thread);
      this.#take(name === report.thread ? report : renamed(report, name));
      // Somebody may have chosen an actor of it by the name that nobody had so far.
      if (isNew) this.#wish();
    });
  }

  #remove(system: Inspectable): void {
    const look = this.#systems.get(system);
    this.#systems.delete(system);
    look?.close();
    for (const thread of this.#names.release(system)) this.#known.forget(thread);
    if (look !== undefined) for (const watcher of this.#watchers) watcher.renew();
  }

  #take(report: Report): void {
    const changes = this.#known.take(report);
    for (const watcher of this.#watchers) watcher.note(report, changes);
  }

  #tick(): void {
    const at = new Date().toISOString();
    for (const watcher of [...this.#watchers]) {
      try {
        watcher.tell(at);
      } catch {
        // One who cannot take what is shown sees nothing more; everybody else goes on, and so does what is watched.
        this.#leave(watcher);
      }
    }
  }

  #leave(watcher: Watcher): void {
    if (!this.#watchers.delete(watcher)) return;
    if (this.#watchers.size === 0) this.#end();
    else this.#wish();
  }

  #wish(): void {
    const interests = [...this.#watchers].map(({ interest }) => interest);
    const chosen = new Set(interests.flatMap((each) => (each.chosen === undefined ? [] : [each.chosen])));
    this.#known.keepDetails(chosen);
    const ring = interests.some((each) => each.ring);
    for (const [system, look] of this.#systems) look?.wish({ chosen: this.#ownOf(system, chosen), ring });
  }

  /** Of those that are chosen the ones that may be this system's, as it calls them itself. */
  #ownOf(system: Inspectable, chosen: ReadonlySet<string>): string[] {
    return [...chosen].flatMap((key) => {
      const at = key.indexOf(' ');
      const thread = this.#names.own(system, key.slice(0, at));
      return thread === undefined ? [] : [keyOf(thread, key.slice(at + 1))];
    });
  }
}

/** The same of a thread that is shown by another name than its own. */
function renamed(report: Report, thread: string): Report {
  const { row } = report;
  return { ...report, thread, ...(row === undefined ? {} : { row: { ...row, name: thread } }) };
}
