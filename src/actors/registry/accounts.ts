import sodium from 'sodium-native';
import type { ActorRefFrom } from 'xstate';
import { NatterError } from '../../chat/error.js';
import { nameKey, parseName } from '../../chat/name.js';
import type { DevicesReply } from '../../chat/operations.js';
import { Buckets } from '../../net/bucket.js';
import { ACCOUNT_ID_BYTES } from '../../net/constants.js';
import { loginMac } from '../../net/login.js';
import { prepareMachine } from '../inner-machine.js';
import type { OpaqueTasks } from '../jobs/pool.js';
import type { ServerLimits } from '../limits.js';
import type { ActorContext } from '../runtime/actor.js';
import { Attempts, begunBy, malformed, reach, refusedBy, tooLate } from './attempts.js';
import type * as Body from './bodies.js';
import type { Change } from './change.js';
import type { Ledger } from './ledger.js';
import { LOGIN_MS, loginMachine } from './login.machine.js';
import { LoginQueue, tooManyAttempts } from './login-queue.js';
import { REGISTRATION_MS, registrationMachine } from './registration.machine.js';
import { looksAlike } from './rooms.js';
import { type Account, type Device, idKey } from './state.js';

/** A device that did not ask to be remembered needs no password for this long after its last use. */
const TEMPORARY_DEVICE_MS = 24 * 3600 * 1000;
/** A use is written down only when the last one written is older: reconnecting costs no commit. */
const SEEN_EVERY_MS = 3600 * 1000;
const NOTHING = Buffer.alloc(0);

export interface AccountsOptions {
  readonly context: ActorContext;
  readonly ledger: Ledger;
  readonly tasks: OpaqueTasks;
  /** The server's OPAQUE secret. */
  readonly setup: string;
  readonly limits: ServerLimits;
}

/** Who exists and how they prove it: registration, passwords, devices. */
export class Accounts {
  readonly #context: ActorContext;
  readonly #ledger: Ledger;
  readonly #tasks: OpaqueTasks;
  readonly #setup: string;
  readonly #registrations: Attempts<ActorRefFrom<typeof registrationMachine>>;
  readonly #logins: Attempts<ActorRefFrom<typeof loginMachine>>;
  /** Proven, and not charged for any more. */
  readonly #refunded = new WeakSet<object>();
  /** Tokens per account and address. */
  readonly #queue: LoginQueue;
  readonly #perAccount: Buckets;
  readonly #perAddress: Buckets;
  readonly #registrationsPerAddress: Buckets;

  constructor({ context, ledger, tasks, setup, limits }: AccountsOptions) {
    this.#context = context;
    this.#ledger = ledger;
    this.#tasks = tasks;
    this.#setup = setup;
    this.#registrations = new Attempts(context.clock, { state: 'awaitingRecord', ms: REGISTRATION_MS });
    this.#logins = new Attempts(context.clock, { state: 'challenged', ms: LOGIN_MS });
    this.#queue = new LoginQueue(context, perMinute(limits.loginsPerMinute));
    this.#perAccount = perMinute(limits.loginsPerAccountPerMinute);
    this.#perAddress = perMinute(limits.loginsPerAddressPerMinute);
    this.#registrationsPerAddress = perMinute(limits.registrationsPerAddressPerMinute);
  }

  // ---- Registration -------------------------------------------------------------------------------------

