import { describe, expect, it } from 'vitest';
import { run as simulate } from '#natter/ui/commands/sim.js';
import type { SimFigure } from '../../src/sim/figures.js';
import { Run } from '../../src/sim/run.js';
import { PLAIN, RUN_MS, type Scenario } from '../../src/sim/scenario.js';
import { Trace } from '../../src/sim/trace.js';
import { FakeConsole } from '../support/fake-console.js';

/** What everybody who has time may run a thousand of: natter sim ring --nodes 50 --runs 1000. */
const SEEDS = [1, 2, 3];

function play(scenario: Partial<Scenario>): {
  readonly figure: SimFigure;
  readonly faults: readonly string[];
} {
  const run = new Run({ ...PLAIN, nodes: 24, ...scenario });
  run.advance(RUN_MS);
  const figure = run.figure();
  return { figure, faults: run.faults };
}

describe('a simulated ring', () => {
  it.each(SEEDS)(
    'brings everything to everybody along a tree, and keeps its invariants (seed %d)',
    (seed) => {
      const { figure, faults } = play({ seed, nodes: 40 });
      expect(faults).toEqual([]);
      expect(figure).toMatchObject({ delivered: 1, unexplained: 0, assumptionBreaks: 0, falseDeaths: 0 });
      expect(figure.rmr).toBeLessThan(0.3);
      expect(figure.lastHop).toBeLessThanOrEqual(15);
      expect(figure.unicastHops).toBeLessThan(4);
    },
  );

  it('loses nothing when a tenth of all datagrams is lost', () => {
    const { figure, faults } = play({ loss: 0.1 });
    expect(faults).toEqual([]);
    expect(figure).toMatchObject({ delivered: 1, unexplained: 0, falseDeaths: 0 });
  });

  it.each(SEEDS)('heals when three of ten die at once, and notices each death (seed %d)', (seed) => {
    const { figure, faults } = play({ seed, nodes: 30, kill: 0.3 });
    expect(faults).toEqual([]);
    expect(figure).toMatchObject({ delivered: 1, unexplained: 0, falseDeaths: 0 });
    expect(figure.healMs).toBeGreaterThan(0);
    expect(figure.healMs).toBeLessThan(15_000);
    expect(figure.detectMs).toBeGreaterThan(4_000);
    expect(figure.detectMs).toBeLessThan(10_000);
  });

  // Found among a thousand: many who come at once, and a list whose tellers die together.
  it.each([
    { seed: 366 },
    { seed: 738 },
    { seed: 459, kill: 0.3, loss: 0.05 },
    { seed: 288, kill: 0.3, loss: 0.05 },
    { seed: 471, kill: 0.3, loss: 0.05 },
    { seed: 634, kill: 0.3, loss: 0.05 },
  ])('is explained at every step where it was not once: %o', (scenario) => {
    const { figure, faults } = play({ nodes: 50, ...scenario });
    expect(faults).toEqual([]);
    expect(figure).toMatchObject({ delivered: 1, unexplained: 0, falseDeaths: 0 });
  });

  it('delivers everything that is left when half of all die at once while packets are lost', () => {
    const { figure, faults } = play({ kill: 0.5, loss: 0.1 });
    expect(faults).toEqual([]);
    expect(figure).toMatchObject({ delivered: 1, unexplained: 0 });
  });

  it('survives the death of neighbours in a row', () => {
    const { figure, faults } = play({ kill: 0.25, consecutive: true });
    expect(faults).toEqual([]);
    expect(figure).toMatchObject({ delivered: 1, unexplained: 0 });
  });

  it('becomes one again after a cut, and everybody gets what both halves have said', () => {
    const { figure, faults } = play({ partition: 20 });
    expect(faults).toEqual([]);
    expect(figure).toMatchObject({ delivered: 1, unexplained: 0 });
    expect(figure.mergeMs).toBeGreaterThan(0);
    expect(figure.mergeMs).toBeLessThan(50_000);
    expect(figure.assumptionBreaks).toBeGreaterThan(0);
  });

  it('brings who comes late what was said before, while others come and go', () => {
    const { figure, faults } = play({ churn: 0.4 });
    expect(faults).toEqual([]);
    expect(figure).toMatchObject({ delivered: 1, unexplained: 0 });
  });

  it('takes back who stood still, and gives them what they missed', () => {
    const { figure, faults } = play({ stall: 0.2 });
    expect(faults).toEqual([]);
    expect(figure).toMatchObject({ delivered: 1, unexplained: 0 });
  });

  it('keeps words from nobody though some lie about who comes next', () => {
    const { figure } = play({ liars: 0.1 });
    expect(figure).toMatchObject({ delivered: 1, unexplained: 0 });
    expect(figure.assumptionBreaks).toBeGreaterThan(0);
  });

  it('keeps words from nobody over links that work one way only', () => {
    const { figure } = play({ oneWay: 0.02 });
    expect(figure).toMatchObject({ delivered: 1, falseDeaths: 0 });
  });

  it('compares with flooding, which brings each entry over every link', () => {
    const { figure } = play({ system: 'flood' });
    expect(figure).toMatchObject({ system: 'flood', delivered: 1 });
    expect(figure.rmr).toBeGreaterThan(5);
  });

  it('tells what happens, of those one asks about', () => {
    const lines: string[] = [];
    const run = new Run({ ...PLAIN, nodes: 4 }, new Trace((line) => lines.push(line), [2], 0));
    run.advance(30_000);
    expect(lines.filter((line) => line.endsWith(' joins'))).toHaveLength(1);
    expect(lines.some((line) => /\b2 stable, of about 4:/.test(line))).toBe(true);
    expect(lines.some((line) => / -> 2 {2}Hello /.test(line))).toBe(true);
    expect(lines.some((line) => /0 -> 1 /.test(line))).toBe(false);
  });
});

