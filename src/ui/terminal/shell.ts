/** What is entered, done: words are said, slash commands run. Who calls shows the error of whatever fails. */
import { findCommand, helpLines, parseInput, wrongForm } from '../../chat/command.js';
import type { CommandName } from '../../chat/commands.js';
import { loadEmoji } from '../../chat/emoji.js';
import { NatterError } from '../../chat/error.js';
import type { ClientCommands, MessageKind, Person, Target } from '../../chat/events.js';
import { parsePerson, parseTarget, personText } from '../../chat/name.js';
import { findSticker, STICKERS } from '../../chat/sticker.js';
import { parseText, sanitiseLine } from '../../chat/text.js';
import { clockOf, dayOf } from './chat.js';
import { type FileHost, fileCommands } from './file-commands.js';
import { type GroupHost, groupCommands } from './group-commands.js';
import type { MachineSource } from './machine-source.js';
import { machineLines } from './machine-words.js';

const HISTORY_COUNT = 50;
const HISTORY_COUNT_MAX = 1_000;
const FOUND_MAX = 10;

/** What the shell needs of the screen around it. */
export interface ShellHost extends FileHost, GroupHost {
  readonly commands: ClientCommands;
  /** Shows lines of the program's own. */
  note(text: string): void;
  /** Something was said privately from elsewhere: goes there, if that is what this screen does. */
  wrote(room: Target): void;
  /** Asks for one line; undefined when the person does not want to answer. */
  ask(question: string, isSecret: boolean): Promise<string | undefined>;
  readonly machines: MachineSource;
  /** Shows the machines, where there is a place for it. @returns false where there is none */
  showMachines(filter: string): boolean;
  /** Commands that are answered otherwise there. */
  readonly answers?: Partial<Readonly<Record<CommandName, Handler>>>;
  quit(): void;
}

type Handler = (args: readonly string[]) => Promise<void>;

export class Shell {
  readonly #host: ShellHost;
  readonly #handlers: Readonly<Record<CommandName, Handler>>;

