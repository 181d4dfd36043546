import type { ElkExtendedEdge, ElkNode, LayoutOptions } from 'elkjs';
import type { Chart, ChartEdge, ChartState } from './chart.js';
import { TEXT, widthOf } from './measure.js';
import { type Content, contentOf, DOT, labelSize, stateSize } from './sizes.js';
import { edgeLines, type Line } from './wording.js';

/** Between a border and what lies within it. */
const PADDING = 22;
/** From the drawing's end to the outermost border. */
const MARGIN = 12;

type Direction = 'DOWN' | 'RIGHT';

const OPTIONS: LayoutOptions = {
  'elk.algorithm': 'layered',
  'elk.direction': 'DOWN',
  'elk.hierarchyHandling': 'INCLUDE_CHILDREN',
  'elk.json.shapeCoords': 'ROOT',
  'elk.json.edgeCoords': 'ROOT',
  'elk.padding': padding(MARGIN, MARGIN),
};

/**
 * Of every state that holds others. Depth first from the start, a chart reads downwards as the machine goes, and only
 * what leads back goes up. (ELK's orders by the model fail with labels across levels, in elkjs 0.12.)
 */
const LAYERS: LayoutOptions = {
  'elk.layered.cycleBreaking.strategy': 'DEPTH_FIRST',
  'elk.layered.nodePlacement.strategy': 'NETWORK_SIMPLEX',
  'elk.spacing.nodeNode': '36',
  'elk.spacing.nodeSelfLoop': '20',
  'elk.spacing.edgeNode': '20',
  'elk.spacing.edgeEdge': '16',
  'elk.layered.spacing.nodeNodeBetweenLayers': '22',
  'elk.layered.spacing.edgeNodeBetweenLayers': '15',
  'elk.layered.spacing.edgeEdgeBetweenLayers': '12',
};

/** On the line itself, in its middle: so no label can be taken for another line's. */
const LABEL: LayoutOptions = { 'elk.edgeLabels.inline': 'true', 'elk.edgeLabels.placement': 'CENTER' };

/** Edges with the same ends share one line, each with its own label on it; one with several targets has its own lines. */
export interface Bundle {
  readonly id: string;
  readonly edges: readonly ChartEdge[];
  /** Of these, in the same order; none on the second and later lines of an edge with several targets. */
  readonly labels: readonly (readonly Line[])[];
}

/** A chart as ELK takes it, and what it needs to be read back. */
export interface Plan {
  readonly graph: ElkNode;
  /** By id, outer ones first. */
  readonly states: ReadonlyMap<string, Planned>;
  readonly bundles: readonly Bundle[];
  /** States that have edges into themselves: from everywhere within. */
  readonly everywheres: readonly string[];
}

export interface Planned {
  readonly state: ChartState;
  readonly content: Content;
  readonly isRegion: boolean;
}

export const startOf = (state: string): string => `start of ${state}`;
export const startEdgeOf = (state: string): string => `into ${state}`;
export const everywhereOf = (state: string): string => `everywhere in ${state}`;
export const everywhereLine = (isRoot: boolean): Line => [
  { kind: 'plain', text: isRoot ? 'from any state' : 'from any of these' },
];

export function planOf(chart: Chart): Plan {
  const states = new Map<string, Planned>();
  const collect = (state: ChartState, isRegion: boolean): void => {
    const inner = chart.edges.filter(({ source, targets }) => source === state.id && targets.length === 0);
    states.set(state.id, { state, content: contentOf(state, inner), isRegion });
    for (const child of state.states) collect(child, state.kind === 'parallel');
  };
  collect(chart.root, false);
  const leadInside = chart.edges.filter(({ source, targets }) =>
    targets.some((target) => isWithin(states, source, target)),
  );
  const everywheres = [...new Set(leadInside.map(({ source }) => source))];
  const bundles = bundlesOf(chart, states);
  const starts = [...states.values()].flatMap(({ state }) => (state.initial === undefined ? [] : state));
  const graph: ElkNode = {
    id: '',
    layoutOptions: OPTIONS,
    children: [nodeOf(chart.root, { chart, states, everywheres: new Set(everywheres) }, 'DOWN')],
    edges: [
      ...starts.map((state) => wire(startEdgeOf(state.id), startOf(state.id), state.initial ?? '', [])),
      ...bundles.map(({ bundle, from, to }) => wire(bundle.id, from, to, bundle.labels)),
    ],
  };
  return { graph, states, bundles: bundles.map(({ bundle }) => bundle), everywheres };
}

