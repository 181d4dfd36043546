import type { Chart, ChartEdge, ChartState } from './chart.js';

/**
 * A chart as Mermaid's `stateDiagram-v2` text. Mermaid has no word for a guard, an action, an answer that leaves no
 * state or an edge from everywhere: the first two are in the label as UML writes them, the third in the state's
 * description, and the last begins in a state of its own, "from any state".
 *
 * Names become `s0`, `s1`, ... with the real one as a description, so that none can be one of Mermaid's own words.
 */
export function chartMermaid(chart: Chart): string {
  const names = new Map<string, string>();
  const collect = (state: ChartState): void => {
    names.set(state.id, `s${names.size}`);
    for (const child of state.states) collect(child);
  };
  collect(chart.root);
  const writer = new Writer(chart, names);
  return `${writer.lines().join('\n')}\n`;
}

class Writer {
  readonly #chart: Chart;
  readonly #names: ReadonlyMap<string, string>;

  constructor(chart: Chart, names: ReadonlyMap<string, string>) {
    this.#chart = chart;
    this.#names = names;
  }

  lines(): string[] {
    return [
      `%% ${this.#chart.id}`,
      'stateDiagram-v2',
      ...indented([
        ...this.#content(this.#chart.root),
        ...this.#chart.edges.flatMap((edge) => this.#edge(edge)),
      ]),
    ];
  }

  /** What lies within a state. Regions of a parallel one are divided by `--`. */
  #content(state: ChartState): string[] {
    if (state.kind === 'parallel')
      return state.states.flatMap((child, index) => [...(index === 0 ? [] : ['--']), ...this.#state(child)]);
    const start = state.initial === undefined ? [] : [`[*] --> ${this.#name(state.initial)}`];
    return [...start, ...state.states.flatMap((child) => this.#state(child))];
  }

  #state(state: ChartState): string[] {
    const name = this.#name(state.id);
    if (state.kind === 'history') return [`state "H ${plain(state.name)}" as ${name}`];
    const text = [state.name, ...this.#does(state)].map(plain).join('<br/>');
    const head = `state "${text}" as ${name}`;
    const ending = state.kind === 'final' ? [`${name} --> [*]`] : [];
    if (state.states.length === 0) return [head, ...ending];
    return [head, `state ${name} {`, ...indented(this.#content(state)), '}'];
  }

  #does(state: ChartState): string[] {
    const inner = this.#chart.edges.filter(
      ({ source, targets }) => source === state.id && targets.length === 0,
    );
    return [
      ...(state.entry.length === 0 ? [] : [`entry / ${state.entry.join(', ')}`]),
      ...(state.exit.length === 0 ? [] : [`exit / ${state.exit.join(', ')}`]),
      ...(state.invokes.length === 0 ? [] : [`invoke / ${state.invokes.join(', ')}`]),
      ...inner.map((edge) => (edge.actions.length === 0 ? `${labelOf(edge)} is ignored` : labelOf(edge))),
    ];
  }

  #edge(edge: ChartEdge): string[] {
    const isFromRoot = edge.source === this.#chart.root.id;
    const from = isFromRoot ? 'anywhere' : this.#name(edge.source);
    const lines = edge.targets.map((to) => `${from} --> ${this.#name(to)} : ${plain(labelOf(edge))}`);
    const isFirst = this.#chart.edges.find((each) => each.source === edge.source && each.targets.length > 0);
    return isFromRoot && isFirst === edge ? ['state "from any state" as anywhere', ...lines] : lines;
  }

  #name(id: string): string {
    return this.#names.get(id) ?? id;
  }
}

function labelOf({ label, guard, actions }: ChartEdge): string {
  const may = guard === undefined ? '' : ` [${guard}]`;
  return `${label}${may}${actions.length === 0 ? '' : ` / ${actions.join(', ')}`}`;
}

/** Without what ends a statement, a text or a comment of Mermaid's, or would be read as HTML. */
function plain(text: string): string {
  return text.replaceAll(/["#;:<>{}%`]|--/g, (sign) => `#${sign.charCodeAt(0)};`);
}

function indented(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}
