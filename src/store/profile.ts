/**
 * A client's small state: the servers' pinned keys, remembered logins, what was used last, settings.
 * Several natter processes may share it: every change rereads the file under the folder's shared lock.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { LowSync } from 'lowdb';
import sodium from 'sodium-native';
import { NatterError } from '../chat/error.js';
import type { KeyPair } from '../net/types.js';
import { unusable, withFolderLock } from './folder.js';
import { AtomicJson, asObject } from './json.js';
import { keyPairOf, readKeyPair } from './keys.js';

const FORMAT = 1;
const FILE = 'profile.json';
const DEVICE_NAME_BYTES = 16;
/** Settings: the ring this device was in last, by which name, and that this is newer than the last login. */
const RING = 'ring';
const RING_NICK = 'ring-nick';
const LATEST = 'latest';

/** `server` is HOST:PORT, as the user wrote it. */
export interface Pin {
  readonly server: string;
  /** The server's static key, 32 bytes. */
  readonly key: Buffer;
  readonly fingerprint: string;
}

export interface Login {
  readonly server: string;
  readonly user: string;
  /** 16 bytes. */
  readonly account: Buffer;
}

interface Data {
  readonly format: number;
  /** Lists, not maps: the names come from people, and `__proto__` is a name too. */
  pins: { readonly server: string; readonly key: string; readonly fingerprint: string }[];
  logins: { readonly server: string; readonly user: string; readonly account: string }[];
  last: { readonly server: string; readonly user: string } | null;
  settings: { readonly name: string; readonly value: string }[];
}

/**
 * Reading throws NatterError DATA_CORRUPT for a damaged profile, which is then never written over; a change throws
 * DATA_UNWRITABLE or DISK_FULL when the folder takes none.
 */
export class Profile {
  readonly #folder: string;

  /** @param folder the client's part of the data folder (`openFolder`) */
  constructor(folder: string) {
    this.#folder = folder;
  }

  pinOf(server: string): Pin | undefined {
    const pin = this.#open().data.pins.find((one) => one.server === server);
    return pin && { server, key: Buffer.from(pin.key, 'hex'), fingerprint: pin.fingerprint };
  }

