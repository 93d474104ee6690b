// GET /api/topology as it comes over the wire (board/README.md), and what is read out of it. Pure.

export interface Quantiles {
  p50: number;
  p90: number;
  p99: number;
  p999: number;
  max: number;
}

export interface Waiting {
  who: string; // a task: "names", "names/1"
  why: 'room' | 'rows' | 'acks';
  for_s: number;
}

export interface Task {
  task: number;
  executed: number;
  emitted: number;
  acked: number;
  failed: number;
  executed_per_s: number;
  emitted_per_s: number;
  busy: number; // shares of the time, 0..1
  blocked: number;
  idle: number;
  latency_us: Quantiles | null;
  execute_us: Quantiles | null;
  waits_for: Waiting | null;
  inbox_rows: number | null; // sent to it, and not yet taken
  counters: Record<string, number>; // the operator's own
  node?: string; // of a cluster: where it runs
}

export interface Problem {
  t: number;
  what: string;
}

export interface Stall {
  source: string;
  cause: string; // a task: "names", "names/1"; or "acks"
  for_s: number;
}

export interface TopologyComponent {
  id: string;
  kind: 'spout' | 'bolt';
  operator: string;
  errors: Problem[];
  tasks: Task[];
}

export interface Edge {
  from: string;
  stream: string;
  to: string;
  grouping: string;
  fields: string[];
  rows: number;
  rows_per_s: number;
  blocked: number; // share of the time of the tasks of `from` that they waited for room here
  wait_us: Quantiles | null;
}

export interface Topology {
  t: number;
  topology: string;
  finished: boolean;
  over_s: number;
  stall: Stall | null;
  errors: Problem[]; // of no component
  components: TopologyComponent[];
  edges: Edge[];
}

export function waitText(waiting: Waiting | null): string {
  if (!waiting) return '';
  if (waiting.why === 'acks') return 'acks';
  return waiting.why === 'room' ? `room at ${waiting.who}` : `rows of ${waiting.who}`;
}

// 12 µs, 3.4 ms, 5.6 s
export function duration(us: number): string {
  const thin = '\u202f';
  if (us < 999.5) return `${us < 10 ? us.toFixed(1) : Math.round(us)}${thin}µs`;
  if (us < 999_500) return `${(us / 1000).toPrecision(3)}${thin}ms`;
  return `${(us / 1e6).toPrecision(3)}${thin}s`;
}

// A coordinator does not know all that a run tells of itself: what it leaves out is not known.
export function completed(answer: Topology): Topology {
  const components = answer.components.map((component) => ({
    ...component,
    errors: component.errors ?? [],
    tasks: component.tasks.map((task) => ({
      ...task,
      inbox_rows: task.inbox_rows ?? null,
      counters: task.counters ?? {},
    })),
  }));
  const edges = answer.edges.map((edge) => ({ ...edge, blocked: edge.blocked ?? 0 }));
  return { ...answer, stall: answer.stall ?? null, errors: answer.errors ?? [], components, edges };
}

// The component that a stall names: "names/1" is a task of "names".
export function causeOf(topology: Topology): string | null {
  if (!topology.stall) return null;
  const cause = topology.stall.cause.replace(/\/\d+$/, '');
  return topology.components.some((component) => component.id === cause) ? cause : null;
}

export interface Shares {
  busy: number;
  blocked: number;
  idle: number;
  rest: number; // it waits for its turn: others of its executor work
}

export interface Sums {
  shares: Shares;
  in_per_s: number;
  out_per_s: number;
  failed: number;
  inbox_rows: number | null;
  execute_p50: number | null; // of the slowest task
  execute_p99: number | null;
}

function largest(values: (number | undefined)[]): number | null {
  const known = values.filter((value) => value !== undefined);
  return known.length > 0 ? Math.max(...known) : null;
}

// Of all tasks of a component: means of shares, sums of rows, the slowest of latencies.
export function sumsOf(component: TopologyComponent): Sums {
  const { tasks } = component;
  const sum = (of: (task: Task) => number) => tasks.reduce((all, task) => all + of(task), 0);
  const mean = (of: (task: Task) => number) => sum(of) / Math.max(tasks.length, 1);
  const shares = { busy: mean((t) => t.busy), blocked: mean((t) => t.blocked), idle: mean((t) => t.idle) };
  return {
    shares: { ...shares, rest: Math.max(0, 1 - shares.busy - shares.blocked - shares.idle) },
    in_per_s: sum((t) => t.executed_per_s),
    out_per_s: sum((t) => t.emitted_per_s),
    failed: sum((t) => t.failed),
    inbox_rows: tasks.some((t) => t.inbox_rows === null) ? null : sum((t) => t.inbox_rows!),
    execute_p50: largest(tasks.map((t) => t.execute_us?.p50)),
    execute_p99: largest(tasks.map((t) => t.execute_us?.p99)),
  };
}

// Components and streams of the engine's own, not of the file.
export function isSystem(name: string): boolean {
  return name.startsWith('__');
}

export const edgeKey = (edge: { from: string; stream: string; to: string }) => `${edge.from} ${edge.stream} ${edge.to}`;

// As a tap wants it.
export const edgeName = (edge: { from: string; stream: string; to: string }) =>
  `${edge.from}:${edge.stream}->${edge.to}`;

export interface Focus {
  component: string; // "": none
  edge: string; // edgeName(); "": none
}

// #topology?component=decode, #topology?edge=decode:queries->names
export function focusOf(hash: string): Focus {
  const asked = new URLSearchParams(hash.split('?')[1] ?? '');
  return { component: asked.get('component') ?? '', edge: asked.get('edge') ?? '' };
}

export function hashOf(focus: Partial<Focus>): string {
  const asked = new URLSearchParams();
  if (focus.component) asked.set('component', focus.component);
  if (focus.edge) asked.set('edge', focus.edge);
  const text = asked.toString();
  return text ? `#topology?${text}` : '#topology';
}

// POST /api/data/explain, `dnstorm explain --json`
export interface PlanComponent {
  id: string;
  kind: string;
  operator: string;
  tasks: number;
  executors: number;
  chained_to: string | null;
  outputs: { stream: string; fields: { name: string; type: string }[] | null }[];
}

export interface Plan {
  topology: string;
  tasks: number;
  components: PlanComponent[];
  edges: { from: string; stream: string; to: string; grouping: string; fields: string[] }[];
  text: string;
}

export interface PlanProblem {
  line: number; // 0: of no line
  column: number;
  what: string;
}

export interface Explained {
  plan?: Plan;
  problems?: PlanProblem[];
}
