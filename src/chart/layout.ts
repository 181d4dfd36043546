import elkjs, { type ElkExtendedEdge, type ElkNode } from 'elkjs';
import type { Chart } from './chart.js';
import type { Box, Drawing, DrawnEdge, DrawnState, DrawnText, Point } from './drawing.js';
import {
  everywhereLine,
  everywhereOf,
  type Plan,
  type Planned,
  planOf,
  startEdgeOf,
  startOf,
} from './graph.js';
import { TEXT, widthOf } from './measure.js';
import { placeContent, placeLabels, textAt } from './sizes.js';

// The package is CommonJS, of which NodeNext sees the module itself as the default export.
const Elk = elkjs.default;

const NOWHERE: Box = { x: 0, y: 0, width: 0, height: 0 };

/** What ELK has found: boxes of states by id, edges by id. */
interface Laid {
  readonly boxes: ReadonlyMap<string, Box>;
  readonly wires: ReadonlyMap<string, ElkExtendedEdge>;
}

/**
 * Gives everything in a chart its place: ELK's layered layout, downwards from the start, the labels on their edges.
 * The same chart gives the same drawing every time. It takes this thread 50 to 250 ms.
 */
export async function layoutChart(chart: Chart): Promise<Drawing> {
  const plan = planOf(chart);
  const graph = await new Elk().layout(plan.graph);
  const laid: Laid = {
    boxes: boxesIn(graph.children ?? [], new Map()),
    wires: new Map((graph.edges ?? []).map((edge) => [edge.id, edge])),
  };
  const placed = [...plan.states.values()].map((planned) => placeState(planned, laid));
  const inner = new Map(placed.flatMap((each) => [...each.inner]));
  return {
    id: chart.id,
    width: Math.ceil(graph.width ?? 0),
    height: Math.ceil(graph.height ?? 0),
    states: placed.map(({ drawn }) => drawn),
    edges: drawEdges(chart, plan, laid, inner),
    starts: [...plan.states.values()].flatMap(({ state }) =>
      state.initial === undefined
        ? []
        : {
            state: state.id,
            dot: boxOf(laid, startOf(state.id)),
            path: pathOf(laid.wires.get(startEdgeOf(state.id))),
          },
    ),
    everywheres: plan.everywheres.map((state) => {
      const box = boxOf(laid, everywhereOf(state));
      const line = everywhereLine(state === chart.root.id);
      const x = Math.round(box.x + (box.width - widthOf(line, TEXT)) / 2);
      const y = Math.round(box.y + (box.height - TEXT.leading) / 2);
      return { ...box, state, text: textAt(line, x, y, TEXT) };
    }),
  };
}

function placeState({ state, content, isRegion }: Planned, laid: Laid) {
  const box = boxOf(laid, state.id);
  const { title, texts, inner } = placeContent(state, content, box);
  const { id, name, kind } = state;
  const drawn: DrawnState = { ...box, id, name, kind, isRegion, title, texts };
  return { drawn, inner };
}

function drawEdges(
  chart: Chart,
  plan: Plan,
  laid: Laid,
  inner: ReadonlyMap<string, readonly DrawnText[]>,
): DrawnEdge[] {
  const paths = new Map<string, Point[][]>();
  const labels = new Map<string, Pick<DrawnEdge, 'label' | 'texts'>>();
  const shared = new Set<string>();
  for (const bundle of plan.bundles) {
    const wire = laid.wires.get(bundle.id);
    for (const { id } of bundle.edges) paths.set(id, [...(paths.get(id) ?? []), pathOf(wire)]);
    for (const { id } of bundle.edges.slice(1)) shared.add(id);
    const places = placeLabels(bundle.labels, rounded(wire?.labels?.[0]));
    for (const [index, { box, texts }] of places.entries()) {
      const edge = bundle.edges[index];
      if (edge !== undefined) labels.set(edge.id, { label: box, texts });
    }
  }
  return chart.edges.map((edge) => {
    const within = inner.get(edge.id);
    const said = within === undefined ? labels.get(edge.id) : { label: around(within), texts: within };
    const isShared = shared.has(edge.id);
    return { edge, isShared, paths: paths.get(edge.id) ?? [], ...(said ?? { label: NOWHERE, texts: [] }) };
  });
}

function boxesIn(nodes: readonly ElkNode[], found: Map<string, Box>): Map<string, Box> {
  for (const node of nodes) {
    found.set(node.id, rounded(node));
    boxesIn(node.children ?? [], found);
  }
  return found;
}

function boxOf({ boxes }: Laid, id: string): Box {
  return boxes.get(id) ?? NOWHERE;
}

/** Whole units: what is drawn shall not depend on how a processor rounds. */
function rounded({ x = 0, y = 0, width = 0, height = 0 }: Partial<Box> = {}): Box {
  return { x: Math.round(x), y: Math.round(y), width: Math.round(width), height: Math.round(height) };
}

function pathOf(wire: ElkExtendedEdge | undefined): Point[] {
  const points = (wire?.sections ?? []).flatMap(({ startPoint, bendPoints = [], endPoint }) => [
    startPoint,
    ...bendPoints,
    endPoint,
  ]);
  return points.map(({ x, y }) => ({ x: Math.round(x), y: Math.round(y) }));
}

function around(texts: readonly DrawnText[]): Box {
  const boxes = texts.map(({ box }) => box);
  const x = Math.min(...boxes.map((box) => box.x));
  const y = Math.min(...boxes.map((box) => box.y));
  const right = Math.max(...boxes.map((box) => box.x + box.width));
  const bottom = Math.max(...boxes.map((box) => box.y + box.height));
  return { x, y, width: right - x, height: bottom - y };
}
