import { parseServer } from '../../chat/address.js';
import type { NatterError } from '../../chat/error.js';
import type {
  ClientCommands,
  ClientEvent,
  Credentials,
  MessageKind,
  Person,
  Room,
  Target,
} from '../../chat/events.js';
import { parseName } from '../../chat/name.js';
import { Operation, type WelcomeReply } from '../../chat/operations.js';
import { Empty } from '../../chat/schemas.js';
import { FrameType } from '../../net/constants.js';
import { About } from './about.js';
import { checkPassword, forgetDevice, type KnownDevice, listDevices, setPassword } from './account.js';
import { EventBatch } from './batch.js';
import { Channel } from './channel.js';
import type { Conversation } from './conversation.js';
import { Conversations } from './conversations.js';
import { CursorThrottle } from './cursors.js';
import { Doors } from './doors.js';
import { notLoggedIn, quitting } from './failures.js';
import { Transfers } from './files/transfers.js';
import { Groups } from './groups.js';
import { readHistory } from './history.js';
import { LinkReport } from './link.js';
import { Login } from './login.js';
import { takeNews } from './news.js';
import { within } from './patience.js';
import { People } from './people.js';
import { type Probed, probe } from './probe.js';
import { Talker } from './talker.js';
import { TypingThrottle, typingFrame } from './typing.js';
import type { Habits, World } from './world.js';

/**
 * A client without its thread: every command, and what they are made of. It takes time, randomness, sockets
 * and the profile from its world, and gives events in batches, one per turn.
 */
export class ClientCore implements ClientCommands {
  readonly #world: World;
  readonly #habits: Habits;
  readonly #batch: EventBatch;
  readonly #channel: Channel;
  readonly #talker: Talker;
  readonly #conversations: Conversations;
  readonly #cursors: CursorThrottle;
  readonly #typing: TypingThrottle;
  readonly #link: LinkReport;
  readonly #doors: Doors;
  readonly #people: People;
  readonly #about = new About();
  readonly #groups: Groups;
  readonly #transfers: Transfers;
  #login: Login | undefined;

