/** The 256-colour palette: 16 of one's own, which nobody knows, a cube of 6 x 6 x 6, and 24 greys (xterm, 256colres.pl). */

type Colour = readonly [red: number, green: number, blue: number];

const CUBE_FIRST = 16;
const LEVELS = [0, 95, 135, 175, 215, 255] as const;
const GREY_FIRST = 232;
const GREYS = 24;

/**
 * The nearest colour of the palette, by distance in sRGB. Not dithered: at the size of half a cell the dots are as
 * large as what they are to draw.
 * @param red, green, blue 0-255
 */
export function nearestColour(red: number, green: number, blue: number): number {
  const [r, g, b] = [levelOf(red), levelOf(green), levelOf(blue)];
  const cube: Colour = [LEVELS[r] ?? 0, LEVELS[g] ?? 0, LEVELS[b] ?? 0];
  const step = Math.min(GREYS - 1, Math.max(0, Math.round(((red + green + blue) / 3 - 8) / 10)));
  const grey = 8 + step * 10;
  const wanted: Colour = [red, green, blue];
  return distance(cube, wanted) <= distance([grey, grey, grey], wanted)
    ? CUBE_FIRST + 36 * r + 6 * g + b
    : GREY_FIRST + step;
}

/** The nearest of the cube's six levels, which are even but for the first. */
function levelOf(value: number): number {
  if (value < 48) return 0;
  return value < 115 ? 1 : Math.min(5, Math.round((value - 55) / 40));
}

function distance(one: Colour, other: Colour): number {
  return (one[0] - other[0]) ** 2 + (one[1] - other[1]) ** 2 + (one[2] - other[2]) ** 2;
}
