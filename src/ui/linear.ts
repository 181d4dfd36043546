/**
 * A client line by line: what is typed goes in as lines, and a voice says what comes out. It keeps the model, runs
 * the commands, and knows which of the words said are answered; how anything is written is the voice's.
 */
import { homedir } from 'node:os';
import type { Inspectable } from '../actors/inspect/inspectable.js';
import type { CommandName } from '../chat/commands.js';
import type { ClientCommands, ClientEvent, Message, Target } from '../chat/events.js';
import type { Asker } from './ask.js';
import type { Console } from './console.js';
import { Deferred } from './deferred.js';
import { Exit } from './exit.js';
import type { Conversation } from './terminal/conversation.js';
import { ProcessMachines } from './terminal/machine-source.js';
import { Model } from './terminal/model.js';
import type { OwnPeer } from './terminal/own-peer.js';
import { Shell } from './terminal/shell.js';
import type { FileEntry } from './terminal/transfers.js';

/** What was said last gets so long to be answered after the end of the input. */
const DRAIN_MS = 20_000;
/** One's own private words whose fate is still told; older ones are shown again when something becomes of them. */
const SHOWN_MAX = 10_000;

/** What a linear client says, and how. */
export interface Voice {
  /** Commands that this voice answers in its own way. */
  readonly answers: Partial<Readonly<Record<CommandName, (args: readonly string[]) => Promise<void>>>>;
  /** Logged in, in this conversation. */
  ready(conversation: Conversation | undefined): void;
  /** What is typed goes there from now on. */
  opened(conversation: Conversation): void;
  /** Something was said, and will not be lost; each once. */
  message(message: Message): void;
  /** What became of one's own private words in the ring. */
  delivery(message: Message): void;
  /** One's own words did not get through. */
  lost(message: Message): void;
  /** Everything else that is told. */
  event(event: ClientEvent): void;
  /** Lines that answer a command. */
  note(text: string): void;
  /** A command failed, or could not be read. */
  failed(error: unknown): void;
  /** So many of one's own words did not get through, at the end. */
  unsent(count: number): void;
  showFiles(): void;
  showPreview(entry: FileEntry): Promise<void>;
  /** Before the first line is read. */
  begin(): void;
  end(): Promise<void>;
}

export interface LinearOptions {
  readonly commands: ClientCommands;
  /** Of a peer of the ring; undefined with a server. */
  readonly ring?: OwnPeer;
  /** What runs in this process, as far as it can be watched. */
  readonly systems?: () => readonly (Inspectable | undefined)[];
  readonly asker: Asker;
  readonly voice: (model: Model) => Voice;
}

export class Linear {
  readonly #commands: ClientCommands;
  readonly #asker: Asker;
  readonly #console: Console;
  readonly #model: Model;
  readonly #voice: Voice;
  readonly #shell: Shell;
  readonly #unanswered = new Set<string>();
  readonly #failed = new Set<string>();
  /** Own words that were shown before their fate is known, oldest first. */
  readonly #shown = new Set<string>();
  #saying = 0;
  readonly #early = new Set<string>();
  #isQuitting = false;
  #drained: Deferred<void> | undefined;
  readonly #stopped = new Deferred<undefined>();
  /** Logged in, and the lobby is there: a login is answered before the client has told of either. */
  readonly #ready = new Deferred<undefined>();
  /** Joined, but not told of yet: what is typed next belongs there and waits. */
  #wanted: Target | undefined;
  #opened = new Deferred<void>();