  /** @throws NatterError NAME_*, TOO_MANY_ATTEMPTS, PROTOCOL, BUSY */
  async registerStart({ n, r, c, p }: Body.PasswordAttempt): Promise<Body.OpaqueResponse> {
    const { key, skeleton } = parseName(n);
    this.#checkFree(key, skeleton);
    let attempt = this.#registrations.get(c);
    if (!attempt || !begunBy(attempt, key, r)) {
      this.#charge(this.#registrationsPerAddress, p);
      const start = { setup: this.#setup, user: key, request: r };
      const enrol = (record: string): Promise<void> => this.#enrol(n, record);
      const input = { start, tasks: this.#tasks, enrol };
      attempt = this.#registrations.add(c, (facts) =>
        prepareMachine(this.#context, registrationMachine, input, facts),
      );
    }
    const { value, context } = await reach(attempt, (state) => state.value !== 'answering');
    if (value === 'malformed') throw refusedBy(context.error);
    return { r: context.response };
  }

  /** Makes the account and its first device. Repeated after a crash, it finds both there. */
  async registerFinish(body: Body.RegisterFinish): Promise<Body.Identified> {
    const existing = this.#byName(body.n);
    if (existing?.record === body.r && existing.devices.has(idKey(body.k))) return identified(existing);
    const attempt = this.#registrations.get(body.c);
    if (!attempt || attempt.getSnapshot().context.start.user !== parseName(body.n).key) throw tooLate();
    attempt.send({ type: 'RECORD', record: body.r });
    const { value, context } = await reach(attempt, (state) => state.status !== 'active');
    if (value === 'refused' && context.error) throw context.error;
    const account = this.#byName(body.n);
    if (value !== 'enrolled' || account?.record !== body.r) throw tooLate();
    await this.#useDevice(account, body);
    return identified(account);
  }

  async #enrol(typed: string, record: string): Promise<void> {
    const { name, key, skeleton } = parseName(typed);
    await this.#ledger.commit(() => {
      this.#checkFree(key, skeleton);
      const id = Buffer.alloc(ACCOUNT_ID_BYTES);
      this.#context.random(id);
      return [{ t: 'account', id, name, key, skeleton, record }];
    });
  }

  #checkFree(key: string, skeleton: string): void {
    const { state } = this.#ledger;
    if (state.accountByKey(key))
      throw new NatterError('NAME_TAKEN', 'That name is taken; log in with its password or choose another.');
    const alike = state.accountBySkeleton(skeleton);
    if (alike) throw looksAlike(alike.name);
  }

  // ---- Login --------------------------------------------------------------------------------------------

  /** @throws NatterError TOO_MANY_ATTEMPTS, PROTOCOL, BUSY; never tells whether the name exists */
  async loginStart({ n, r, c, p }: Body.PasswordAttempt): Promise<Body.OpaqueResponse> {
    const key = nameKey(n);
    let attempt = this.#logins.get(c);
    if (
      !attempt ||
      !begunBy(attempt, key, r) ||
      attempt.getSnapshot().context.start.record !== this.#record(key)
    ) {
      this.#charge(this.#perAddress, p);
      await this.#queue.enter(`${key} ${p}`, c);
      attempt = this.#beginLogin(key, r, c);
    }
    const { value, context } = await reach(attempt, (state) => state.value !== 'answering');
    if (value !== 'malformed') return { r: context.response };
    this.#queue.end(c);
    throw refusedBy(context.error);
  }

  #beginLogin(user: string, request: string, conn: number): ActorRefFrom<typeof loginMachine> {
    try {
      this.#charge(this.#perAccount, user);
      const start = { setup: this.#setup, user, record: this.#record(user), request };
      const input = { start, tasks: this.#tasks };
      return this.#logins.add(conn, (facts) => prepareMachine(this.#context, loginMachine, input, facts));
    } catch (error) {
      this.#queue.end(conn);
      throw error;
    }
  }

  /**
   * Repeated after its answer was lost or came too late, it finds the attempt proven and answers the same.
   * @throws NatterError WRONG_PASSWORD, NOT_LOGGED_IN
   */
  async loginFinish(body: Body.LoginFinish): Promise<Body.Identified> {
    const attempt = this.#logins.get(body.c);
    const key = nameKey(body.n);
    if (!attempt || attempt.getSnapshot().context.start.user !== key) throw tooLate();
    attempt.send({ type: 'FINISH', finish: body.r, proves: (sessionKey) => macFits(sessionKey, body) });
    const { value, context } = await reach(attempt, (state) => state.status !== 'active');
    if (value === 'failed') throw context.error;
    if (value !== 'proven') this.#queue.end(body.c);
    // Only a proof that was held against the record and did not fit it makes a password wrong.
    if (context.finish !== body.r) throw tooLate();
    const account = this.#ledger.state.accountByKey(key);
    if (value !== 'proven' || account?.record !== context.start.record)
      throw new NatterError(
        'WRONG_PASSWORD',
        'Name or password is wrong; check both, or register if you have no account there yet.',
      );
    if (!this.#refunded.has(attempt)) {
      this.#refunded.add(attempt);
      this.#queue.proven(`${key} ${body.p}`, body.c);
      this.#perAccount.give(key);
      this.#perAddress.give(body.p);
    }
    await this.#useDevice(account, body);
    return identified(account);
  }

  /** The session of that connection is no more. */
  closed(conn: number): void {
    this.#queue.end(conn);
  }

  /** @throws NatterError DEVICE_UNKNOWN, the same whether or not the name exists */
  async loginDevice({ n, k }: Body.LoginDevice): Promise<Body.Identified> {
    const account = this.#byName(n);
    const device = account?.devices.get(idKey(k));
    if (!account || !device || this.#expired(device))
      throw new NatterError('DEVICE_UNKNOWN', 'This device is not known here; log in with your password.');
    await this.seen({ a: account.id, k });
    return identified(account);
  }

  /**
   * Notes that a device is in use, so that a temporary one does not expire under a session.
   * @throws NatterError DEVICE_UNKNOWN
   */
  async seen({ a, k }: Body.DeviceOf): Promise<object> {
    await this.#ledger.commit(() => {
      const device = this.#ledger.state.account(a)?.devices.get(idKey(k));
      if (!device)
        throw new NatterError('DEVICE_UNKNOWN', 'This device was forgotten; log in with your password.');
      const at = this.#context.clock.wall();
      if (at - device.seenAt < SEEN_EVERY_MS) return [];
      return [{ t: 'device', account: Buffer.from(a), key: device.key, label: '', kept: false, at }];
    });
    return {};
  }

  // ---- Password and devices -----------------------------------------------------------------------------

  async passwordStart({ a, r }: Body.PasswordStart): Promise<Body.OpaqueResponse> {
    const { key } = this.#account(a);
    const response = await this.#tasks
      .serverRegistration({ setup: this.#setup, user: key, request: r })
      .catch(() => Promise.reject(malformed()));
    return { r: response };
  }

  async passwordFinish({ a, r, k, o }: Body.PasswordFinish): Promise<object> {
    const { id } = this.#account(a);
    await this.#ledger.commit(() => [
      { t: 'password', account: id, record: r, spare: o ? Buffer.from(k) : NOTHING },
    ]);
    return {};
  }

  devices({ a, k }: Body.DeviceOf): DevicesReply {
    const own = idKey(k);
    const devices = [...this.#account(a).devices.values()].filter((device) => !this.#expired(device));
    return {
      d: devices.map(({ key, label, seenAt }) => ({ k: key, l: label, s: seenAt, me: idKey(key) === own })),
    };
  }

  /** @throws NatterError DEVICE_UNKNOWN */
  async forget({ a, k }: Body.DeviceOf): Promise<object> {
    await this.#ledger.commit(() => {
      const account = this.#account(a);
      if (!account.devices.has(idKey(k)))
        throw new NatterError('DEVICE_UNKNOWN', 'You have no such device; list them with /devices.');
      return [{ t: 'deviceGone', account: account.id, key: Buffer.from(k) }];
    });
    return {};
  }

  /** Logging out forgets a device that was not to be remembered. */
  async logout({ a, k }: Body.DeviceOf): Promise<object> {
    await this.#ledger.commit(() => {
      const device = this.#ledger.state.account(a)?.devices.get(idKey(k));
      return !device || device.kept ? [] : [{ t: 'deviceGone', account: Buffer.from(a), key: device.key }];
    });
    return {};
  }

  async #useDevice(account: Account, { k, d, l }: Body.RegisterFinish): Promise<void> {
    const at = this.#context.clock.wall();
    const change: Change = { t: 'device', account: account.id, key: Buffer.from(k), label: l, kept: d, at };
    await this.#ledger.commit(() => [change]);
  }

  #expired({ kept, seenAt }: Device): boolean {
    // What `seen` skips writing down is granted on top.
    return !kept && this.#context.clock.wall() - seenAt > TEMPORARY_DEVICE_MS + SEEN_EVERY_MS;
  }

  #record(key: string): string | null {
    return this.#ledger.state.accountByKey(key)?.record ?? null;
  }

  #byName(name: string): Account | undefined {
    return this.#ledger.state.accountByKey(nameKey(name));
  }

  #account(id: Uint8Array): Account {
    const account = this.#ledger.state.account(id);
    if (!account) throw new NatterError('NOT_LOGGED_IN', 'This account is gone; log in again.');
    return account;
  }

  #charge(buckets: Buckets, key: string): void {
    const waitMs = buckets.take(key, this.#context.clock.now());
    if (waitMs > 0) throw tooManyAttempts(waitMs);
  }
}

function macFits(sessionKey: Buffer, { h, k, m }: Body.LoginFinish): boolean {
  const mac = loginMac(sessionKey, h, k);
  return m.length === mac.length && sodium.sodium_memcmp(mac, Buffer.from(m));
}

function perMinute(count: number): Buckets {
  return new Buckets(count / 60, count);
}

function identified({ id, name }: Account): Body.Identified {
  return { a: id, n: name };
}
