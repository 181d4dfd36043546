/**
 * Looks, as numbers the screen understands: flags << 18 | foreground << 9 | background, each colour 0-255 of
 * the 256-colour palette or 0x1ff for the terminal's own (neo-blessed, lib/widgets/screen.js `draw`).
 * Foregrounds are of middle lightness, so that they can be read on a dark and on a light ground.
 */
export type Look = number;

const OWN = 0x1ff;
const BOLD = 1;
const UNDERLINE = 2;
const INVERSE = 8;

/** A look from colours of the 256-colour palette. */
export const look = (fg: number, bg = OWN, flags = 0): Look => (flags << 18) | (fg << 9) | bg;

/** The terminal's own colours, no flags. */
export const PLAIN: Look = look(OWN);

export interface Theme {
  readonly plain: Look;
  readonly bold: Look;
  /** Times, rules, hints: there when looked for. */
  readonly dim: Look;
  readonly border: Look;
  readonly title: Look;
  readonly bar: Look;
  readonly barStrong: Look;
  readonly heading: Look;
  readonly current: Look;
  readonly mention: Look;
  readonly unread: Look;
  readonly mine: Look;
  readonly action: Look;
  readonly sticker: Look;
  readonly file: Look;
  readonly notice: Look;
  readonly warning: Look;
  readonly failed: Look;
  readonly good: Look;
  readonly fresh: Look;
  readonly prompt: Look;
  readonly field: Look;
  readonly fieldActive: Look;
  /** Names are told apart by these, always the same one for the same name. */
  readonly names: readonly Look[];
}

const COLOURED: Theme = {
  plain: PLAIN,
  bold: look(OWN, OWN, BOLD),
  dim: look(244),
  border: look(240),
  title: look(253, 236),
  bar: look(250, 236),
  barStrong: look(231, 236, BOLD),
  heading: look(244, OWN, BOLD),
  current: look(231, 24, BOLD),
  mention: look(209, OWN, BOLD),
  unread: look(37, OWN, BOLD),
  mine: look(37, OWN, BOLD),
  action: look(140),
  sticker: look(172),
  file: look(110),
  notice: look(244),
  warning: look(172, OWN, BOLD),
  failed: look(167, OWN, BOLD),
  good: look(71),
  fresh: look(172),
  prompt: look(37, OWN, BOLD),
  field: look(OWN, OWN, UNDERLINE),
  fieldActive: look(231, 24),
  names: [68, 71, 98, 133, 136, 73, 167, 108, 173, 175, 110, 143].map((colour) => look(colour)),
};

/** NO_COLOR (https://no-color.org): weight and inversion stay, since they are no colours. */
const COLOURLESS: Theme = {
  plain: PLAIN,
  bold: look(OWN, OWN, BOLD),
  dim: PLAIN,
  border: PLAIN,
  title: look(OWN, OWN, INVERSE),
  bar: look(OWN, OWN, INVERSE),
  barStrong: look(OWN, OWN, INVERSE | BOLD),
  heading: look(OWN, OWN, BOLD),
  current: look(OWN, OWN, INVERSE),
  mention: look(OWN, OWN, BOLD),
  unread: look(OWN, OWN, BOLD),
  mine: look(OWN, OWN, BOLD),
  action: PLAIN,
  sticker: PLAIN,
  file: PLAIN,
  notice: PLAIN,
  warning: look(OWN, OWN, BOLD),
  failed: look(OWN, OWN, BOLD),
  good: PLAIN,
  fresh: PLAIN,
  prompt: look(OWN, OWN, BOLD),
  field: look(OWN, OWN, UNDERLINE),
  fieldActive: look(OWN, OWN, INVERSE),
  names: [PLAIN],
};

/** @param environment NO_COLOR counts when set to anything but the empty string. */
export function themeFor(environment: Readonly<Record<string, string | undefined>>): Theme {
  return environment.NO_COLOR ? COLOURLESS : COLOURED;
}

/** The look of a name: FNV-1a over its UTF-16 units, mixed once more as short names need, so the same on every screen. */
export function nameLook(theme: Theme, name: string): Look {
  let hash = 0x811c9dc5;
  for (let index = 0; index < name.length; index++)
    hash = Math.imul(hash ^ name.charCodeAt(index), 0x01000193) >>> 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b) >>> 0;
  hash = (hash ^ (hash >>> 13)) >>> 0;
  return theme.names[hash % theme.names.length] ?? theme.plain;
}