  constructor({ commands, ring, systems = () => [], asker, voice }: LinearOptions) {
    this.#commands = commands;
    this.#asker = asker;
    this.#console = asker.console;
    this.#model = new Model(homedir(), ring);
    this.#voice = voice(this.#model);
    this.#shell = new Shell({
      model: this.#model,
      commands: watchSay(commands, (saying) => this.#said(saying)),
      ...(ring === undefined ? {} : { ring }),
      machines: new ProcessMachines(() => systems().filter((system) => system !== undefined)),
      answers: this.#voice.answers,
      now: Date.now,
      note: (text) => this.#voice.note(text),
      open: (room) => this.#open(room),
      // The ring's programs have always said the next line to the group one is in.
      wrote: (room) => {
        if (ring === undefined) this.#open(room);
      },
      ask: (question, isSecret) => (isSecret ? asker.secret(`${question} `) : asker.line(`${question} `)),
      showPreview: (entry) => this.#voice.showPreview(entry),
      showFiles: () => this.#voice.showFiles(),
      showRing: () => false,
      showInvite: () => false,
      showMachines: () => false,
      quit: () => {
        this.#isQuitting = true;
      },
    });
  }

  /** Takes in what the client tells; from its opening on, not only while `run` reads. */
  apply(event: ClientEvent): void {
    const model = this.#model;
    model.apply(event, Date.now());
    if (event.event === 'room' && event.room.room === this.#wanted) this.#open(event.room.room);
    // A peer of the ring is there even when nobody else is.
    if (model.current && (model.link.state === 'live' || model.mode === 'ring'))
      this.#ready.resolve(undefined);
    if (event.event === 'message') this.#message(event.message);
    else if (event.event === 'delivery') {
      if (event.was !== undefined) this.#unanswered.delete(event.was);
      this.#delivery(event.message);
    } else this.#voice.event(event);
  }

  /**
   * Says or does line by line until `/quit`, the end of the input, or a signal.
   * @returns 0, or 1 when something that was said did not get through
   */
  async run(): Promise<Exit> {
    const { stopped } = this.#console;
    const onStop = () => this.#stopped.resolve(undefined);
    if (stopped.aborted) onStop();
    stopped.addEventListener('abort', onStop);
    await Promise.race([this.#ready.promise, this.#stopped.promise]);
    this.#voice.ready(this.#model.current);
    this.#voice.begin();
    try {
      await this.#read();
      await this.#drain();
    } finally {
      stopped.removeEventListener('abort', onStop);
      await this.#voice.end();
    }
    const lost = this.#unanswered.size + this.#failed.size;
    if (lost === 0) return Exit.Done;
    this.#voice.unsent(lost);
    return this.#unanswered.size > 0 ? Exit.Network : Exit.Error;
  }

  async #read(): Promise<void> {
    while (!this.#isQuitting) {
      const line = await Promise.race([this.#asker.lines.next(), this.#stopped.promise]);
      if (line === undefined) return;
      if (line.trim() === '') continue;
      try {
        await this.#shell.enter(line);
        if (this.#wanted !== undefined) await Promise.race([this.#opened.promise, this.#stopped.promise]);
      } catch (error) {
        this.#voice.failed(error);
      }
    }
  }

  /** Waits until everything said was answered, but not for ever. */
  async #drain(): Promise<void> {
    if (this.#unanswered.size === 0) return;
    this.#drained = new Deferred();
    const timer = setTimeout(() => this.#drained?.resolve(), DRAIN_MS);
    await Promise.race([this.#drained.promise, this.#stopped.promise]);
    clearTimeout(timer);
  }

  /** The answer to what was said may be told before its id, and its id long before anything is told. */
  async #said(saying: Promise<string>): Promise<void> {
    this.#saying += 1;
    try {
      const id = await saying;
      if (!this.#early.has(id)) this.#unanswered.add(id);
    } catch {
      // Whoever said it is told why not.
    } finally {
      this.#saying -= 1;
      if (this.#saying === 0) this.#early.clear();
    }
  }

  #message(message: Message): void {
    // In the ring one's own words are told like those of others, once they are durable.
    if (message.mine) this.#delivery(message);
    else this.#show(message);
  }

  #delivery(message: Message): void {
    const { id, seq, delivery } = message;
    // With a number it is durable, though it may be on its way for days.
    if (delivery === 'sending' && seq === 0) {
      this.#unanswered.add(id);
      this.#failed.delete(id);
      return;
    }
    if (this.#saying > 0) this.#early.add(id);
    this.#unanswered.delete(id);
    if (delivery === 'failed') {
      this.#failed.add(id);
      this.#voice.lost(message);
    } else {
      this.#failed.delete(id);
      if (!this.#shown.has(id)) this.#show(message);
      if (delivery === 'ok') this.#shown.delete(id);
      else this.#fate(message);
    }
    if (this.#unanswered.size === 0) this.#drained?.resolve();
  }

  /** Of private words in the ring more is told when they were shown long ago. */
  #fate(message: Message): void {
    this.#shown.add(message.id);
    const [oldest] = this.#shown;
    if (oldest !== undefined && this.#shown.size > SHOWN_MAX) this.#shown.delete(oldest);
    if (message.delivery !== 'sending') this.#voice.delivery(message);
  }

  #show(message: Message): void {
    this.#voice.message(message);
    // What was printed counts as read, in whichever conversation. Lost is harmless: the next one says more.
    // One's own too: what another device of the account said would be printed again at each start.
    this.#commands.read(message.room, message.seq).catch(() => undefined);
  }

  #open(room: Target): void {
    const conversation = this.#model.find(room);
    if (conversation === undefined) {
      this.#wanted = room;
      this.#opened = new Deferred();
      return;
    }
    this.#wanted = undefined;
    this.#opened.resolve();
    this.#model.open(room);
    this.#voice.opened(conversation);
  }
}

/** The same commands, except that each `say` is also shown to `said`. */
function watchSay<C extends ClientCommands>(commands: C, said: (saying: Promise<string>) => void): C {
  const say: ClientCommands['say'] = (...args) => {
    const saying = commands.say(...args);
    said(saying);
    return saying;
  };
  return new Proxy(commands, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (name === 'say') return say;
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
