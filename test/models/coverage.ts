/** How much of a machine was held against one part of the program that hosts it. */
export interface Coverage {
  /** In the catalogue. */
  readonly name: string;
  /** In which something can rest. */
  readonly states: readonly string[];
  /** Stimuli that were given, one after the other. */
  readonly steps: number;
  /** Every transition out of every state that can be reached: an outer state's one counts in each inner state. */
  readonly all: readonly string[];
  /** Those of them that the program took. */
  readonly covered: readonly string[];
  /** Those that nothing in the program brings about, with the reason. */
  readonly defences: readonly string[];
  /** Events that the program's machine was sent where it ignores them. */
  readonly ignored: readonly string[];
}

/** What several hosts of one machine cover between them. */
export function together(coverages: readonly Coverage[]): Coverage[] {
  const names = [...new Set(coverages.map(({ name }) => name))];
  return names.map((name) => {
    const hosts = coverages.filter((each) => each.name === name);
    const union = (of: (host: Coverage) => readonly string[]) => [...new Set(hosts.flatMap(of))].sort();
    return {
      name,
      states: union(({ states }) => states),
      steps: hosts.reduce((sum, { steps }) => sum + steps, 0),
      all: union(({ all }) => all),
      covered: union(({ covered }) => covered),
      defences: union(({ defences }) => defences),
      ignored: union(({ ignored }) => ignored),
    };
  });
}

/** Transitions that nothing took, but for the defences; and defences that were taken, or are none. */
export function missing({ all, covered, defences }: Coverage): string[] {
  const taken = new Set(covered);
  const left = all.filter((each) => !taken.has(each) && !defences.includes(each));
  return [...left, ...defences.filter((each) => taken.has(each) || !all.includes(each))];
}

/** For people: a line for each machine, and one for all. */
export function table(rows: readonly Coverage[]): string {
  const sum = (of: (row: Coverage) => number) => rows.reduce((total, row) => total + of(row), 0);
  const lines = rows.map((row) => [
    row.name,
    String(row.states.length),
    `${row.covered.length}/${row.all.length}`,
    String(row.defences.length),
    String(row.ignored.length),
    String(row.steps),
  ]);
  const all = [
    'all',
    String(sum(({ states }) => states.length)),
    `${sum(({ covered }) => covered.length)}/${sum(({ all: each }) => each.length)}`,
    String(sum(({ defences }) => defences.length)),
    String(sum(({ ignored }) => ignored.length)),
    String(sum(({ steps }) => steps)),
  ];
  const cells = [['machine', 'states', 'transitions', 'defences', 'ignored', 'steps'], ...lines, all];
  const widths = [0, 1, 2, 3, 4, 5].map((column) =>
    Math.max(...cells.map((row) => row[column]?.length ?? 0)),
  );
  return cells
    .map((row) =>
      row
        .map((cell, column) =>
          column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
        )
        .join('  '),
    )
    .join('\n');
}