  constructor(world: World, habits: Habits, onEvent: (events: ClientEvent[]) => void) {
    const { clock, random } = world;
    const emit = (event: ClientEvent) => this.#batch.add(event);
    this.#world = world;
    this.#habits = habits;
    const settle = () => {
      this.#conversations.settle();
      this.#groups.settle();
    };
    this.#batch = new EventBatch(world.turnEnd, settle, onEvent);
    this.#channel = new Channel(clock, () => this.#transfers.link.detach());
    this.#talker = new Talker({
      clock,
      random,
      channel: this.#channel,
      user: () => this.#conversations.user,
      emit,
    });
    this.#conversations = new Conversations({
      clock,
      backlog: habits.backlog,
      rttMs: () => this.#rttMs,
      fetch: (log, after, entries, done) => this.#channel.fetch(log, after, entries, done),
      caughtUp: (room, seq) => this.#caughtUp(room, seq),
      answered: (log, seq) => {
        if (habits.attentive) this.#cursors.move(log, seq);
      },
      said: (id, seq, at) => this.#talker.outbox.seen(id, seq, at),
      offered: (conversation, message, entry, isNew) =>
        this.#transfers.inbox.seen(conversation, message, entry.body, isNew),
      opened: (conversation) => this.#groups.opened(conversation),
      presence: (conversation, user, state) => this.#groups.moved(conversation, user, state),
      shared: (user, version, value) => this.#groups.shared(user, version, value),
      emit,
      changed: () => this.#batch.touch(),
    });
    this.#doors = new Doors(this.#conversations, habits.backlog, (group) => this.#groups.enrolled(group));
    this.#people = new People(this.#conversations, this.#about, emit);
    this.#groups = new Groups({
      conversations: this.#conversations,
      about: this.#about,
      calls: () => (this.#login === undefined ? undefined : this.#channel.calls),
      locate: (at) => world.locate(at),
      open: (room) => this.#open(room),
      who: (conversation) => this.#who(conversation),
      emit,
      changed: () => this.#batch.touch(),
      attentive: habits.attentive,
    });
    this.#transfers = new Transfers({
      clock,
      tap: world.tap,
      random,
      turnEnd: world.turnEnd,
      disk: () => world.disk(),
      calls: this.#channel.calls,
      attentive: habits.attentive,
      open: (room) => this.#open(room),
      find: (log) => this.#conversations.byLog(log),
      user: () => this.#conversations.user,
      emit,
    });
    this.#cursors = new CursorThrottle(clock, (l, s) => this.#tell(Operation.Cursor, { l, s }));
    this.#typing = new TypingThrottle(clock);
    this.#link = new LinkReport({
      clock,
      attentive: habits.attentive,
      lagMs: () => this.#rttMs,
      emit,
    });
  }

  // ---- Coming and going ---------------------------------------------------------------------------------

  async login(server: string, credentials: Credentials): Promise<{ user: string }> {
    const address = parseServer(server);
    const { name: user } = parseName(credentials.user);
    if (credentials.register) checkPassword(credentials.password ?? '');
    await this.#end();
    const login = new Login({
      world: this.#world,
      channel: this.#channel,
      server: address,
      credentials: { ...credentials, user },
      welcome: (welcome) => this.#welcome(address.name, welcome),
      news: (type, reader) =>
        takeNews(type, reader, {
          conversations: this.#conversations,
          groups: this.#groups,
          appeared: (body) => this.#doors.appeared(body),
          files: this.#transfers,
        }),
      files: this.#transfers.link,
      pinned: (fingerprint) => this.#batch.add({ event: 'pinned', server: address.name, fingerprint }),
      state: (state, failure) => this.#link.set(state, failure),
      failed: (failure) => this.#failed(failure),
    });
    this.#login = login;
    const welcome = await login.start();
    return { user: welcome.n };
  }

  probe(server: string): Promise<Probed> {
    return probe(this.#world, parseServer(server));
  }

  async quit(ms: number): Promise<void> {
    if (this.#login !== undefined) {
      this.#cursors.flush();
      const { outbox } = this.#talker;
      await within(this.#world.clock, ms, Promise.all([outbox.drained(), this.#channel.calls.drained()]));
    }
    await this.#end();
    this.#talker.outbox.failAll(quitting());
    this.#channel.failAll(quitting());
    this.#batch.flush();
  }

  // ---- Conversations ------------------------------------------------------------------------------------

  async join(room: Target): Promise<Room> {
    return (await this.#open(room)).room();
  }

  async leave(room: Target): Promise<void> {
    const { log } = this.#conversations.get(room);
    await this.#call(Operation.Leave, { l: log });
    this.#conversations.gone(log);
  }

  async follow(room: Target, since?: number): Promise<Room> {
    return this.#conversations.follow(await this.#open(room), since);
  }

  async history(room: Target, before: number, count: number): Promise<void> {
    const conversation = this.#conversations.get(room);
    const { first } = conversation.replica;
    const until = before > 0 ? Math.min(before, conversation.replica.head + 1) : first;
    const messages = await readHistory(
      this.#channel,
      conversation,
      until,
      count,
      (author) => this.#conversations.isMine(author),
      (message, { body }) => this.#transfers.inbox.seen(conversation, message, body, false),
    );
    for (const message of messages) this.#batch.add({ event: 'message', message, history: true });
    if (until - count <= 1) this.#batch.add({ event: 'beginning', room: conversation.target });
  }

  async read(room: Target, seq: number): Promise<void> {
    const conversation = this.#conversations.get(room);
    if (!this.#conversations.read(conversation, seq)) return;
    this.#cursors.move(conversation.log, conversation.unread.cursor);
  }

  async topic(room: Target, topic: string): Promise<void> {
    await this.#call(Operation.Topic, { l: this.#conversations.get(room).log, t: topic });
  }

  // ---- Talking ------------------------------------------------------------------------------------------

  async say(room: Target, text: string, kind: MessageKind, key = ''): Promise<string> {
    const known = this.#conversations.find(room);
    return this.#talker.say(known ?? (await this.#open(room)), text, kind, key);
  }

  async retry(id: string): Promise<void> {
    this.#talker.outbox.retry(id);
  }

  async discard(id: string): Promise<void> {
    this.#talker.outbox.discard(id);
  }

  async typing(room: Target, on: boolean): Promise<void> {
    const conversation = this.#conversations.get(room);
    const { connection } = this.#channel;
    if (connection === undefined || !this.#typing.worth(conversation.log, on)) return;
    connection.latest(`typing ${conversation.log}`, FrameType.Ephemeral, typingFrame(conversation.log, on));
    this.#login?.session.wake();
  }

  // ---- People and rooms ---------------------------------------------------------------------------------

  away(on: boolean): Promise<void> {
    return this.#people.away(this.#loggedIn().calls, on);
  }

  async who(room?: Target): Promise<readonly Person[]> {
    return this.#who(room === undefined ? undefined : await this.#open(room));
  }

  async person(name: string): Promise<Person> {
    return this.#people.person(this.#loggedIn().calls, name);
  }

  async rooms(): Promise<readonly { name: string; topic: string; members: number }[]> {
    return this.#people.rooms(this.#loggedIn().calls);
  }

  // ---- Groups -------------------------------------------------------------------------------------------

  locate = (at: Parameters<Groups['locate']>[0]) => this.#groups.locate(at);
  location = () => this.#groups.location();
  near = (km?: number) => this.#groups.near(km);
  interest = (tag?: string) => this.#groups.interest(tag);
  groups = () => this.#groups.groups();
  tags = () => this.#groups.tags();

  // ---- The account --------------------------------------------------------------------------------------

  async changePassword(current: string, next: string, forgetOthers: boolean): Promise<void> {
    checkPassword(next);
    const login = this.#login;
    if (login === undefined) throw notLoggedIn();
    await login.prove(current);
    await setPassword(this.#channel.calls, this.#world.stretching, next, forgetOthers);
  }

  async devices(): Promise<readonly KnownDevice[]> {
    const devices = await listDevices(this.#loggedIn().calls);
    this.#batch.add({ event: 'devices', devices });
    return devices;
  }

  async forgetDevice(key: string): Promise<void> {
    await forgetDevice(this.#loggedIn().calls, key);
  }

  // ---- Files --------------------------------------------------------------------------------------------

  sendFile = (room: Target, path: string) => this.#transfers.send(room, path);
  acceptFile = (id: string, into?: string) => this.#transfers.accept(id, into);
  rejectFile = (id: string) => this.#transfers.reject(id);
  pauseFile = (id: string) => this.#transfers.pause(id);
  resumeFile = (id: string) => this.#transfers.resume(id);
  cancelFile = (id: string) => this.#transfers.cancel(id);
  trust = (user: string, on: boolean) => this.#transfers.trust(user, on);
  transfers = () => this.#transfers.list();
  offers = () => this.#transfers.offers();

  // ---- Within -------------------------------------------------------------------------------------------

  get #rttMs(): number {
    return this.#channel.connection?.rttMs ?? 0;
  }

  #loggedIn(): Channel {
    if (this.#login === undefined) throw notLoggedIn();
    return this.#channel;
  }

  async #who(conversation: Conversation | undefined): Promise<readonly Person[]> {
    const members = await this.#people.who(this.#loggedIn().calls, conversation);
    if (conversation !== undefined)
      this.#groups.listed(
        conversation,
        members.map(({ user }) => user),
      );
    return members;
  }

  async #call(operation: Operation, body: object): Promise<void> {
    await this.#loggedIn().calls.call(operation, body, Empty);
  }

  /** Says it without waiting: what it is about is told again anyway. */
  #tell(operation: Operation, body: object): void {
    this.#channel.calls.call(operation, body, Empty).catch(() => {});
  }

  #welcome(server: string, { a, n, c }: WelcomeReply): void {
    this.#talker.outbox.become(a);
    this.#batch.add({ event: 'welcome', user: n, account: Buffer.from(a).toString('hex') });
    this.#conversations.welcome(n, c);
    if (!this.#conversations.behind) this.#login?.session.synced();
    this.#people.remind(this.#channel.calls);
    this.#groups.welcome();
    const { connection } = this.#channel;
    if (connection !== undefined)
      this.#transfers.welcome(server, n, connection, () => this.#login?.session.wake());
    // Whoever shows a list keeps it up to date without asking again.
    if (this.#habits.attentive) this.who().catch(() => {});
  }

  #caughtUp(room: Target, seq: number): void {
    this.#batch.add({ event: 'caughtUp', room, seq });
    if (!this.#conversations.behind) this.#login?.session.synced();
  }

  #failed(failure: NatterError): void {
    this.#talker.outbox.failAll(failure);
    this.#channel.failAll(failure);
    this.#batch.add({ event: 'error', code: failure.code, message: failure.message });
  }

  #open(room: Target): Promise<Conversation> {
    return this.#doors.open(room, this.#loggedIn().calls);
  }

  async #end(): Promise<void> {
    const login = this.#login;
    this.#login = undefined;
    this.#transfers.close();
    await login?.session.quit();
  }
}
