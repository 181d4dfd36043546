/** Tab completion of commands, rooms, names and `:emoji:`, over a line and what is known at this moment. */
import { commandsOf } from './command.js';
import type { Mode } from './commands.js';
import type { EmojiBook } from './emoji.js';
import { nameKey } from './name.js';
import { STICKERS } from './sticker.js';

export interface Candidates {
  readonly mode: Mode;
  /** With their sign, newest first: `#room`, `@name`. */
  readonly rooms: readonly string[];
  /** Without `@`, most recent speakers first. */
  readonly names: readonly string[];
  /** Interests that people here have, without `+`. */
  readonly tags: readonly string[];
  /** Absent until it is loaded: then no emoji are offered. */
  readonly emoji?: Pick<EmojiBook, 'complete'> | undefined;
}

export interface Completion {
  /** The piece of the line that is replaced, in UTF-16 units. */
  readonly from: number;
  readonly to: number;
  /** What may stand there, best first. The first is what one Tab puts in; further Tabs go round. */
  readonly replacements: readonly string[];
  /** How each is listed, same order. */
  readonly labels: readonly string[];
}

const EMOJI_OFFERED = 20;
const NONE = { from: 0, to: 0, replacements: [], labels: [] } as const;

/**
 * Completes the word before the cursor (an index in UTF-16 units). The word's beginning says what it may
 * become: `/` at the start of the line a command, `#` a room, `@` or a letter a name, `:` an emoji.
 */
export function complete(line: string, cursor: number, candidates: Candidates): Completion {
  const before = line.slice(0, cursor);
  const word = /\S*$/u.exec(before)?.[0] ?? '';
  const from = cursor - word.length;
  const emoji = /:([a-z0-9_+-]+)$/i.exec(word);
  if (emoji) return completeEmoji(emoji[1] ?? '', cursor, candidates);
  if (word === '') return NONE;
  const offer = offers(word, before.slice(0, from), from === 0, candidates);
  return { from, to: cursor, replacements: offer, labels: offer.map((text) => text.trim()) };
}

function offers(word: string, head: string, first: boolean, candidates: Candidates): string[] {
  if (first && word.startsWith('/')) return commands(word, candidates);
  const command = /^\/(\S+)\s+$/u.exec(head)?.[1];
  if (command === 'sticker')
    return starting(
      word,
      STICKERS.map((sticker) => sticker.name),
      '',
    );
  if (command === 'help') return commands(word.startsWith('/') ? word : `/${word}`, candidates);
  if (word.startsWith('#')) return starting(word, rooms(candidates), ' ');
  if (word.startsWith('@'))
    return starting(
      word,
      candidates.names.map((name) => `@${name}`),
      ' ',
    );
  const tags = candidates.tags.map((tag) => `+${tag}`);
  if (word.startsWith('+')) return starting(word, tags, ' ');
  if (command === 'interest' || command === 'join-interest') return starting(word, candidates.tags, '');
  if (command === 'join') return starting(`#${word}`, rooms(candidates), ' ');
  // A name that opens a sentence addresses somebody.
  return starting(word, candidates.names, first ? ': ' : ' ');
}

function rooms(candidates: Candidates): string[] {
  return candidates.rooms.filter((room) => room.startsWith('#'));
}

function commands(word: string, { mode }: Candidates): string[] {
  const useful = commandsOf(mode);
  const short = starting(
    word,
    useful.map((command) => `/${command.name}`),
    ' ',
  );
  if (short.length > 0) return short;
  return starting(
    word,
    useful.flatMap((command) => command.aliases.map((alias) => `/${alias}`)),
    ' ',
  );
}

function starting(word: string, among: readonly string[], after: string): string[] {
  const typed = nameKey(word);
  return among
    .filter((candidate) => nameKey(candidate).startsWith(typed))
    .map((candidate) => candidate + after);
}

function completeEmoji(prefix: string, cursor: number, { emoji }: Candidates): Completion {
  const found = emoji?.complete(prefix, EMOJI_OFFERED) ?? [];
  return {
    from: cursor - prefix.length - 1,
    to: cursor,
    replacements: found.map((picture) => `${picture.emoji} `),
    labels: found.map((picture) => `${picture.emoji} :${picture.name}:`),
  };
}