  /** Pins a server's key at first contact. @throws NatterError KEY_CHANGED if another is pinned, also just now by another process. */
  async pin(server: string, key: Buffer, fingerprint: string): Promise<void> {
    await this.#change((data) => {
      const pinned = data.pins.find((one) => one.server === server);
      if (pinned === undefined) data.pins.push({ server, key: key.toString('hex'), fingerprint });
      else if (pinned.key !== key.toString('hex'))
        throw new NatterError(
          'KEY_CHANGED',
          `The key of ${server} is not the pinned one (${pinned.fingerprint}); if that is right, run: natter forget ${server}`,
          { pinned: pinned.fingerprint, offered: fingerprint },
        );
    });
  }

  /** Forgets a server's key; logins there stay. @returns whether there was one */
  forget(server: string): Promise<boolean> {
    return this.#change((data) => {
      const before = data.pins.length;
      data.pins = data.pins.filter((one) => one.server !== server);
      return data.pins.length < before;
    });
  }

  /** Servers with a pinned key. */
  servers(): string[] {
    return this.#open().data.pins.map((one) => one.server);
  }

  /**
   * This device's key for one account: what `remember` makes good for a login without a password.
   * @param create makes it if there is none
   * @throws NatterError DATA_CORRUPT naming the key file
   */
  device(server: string, user: string, { create }: { readonly create: true }): KeyPair;
  device(server: string, user: string, { create }: { readonly create: boolean }): KeyPair | undefined;
  device(server: string, user: string, { create }: { readonly create: boolean }): KeyPair | undefined {
    const path = this.#devicePath(server, user);
    return create ? keyPairOf(path) : readKeyPair(path);
  }

  /** The server knows this device now. */
  async remember(server: string, user: string, account: Buffer): Promise<void> {
    await this.#change((data) => {
      data.logins = data.logins.filter((one) => one.server !== server || one.user !== user);
      data.logins.push({ server, user, account: account.toString('hex') });
    });
  }

  /** A remembered login, or undefined. */
  remembered(server: string, user: string): Login | undefined {
    const login = this.#open().data.logins.find((one) => one.server === server && one.user === user);
    return login && { server, user, account: Buffer.from(login.account, 'hex') };
  }

  /** All remembered logins, the newest last. */
  logins(): Login[] {
    return this.#open().data.logins.map((one) => ({ ...one, account: Buffer.from(one.account, 'hex') }));
  }

  /** The server does not know this device any more: its key is deleted. */
  async forgetLogin(server: string, user: string): Promise<void> {
    await this.#change((data) => {
      data.logins = data.logins.filter((one) => one.server !== server || one.user !== user);
      rmSync(this.#devicePath(server, user), { force: true });
    });
  }

  lastLogin(): { readonly server: string; readonly user: string } | undefined {
    return this.#open().data.last ?? undefined;
  }

  async used(server: string, user: string): Promise<void> {
    await this.#change((data) => {
      data.last = { server, user };
      put(data, LATEST, 'server');
    });
  }

  /** The ring one was in last; `isLatest`: no login was later. */
  lastRing(): { readonly ring: string; readonly nick: string; readonly isLatest: boolean } | undefined {
    const [ring, nick] = [this.setting(RING), this.setting(RING_NICK)];
    if (ring === undefined || nick === undefined) return undefined;
    return { ring, nick, isLatest: this.setting(LATEST) === RING };
  }

  /** What else that ring needs, such as the key of a closed one, is in its own folder. */
  async usedRing(ring: string, nick: string): Promise<void> {
    await this.#change((data) => {
      put(data, RING, ring);
      put(data, RING_NICK, nick);
      put(data, LATEST, RING);
    });
  }

  setting(name: string): string | undefined {
    return this.#open().data.settings.find((one) => one.name === name)?.value;
  }

  async set(name: string, value: string): Promise<void> {
    await this.#change((data) => put(data, name, value));
  }

  #devicePath(server: string, user: string): string {
    const name = Buffer.alloc(DEVICE_NAME_BYTES);
    sodium.crypto_generichash(name, Buffer.from(JSON.stringify([server, user])));
    return join(this.#folder, `device-${name.toString('hex')}.key`);
  }

  async #change<T>(change: (data: Data) => T): Promise<T> {
    try {
      return await withFolderLock(this.#folder, () => {
        const low = this.#open();
        const before = JSON.stringify(low.data);
        const result = change(low.data);
        if (JSON.stringify(low.data) !== before) low.write();
        return result;
      });
    } catch (error) {
      throw unusable(this.#folder, error);
    }
  }

  #open(): LowSync<Data> {
    const adapter = new AtomicJson(join(this.#folder, FILE), check);
    const low = new LowSync<Data>(adapter, {
      format: FORMAT,
      pins: [],
      logins: [],
      last: null,
      settings: [],
    });
    low.read();
    return low;
  }
}

function put(data: Data, name: string, value: string): void {
  data.settings = [...data.settings.filter((one) => one.name !== name), { name, value }];
}

function check(value: unknown): Data {
  const { format, pins, logins, last, settings } = asObject(value);
  if (format !== FORMAT) throw new Error(`format ${String(format)}, this version reads ${FORMAT}`);
  return {
    format: FORMAT,
    pins: records(pins, ['server', 'key', 'fingerprint']),
    logins: records(logins, ['server', 'user', 'account']),
    last: last === null ? null : record(last, ['server', 'user']),
    settings: records(settings, ['name', 'value']),
  };
}

function records<Name extends string>(value: unknown, names: readonly Name[]): Record<Name, string>[] {
  if (!Array.isArray(value)) throw new Error(`no list with ${names.join(', ')}`);
  return value.map((one) => record(one, names));
}

/** An object whose fields of these names are texts. */
function record<Name extends string>(value: unknown, names: readonly Name[]): Record<Name, string> {
  const fields = asObject(value);
  const result = {} as Record<Name, string>;
  for (const name of names) {
    const text = fields[name];
    if (typeof text !== 'string') throw new Error(`no ${name}`);
    result[name] = text;
  }
  return result;
}
