import { NatterError } from '../../chat/error.js';
import { Writer } from '../../net/bytes.js';
import { ASK_MS, askRegistry } from '../asking.js';
import { packCbor, unpackCbor } from '../cbor.js';
import type { Downlink } from '../downlink.js';
import { GroupsMessage, PresenceMessage, RegistryMessage } from '../messages.js';
import type * as Body from '../registry/bodies.js';
import type { ActorContext } from '../runtime/actor.js';
import { GROUPS, PRESENCE } from '../singletons.js';
import type { OpenFile } from './open-files.js';
import type { Author } from './posts.js';

const NOTHING = Buffer.alloc(0);
/** A password proven this long ago still allows to change it. */
const PROOF_MS = 5 * 60 * 1000;
/** While a session is up its device is marked as used this often, well within the life of a temporary one. */
const SEEN_MS = 6 * 3600 * 1000;

/** What the I/O actor keeps for a session, CBOR. w: away; o: open files; g: cell and t: when it was told, see Place. */
interface Identity extends Body.Identified {
  readonly w: boolean;
  readonly o: readonly OpenFile[];
  readonly g: string;
  readonly t: number;
}

/** Where the client says it is. */
interface Place {
  /** Empty: nowhere, or nothing was said. */
  readonly cell: string;
  /** When it said so, ms since 1970; 0 while it has not. */
  readonly at: number;
}

const UNSAID: Place = { cell: '', at: 0 };

/** Who is logged in at a session, and where else that is known: to presence, registry and the I/O actor. */
export class Standing {
  /** The device's static key, 32 bytes. */
  device: Buffer = NOTHING;
  /** Whoever is logged in, or about to be. */
  author: Author | undefined;
  /** The files that are open: `keep` after a change. */
  openFiles: readonly OpenFile[] = [];
  /** The client said goodbye: where it was is nobody's business any more. */
  hasLeft = false;
  readonly #context: ActorContext;
  readonly #downlink: Downlink;
  readonly #forgotten: () => void;
  #away = false;
  #place = UNSAID;
  #provedAt = Number.NEGATIVE_INFINITY;
  #seenTimer: unknown;

  /** @param forgotten the author's account has this device no more */
  constructor(context: ActorContext, downlink: Downlink, forgotten: () => void) {
    this.#context = context;
    this.#downlink = downlink;
    this.#forgotten = forgotten;
  }

  /** Takes up what the I/O actor kept from before a restart. */
  restore(identity: Buffer): void {
    const { a, n, w, o, g, t } = unpackCbor<Identity>(identity);
    this.openFiles = o;
    this.author = { account: Buffer.from(a), name: n };
    this.#away = w;
    this.#place = { cell: g, at: t };
  }

  /** The author is logged in: the others may know. */
  begin(): void {
    this.keep();
    this.enterPresence();
    this.enterGroups();
    this.#confirmLater();
  }

  end(): void {
    this.#context.clock.clearTimeout(this.#seenTimer);
    this.#context.unwatch(PRESENCE);
    this.#tell(PresenceMessage.Exit, new Writer(16));
    this.#context.unwatch(GROUPS);
    const exit = new Writer(16).varint(this.#context.self.key).u8(this.hasLeft ? 1 : 0);
    this.#context.tell(GROUPS, GroupsMessage.Exit, exit.view());
    this.hasLeft = false;
    this.author = undefined;
    this.openFiles = [];
    this.#away = false;
    this.#place = UNSAID;
    this.#provedAt = Number.NEGATIVE_INFINITY;
  }

  /** Also when presence has come back and knows nobody. */
  enterPresence(): void {
    if (!this.author) return;
    this.#context.watch(PRESENCE);
    // Away from the first moment on: the others must not see somebody come who only reconnects.
    this.#tell(PresenceMessage.Enter, new Writer(128), (writer, { account, name }) =>
      writer
        .bytes(account)
        .text(name)
        .u8(this.#away ? 1 : 0),
    );
    // Presence passes on that a device was forgotten, and did not know of this session until now.
    void this.#confirm();
  }

  /** Also when groups has come back and knows nobody. */
  enterGroups(): void {
    if (!this.author) return;
    this.#context.watch(GROUPS);
    this.#context.tell(GROUPS, GroupsMessage.Enter, this.#told(this.author));
  }

  /** Ends when the account is in the groups around there. @param cell empty: nowhere any more */
  async settle(cell: string): Promise<void> {
    const author = this.requireAuthor();
    // The same again is no news, and must not count as later than what another device said since.
    if (cell !== this.#place.cell || this.#place.at === 0)
      this.#place = { cell, at: this.#context.clock.wall() };
    this.keep();
    await this.#context.ask(GROUPS, GroupsMessage.Here, this.#told(author), ASK_MS);
  }

  #told({ account, name }: Author): Uint8Array {
    const { cell, at } = this.#place;
    const writer = new Writer(128).varint(this.#context.self.key).bytes(account).text(name);
    return writer.text(cell).varint(at).view();
  }

  setAway(away: boolean): void {
    this.#away = away;
    this.keep();
    this.#tellAway();
  }

  proved(): void {
    this.#provedAt = this.#context.clock.now();
  }

  /** @throws NatterError NOT_ALLOWED */
  requireProof(): void {
    if (this.#context.clock.now() - this.#provedAt <= PROOF_MS) return;
    throw new NatterError(
      'NOT_ALLOWED',
      'Log in with your current password first; that holds for 5 minutes.',
    );
  }

  /** @throws NatterError NOT_LOGGED_IN */
  requireAuthor(): Author {
    if (!this.author) throw new NatterError('NOT_LOGGED_IN', 'Log in first.');
    return this.author;
  }

  /** Has the connection remember all this, for the session after this one if its thread dies. */
  keep(): void {
    if (!this.author) return;
    const { account, name } = this.author;
    const { cell: g, at: t } = this.#place;
    const identity: Identity = { a: account, n: name, w: this.#away, o: this.openFiles, g, t };
    this.#downlink.identity(packCbor(identity));
  }

  /** The connection comes back as nobody if its thread dies now. */
  dropIdentity(): void {
    this.#downlink.identity(NOTHING);
  }

  #tellAway(): void {
    this.#tell(PresenceMessage.Away, new Writer(16), (writer) => writer.u8(this.#away ? 1 : 0));
  }

  #tell(type: number, writer: Writer, more?: (writer: Writer, author: Author) => void): void {
    writer.varint(this.#context.self.key);
    if (this.author) more?.(writer, this.author);
    this.#context.tell(PRESENCE, type, writer.view());
  }

  /** Marks the device as in use, if it still is one of the author's. */
  async #confirm(): Promise<void> {
    const { author, device } = this;
    if (!author) return;
    const use: Body.DeviceOf = { a: author.account, k: device };
    try {
      await askRegistry(this.#context, RegistryMessage.DeviceSeen, use);
    } catch (error) {
      // A registry that does not answer now says nothing about the device.
      const gone = error instanceof NatterError && error.code === 'DEVICE_UNKNOWN';
      if (gone && this.author === author) this.#forgotten();
    }
  }

  #confirmLater(): void {
    const again = (): void => {
      void this.#confirm();
      this.#confirmLater();
    };
    this.#seenTimer = this.#context.clock.setTimeout(again, SEEN_MS);
  }
}
