import { type ActorContext, Kind } from '../runtime/actor.js';

/** A session that comes back after its thread died says again what it has open, well within this. */
const RETURN_MS = 10_000;

interface Door {
  /** 16 bytes. */
  readonly account: Buffer;
  upload: boolean;
  download: boolean;
  /** Its session's thread died: it is shut unless the session comes again. */
  timer: unknown;
}

/** The connections that have one file open. Their sessions are watched, since a session may end without a word. */
export class Doors {
  readonly #context: ActorContext;
  readonly #shut: (conn: number) => void;
  readonly #doors = new Map<number, Door>();

  /** @param shut a session did not come back: called while its door is still open */
  constructor(context: ActorContext, shut: (conn: number) => void) {
    this.#context = context;
    this.#shut = shut;
  }

  get size(): number {
    return this.#doors.size;
  }

  /** Over which connection the file comes in, if any. */
  get uploader(): number | undefined {
    for (const [conn, { upload }] of this.#doors) if (upload) return conn;
    return undefined;
  }

  get readers(): number[] {
    return [...this.#doors].filter(([, { download }]) => download).map(([conn]) => conn);
  }

  /** Everybody who has it open, with their accounts. */
  all(): readonly (readonly [conn: number, account: Buffer])[] {
    return [...this.#doors].map(([conn, { account }]) => [conn, account]);
  }

  has(conn: number, what: 'upload' | 'download'): boolean {
    return this.#doors.get(conn)?.[what] ?? false;
  }

  open(conn: number, account: Uint8Array, what: 'upload' | 'download'): void {
    if (what === 'upload' && this.uploader !== conn) this.endUpload();
    let door = this.#doors.get(conn);
    if (!door) {
      door = { account: Buffer.from(account), upload: false, download: false, timer: undefined };
      this.#doors.set(conn, door);
    }
    this.#context.clock.clearTimeout(door.timer);
    this.#context.watch({ kind: Kind.Session, key: conn });
    door[what] = true;
  }

  /** @returns whether it was open */
  close(conn: number, what: 'upload' | 'download'): boolean {
    const door = this.#doors.get(conn);
    if (!door?.[what]) return false;
    door[what] = false;
    if (!door.upload && !door.download) this.#remove(conn, door);
    return true;
  }

  endUpload(): void {
    const { uploader } = this;
    if (uploader !== undefined) this.close(uploader, 'upload');
  }

  closeAll(): void {
    for (const [conn, door] of this.#doors) this.#remove(conn, door);
  }

  /** The thread of this session died. Its connection may live on, and chunks with it. */
  sessionLost(conn: number): void {
    const door = this.#doors.get(conn);
    if (!door) return;
    this.#context.clock.clearTimeout(door.timer);
    door.timer = this.#context.clock.setTimeout(() => this.#shut(conn), RETURN_MS);
  }

  #remove(conn: number, door: Door): void {
    this.#doors.delete(conn);
    this.#context.clock.clearTimeout(door.timer);
    this.#context.unwatch({ kind: Kind.Session, key: conn });
  }
}
