/** The slash commands about files. Who calls shows the error of whatever fails. */
import { formatRate, formatRemaining, formatSize } from '../../chat/amount.js';
import { findCommand, wrongForm } from '../../chat/command.js';
import type { FileCommand } from '../../chat/commands.js';
import type { ClientCommands } from '../../chat/events.js';
import { parsePerson, parseTarget, personText } from '../../chat/name.js';
import { sendArguments } from '../../chat/path.js';
import { sanitiseLine } from '../../chat/text.js';
import { trustText } from './filetext.js';
import type { Model } from './model.js';
import { fileToSend } from './paths.js';
import { isHere } from './previews.js';
import { fileNote } from './progress.js';
import {
  type Choice,
  type FileEntry,
  isFetchable,
  isLasting,
  isOffered,
  isPausable,
  isPaused,
  isUnderWay,
  peerOf,
  remainingMs,
  stateOf,
} from './transfers.js';

/** What the commands about files need of the screen around them. */
export interface FileHost {
  readonly model: Model;
  readonly commands: ClientCommands;
  note(text: string): void;
  /** Shows the list of files, where there is a place for it. */
  showFiles(): void;
  /** Shows what is in a file that is here. */
  showPreview(entry: FileEntry): Promise<void>;
}

type Handler = (args: readonly string[]) => Promise<void>;

/** What is under way, and what others could still fetch. */
const isEndable: Choice = (entry) =>
  isLasting(entry) || (entry.transfer?.direction === 'out' && entry.transfer.state !== 'failed');

export function fileCommands(host: FileHost): Readonly<Record<FileCommand, Handler>> {
  const { commands, model, note } = host;
  const list = model.transfers;
  const accept = async (word: string | undefined, choice: Choice, what: string) => {
    const entry = list.find(word, choice, what, model.current?.room);
    await commands.acceptFile(entry.offer.id);
  };
  return {
    send: async ([rest = '']) => send(host, rest),
    accept: async ([word]) => accept(word, word === undefined ? isOffered : isFetchable, 'accept'),
    get: async ([word]) => {
      const room = model.current?.room;
      const isHereToo: Choice = (entry) => isFetchable(entry) && entry.room === room;
      await accept(word, word === undefined ? isHereToo : isFetchable, 'get');
    },
    reject: async ([word]) => {
      const entry = list.find(word, isOffered, 'reject', model.current?.room);
      await commands.rejectFile(entry.offer.id);
    },
    trust: async ([raw = '']) => {
      const name = personText(parsePerson(raw));
      await commands.trust(name, true);
      note(trustText(name));
    },
    untrust: async ([raw = '']) => {
      const name = personText(parsePerson(raw));
      await commands.trust(name, false);
      note(`You are asked again before a file of ${name} is taken.`);
    },
    files: async () => host.showFiles(),
    pause: async ([word]) => {
      // What only lies ready is held up when it is named.
      const choice = word === undefined ? isUnderWay : isPausable;
      for (const { offer } of chosen(host, word, choice, 'pause')) await commands.pauseFile(offer.id);
    },
    resume: async ([word]) => {
      for (const { offer } of chosen(host, word, isPaused, 'resume')) await commands.resumeFile(offer.id);
    },
    cancel: async ([word]) => {
      const entry = list.find(numberOf('cancel', word), word === undefined ? isLasting : isEndable, 'cancel');
      await commands.cancelFile(entry.offer.id);
    },
    preview: async ([word]) => {
      const number = numberOf('preview', word);
      await host.showPreview(list.find(number, isHere, 'preview', model.current?.room ?? ''));
    },
  };
}

async function send({ model, commands, note }: FileHost, rest: string): Promise<void> {
  const { path, target } = sendArguments(rest);
  const spec = findCommand('send');
  if (path === '' && spec !== undefined) throw wrongForm(spec);
  const room = target === undefined ? model.current?.room : parseTarget(target).target;
  if (room === undefined && spec !== undefined) throw wrongForm(spec);
  if (room === undefined) return;
  const full = await fileToSend(path);
  const known = model.find(room);
  const { room: joined } = known === undefined ? await commands.join(room) : known;
  await commands.sendFile(joined, full);
  if (joined !== model.current?.room) note(`${sanitiseLine(path)} is offered in ${joined}.`);
}

/** One by its number, or all that can be chosen. */
function chosen(
  { model }: FileHost,
  word: string | undefined,
  choice: Choice,
  what: 'pause' | 'resume',
): readonly FileEntry[] {
  const all = model.transfers.entries.filter(choice);
  if (word === undefined && all.length > 0) return all;
  return [model.transfers.find(numberOf(what, word), choice, what)];
}

/** @throws NatterError USAGE for anything but a number */
function numberOf(command: 'pause' | 'resume' | 'cancel' | 'preview', word: string | undefined) {
  const spec = findCommand(command);
  if (word !== undefined && !/^\d{1,9}$/.test(word) && spec !== undefined) throw wrongForm(spec);
  return word;
}

/** The files as lines, in the order of the panel. */
export function fileLines(entries: readonly FileEntry[]): string[] {
  if (entries.length === 0) return ['No files yet. /send FILE sends one.'];
  return entries.map((entry) => {
    const { number, offer, room, from, transfer } = entry;
    const way =
      transfer === undefined || transfer.direction === 'in' ? `from ${from}` : `to ${peerOf(transfer)}`;
    const place = room.startsWith('@') ? '' : ` in ${room}`;
    const moving =
      transfer?.state === 'running'
        ? `, ${formatRate(transfer.rate)}, ${formatRemaining(remainingMs(transfer))} left`
        : '';
    const note = fileNote(entry, stateOf(entry));
    return `${number}  ${offer.name} (${formatSize(offer.size)}) ${way}${place}: ${note}${moving}`;
  });
}
