import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Pane, type PaneSource, type Row } from '../../src/ui/terminal/pane.js';

/** Items that are as many rows high as their number says, each row naming its item and line. */
class Blocks implements PaneSource<{ height: number }> {
  asked = 0;
  readonly items: { height: number; name: string }[];

  constructor(heights: readonly number[]) {
    this.items = heights.map((height, index) => ({ height, name: `i${index}` }));
  }

  rows(index: number): readonly Row[] {
    this.asked++;
    const item = this.items[index];
    return Array.from({ length: item?.height ?? 1 }, (_, line) => [
      { text: `${item?.name}.${line}`, look: 0 },
    ]);
  }
}

const texts = (rows: readonly Row[]) => rows.map((row) => row[0]?.text ?? '');

describe('a pane', () => {
  test('shows the end, with blank rows above what is not enough', () => {
    expect(texts(new Pane().view(new Blocks([1, 2]), 10, 4).rows)).toEqual(['', 'i0.0', 'i1.0', 'i1.1']);
  });

  test('scrolls by rows, stops at the first one, and follows the end again when it gets there', () => {
    const blocks = new Blocks([2, 1, 3, 2]);
    const pane = new Pane<{ height: number }>();
    pane.scroll(blocks, -2, 10, 3);
    expect(pane.isAtEnd).toBe(false);
    const view = pane.view(blocks, 10, 3);
    expect(texts(view.rows)).toEqual(['i2.0', 'i2.1', 'i2.2']);
    expect(view.below).toBe(1);
    pane.scroll(blocks, -50, 10, 3);
    expect(texts(pane.view(blocks, 10, 3).rows)).toEqual(['i0.0', 'i0.1', 'i1.0']);
    expect(pane.view(blocks, 10, 3).isAtTop).toBe(true);
    pane.scroll(blocks, 50, 10, 3);
    expect(pane.isAtEnd).toBe(true);
  });

  test('stays where it is while items come in before and after', () => {
    const blocks = new Blocks(Array(30).fill(1));
    const pane = new Pane<{ height: number }>();
    pane.scroll(blocks, -10, 10, 5);
    const before = texts(pane.view(blocks, 10, 5).rows);
    blocks.items.push({ height: 2, name: 'new' });
    blocks.items.unshift({ height: 3, name: 'old' });
    expect(texts(pane.view(blocks, 10, 5).rows)).toEqual(before);
    expect(pane.view(blocks, 10, 5).below).toBe(11);
  });

  test('lays out only what is seen among 100,000 items', () => {
    const blocks = new Blocks(Array(100_000).fill(1));
    const pane = new Pane<{ height: number }>();
    pane.scroll(blocks, -20, 80, 20);
    pane.view(blocks, 80, 20);
    expect(blocks.asked).toBeLessThan(200);
  });

  test('shows the same window as a list of all rows would, wherever it is scrolled', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 20 }),
        fc.integer({ min: 1, max: 8 }),
        fc.array(fc.integer({ min: -9, max: 9 }), { maxLength: 12 }),
        (heights, height, steps) => {
          const blocks = new Blocks(heights);
          const all = heights.flatMap((count, index) =>
            Array.from({ length: count }, (_, line) => `i${index}.${line}`),
          );
          const pane = new Pane<{ height: number }>();
          let end = all.length;
          for (const step of steps) {
            pane.scroll(blocks, step, 10, height);
            end = Math.max(Math.min(height, all.length), Math.min(all.length, Math.max(end + step, 1)));
            const expected = all.slice(Math.max(0, end - height), end);
            expect(texts(pane.view(blocks, 10, height).rows).filter((text) => text !== '')).toEqual(expected);
          }
        },
      ),
    );
  });

  test('puts an item at its top where there is enough below it', () => {
    const blocks = new Blocks(Array(30).fill(1));
    const pane = new Pane<{ height: number }>();
    const [item] = blocks.items.slice(10);
    if (item !== undefined) pane.toItem(blocks, item, 10, 5);
    expect(texts(pane.view(blocks, 10, 5).rows)[0]).toBe('i10.0');
  });
});
