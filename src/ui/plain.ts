/**
 * The linear client: what is said comes out as lines, what is typed goes in as lines. For screen readers, for
 * terminals that cannot do more, and for pipes. Nothing is ever redrawn.
 */
import { homedir } from 'node:os';
import type { ClientCommands, ClientEvent, Message, Target } from '../chat/events.js';
import { sanitise, sanitiseLine } from '../chat/text.js';
import type { Asker } from './ask.js';
import { type Console, print, tell } from './console.js';
import { Deferred } from './deferred.js';
import { Exit, sentenceOf } from './exit.js';
import { messageLines } from './format.js';
import { FileTeller } from './plain-files.js';
import { tellPinned } from './session.js';
import { fileLines } from './terminal/file-commands.js';
import { Looker } from './terminal/looker.js';
import { Model } from './terminal/model.js';
import { Shell } from './terminal/shell.js';

/** What was said last gets so long to be answered after the end of the input. */
const DRAIN_MS = 20_000;

export class Plain {
  readonly #commands: ClientCommands;
  readonly #asker: Asker;
  readonly #console: Console;
  readonly #model = new Model(homedir());
  readonly #shell: Shell;
  readonly #looker = new Looker();
  readonly #files: FileTeller;
  readonly #unanswered = new Set<string>();
  readonly #failed = new Set<string>();
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

  constructor(commands: ClientCommands, asker: Asker) {
    this.#commands = commands;
    this.#asker = asker;
    this.#console = asker.console;
    this.#files = new FileTeller(
      this.#model,
      (...args) => this.#looker.look(...args),
      (line) => this.#notice(line),
    );
    this.#shell = new Shell({
      model: this.#model,
      commands: watchSay(commands, (saying) => this.#said(saying)),
      note: (text) => print(this.#console, sanitise(text)),
      open: (room) => this.#open(room),
      ask: (question, isSecret) => (isSecret ? asker.secret(`${question} `) : asker.line(`${question} `)),
      showPreview: (entry) => this.#files.showPreview(entry),
      showFiles: () => {
        for (const line of fileLines(this.#model.transfers.ranked)) print(this.#console, line);
      },
      quit: () => {
        this.#isQuitting = true;
      },
    });
  }

  /** Takes in what the client tells; from its opening on, not only while `run` reads. */
  apply(event: ClientEvent): void {
    this.#model.apply(event, Date.now());
    if (event.event === 'room' && event.room.room === this.#wanted) this.#open(event.room.room);
    if (this.#model.current && this.#model.link.state === 'live') this.#ready.resolve(undefined);
    switch (event.event) {
      case 'message':
        this.#message(event.message);
        return;
      case 'delivery':
        if (event.was !== undefined) this.#unanswered.delete(event.was);
        this.#delivery(event.message);
        return;
      case 'presence':
        if (event.user !== this.#model.me) this.#notice(`${event.user} is ${event.state} in ${event.room}.`);
        return;
      case 'link':
        if (event.state === 'reconnecting') this.#notice('The connection is lost; trying to get it back.');
        if (event.state === 'failed') this.#notice(`The connection failed: ${event.detail}`);
        return;
      case 'left':
        this.#notice(`You left ${event.room}.`);
        return;
      case 'pinned':
        tellPinned(event, this.#console);
        return;
      case 'transfer':
        this.#files.told(event.transfer.id);
        return;
      case 'notice':
        this.#notice(event.text);
        return;
      case 'error':
        this.#notice(event.message);
        return;
      default:
        return;
    }
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
    const here = this.#model.current?.room ?? 'no room';
    this.#notice(`You are ${this.#model.me} in ${here}. /help lists the commands, /quit leaves.`);
    // Without an answer the offers come as they are made, and the link is down, which is told.
    this.#files.load(this.#commands).catch(() => undefined);
    try {
      await this.#read();
      await this.#drain();
    } finally {
      stopped.removeEventListener('abort', onStop);
      await this.#looker.close();
    }
    const lost = this.#unanswered.size + this.#failed.size;
    if (lost === 0) return Exit.Done;
    this.#notice(`${lost} of your messages did not get through; say them again.`);
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
        this.#notice(sentenceOf(error));
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
    if (message.delivery === 'ok') this.#show(message);
    else this.#delivery(message);
  }

  #delivery(message: Message): void {
    const { id } = message;
    if (message.delivery === 'sending') {
      this.#unanswered.add(id);
      this.#failed.delete(id);
      return;
    }
    if (this.#saying > 0) this.#early.add(id);
    this.#unanswered.delete(id);
    if (message.delivery === 'ok') {
      this.#failed.delete(id);
      this.#show(message);
    } else {
      this.#failed.add(id);
      this.#notice(`Not sent: "${message.text}": ${message.reason ?? 'no answer'} /retry tries again.`);
    }
    if (this.#unanswered.size === 0) this.#drained?.resolve();
  }

  #show(message: Message): void {
    const [first = '', ...rest] = messageLines(this.#files.shown(message));
    print(this.#console, `${sanitiseLine(message.room)} ${first}`);
    for (const line of rest) print(this.#console, line);
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
    const { topic } = conversation.info;
    this.#notice(`What you type goes to ${room} now.${topic === '' ? '' : ` The topic is: ${topic}`}`);
  }

  #notice(text: string): void {
    tell(this.#console, sanitiseLine(text));
  }
}

/** The same commands, except that each `say` is also shown to `said`. */
function watchSay(commands: ClientCommands, said: (saying: Promise<string>) => void): ClientCommands {
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
