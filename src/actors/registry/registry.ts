import { Reader } from '../../net/bytes.js';
import { packCbor, unpackCbor } from '../cbor.js';
import { RegistryMessage } from '../messages.js';
import { type Actor, type ActorContext, type Held, type Message, SystemMessage } from '../runtime/actor.js';
import { Accounts, type AccountsOptions } from './accounts.js';
import type * as Body from './bodies.js';
import { Groups } from './groups.js';
import { Ledger, type Restore } from './ledger.js';
import { Making } from './making.js';
import { Rooms } from './rooms.js';

/** A handler's body was packed by another actor of this server: its shape is what bodies.ts says. */
type Handler = (body: never) => object | Promise<object>;

export interface RegistryOptions extends Pick<AccountsOptions, 'tasks' | 'setup' | 'limits'> {
  readonly restore: Restore;
}

/** Accounts, devices, rooms, direct conversations, memberships and topics: one actor, since names are one space. */
export class RegistryActor implements Actor {
  readonly #context: ActorContext;
  readonly #ledger: Ledger;
  readonly #accounts: Accounts;
  readonly #handlers: Readonly<Record<number, Handler>>;
  readonly #ready: Promise<void>;
  #state: 'loading' | 'ready' | 'failed' = 'loading';

  constructor(context: ActorContext, { restore, ...options }: RegistryOptions) {
    this.#context = context;
    this.#ledger = new Ledger(context, restore);
    const accounts = new Accounts({ context, ledger: this.#ledger, ...options });
    this.#accounts = accounts;
    const making = new Making(context, this.#ledger, options.limits);
    const rooms = new Rooms(this.#ledger, making);
    const groups = new Groups(this.#ledger, making);
    this.#handlers = {
      [RegistryMessage.RegisterStart]: (body: Body.PasswordAttempt) => accounts.registerStart(body),
      [RegistryMessage.RegisterFinish]: (body: Body.RegisterFinish) => accounts.registerFinish(body),
      [RegistryMessage.LoginStart]: (body: Body.PasswordAttempt) => accounts.loginStart(body),
      [RegistryMessage.LoginFinish]: (body: Body.LoginFinish) => accounts.loginFinish(body),
      [RegistryMessage.LoginDevice]: (body: Body.LoginDevice) => accounts.loginDevice(body),
      [RegistryMessage.PasswordStart]: (body: Body.PasswordStart) => accounts.passwordStart(body),
      [RegistryMessage.PasswordFinish]: (body: Body.PasswordFinish) => accounts.passwordFinish(body),
      [RegistryMessage.Devices]: (body: Body.DeviceOf) => accounts.devices(body),
      [RegistryMessage.DeviceForget]: (body: Body.DeviceOf) => accounts.forget(body),
      [RegistryMessage.DeviceSeen]: (body: Body.DeviceOf) => accounts.seen(body),
      [RegistryMessage.DeviceLogout]: (body: Body.DeviceOf) => accounts.logout(body),
      [RegistryMessage.RoomOpen]: (body: Body.RoomOpen) => rooms.open(body),
      [RegistryMessage.DirectOpen]: (body: Body.DirectOpen) => rooms.openDirect(body),
      [RegistryMessage.RoomLoad]: (body: Body.ByLog) => rooms.load(body),
      [RegistryMessage.MemberAdd]: (body: Body.Membership) => rooms.addMember(body),
      [RegistryMessage.MemberRemove]: (body: Body.Membership) => rooms.removeMember(body),
      [RegistryMessage.TopicSet]: (body: Body.TopicSet) => rooms.setTopic(body),
      [RegistryMessage.Rooms]: (body: Body.RoomsAfter) => rooms.list(body),
      [RegistryMessage.Conversations]: (body: Body.DeviceOf) => rooms.conversations(body),
      [RegistryMessage.AccountByName]: ({ n }: Body.ByName) => {
        const { id, name } = rooms.byName(n);
        return { a: id, n: name };
      },
      [RegistryMessage.InterestOpen]: (body: Body.RoomOpen) => groups.openInterest(body),
      [RegistryMessage.GeoFound]: (body: Body.GeoFound) => groups.found(body),
      [RegistryMessage.GeoByName]: ({ a, n }: Body.RoomOpen) => groups.foundBy(rooms.byName(n), a),
      [RegistryMessage.GeoPlan]: (body: Body.GeoPlan) => groups.plan(body),
      [RegistryMessage.GeoMembers]: () => groups.members(),
      [RegistryMessage.MembersAdd]: (body: Body.Memberships) => groups.addMembers(body),
      [RegistryMessage.MembersRemove]: (body: Body.Memberships) => groups.removeMembers(body),
      [RegistryMessage.Interests]: ({ a }: Body.AccountOnly) => groups.interestsOf(a),
    };
    this.#ready = this.#start(rooms);
    // Whoever asks is told why; that nobody asked yet is no reason to end the thread.
    this.#ready.catch(() => {});
  }

  receive(message: Message): void {
    if (message.type === SystemMessage.Terminated) {
      // Only sessions are watched: those with a login under way.
      const reader = new Reader(message.body);
      reader.u8();
      this.#accounts.closed(reader.u48());
      return;
    }
    const handler = this.#handlers[message.type];
    if (!handler) throw new Error(`message ${message.type} is not for the registry`);
    const body = unpackCbor<never>(message.body);
    const held = this.#context.hold(message);
    void this.#answer(held, handler, body);
  }

  async stopping(): Promise<void> {
    if (this.#state === 'ready') await this.#ledger.close();
  }

  describe() {
    const { accounts, conversations } = this.#ledger.state;
    return { state: this.#state, facts: { accounts: accounts.size, conversations: conversations.size } };
  }

  async #start(rooms: Rooms): Promise<void> {
    try {
      await this.#ledger.load();
      await rooms.found();
      this.#state = 'ready';
    } catch (error) {
      this.#state = 'failed';
      throw error;
    }
  }

  async #answer(held: Held, handler: Handler, body: never): Promise<void> {
    try {
      await this.#ready;
      const answer = await handler(body);
      if (held.ask !== 0) this.#context.reply(held, packCbor(answer));
    } catch (error) {
      if (held.ask !== 0)
        this.#context.refuse(held, error instanceof Error ? error : new Error(String(error)));
    }
  }
}
