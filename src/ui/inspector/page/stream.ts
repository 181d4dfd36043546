import type { Frame, Interest } from '../../../actors/inspect/frames.js';
import { type Api, ApiError } from './api.js';

/**
 * `live`: frames come. `lost`: the program does not answer; tried again and again. `old`: it is another process now,
 * and this link is no longer its. `full`: too many pages watch. `asleep`: nobody looks at this page.
 */
export type StreamState = 'connecting' | 'live' | 'lost' | 'old' | 'full' | 'asleep';

export interface StreamHooks {
  readonly frame: (frame: Frame) => void;
  readonly state: (state: StreamState) => void;
}

const RETRY_MS = 500;
const RETRY_MAX_MS = 8_000;
/** The server says something at least every 2 s; this much silence is a broken connection. */
const SILENCE_MS = 7_000;
/** A page that nobody looks at ends its stream: it costs the program something, and a browser allows only six. */
const UNSEEN_MS = 5_000;

/** The frames of the program that is watched, for as long as the page is open: it comes back by itself. */
export class Stream {
  readonly #api: Api;
  readonly #hooks: StreamHooks;
  #source: EventSource | undefined;
  #id = '';
  #interest: Interest = { chosen: undefined, ring: false };
  #state: StreamState = 'connecting';
  #retryMs = RETRY_MS;
  #timer = 0;
  #unseenTimer = 0;
  #isSaying = false;

  constructor(api: Api, hooks: StreamHooks) {
    this.#api = api;
    this.#hooks = hooks;
    document.addEventListener('visibilitychange', () => this.#seen());
    addEventListener('online', () => this.retry());
    void this.#connect();
  }

  get state(): StreamState {
    return this.#state;
  }

  /** What this page shows; said again whenever a stream begins. */
  interest(next: Interest): void {
    this.#interest = { ...next };
    void this.#sayInterest();
  }

  /** Tries at once instead of later. */
  retry(): void {
    if (this.#source !== undefined || this.#state === 'asleep') return;
    this.#retryMs = RETRY_MS;
    void this.#connect();
  }

  async #connect(): Promise<void> {
    clearTimeout(this.#timer);
    const refused = await this.#refused();
    if (this.#state === 'asleep' || this.#source !== undefined) return;
    if (refused !== undefined) return this.#later(refused);
    const source = new EventSource(this.#api.address('/api/frames'));
    this.#source = source;
    this.#listenOut();
    source.addEventListener('hello', ({ data }) => {
      this.#id = (JSON.parse(data) as { readonly stream: string }).stream;
      this.#retryMs = RETRY_MS;
      this.#turn('live');
      void this.#sayInterest();
    });
    source.addEventListener('frame', ({ data }) => {
      this.#listenOut();
      this.#hooks.frame(JSON.parse(data) as Frame);
    });
    source.addEventListener('beat', () => this.#listenOut());
    // Its own way of trying again asks for ever, also where the link is old: ours asks first what is the matter.
    source.addEventListener('error', () => this.#broke());
  }

  /** Why there can be no stream now; undefined when there can. */
  async #refused(): Promise<StreamState | undefined> {
    try {
      return (await this.#api.hello()).full ? 'full' : undefined;
    } catch (error) {
      return error instanceof ApiError && error.status === 403 ? 'old' : 'lost';
    }
  }

  #broke(): void {
    if (this.#state === 'asleep') this.#end();
    else this.#later('lost');
  }

  #end(): void {
    clearTimeout(this.#timer);
    this.#source?.close();
    this.#source = undefined;
    this.#id = '';
  }

  #later(state: StreamState): void {
    this.#end();
    this.#turn(state);
    // An old link will never be a new one: only a person can do something then.
    if (state === 'old') return;
    this.#timer = setTimeout(() => void this.#connect(), this.#retryMs);
    this.#retryMs = Math.min(RETRY_MAX_MS, this.#retryMs * 2);
  }

  #listenOut(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#later('lost'), SILENCE_MS);
  }

  #seen(): void {
    clearTimeout(this.#unseenTimer);
    if (document.hidden) {
      this.#unseenTimer = setTimeout(() => this.#sleep(), UNSEEN_MS);
    } else if (this.#state === 'asleep') {
      this.#turn('connecting');
      void this.#connect();
    }
  }

  #sleep(): void {
    this.#end();
    this.#turn('asleep');
  }

  #turn(state: StreamState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#hooks.state(state);
  }

  /** One after the other: two requests at once may arrive in either order, and the later must win. */
  async #sayInterest(): Promise<void> {
    if (this.#isSaying) return;
    this.#isSaying = true;
    let said: { readonly id: string; readonly interest: Interest } | undefined;
    while (this.#id !== '' && (said?.id !== this.#id || said.interest !== this.#interest)) {
      said = { id: this.#id, interest: this.#interest };
      // A stream that ended meanwhile is replaced, and the next one is told.
      await this.#api.post('/api/interest', { stream: said.id, ...said.interest }).catch(() => undefined);
    }
    this.#isSaying = false;
  }
}
