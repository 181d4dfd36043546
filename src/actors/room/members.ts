import { nameKey } from '../../chat/name.js';
import type { WhoReply } from '../../chat/operations.js';
import { Reader, Writer } from '../../net/bytes.js';
import { WHO_PER_REPLY } from '../../net/constants.js';
import { ASK_MS } from '../asking.js';
import { PresenceMessage } from '../messages.js';
import type { Identified } from '../registry/bodies.js';
import { idKey } from '../registry/state.js';
import type { ActorContext } from '../runtime/actor.js';
import { PRESENCE } from '../singletons.js';

interface Member {
  readonly account: Buffer;
  readonly name: string;
  readonly sortKey: string;
}

/** Who belongs to a room. Everyone belongs to the lobby, so that it needs no list. */
export class Members {
  readonly #byAccount = new Map<string, Member>();
  #everyone = false;

  load(members: readonly Identified[], everyone: boolean): void {
    this.#everyone = everyone;
    for (const { a, n } of members) this.add(a, n);
  }

  get size(): number {
    return this.#byAccount.size;
  }

  has(account: Uint8Array): boolean {
    return this.#everyone || this.#byAccount.has(idKey(account));
  }

  /** Of somebody listed. */
  nameOf(account: Uint8Array): string | undefined {
    return this.#byAccount.get(idKey(account))?.name;
  }

  /** Of everybody listed: of nobody in the lobby. */
  accounts(): readonly Buffer[] {
    return [...this.#byAccount.values()].map(({ account }) => account);
  }

  add(account: Uint8Array, name: string): void {
    if (this.#everyone) return;
    this.#byAccount.set(idKey(account), { account: Buffer.from(account), name, sortKey: nameKey(name) });
  }

  remove(account: Uint8Array): void {
    this.#byAccount.delete(idKey(account));
  }

  /** Members in the order of their names, after one of them, each with the state that presence knows. */
  async who(context: ActorContext, after: string): Promise<WhoReply> {
    const key = nameKey(after);
    const page = [...this.#byAccount.values()]
      .filter(({ sortKey }) => sortKey > key)
      .sort((a, b) => (a.sortKey < b.sortKey ? -1 : 1))
      .slice(0, WHO_PER_REPLY);
    const writer = new Writer(64, 1 << 16).varint(page.length);
    for (const { account } of page) writer.bytes(account);
    const reader = new Reader(await context.ask(PRESENCE, PresenceMessage.States, writer.view(), ASK_MS));
    reader.varint();
    return {
      u: page.map(({ name }) => ({
        n: name,
        s: reader.u8() as WhoReply['u'][number]['s'],
        v: reader.varint(),
      })),
    };
  }
}
