import { askBlobs } from '../asking.js';
import type { ByConnection, CloseFile } from '../blobs/bodies.js';
import { BlobsMessage } from '../messages.js';
import { type ActorContext, Kind } from '../runtime/actor.js';

/** A session that comes back after its thread died says again what it has open, well within this. */
const RETURN_MS = 10_000;
/** What is open is said to blobs again this often. */
const ASSURE_MS = 10_000;

/** A file may be open over a connection to be sent, to be fetched, or both. */
export type Way = 'upload' | 'download';

interface Door {
  /** 16 bytes. */
  readonly account: Buffer;
  upload: boolean;
  download: boolean;
  /** Its session's thread died: it is shut unless the session comes again. */
  timer: unknown;
}

export interface DoorsOptions {
  readonly context: ActorContext;
  /** A session did not come back; its doors are still open. */
  readonly shut: (conn: number) => void;
  /** Has the upload said to blobs again, if there is one. */
  readonly assureUpload: () => void;
}

/**
 * The connections that have one file open. Their sessions are watched, since a session may end without a word; and
 * blobs is told again and again what is open, since it forgets that when it alone fails and is restarted, of which
 * nobody hears.
 */
export class Doors {
  readonly #options: DoorsOptions;
  readonly #context: ActorContext;
  readonly #file: number;
  readonly #doors = new Map<number, Door>();
  #assuring: unknown;

  constructor(options: DoorsOptions) {
    this.#options = options;
    this.#context = options.context;
    this.#file = options.context.self.key;
  }

  get size(): number {
    return this.#doors.size;
  }

  /** Over which connection the file comes in, if any. */
  get uploader(): number | undefined {
    for (const [conn, { upload }] of this.#doors) if (upload) return conn;
    return undefined;
  }

  /** Everybody who has it open, with their accounts. */
  all(): readonly (readonly [conn: number, account: Buffer])[] {
    return [...this.#doors].map(([conn, { account }]) => [conn, account]);
  }

  has(conn: number, way: Way): boolean {
    return this.#doors.get(conn)?.[way] ?? false;
  }

  /** Notes that a connection has it open; only one may upload. Blobs is not told yet. */
  open(conn: number, account: Uint8Array, way: Way): void {
    if (way === 'upload' && this.uploader !== conn) this.endUpload();
    let door = this.#doors.get(conn);
    if (!door) {
      door = { account: Buffer.from(account), upload: false, download: false, timer: undefined };
      this.#doors.set(conn, door);
    }
    this.#context.clock.clearTimeout(door.timer);
    this.#context.watch({ kind: Kind.Session, key: conn });
    door[way] = true;
    this.#assureLater();
  }

  /** Blobs takes wants of that connection from now on. */
  async openDownload(conn: number): Promise<void> {
    const open: ByConnection = { f: this.#file, c: conn };
    await askBlobs(this.#context, BlobsMessage.OpenDownload, open);
  }

  /** @returns once blobs supplies nothing more, if it was a download */
  async close(conn: number, way: Way): Promise<void> {
    const door = this.#doors.get(conn);
    if (!door?.[way]) return;
    door[way] = false;
    if (!door.upload && !door.download) this.#remove(conn, door);
    if (way === 'upload') return;
    const close: CloseFile = { f: this.#file, c: conn, u: false };
    // Blobs hears from io as well when a connection is gone, and one that died has nothing open.
    await askBlobs(this.#context, BlobsMessage.Close, close).catch(() => undefined);
  }

  endUpload(): void {
    const { uploader } = this;
    if (uploader !== undefined) void this.close(uploader, 'upload');
  }

  /** The file is gone, for blobs too. */
  forgetAll(): void {
    for (const [conn, door] of this.#doors) this.#remove(conn, door);
  }

  /**
   * Says to blobs what is open for fetching. What it knows already changes nothing.
   * @param opened called for each connection that it has taken
   */
  assure(opened: (conn: number) => void = () => {}): void {
    for (const [conn, { download }] of this.#doors) {
      if (!download) continue;
      this.openDownload(conn).then(
        () => opened(conn),
        // Refused or not answered: it is said again, and the reader asks for itself when nothing comes.
        () => undefined,
      );
    }
  }

  /** The thread of this session died. Its connection may live on, and chunks with it. */
  sessionLost(conn: number): void {
    const door = this.#doors.get(conn);
    if (!door) return;
    this.#context.clock.clearTimeout(door.timer);
    door.timer = this.#context.clock.setTimeout(() => this.#options.shut(conn), RETURN_MS);
  }

  #assureLater(): void {
    this.#assuring ??= this.#context.clock.setTimeout(() => {
      this.#assuring = undefined;
      if (this.#doors.size === 0) return;
      this.#options.assureUpload();
      this.assure();
      this.#assureLater();
    }, ASSURE_MS);
  }

  #remove(conn: number, door: Door): void {
    this.#doors.delete(conn);
    this.#context.clock.clearTimeout(door.timer);
    this.#context.unwatch({ kind: Kind.Session, key: conn });
  }
}
