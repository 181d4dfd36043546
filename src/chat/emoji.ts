/**
 * Emoji by shortcode. The table behind it (node-emoji, 1,500 names) takes about 35 ms to load, so it is
 * loaded by `loadEmoji` after the first screen stands; what people see first needs none of it.
 */

/** What may stand between the colons. */
const SHORTCODE = /:([a-z0-9][a-z0-9_+-]{0,40}|[+-]1):/gi;

/** Names people type elsewhere and the table does not have. */
const OURS: Readonly<Record<string, string>> = {
  thumbsup: '👍',
  thumbsdown: '👎',
  family: '👪',
  party: '🎉',
  thinking_face: '🤔',
  shrug: '🤷',
  facepalm: '🤦',
  thanks: '🙏',
  lol: '😂',
};

/** The pictures offered first, as shortcodes: 28, four rows of seven. */
export const PANEL: readonly string[] = [
  ...['smile', 'grin', 'joy', 'wink', 'blush', 'heart_eyes', 'sunglasses'],
  ...['thinking', 'neutral_face', 'confused', 'cry', 'sob', 'angry', 'scream'],
  ...['+1', '-1', 'clap', 'wave', 'pray', 'muscle', 'ok_hand'],
  ...['heart', 'broken_heart', 'star', 'fire', 'tada', 'coffee', 'rocket'],
];

export interface Picture {
  readonly name: string;
  readonly emoji: string;
}

export interface EmojiBook {
  /** The picture of a shortcode without its colons. */
  get(name: string): string | undefined;
  /** Replaces every known `:shortcode:`; everything else, and what stands between backticks, stays. */
  expand(text: string): string;
  /** Shortcodes that begin with a prefix, then those that contain it; each group by length and alphabet. */
  complete(prefix: string, max: number): readonly Picture[];
  /** The 28 of `PANEL`. */
  readonly panel: readonly Picture[];
}

let book: Promise<EmojiBook> | undefined;

/** Loads the table, once a process. */
export function loadEmoji(): Promise<EmojiBook> {
  book ??= import('node-emoji').then(({ search }) =>
    build(search('').map(({ name, emoji }) => [name, emoji] as const)),
  );
  return book;
}

function build(entries: readonly (readonly [string, string])[]): EmojiBook {
  const table = new Map<string, string>([...entries, ...Object.entries(OURS)]);
  const names = [...table.keys()].sort((a, b) => a.length - b.length || (a < b ? -1 : 1));
  const get = (name: string) => table.get(name.toLowerCase());
  const picture = (name: string): Picture[] => {
    const emoji = table.get(name);
    return emoji === undefined ? [] : [{ name, emoji }];
  };
  const replace = (text: string) => text.replace(SHORTCODE, (code, name: string) => get(name) ?? code);
  return {
    get,
    // Odd pieces stand between backticks; an unpaired backtick quotes nothing.
    expand: (text) =>
      text
        .split(/(`[^`]+`)/)
        .map((piece, index) => (index % 2 === 1 ? piece : replace(piece)))
        .join(''),
    complete: (prefix, max) => {
      const typed = prefix.toLowerCase();
      const first = names.filter((name) => name.startsWith(typed));
      const then =
        typed === '' ? [] : names.filter((name) => !name.startsWith(typed) && name.includes(typed));
      return [...first, ...then].slice(0, max).flatMap(picture);
    },
    panel: PANEL.flatMap(picture),
  };
}