interface Ends {
  readonly bundle: Bundle;
  readonly from: string;
  readonly to: string;
}

function bundlesOf(chart: Chart, states: ReadonlyMap<string, Planned>): Ends[] {
  const found = new Map<string, { from: string; to: string; edges: ChartEdge[]; labels: Line[][] }>();
  for (const edge of chart.edges) {
    for (const [index, to] of edge.targets.entries()) {
      const from = isWithin(states, edge.source, to) ? everywhereOf(edge.source) : edge.source;
      const id = edge.targets.length > 1 ? `${edge.id} to ${to}` : `${from} to ${to}`;
      const bundle = found.get(id) ?? { from, to, edges: [], labels: [] };
      bundle.edges.push(edge);
      if (index === 0) bundle.labels.push(edgeLines(edge));
      found.set(id, bundle);
    }
  }
  return [...found].map(([id, { from, to, edges, labels }]) => ({ from, to, bundle: { id, edges, labels } }));
}

/** Whether a state lies inside of another, at whatever depth. */
function isWithin(states: ReadonlyMap<string, Planned>, outer: string, inner: string): boolean {
  const holds = (state: ChartState): boolean => state.states.some((each) => each.id === inner || holds(each));
  const found = states.get(outer);
  return found !== undefined && holds(found.state);
}

interface Surroundings {
  readonly chart: Chart;
  readonly states: ReadonlyMap<string, Planned>;
  readonly everywheres: ReadonlySet<string>;
}

/** @param direction in which the layout that it is part of goes */
function nodeOf(state: ChartState, around: Surroundings, direction: Direction): ElkNode {
  const { chart, states, everywheres } = around;
  const content = states.get(state.id)?.content ?? contentOf(state, []);
  const size = stateSize(state, content);
  if (state.states.length === 0) return { id: state.id, ...size };
  const isRoot = state === chart.root;
  const isApart = !isRoot && isClosed(chart, state);
  const within = isApart ? across(direction) : direction;
  const children: ElkNode[] = [];
  if (state.initial !== undefined) {
    children.push({
      id: startOf(state.id),
      width: DOT,
      height: DOT,
      layoutOptions: { 'elk.layered.layering.layerConstraint': 'FIRST' },
    });
  }
  if (everywheres.has(state.id)) {
    const width = widthOf(everywhereLine(isRoot), TEXT) + 24;
    children.push({ id: everywhereOf(state.id), width, height: 26 });
  }
  children.push(...state.states.map((each) => nodeOf(each, around, within)));
  return {
    id: state.id,
    children,
    layoutOptions: {
      ...LAYERS,
      ...(isApart ? apart(within) : {}),
      'elk.padding': padding(PADDING, size.height + 10),
      'elk.nodeSize.constraints': 'MINIMUM_SIZE',
      'elk.nodeSize.minimum': `(${size.width},${size.height})`,
    },
  };
}

/**
 * Whether no edge crosses the border of a state or of those in it: then what it holds can be laid out apart. ELK does so
 * with a whole hierarchy only.
 */
function isClosed(chart: Chart, state: ChartState): boolean {
  const inside = new Set(idsWithin(state));
  const isWithinBorder = ({ source, targets }: ChartEdge): boolean =>
    targets.every((target) => {
      // What leads from a state into itself begins inside of it: from everywhere.
      const beginsInside = inside.has(source) || (source === state.id && inside.has(target));
      return beginsInside === inside.has(target);
    });
  return chart.edges.every(isWithinBorder) && state.states.every((child) => isClosed(chart, child));
}

function idsWithin({ states }: ChartState): string[] {
  return states.flatMap((child) => [child.id, ...idsWithin(child)]);
}

/** Across what lies around it: so a chart of long rows of states within a long row gets neither long nor small. */
function apart(direction: Direction): LayoutOptions {
  return {
    'elk.algorithm': 'layered',
    'elk.hierarchyHandling': 'SEPARATE_CHILDREN',
    'elk.direction': direction,
  };
}

function across(direction: Direction): Direction {
  return direction === 'DOWN' ? 'RIGHT' : 'DOWN';
}

function wire(id: string, from: string, to: string, labels: Bundle['labels']): ElkExtendedEdge {
  const label = { text: id, ...labelSize(labels), layoutOptions: LABEL };
  return { id, sources: [from], targets: [to], ...(labels.length === 0 ? {} : { labels: [label] }) };
}

function padding(around: number, top: number): string {
  return `[top=${top},left=${around},bottom=${around},right=${around}]`;
}
