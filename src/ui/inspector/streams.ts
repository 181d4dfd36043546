import { randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { maxLength, object, optional, parse, pipe, string, boolean as truth, ValiError } from 'valibot';
import type { Frame } from '../../actors/inspect/frames.js';
import { NatterError } from '../../chat/error.js';
import { json, type OpenAnswer, type Route } from './route.js';
import type { FrameSource, Watcher } from './source.js';

const STREAMS_MAX = 8;
/** The page takes longer silence for a broken connection (page/stream.ts). */
const BEAT_MS = 2_000;
/** Who reads nothing for so long is gone, or asleep; they come again. */
const STUCK_MS = 30_000;

const interest = object({
  stream: pipe(string(), maxLength(64)),
  chosen: optional(pipe(string(), maxLength(200))),
  ring: truth(),
});

/** Everybody who watches: one stream of server-sent events each (WHATWG HTML, section 9.2). */
export class Streams {
  readonly #source: FrameSource;
  readonly #open = new Map<string, Stream>();

  constructor(source: FrameSource) {
    this.#source = source;
  }

  get isFull(): boolean {
    return this.#open.size >= STREAMS_MAX;
  }

  get routes(): readonly Route[] {
    return [
      { method: 'GET', path: '/api/frames', answer: () => this.#answer() },
      { method: 'POST', path: '/api/interest', answer: ({ body }) => this.#interest(body) },
    ];
  }

  close(): void {
    for (const stream of this.#open.values()) stream.close();
  }

  #answer(): OpenAnswer | ReturnType<typeof json> {
    if (this.isFull) return json({ code: 'BUSY', message: 'Too many pages watch already; close one.' }, 503);
    return {
      open: (response) => {
        const id = randomBytes(9).toString('base64url');
        const stream = new Stream(id, response, this.#source, () => this.#open.delete(id));
        this.#open.set(id, stream);
      },
    };
  }

  #interest(body: unknown): ReturnType<typeof json> {
    const { stream, chosen, ring } = checked(body);
    const open = this.#open.get(stream);
    if (open === undefined)
      throw new NatterError('BAD_ARGUMENT', 'That stream is closed; open another one first.');
    open.watcher.interest({ chosen, ring });
    return json({});
  }
}

function checked(body: unknown) {
  try {
    return parse(interest, body);
  } catch (error) {
    if (!(error instanceof ValiError)) throw error;
    throw new NatterError(
      'BAD_ARGUMENT',
      'Say which stream, whom it has chosen and whether it sees the ring.',
    );
  }
}

/** One page that watches. It is told nothing while its connection is full: the source keeps what it missed. */
class Stream {
  readonly watcher: Watcher;
  readonly #response: ServerResponse;
  readonly #beat: NodeJS.Timeout;
  readonly #closed: () => void;
  #isFull = false;
  #stuck: NodeJS.Timeout | undefined;

  constructor(id: string, response: ServerResponse, source: FrameSource, closed: () => void) {
    this.#response = response;
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
    response.on('drain', () => {
      this.#isFull = false;
      clearTimeout(this.#stuck);
    });
    this.#say('hello', { stream: id });
    this.watcher = source.watch((frame) => this.#take(frame));
    this.#beat = setInterval(() => this.#say('beat', {}), BEAT_MS);
    // Not the answer's own end: one that waits behind another answer never hears of it.
    response.req.socket.once('close', () => this.close());
    this.#closed = closed;
  }

  /** Ends it, and the watching with it. */
  close(): void {
    clearInterval(this.#beat);
    clearTimeout(this.#stuck);
    this.watcher.close();
    this.#response.destroy();
    this.#closed();
  }

  #take(frame: Frame): boolean {
    if (this.#isFull) return false;
    this.#say('frame', frame);
    return true;
  }

  #say(event: string, data: unknown): void {
    if (this.#isFull || this.#response.destroyed) return;
    if (this.#response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)) return;
    this.#isFull = true;
    this.#stuck = setTimeout(() => this.close(), STUCK_MS);
  }
}
