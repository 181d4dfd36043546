/**
 * The linear client for people: what is said comes out as lines. For screen readers, for terminals that cannot do
 * more, and for pipes. Nothing is ever redrawn.
 */
import type { ClientCommands, ClientEvent, Message, Person, RingStatus } from '../chat/events.js';
import { sanitise, sanitiseLine } from '../chat/text.js';
import { type Console, print, tell } from './console.js';
import { sentenceOf } from './exit.js';
import { messageLines } from './format.js';
import type { Voice } from './linear.js';
import { FileTeller } from './plain-files.js';
import { tellPinned } from './session.js';
import type { Conversation } from './terminal/conversation.js';
import { fileLines } from './terminal/file-commands.js';
import { Looker } from './terminal/looker.js';
import type { Model } from './terminal/model.js';
import { ringSentence } from './terminal/ring-words.js';
import type { FileEntry } from './terminal/transfers.js';

/** How standing alone is kept, to be told once. */
const ALONE = 'alone false';

export class Plain implements Voice {
  readonly answers = {};
  readonly #commands: ClientCommands;
  readonly #console: Console;
  readonly #model: Model;
  readonly #looker = new Looker();
  readonly #files: FileTeller;
  /** How each person in each conversation was told to be last: only a change is told. */
  readonly #told = new Map<string, Pick<Person, 'user' | 'state'>>();
  #ringState = '';

  constructor(commands: ClientCommands, console: Console, model: Model) {
    this.#commands = commands;
    this.#console = console;
    this.#model = model;
    this.#files = new FileTeller(
      model,
      (...args) => this.#looker.look(...args),
      (line) => this.#notice(line),
    );
  }

  ready(conversation: Conversation | undefined): void {
    const here = conversation?.room ?? 'no room';
    this.#notice(`You are ${this.#model.me} in ${here}. /help lists the commands, /quit leaves.`);
  }

  begin(): void {
    // Without an answer the offers come as they are made, and the link is down, which is told.
    this.#files.load(this.#commands).catch(() => undefined);
  }

  end(): Promise<void> {
    return this.#looker.close();
  }

  opened({ room, info: { topic } }: Conversation): void {
    this.#notice(`What you type goes to ${room} now.${topic === '' ? '' : ` The topic is: ${topic}`}`);
  }

  message(message: Message): void {
    const [first = '', ...rest] = messageLines(this.#files.shown(message));
    print(this.#console, `${sanitiseLine(message.room)} ${first}`);
    for (const line of rest) print(this.#console, line);
  }

  delivery({ room, text, delivery }: Message): void {
    const name = room.replace(/^@/, '');
    const fate = {
      held: `Held until ${name} comes`,
      delivered: `Delivered to ${name}`,
      expired: `Expired, ${name} did not come for it`,
    } as const;
    if (delivery === 'held' || delivery === 'delivered' || delivery === 'expired')
      this.#notice(`${fate[delivery]}: "${text}"`);
  }

  lost({ text, reason = 'no answer' }: Message): void {
    this.#notice(`Not sent: "${text}": ${reason} /retry tries again.`);
  }

  event(event: ClientEvent): void {
    switch (event.event) {
      case 'presence':
        this.#presence(event);
        return;
      case 'link':
        if (event.state === 'reconnecting') this.#notice('The connection is lost; trying to get it back.');
        if (event.state === 'failed') this.#notice(`The connection failed: ${event.detail}`);
        return;
      case 'ring':
        this.#ring(event);
        return;
      case 'left':
        this.#notice(
          this.#model.find(event.room)?.isGone
            ? `You are not in ${event.room} any more; what you type goes nowhere until you go elsewhere, as with /lobby.`
            : `You left ${event.room}.`,
        );
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

  note(text: string): void {
    print(this.#console, sanitise(text));
  }

  failed(error: unknown): void {
    this.#notice(sentenceOf(error));
  }

  unsent(count: number): void {
    this.#notice(`${count} of your messages did not get through; say them again.`);
  }

  showFiles(): void {
    for (const line of fileLines(this.#model.transfers.ranked)) print(this.#console, line);
  }

  showPreview(entry: FileEntry): Promise<void> {
    return this.#files.showPreview(entry);
  }

  #presence(event: Extract<ClientEvent, { event: 'presence' }>): void {
    const { room, user, author = user, state } = event;
    const key = `${room} ${author}`;
    const before = this.#told.get(key);
    // In the ring somebody may come to be written otherwise; then only the name is gone.
    const isWrittenAnew = before !== undefined && before.user !== user;
    if (before?.state === state && !isWrittenAnew) return;
    if (isWrittenAnew && state === 'offline') return;
    this.#told.set(key, { user, state });
    if (state === 'offline') this.#told.delete(key);
    if (this.#model.isMe(event)) return;
    this.#notice(
      isWrittenAnew ? `${before.user} is written ${user} now.` : `${user} is ${state} in ${room}.`,
    );
  }

  /** Told when it is another state, and when the first has come or the last has gone: of joining that is not said. */
  #ring(status: RingStatus): void {
    const isAccompanied = status.peers > 0 && status.state !== 'joining';
    const state = `${status.state} ${isAccompanied}`;
    // Whoever was told that they are alone need not hear of each try to be it no more.
    const isTry = this.#ringState === ALONE && status.state === 'joining' && status.peers === 0;
    if (state === this.#ringState || isTry) return;
    this.#ringState = state;
    this.#notice(ringSentence(status, Date.now() - status.sinceMs));
  }

  #notice(text: string): void {
    tell(this.#console, sanitiseLine(text));
  }
}
