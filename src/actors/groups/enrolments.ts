import { NatterError } from '../../chat/error.js';
import { Writer } from '../../net/bytes.js';
import { ASK_MS, askRegistry } from '../asking.js';
import { RegistryMessage, RoomMessage } from '../messages.js';
import { passes } from '../refusal.js';
import type * as Body from '../registry/bodies.js';
import { type ActorContext, Kind } from '../runtime/actor.js';

/** Accounts in one message. */
const ENROL_MAX = 500;
/** A thread that died is back well within these. */
const TRIES_MAX = 5;
const RETRY_MS = 500;

/** What groups decides, carried out: rooms are told who belongs to them, and told again when they fail meanwhile. */
export class Enrolments {
  readonly #context: ActorContext;

  constructor(context: ActorContext) {
    this.#context = context;
  }

  /** Has somebody who is in a cell now (empty: nowhere) enter and leave what that means. */
  async settle(account: Buffer, cell: string): Promise<void> {
    const plan: Body.GeoPlan = { a: account, c: cell };
    const { e, g } = await this.#insist(() =>
      askRegistry<Body.GeoPlanned>(this.#context, RegistryMessage.GeoPlan, plan),
    );
    for (const log of g) await this.#ask(log, RoomMessage.Dismiss, accountsBody(new Writer(64), [account]));
    for (const log of e) await this.enrol(log, [account], false);
  }

  /** @param isExplicit they asked for it themselves */
  async enrol(log: number, accounts: readonly Buffer[], isExplicit: boolean): Promise<void> {
    for (let from = 0; from < accounts.length; from += ENROL_MAX) {
      const some = accounts.slice(from, from + ENROL_MAX);
      const writer = new Writer(64 + some.length * 16, 1 << 16).u8(isExplicit ? 1 : 0);
      await this.#ask(log, RoomMessage.Enrol, accountsBody(writer, some));
    }
  }

  dismantle(log: number): Promise<void> {
    return this.#ask(log, RoomMessage.Dismantle, new Uint8Array());
  }

  /** A room that is not there any more has nobody to be told. */
  async #ask(log: number, type: number, body: Uint8Array): Promise<void> {
    const room = { kind: Kind.Room, key: log } as const;
    try {
      await this.#insist(() => this.#context.ask(room, type, body, ASK_MS));
    } catch (error) {
      if (!(error instanceof NatterError) || error.code !== 'NO_SUCH_ROOM') throw error;
    }
  }

  async #insist<T>(ask: () => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        return await ask();
      } catch (error) {
        if (!passes(error) || tries === TRIES_MAX) throw error;
        await new Promise<void>((resolve) => this.#context.clock.setTimeout(resolve, RETRY_MS));
      }
    }
  }
}

function accountsBody(writer: Writer, accounts: readonly Buffer[]): Uint8Array {
  writer.varint(accounts.length);
  for (const account of accounts) writer.bytes(account);
  return writer.view();
}
