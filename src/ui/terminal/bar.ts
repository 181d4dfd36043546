/** A bar of progress, drawn in eighths of a cell where the character set has them. */

/** One cell filled by 1/n, 2/n, ... n/n. */
export type Blocks = readonly string[];

export const EIGHTHS: Blocks = ['▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'];
export const HASHES: Blocks = ['#'];

/**
 * `[█████▋    ]`, exactly `cells` wide.
 * @param share 0 to 1; below 1 the bar is never full
 */
export function bar(share: number, cells: number, blocks: Blocks): string {
  const inner = Math.max(0, cells - 2);
  if (inner === 0) return ' '.repeat(Math.max(0, cells));
  const { filled, empty } = fill(share, inner, blocks);
  return `[${filled}${empty}]`;
}

/** The two parts of a bar without its ends, together `cells` wide; as `bar`. */
export function fill(share: number, cells: number, blocks: Blocks): { filled: string; empty: string } {
  const steps = Math.floor(Math.min(1, Math.max(0, share)) * cells * blocks.length);
  const whole = Math.floor(steps / blocks.length);
  const part = steps % blocks.length === 0 ? '' : (blocks[(steps % blocks.length) - 1] ?? '');
  const filled = (blocks.at(-1) ?? '#').repeat(whole) + part;
  return { filled, empty: ' '.repeat(cells - whole - (part === '' ? 0 : 1)) };
}
