/** The linear client of the ring for programs: one JSON object a line. Notices and answers in words go to standard error. */
import type { CommandName } from '../chat/commands.js';
import { NatterError } from '../chat/error.js';
import type { ClientCommands, ClientEvent, Message, RingCommands } from '../chat/events.js';
import { nameKey, parsePerson, parseTarget, personText } from '../chat/name.js';
import { sanitiseLine } from '../chat/text.js';
import { type Console, tell } from './console.js';
import { codeOf, sentenceOf } from './exit.js';
import {
  deliveryLine,
  groupLine,
  joinedLine,
  messageLine,
  peerLine,
  placeLine,
  presenceLine,
  printJson,
  ringLine,
} from './json.js';
import type { Voice } from './linear.js';
import { TransferReport } from './report.js';
import type { Conversation } from './terminal/conversation.js';
import { placeOf } from './terminal/group-commands.js';
import type { Model } from './terminal/model.js';

type Commands = ClientCommands & RingCommands;
type Answer = (args: readonly string[]) => Promise<void>;

export class RingJson implements Voice {
  readonly answers: Partial<Readonly<Record<CommandName, Answer>>>;
  readonly #commands: Commands;
  readonly #console: Console;
  readonly #model: Model;
  readonly #transfers: TransferReport;

  constructor(commands: Commands, console: Console, model: Model) {
    this.#commands = commands;
    this.#console = console;
    this.#model = model;
    this.#transfers = new TransferReport(console, true);
    this.answers = {
      who: async () => this.#people(),
      names: async ([room]) =>
        this.#people(room === undefined ? model.current?.room : parseTarget(room).target),
      whois: async ([name = '']) => this.#whois(personText(parsePerson(name))),
      status: async () => this.#status(),
      where: async ([place]) => this.#where(place),
      invite: async () => this.#say({ event: 'invite', link: await commands.invite() }),
      ring: async () => {
        this.#say(ringLine(await commands.ringStatus()));
        for (const peer of await commands.ringView()) this.#say(peerLine(peer));
      },
      list: async () => {
        for (const { tag, people } of await commands.tags()) this.#say({ event: 'tag', tag, people });
      },
    };
  }

  ready(conversation: Conversation | undefined): void {
    if (conversation !== undefined) this.opened(conversation);
  }

  opened({ info }: Conversation): void {
    this.#say(joinedLine(info));
  }

  begin(): void {
    const load = async () => {
      for (const transfer of await this.#commands.transfers()) this.#transfers.take(transfer);
    };
    // Without an answer the peer is gone, which is told by other means.
    load().catch(() => undefined);
  }

  async end(): Promise<void> {
    this.#transfers.close();
  }

  message(message: Message): void {
    this.#say(messageLine(message));
  }

  delivery(message: Message): void {
    this.#say(deliveryLine(message));
  }

  lost(message: Message): void {
    this.#say(deliveryLine(message));
  }

  event(event: ClientEvent): void {
    switch (event.event) {
      case 'presence':
        this.#say(presenceLine(event, event.room));
        return;
      case 'ring':
        this.#say(ringLine(event));
        return;
      case 'group':
        this.#say(groupLine(event));
        return;
      case 'transfer':
        this.#transfers.take(event.transfer);
        return;
      case 'error':
        this.#say({ event: 'error', code: event.code, message: event.message });
        return;
      case 'notice':
        this.note(event.text);
        return;
      case 'left':
        this.note(`You left ${event.room}.`);
        return;
      default:
        return;
    }
  }

  note(text: string): void {
    for (const line of text.split('\n')) tell(this.#console, sanitiseLine(line));
  }

  failed(error: unknown): void {
    this.#say({ event: 'error', code: codeOf(error), message: sentenceOf(error) });
  }

  unsent(count: number): void {
    this.note(`${count} of your messages did not get through; say them again.`);
  }

  showFiles(): void {
    for (const { transfer } of this.#model.transfers.ranked)
      if (transfer !== undefined) this.#transfers.again(transfer);
  }

  async showPreview(): Promise<void> {
    throw new NatterError(
      'NOT_ALLOWED',
      'There is nothing to look at among JSON lines; open the path of the file.',
    );
  }

  async #people(room?: string): Promise<void> {
    for (const person of await this.#commands.who(room)) this.#say(presenceLine(person, room));
  }

  async #whois(name: string): Promise<void> {
    const found = (await this.#commands.who()).find(({ user }) => nameKey(user) === nameKey(name));
    this.#say(presenceLine(found ?? { user: name, state: 'offline' }));
  }

  async #status(): Promise<void> {
    this.#say(ringLine(await this.#commands.ringStatus()));
    for (const group of await this.#commands.groups()) this.#say(groupLine(group));
  }

  async #where(place: string | undefined): Promise<void> {
    if (place !== undefined) await this.#commands.locate(placeOf(place));
    this.#say(placeLine(await this.#commands.location()));
  }

  #say(line: object): void {
    printJson(this.#console, line);
  }
}
