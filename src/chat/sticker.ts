/**
 * Stickers: small pictures of letters. A sticker travels as its name in an entry of kind sticker, so each
 * client draws its own. At most 12 columns and 6 lines; every character is one column wide everywhere.
 */
import { NatterError } from './error.js';
import { nearest } from './nearest.js';

export interface Sticker {
  readonly name: string;
  /** For screen readers and the list. */
  readonly description: string;
  readonly lines: readonly string[];
}

export const STICKERS: readonly Sticker[] = [
  sticker(
    'cat',
    'a cat that sits and looks at you',
    String.raw`
 /\_/\
( o.o )
 > ^ <
 /   \
(_|_|_)~`,
  ),
  sticker(
    'owl',
    'an owl that stayed up too late',
    `
 ,___,
 (O,O)
 /)_)
--"-"--`,
  ),
  sticker(
    'coffee',
    'a cup of hot coffee',
    String.raw`
   ( (
    ) )
 .-----.
 |     |]
 \     /
  '---'`,
  ),
  sticker(
    'heart',
    'a heart',
    String.raw`
 .-.  .-.
(   \/   )
 \      /
  '.  .'
    \/`,
  ),
  sticker(
    'rocket',
    'a rocket on its way up',
    String.raw`
   /\
  |  |
  |()|
 /|  |\
 '-''-'
   **`,
  ),
  sticker(
    'whale',
    'a whale that spouts',
    String.raw`
    . '
   ' :
  __:____
 / o     \/|
 \_______/\|
~~~~~~~~~~~~`,
  ),
  sticker(
    'party',
    'fireworks',
    String.raw`
 *  . *  '
  . \|/ .
 ' --*-- *
  . /|\ .
 *  ' .  '`,
  ),
  sticker(
    'hug',
    'somebody round with open arms',
    `
  .---.
 ( ^_^ )
<|  v  |>
 |     |
 '-----'`,
  ),
  sticker(
    'ship',
    'a ship under sail: it is shipped',
    String.raw`
    |\
    | \
    |__\
 ___|____
 \______/
~~~~~~~~~~`,
  ),
  sticker(
    'table',
    'a table, flipped',
    String.raw`
      |   |
 \o/  |___|
  |    ' '
 / \  .   .`,
  ),
];

const BY_NAME: ReadonlyMap<string, Sticker> = new Map(STICKERS.map((each) => [each.name, each]));

/** @throws NatterError NO_SUCH_STICKER naming the nearest one */
export function findSticker(name: string): Sticker {
  const found = BY_NAME.get(name.toLowerCase());
  if (found) return found;
  const meant = nearest(name, BY_NAME.keys());
  const hint = meant === undefined ? '/sticker lists them.' : `did you mean ${meant}?`;
  throw new NatterError('NO_SUCH_STICKER', `There is no sticker of that name; ${hint}`);
}

/** What a received sticker is drawn as; one that this version does not know is told by its name. */
export function drawSticker(name: string): readonly string[] {
  return BY_NAME.get(name)?.lines ?? [`[sticker ${name}]`];
}

function sticker(name: string, description: string, art: string): Sticker {
  return { name, description, lines: art.replace(/^\n/, '').split('\n') };
}
