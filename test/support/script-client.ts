/** A client without a network: keeps conversations in memory, answers at once, and fails where a test says so. */
import { NatterError } from '../../src/chat/error.js';
import type {
  ClientCommands,
  ClientEvent,
  Credentials,
  Group,
  Location,
  Message,
  Room,
  Target,
  Transfer,
} from '../../src/chat/events.js';
import type { Client, ClientOptions, OpenClient } from '../../src/ui/session.js';

export interface FakeWorld {
  /** Passwords by account; a remembered device needs none. */
  readonly accounts: Map<string, string>;
  readonly remembered: Set<string>;
  readonly rooms: Map<Target, Message[]>;
  readonly online: { user: string; state: 'online' | 'away' | 'offline' }[];
  /** What a said text becomes; the default is `ok`. `silent` never answers. */
  fate: (text: string) => 'ok' | 'failed' | 'silent';
  /** Called with each command, for tests that count or order them. */
  readonly calls: string[];
  readonly clients: FakeClient[];
  /** What `transfers` and `offers` list. */
  readonly begun: Transfer[];
  readonly offered: Transfer[];
  /** Refuses what is done with a file, by its id or path. */
  readonly refusals: Map<string, NatterError>;
  /** Messages said and not answered yet, at most. */
  mostOutstanding: number;
}

export function fakeWorld(): FakeWorld {
  return {
    accounts: new Map([['ana', 'secret']]),
    remembered: new Set(),
    rooms: new Map([['#lobby', []]]),
    online: [{ user: 'ana', state: 'online' }],
    fate: () => 'ok',
    calls: [],
    clients: [],
    begun: [],
    offered: [],
    refusals: new Map(),
    mostOutstanding: 0,
  };
}

/** Opens clients of one world. */
export function fakeOpen(world: FakeWorld): OpenClient {
  return async (options) => new FakeClient(world, options);
}

export class FakeClient implements Client {
  readonly world: FakeWorld;
  readonly #onEvent: (events: ClientEvent[]) => void;
  user = '';
  place: Location | undefined;
  list: Group[] = [];
  closed = false;
  #outstanding = 0;
  #ids = 0;

  constructor(world: FakeWorld, options: ClientOptions) {
    this.world = world;
    this.#onEvent = options.onEvent;
    world.clients.push(this);
  }

  emit(...events: ClientEvent[]): void {
    this.#onEvent(events);
  }

