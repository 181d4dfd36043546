/** `natter tail`: prints the entries of one conversation as they come. */
import type { ClientEvent, Room, Target } from '../../chat/events.js';
import { nameKey } from '../../chat/name.js';
import { sanitiseLine } from '../../chat/text.js';
import { Absence } from '../absence.js';
import { type Console, print, tell } from '../console.js';
import { Deferred } from '../deferred.js';
import { Exit } from '../exit.js';
import { messageLines } from '../format.js';
import { joinedLine, messageLine, presenceLine, printJson } from '../json.js';
import { PATIENCE_MS } from '../patience.js';
import { type LoginOptions, openClient, type Session, withSession } from '../session.js';

export interface TailOptions extends LoginOptions {
  readonly room: Target;
  readonly since?: number;
  readonly untilIdle?: number;
  readonly json?: boolean;
}

export function run(
  options: TailOptions,
  _args: readonly string[],
  console: Console,
  open = openClient,
  patienceMs = PATIENCE_MS,
): Promise<Exit> {
  return withSession(options, console, open, (session) => new Tail(options, session, patienceMs).run(), {
    patienceMs,
  });
}

class Tail {
  readonly #options: TailOptions;
  readonly #session: Session;
  readonly #absence: Absence;
  readonly #end = new Deferred<Exit>();
  /** What came before `joined` was printed; that line is always first. */
  #early: ClientEvent[] | undefined = [];
  #room: Target;
  #isCaughtUp = false;
  #idle: NodeJS.Timeout | undefined;

  constructor(options: TailOptions, session: Session, patienceMs: number) {
    this.#options = options;
    this.#session = session;
    this.#absence = new Absence(patienceMs, () => this.#end.reject(session.patience.silence()));
    this.#room = options.room;
  }

  async run(): Promise<Exit> {
    const { client, console, patience } = this.#session;
    this.#session.onEvent = (event) => (this.#early ? this.#early.push(event) : this.#take(event));
    const onStop = () => this.#end.resolve(Exit.Done);
    console.stopped.addEventListener('abort', onStop);
    try {
      if (console.stopped.aborted) return Exit.Done;
      const room = await patience.wait(this.#follow(client));
      this.#joined(room);
      return await this.#end.promise;
    } finally {
      console.stopped.removeEventListener('abort', onStop);
      clearTimeout(this.#idle);
      this.#absence.clear();
    }
  }

  #follow(client: Session['client']): Promise<Room> {
    const { room, since } = this.#options;
    return since === undefined ? client.follow(room) : client.follow(room, since);
  }

  #joined(room: Room): void {
    const { console } = this.#session;
    this.#room = room.room;
    if (this.#options.json) printJson(console, joinedLine(room));
    else
      tell(
        console,
        `${sanitiseLine(room.room)}: ${room.head} ${room.head === 1 ? 'entry' : 'entries'} so far.`,
      );
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const event of early) this.#take(event);
  }

  #take(event: ClientEvent): void {
    const { console } = this.#session;
    switch (event.event) {
      case 'message':
        if (event.history || event.message.seq === 0 || !this.#isHere(event.message.room)) return;
        if (this.#options.json) printJson(console, messageLine(event.message));
        else for (const line of messageLines(event.message)) print(console, line);
        this.#restartIdle();
        return;
      case 'caughtUp':
        if (!this.#isHere(event.room)) return;
        this.#isCaughtUp = true;
        this.#restartIdle();
        return;
      case 'presence':
        if (!this.#isHere(event.room)) return;
        if (this.#options.json) printJson(console, presenceLine(event, event.room));
        else tell(console, `${sanitiseLine(event.user)} is ${event.state}.`);
        return;
      case 'link':
        this.#absence.link(event.state === 'live');
        return;
      case 'error':
        tell(console, sanitiseLine(event.message));
        return;
      default:
        return;
    }
  }

  #isHere(room: Target): boolean {
    return nameKey(room) === nameKey(this.#room);
  }

  #restartIdle(): void {
    const { untilIdle } = this.#options;
    if (untilIdle === undefined || !this.#isCaughtUp) return;
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => this.#end.resolve(Exit.Done), untilIdle);
  }
}