describe('natter sim ring', () => {
  const line = async (options: Partial<Parameters<typeof simulate>[0]>) => {
    const console = new FakeConsole();
    const exit = await simulate({ nodes: 8, entries: 10, ...options }, ['ring'], console);
    return { exit, console };
  };

  it('prints the same bytes for the same seed, and others for another', async () => {
    const options = { json: true, loss: 0.1, kill: 0.2, seed: 5 };
    const [one, two, other] = [await line(options), await line(options), await line({ ...options, seed: 6 })];
    expect(one.console.out).toBe(two.console.out);
    expect(one.console.out).not.toBe(other.console.out);
    expect(one.console.json.map(({ event, system }) => `${event} ${system}`)).toEqual([
      'sim natter',
      'sim flood',
    ]);
  });

  it('prints every figure of the contract, and progress beside it', async () => {
    const { exit, console } = await line({ json: true, system: 'natter' });
    expect(exit).toBe(0);
    const [figure = {}] = console.json;
    const fields = [
      ...[
        'event',
        'system',
        'nodes',
        'seed',
        'delivered',
        'deliveredBeforeRepair',
        'rmr',
        'lastHop',
        'p50Ms',
      ],
      ...['p99Ms', 'unicastHops', 'detectMs', 'falseDeaths', 'healMs', 'mergeMs', 'controlBytesPerPeerS'],
      ...['unexplained', 'assumptionBreaks'],
    ];
    expect(Object.keys(figure)).toEqual(expect.arrayContaining(fields));
    expect(console.err).toContain('natter: 120 of 120 virtual seconds');
    expect(console.out.split('\n')).toHaveLength(2);
  });

  it('prints a table for people, with flooding beside', async () => {
    const { console } = await line({});
    expect(console.out).toMatch(/^ +natter +flood\n/);
    expect(console.out).toMatch(/delivered, of all pairs +1 +1\n/);
  });

  it('runs one seed after the other and says what stayed unexplained', async () => {
    const { exit, console } = await line({ runs: 3, seed: 4 });
    expect(exit).toBe(0);
    expect(console.out).toBe('3 runs: 0 with something unexplained; in 0 an assumption broke.\n');
  });

  it('knows no other simulation, and stops when it is told to', async () => {
    await expect(simulate({ nodes: 3 }, ['star'], new FakeConsole())).rejects.toMatchObject({
      code: 'BAD_ARGUMENT',
    });
    const console = new FakeConsole();
    console.stop.abort();
    expect(await simulate({ nodes: 3 }, ['ring'], console)).toBe(1);
    expect(console.out).toBe('');
  });
});