  async login(server: string, credentials: Credentials): Promise<{ user: string }> {
    const { user, password, register } = credentials;
    this.world.calls.push(`login ${user} ${password ?? '-'}${register ? ' register' : ''}`);
    this.emit({ event: 'pinned', server, fingerprint: 'aa:bb' });
    if (register) {
      if (this.world.accounts.has(user))
        throw new NatterError('NAME_TAKEN', `${user} is taken; choose another name.`);
      this.world.accounts.set(user, password ?? '');
    } else if (password === undefined) {
      if (!this.world.remembered.has(user))
        throw new NatterError('DEVICE_UNKNOWN', 'Log in with the password.');
    } else if (this.world.accounts.get(user) !== password) {
      throw new NatterError('WRONG_PASSWORD', 'Name or password is wrong; try again.');
    }
    this.user = user;
    this.link('live');
    this.emit({ event: 'welcome', user, account: '00' }, { event: 'room', room: this.#room('#lobby') });
    return { user };
  }

  link(state: 'live' | 'reconnecting'): void {
    this.emit({ event: 'link', state, lagMs: 1, sinceMs: 0, detail: '' });
  }

  async probe(): Promise<{ lagMs: number; fingerprint: string; known: boolean }> {
    return { lagMs: 1, fingerprint: 'aa:bb', known: true };
  }

  async join(room: Target): Promise<Room> {
    this.world.calls.push(`join ${room}`);
    if (room.startsWith('@') && !this.world.accounts.has(room.slice(1))) {
      throw new NatterError('NO_SUCH_USER', `Nobody here is called ${room.slice(1)}; check the spelling.`);
    }
    if (!this.world.rooms.has(room)) this.world.rooms.set(room, []);
    const info = this.#room(room);
    this.emit({ event: 'room', room: info });
    return info;
  }

  async leave(room: Target): Promise<void> {
    this.emit({ event: 'left', room });
  }

  async say(room: Target, text: string, kind: Message['kind'], key?: string): Promise<string> {
    const id = `id${++this.#ids}`;
    this.world.calls.push(`say ${room} ${text}${key === undefined ? '' : ` key=${key}`}`);
    this.#outstanding += 1;
    this.world.mostOutstanding = Math.max(this.world.mostOutstanding, this.#outstanding);
    const at = 1_795_353_000_000;
    const message = {
      room,
      seq: 0,
      id,
      from: this.user,
      text,
      at,
      kind,
      mine: true,
      delivery: 'sending',
    } as const;
    this.emit({ event: 'message', message, history: false });
    setImmediate(() => this.#answer(room, id, text, kind));
    return id;
  }

  #answer(room: Target, id: string, text: string, kind: Message['kind']): void {
    const fate = this.world.fate(text);
    if (fate === 'silent') return;
    this.#outstanding -= 1;
    const log = this.world.rooms.get(room) ?? [];
    const seq = fate === 'ok' ? log.length + 1 : 0;
    const common = {
      room,
      seq,
      id,
      from: this.user,
      text,
      at: 1_795_353_000_000 + seq,
      kind,
      mine: true,
    } as const;
    if (fate === 'failed') {
      const message = {
        ...common,
        delivery: 'failed',
        reason: 'You may not speak here; ask an operator.',
      } as const;
      this.emit({ event: 'delivery', message });
      return;
    }
    const message: Message = { ...common, delivery: 'ok' };
    log.push(message);
    this.emit({ event: 'delivery', message });
  }

  async retry(id: string): Promise<void> {
    this.world.calls.push(`retry ${id}`);
  }

  async discard(): Promise<void> {}

  async history(): Promise<void> {}

  async follow(room: Target, since?: number): Promise<Room> {
    this.world.calls.push(`follow ${room} ${since ?? '-'}`);
    const info = await this.join(room);
    for (const message of this.world.rooms.get(room) ?? []) {
      if (message.seq > (since ?? info.head)) this.emit({ event: 'message', message, history: false });
    }
    this.emit({ event: 'caughtUp', room, seq: info.head });
    return info;
  }

  async read(): Promise<void> {}
  async typing(): Promise<void> {}

  async away(on: boolean): Promise<void> {
    this.world.calls.push(`away ${on}`);
  }

  async who(room?: Target): ReturnType<ClientCommands['who']> {
    this.world.calls.push(`who ${room ?? '-'}`);
    return this.world.online;
  }

  async person(name: string): ReturnType<ClientCommands['person']> {
    const found = (await this.who()).find(({ user }) => user === name);
    if (found === undefined && !this.world.accounts.has(name))
      throw new NatterError(
        'NO_SUCH_USER',
        `Nobody of that name is registered (${name}); check the spelling.`,
      );
    return found ?? { user: name, state: 'offline' };
  }

  async rooms(): ReturnType<ClientCommands['rooms']> {
    return [...this.world.rooms.keys()].map((name) => ({ name: name.slice(1), topic: '', members: 1 }));
  }

  async topic(): Promise<void> {}

  async changePassword(current: string, next: string): Promise<void> {
    this.world.calls.push(`changePassword ${current} ${next}`);
  }

  async devices(): ReturnType<ClientCommands['devices']> {
    return [];
  }

  async forgetDevice(): Promise<void> {}

  /** The first file of a world is `file1`; what becomes of it is told by the test. */
  async sendFile(room: Target, path: string): Promise<string> {
    this.#file(`sendFile ${room}`, path);
    return `file${this.world.calls.filter((call) => call.startsWith('sendFile')).length}`;
  }

  async acceptFile(id: string, into?: string): Promise<void> {
    this.#file('acceptFile', id, into);
  }

  async rejectFile(id: string): Promise<void> {
    this.#file('rejectFile', id);
  }

  async pauseFile(id: string): Promise<void> {
    this.#file('pauseFile', id);
  }

  async resumeFile(id: string): Promise<void> {
    this.#file('resumeFile', id);
  }

  async cancelFile(id: string): Promise<void> {
    this.#file('cancelFile', id);
  }

  async trust(user: string, on: boolean): Promise<void> {
    this.world.calls.push(`trust ${user} ${on}`);
  }

  async transfers(): Promise<readonly Transfer[]> {
    return this.world.begun;
  }

  async offers(): Promise<readonly Transfer[]> {
    return this.world.offered;
  }

  #file(what: string, which: string, more?: string): void {
    this.world.calls.push(`${what} ${which}${more === undefined ? '' : ` ${more}`}`);
    const refusal = this.world.refusals.get(which);
    if (refusal) throw refusal;
  }

  /** Tells of a transfer, with what a test says of it and something for the rest. */
  tell(id: string, state: Transfer['state'], more: Partial<Transfer> = {}): void {
    this.emit({ event: 'transfer', transfer: transferOf(id, state, more) });
  }

  async locate(at: Parameters<Client['locate']>[0]): Promise<Location | undefined> {
    this.world.calls.push(`locate ${JSON.stringify(at)}`);
    this.place = at && { cell: 'u2edk', city: 'Vienna' };
    return this.place;
  }

  async location(): Promise<Location | undefined> {
    return this.place;
  }

  async near(km?: number): Promise<Room> {
    this.world.calls.push(`near ${km ?? '-'}`);
    return this.#group(`~${this.user}`, 'geo');
  }

  async interest(tag?: string): Promise<Room> {
    this.world.calls.push(`interest ${tag ?? '-'}`);
    return this.#group(`+${tag ?? 'go'}`, 'interest');
  }

  async groups(): Promise<readonly Group[]> {
    return this.list;
  }

  async tags(): Promise<readonly { readonly tag: string; readonly people: number }[]> {
    return [{ tag: 'go', people: 2 }];
  }

  async quit(): Promise<void> {
    this.world.calls.push('quit');
  }

  async close(): Promise<void> {
    this.closed = true;
  }

  #group(room: string, kind: 'geo' | 'interest'): Room {
    const info = { room, kind, topic: '', head: 0, cursor: 0, unread: 0, mentions: 0, members: 2 };
    this.emit({ event: 'room', room: info });
    return info;
  }

  #room(room: Target): Room {
    const head = this.world.rooms.get(room)?.length ?? 0;
    const kind = room === '#lobby' ? 'lobby' : room.startsWith('@') ? 'direct' : 'room';
    return { room, kind, topic: '', head, cursor: head, unread: 0, mentions: 0, members: 1 };
  }
}

/** A file of a thousand bytes that ana sends to #dev, unless `more` says otherwise. */
export function transferOf(id: string, state: Transfer['state'], more: Partial<Transfer> = {}): Transfer {
  return {
    ...{ id, state, name: `${id}.bin`, size: 1000, type: 'application/octet-stream', direction: 'out' },
    ...{ room: '#dev', from: 'ana', to: '#dev', bytes: 0, rate: 0, repeated: 0, at: 1_795_353_000_000 },
    ...more,
  };
}