  constructor(host: ShellHost) {
    this.#host = host;
    const { commands } = host;
    this.#handlers = {
      ...fileCommands(host),
      ...groupCommands(host),
      help: async ([about]) => host.note(helpLines(host.model.mode, about).join('\n')),
      join: async ([room = '']) => this.#join(room),
      leave: async ([room]) => this.#leave(room === undefined ? this.#here() : parseTarget(room).target),
      msg: async ([name = '', text = '']) => this.#msg(name, text),
      query: async ([name = '']) => this.#join(`@${nameOf(name)}`),
      me: async ([text = '']) => this.#say(text, 'action'),
      names: async ([room]) => this.#names(room === undefined ? this.#here() : parseTarget(room).target),
      who: async () => this.#names(undefined),
      list: async () => this.#list(),
      topic: async ([topic]) => this.#topic(topic),
      whois: async ([name = '']) => this.#whois(nameOf(name)),
      away: async () => {
        await commands.away(true);
        host.note('You are away until /back.');
      },
      back: async () => {
        await commands.away(false);
        host.note('You are back.');
      },
      search: async ([text = '']) => this.#search(text),
      clear: async () => host.model.current?.timeline.clear(),
      quit: async () => host.quit(),
      sticker: async ([name]) => this.#sticker(name),
      password: async () => this.#password(),
      devices: async () => this.#devices(),
      'forget-device': async ([key = '']) => {
        await commands.forgetDevice(key);
        host.note('That device needs the password the next time.');
      },
      retry: async ([which]) => {
        if (!(await this.retry(which === 'all'))) host.note('Nothing here failed.');
      },
      history: async ([count]) => this.#history(count),
      machines: async ([filter = '']) => this.#machines(filter),
      ...host.answers,
    };
  }

  /** Says or does what was entered. @throws NatterError with one sentence for the person */
  async enter(line: string): Promise<void> {
    const { model } = this.#host;
    const room = model.current?.room;
    const { state } = model.link;
    const input = parseInput(line, {
      mode: model.mode,
      // While it catches up a client asks and is answered already.
      live: state === 'live' || state === 'syncing',
      ...(room === undefined ? {} : { room }),
    });
    if (input.kind === 'say') await this.#say(input.text, 'text');
    else await this.#handlers[input.command](input.args);
  }

  /** Sends the oldest failed message of this conversation again, or all of them. */
  async retry(isAll = false): Promise<boolean> {
    const { model, commands } = this.#host;
    const failed = model.current?.timeline.failures() ?? [];
    for (const message of isAll ? failed : failed.slice(0, 1)) await commands.retry(message.id);
    return failed.length > 0;
  }

  #here(): Target {
    const { current } = this.#host.model;
    if (current === undefined)
      throw new NatterError('NOT_A_MEMBER', 'You are in no conversation; /join a room first.');
    if (current.isGone)
      throw new NatterError(
        'NOT_A_MEMBER',
        `You are not in ${current.room} any more; go to another conversation, or /join it again.`,
      );
    return current.room;
  }

  async #leave(room: Target): Promise<void> {
    const { commands, model } = this.#host;
    model.leaving(room);
    try {
      await commands.leave(room);
    } catch (error) {
      model.leaving(room, false);
      throw error;
    }
  }

  async #say(text: string, kind: MessageKind): Promise<void> {
    const book = await loadEmoji();
    await this.#host.commands.say(this.#here(), parseText(book.expand(text)), kind);
  }

  async #join(raw: string): Promise<void> {
    const { commands, model, open } = this.#host;
    const { kind, name, target } = parseTarget(raw);
    if (kind === 'room' && model.mode === 'ring' && model.find(target) === undefined)
      throw new NatterError(
        'NO_SUCH_ROOM',
        'The ring has a lobby and groups, no rooms; /interest TAG makes a group.',
      );
    const { room } = kind === 'interest' ? await commands.interest(name) : await commands.join(target);
    open(room);
  }

  async #msg(name: string, text: string): Promise<void> {
    const room = `@${nameOf(name)}`;
    const book = await loadEmoji();
    const words = parseText(book.expand(text));
    const known = this.#host.model.find(room);
    const target = known === undefined ? (await this.#host.commands.join(room)).room : known.room;
    await this.#host.commands.say(target, words, 'text');
    this.#host.wrote(target);
  }

  async #names(room: Target | undefined): Promise<void> {
    const members = await this.#host.commands.who(room);
    const names = members.map(({ user, state }) => {
      const name = sanitiseLine(user);
      return state === 'online' ? name : `${name} (${state})`;
    });
    const where = room === undefined ? 'online' : `in ${room}`;
    this.#host.note(`${names.length} ${where}: ${names.sort().join(', ')}`);
  }

  async #list(): Promise<void> {
    const { commands, model, note } = this.#host;
    const rooms = model.mode === 'ring' ? [] : await commands.rooms();
    const lines = rooms.map(({ name, topic, members }) => {
      const sign = name.startsWith('#') ? '' : '#';
      return `${sign}${name}  ${members} ${members === 1 ? 'member' : 'members'}${topic === '' ? '' : `  ${topic}`}`;
    });
    const tags = await commands.tags();
    lines.push(...tags.map(({ tag, people }) => `+${sanitiseLine(tag)}  ${people} like it`));
    const nothing =
      model.mode === 'ring'
        ? 'Nobody else has told of an interest; /interest TAG goes to one.'
        : 'There are no rooms yet; /join makes one.';
    note(lines.length === 0 ? nothing : lines.join('\n'));
  }

  async #topic(topic: string | undefined): Promise<void> {
    const conversation = this.#host.model.current;
    if (conversation === undefined) return;
    if (topic !== undefined) return this.#host.commands.topic(conversation.room, topic);
    const { topic: present } = conversation.info;
    this.#host.note(present === '' ? `${conversation.room} has no topic.` : `The topic is: ${present}`);
  }

  async #whois(name: string): Promise<void> {
    this.#host.note(personLine(await this.#host.commands.person(name)));
  }

  #search(text: string): void {
    const conversation = this.#host.model.current;
    if (conversation === undefined) return;
    const wanted = text.toLowerCase();
    const found = conversation.timeline.items.flatMap((item) =>
      item.type === 'message' && item.message.text.toLowerCase().includes(wanted) ? [item.message] : [],
    );
    if (found.length === 0)
      throw new NatterError('BAD_ARGUMENT', `Nothing here says "${text}"; /history fetches older messages.`);
    const lines = found
      .slice(-FOUND_MAX)
      .map(({ at, from, text: words }) => `${dayOf(at)} ${clockOf(at)}  ${from}: ${words.split('\n')[0]}`);
    const rest = found.length - lines.length;
    const title = rest > 0 ? `${found.length} found, the last ${lines.length}:` : `${found.length} found:`;
    this.#host.note([title, ...lines].join('\n'));
  }

  async #sticker(name: string | undefined): Promise<void> {
    if (name !== undefined) {
      await this.#host.commands.say(this.#here(), findSticker(name).name, 'sticker');
      return;
    }
    const width = Math.max(...STICKERS.map((sticker) => sticker.name.length));
    const lines = STICKERS.map((sticker) => `/sticker ${sticker.name.padEnd(width)}  ${sticker.description}`);
    this.#host.note(lines.join('\n'));
  }

  async #password(): Promise<void> {
    const { ask, commands, note } = this.#host;
    const current = await ask('Present password:', true);
    if (current === undefined) return;
    const next = await ask('New password:', true);
    if (next === undefined) return;
    if ((await ask('New password again:', true)) !== next) {
      throw new NatterError('BAD_ARGUMENT', 'The two new passwords differ; start again with /password.');
    }
    const answer = await ask('Forget all other devices? y or n:', false);
    await commands.changePassword(current, next, answer?.trim().toLowerCase().startsWith('y') ?? false);
    note('Your password is changed.');
  }

  async #devices(): Promise<void> {
    const devices = await this.#host.commands.devices();
    const lines = devices.map(
      ({ key, label, seenAt, me }) =>
        `${key}  ${label}${me ? ' (this one)' : ''}  last seen ${dayOf(seenAt)} ${clockOf(seenAt)}`,
    );
    this.#host.note(lines.length === 0 ? 'No device is remembered.' : lines.join('\n'));
  }

  async #machines(filter: string): Promise<void> {
    const { machines, showMachines, note } = this.#host;
    if (!showMachines(filter)) note((await machineLines(machines, filter)).join('\n'));
  }

  async #history(raw: string | undefined): Promise<void> {
    const conversation = this.#host.model.current;
    if (conversation === undefined) return;
    const count = raw === undefined ? HISTORY_COUNT : Number(raw);
    const spec = findCommand('history');
    if ((!Number.isInteger(count) || count < 1) && spec !== undefined) throw wrongForm(spec);
    const before = conversation.timeline.first || conversation.info.head + 1;
    await this.#host.commands.history(conversation.room, before, Math.min(count, HISTORY_COUNT_MAX));
  }
}

/** A person's name as typed, with or without `@`. */
function nameOf(raw: string): string {
  return personText(parsePerson(raw));
}

/** `ana is online; key b67v-...; likes +chess, +go`. */
function personLine({ user, state, author, interests = [] }: Person): string {
  const facts = [
    `${sanitiseLine(user)} is ${state}`,
    ...(author === undefined ? [] : [`key ${sanitiseLine(author)}`]),
    ...(interests.length === 0
      ? []
      : [`likes ${interests.map((tag) => `+${sanitiseLine(tag)}`).join(', ')}`]),
  ];
  return facts.length === 1 ? `${facts[0]}.` : facts.join('; ');
}
