// Where the boxes of a topology stand and how its edges run: dagre's layered layout, made once for
// each set of components and edges. Numbers change on it, places do not. Pure.
import { Graph, layout } from '@dagrejs/dagre';

import { edgeKey } from './topology-data';

export interface DagNode {
  id: string;
}
export interface DagEdge {
  from: string;
  stream: string;
  to: string;
}

export const boxWidth = 196;
export const boxHeight = 86;
export const labelWidth = 112;
export const labelHeight = 62;
const margin = 14;

export interface Point {
  x: number;
  y: number;
}

export interface Layout {
  version: string;
  width: number;
  height: number;
  boxes: Map<string, Point>; // centres, by id
  edges: Map<string, { path: string; label: Point }>; // by edgeKey()
}

// What a layout is of: equal for two looks at one topology.
export function versionOf(nodes: DagNode[], edges: DagEdge[]): string {
  return JSON.stringify([nodes.map((node) => node.id), edges.map(edgeKey)]);
}

// Through the middles between dagre's points, so that it has no corners.
export function curve(points: Point[]): string {
  const at = ({ x, y }: Point) => `${x.toFixed(1)},${y.toFixed(1)}`;
  const [first, ...rest] = points;
  if (!first || rest.length === 0) return '';
  const last = rest.pop()!;
  let path = `M${at(first)}`;
  rest.forEach((point, i) => {
    const next = rest[i + 1];
    const end = next ? { x: (point.x + next.x) / 2, y: (point.y + next.y) / 2 } : last;
    path += `Q${at(point)} ${at(end)}`;
  });
  return rest.length > 0 ? path : path + `L${at(last)}`;
}

export function layOut(nodes: DagNode[], edges: DagEdge[]): Layout {
  const graph = new Graph({ multigraph: true });
  graph.setGraph({ rankdir: 'LR', nodesep: 26, ranksep: 34, edgesep: 14, marginx: margin, marginy: margin });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const node of nodes) graph.setNode(node.id, { width: boxWidth, height: boxHeight });
  for (const edge of edges)
    graph.setEdge(edge.from, edge.to, { width: labelWidth, height: labelHeight, labelpos: 'c' }, edgeKey(edge));
  layout(graph);
  const boxes = new Map<string, Point>();
  for (const node of nodes) {
    const { x, y } = graph.node(node.id) as Point;
    boxes.set(node.id, { x, y });
  }
  const ways: Layout['edges'] = new Map();
  for (const edge of edges) {
    const made = graph.edge(edge.from, edge.to, edgeKey(edge)) as { points: Point[] } & Point;
    ways.set(edgeKey(edge), { path: curve(made.points), label: { x: made.x, y: made.y } });
  }
  const size = graph.graph() as { width?: number; height?: number };
  return {
    version: versionOf(nodes, edges),
    width: Number.isFinite(size.width) ? size.width! : 0,
    height: Number.isFinite(size.height) ? size.height! : 0,
    boxes,
    edges: ways,
  };
}

// Pixels of an edge: wider by as much for every ten times the rows.
export function widthOf(rowsPerS: number): number {
  return Math.min(1.5 + 1.6 * Math.log10(1 + rowsPerS), 12);
}

// What is next to a component, or at the ends of an edge: what stays bright while that is looked at.
export function nearTo(edges: DagEdge[], component: string, edge: string): Set<string> {
  const near = new Set<string>();
  for (const it of edges) {
    if (it.from !== component && it.to !== component && edgeKey(it) !== edge) continue;
    near.add(it.from).add(it.to).add(edgeKey(it));
  }
  if (component) near.add(component);
  return near;
}
