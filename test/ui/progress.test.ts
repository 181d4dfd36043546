import { Terminal } from '@xterm/headless';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Transfer } from '../../src/chat/events.js';
import { Bars, hasBars } from '../../src/ui/bars.js';
import { progressLines } from '../../src/ui/progress.js';
import { TransferReport } from '../../src/ui/report.js';
import { textWidth } from '../../src/ui/terminal/width.js';
import { FakeConsole } from '../support/fake-console.js';
import { transferOf } from '../support/script-client.js';

const WIDE = { width: 79, colour: false };

function moving(id: string, more: Partial<Transfer> = {}): Transfer {
  return transferOf(id, 'running', { bytes: 430, rate: 100, ...more });
}

describe('a line of progress', () => {
  test('shows name, bar in eighths, percent, rate and what remains', () => {
    const [line] = progressLines([moving('a', { name: 'holiday.mov' })], WIDE);
    expect(line).toBe(
      `holiday.mov                 ▕${'█'.repeat(10)}▎             ▏  43 %   100 B/s     0:06`,
    );
  });

  test('is whole only when all of it is there', () => {
    const at = (bytes: number, size = 1000) => progressLines([moving('a', { bytes, size })], WIDE)[0];
    expect(at(999)).toContain(' 99 %');
    expect(at(1000)).toContain('100 %');
    expect(at(0, 0)).toContain('100 %');
    expect(at(0)).toContain('  0 %');
  });

  test.each([
    ['accepted', 'waiting'],
    ['paused', 'paused'],
    ['verifying', 'checking'],
  ] as const)('of what is %s says %s instead of a time', (state, word) => {
    const [line] = progressLines([moving('a', { state })], WIDE);
    expect(line).toMatch(new RegExp(`${word}$`));
    expect(line).not.toContain('B/s');
  });

  test('is coloured where colours are wanted', () => {
    expect(progressLines([moving('a')], { ...WIDE, colour: true })[0]).toMatch(
      /▕\u001b\[36m█+.?\u001b\[39m *▏/,
    );
  });

  test('is never wider than the terminal, and steers nothing, whatever the name', () => {
    const transfer = fc.record({
      name: fc.oneof(fc.string({ unit: 'binary' }), fc.constant('日本語の写真👩‍💻\u001b[2J\u202egnp.exe')),
      size: fc.nat(),
      bytes: fc.nat(),
      rate: fc.oneof(fc.nat(), fc.constant(0)),
    });
    fc.assert(
      fc.property(
        fc.array(transfer, { maxLength: 8 }),
        fc.integer({ min: 1, max: 200 }),
        (several, width) => {
          const lines = progressLines(
            several.map((more, index) => moving(`${index}`, more)),
            { width, colour: false },
          );
          for (const line of lines) {
            expect(textWidth(line)).toBeLessThanOrEqual(width);
            expect(line).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
          }
        },
      ),
      { seed: 7 },
    );
  });

  test('stands for one transfer each up to four, for all the others together beyond', () => {
    const many = Array.from({ length: 20 }, (_, index) =>
      moving(`f${index}`, { state: index === 19 ? 'running' : 'accepted' }),
    );
    const lines = progressLines(many, WIDE);
    expect(lines).toHaveLength(5);
    expect(lines[0]).toMatch(/^f19\.bin /);
    expect(lines[4]).toBe('and 16 more: 43 % of 16 kB');
    expect(progressLines(many.slice(0, 4), WIDE)).toHaveLength(4);
  });
});

/** What a terminal of 60 x 10 shows after this was written to it. It needs timers of its own that run. */
async function shown(written: string): Promise<string[]> {
  vi.useRealTimers();
  const terminal = new Terminal({ cols: 60, rows: 10, allowProposedApi: true, convertEol: true });
  await new Promise<void>((resolve) => terminal.write(written, resolve));
  const rows = Array.from({ length: 10 }, (_, row) =>
    terminal.buffer.active.getLine(row)?.translateToString(true),
  );
  terminal.dispose();
  while (rows.at(-1) === '') rows.pop();
  return rows.map((row) => row ?? '');
}

describe('bars on a terminal', () => {
  let console: FakeConsole;
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    console = new FakeConsole({ NO_COLOR: '1' }).asTerminal();
    console.stderr.columns = 60;
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test('are drawn over each other, ten times a second at most', async () => {
    const bars = new Bars(console);
    for (let bytes = 0; bytes <= 1000; bytes += 1) {
      bars.show(moving('a', { bytes }));
      if (bytes % 100 === 0) await vi.advanceTimersByTimeAsync(100);
    }
    expect(await shown(console.err)).toEqual([expect.stringMatching(/^a\.bin .*100 %/)]);
    expect(console.err.split('\u001b[J').length).toBeLessThan(15);
  });

  test('make room for lines above them and leave nothing behind', async () => {
    const bars = new Bars(console);
    bars.show(moving('a'));
    bars.show(moving('b'));
    await vi.advanceTimersByTimeAsync(100);
    bars.above(() => console.stderr.write('a line\n'));
    const both = console.err;
    bars.remove('a');
    await vi.advanceTimersByTimeAsync(100);
    const one = console.err;
    bars.close();
    bars.above(() => console.stderr.write('the end\n'));
    expect(await shown(both)).toEqual([
      'a line',
      expect.stringMatching(/^a\.bin/),
      expect.stringMatching(/^b\.bin/),
    ]);
    expect(await shown(one)).toEqual(['a line', expect.stringMatching(/^b\.bin/)]);
    expect(await shown(console.err)).toEqual(['a line', 'the end']);
  });

  test('are for a terminal only, and not for one that cannot move its cursor', () => {
    expect(hasBars(console)).toBe(true);
    expect(hasBars(new FakeConsole())).toBe(false);
    expect(hasBars(new FakeConsole({ TERM: 'dumb' }).asTerminal())).toBe(false);
  });

  test('give way to JSON', () => {
    const report = new TransferReport(console, true);
    report.take(moving('a'));
    expect(console.err).toBe('');
    expect(console.json).toMatchObject([{ state: 'running' }]);
  });

  test('go away before a result is printed and at the end', async () => {
    const report = new TransferReport(console, false);
    report.take(moving('a'));
    report.take(moving('b'));
    await vi.advanceTimersByTimeAsync(100);
    report.take(moving('a', { state: 'done', hash: 'ff' }));
    expect(console.out).toBe('a.bin  1.0 kB  ff\n');
    report.notice('the end');
    report.close();
    expect(await shown(console.err)).toEqual(['the end']);
  });
});
