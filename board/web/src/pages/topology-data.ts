// GET /api/topology as it comes over the wire (board/README.md), and what is read out of it. Pure.

export interface Quantiles {
  p50: number;
  p90: number;
  p99: number;
  p999: number;
  max: number;
}

export interface Waiting {
  who: string;  // a task: "names", "names/1"
  why: 'room'|'rows'|'acks';
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
  busy: number;  // shares of the time, 0..1
  blocked: number;
  idle: number;
  latency_us: Quantiles|null;
  execute_us: Quantiles|null;
  waits_for: Waiting|null;
}

export interface TopologyComponent {
  id: string;
  kind: 'spout'|'bolt';
  operator: string;
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
  wait_us: Quantiles|null;
}

export interface Topology {
  t: number;
  topology: string;
  finished: boolean;
  over_s: number;
  components: TopologyComponent[];
  edges: Edge[];
}

const longWait = 1;  // seconds; shorter ones are how a topology breathes

export function waitText(waiting: Waiting|null): string {
  if (!waiting) return '';
  if (waiting.why === 'acks') return 'acks';
  return waiting.why === 'room' ? `room at ${waiting.who}` : `rows of ${waiting.who}`;
}

// The source that has been held up longest and the task at the end of the chain of waits, if any.
export function holdUp(topology: Topology): {source: string; cause: string; for_s: number}|null {
  const waits = new Map<string, Waiting>();
  let worst: {source: string; waiting: Waiting}|null = null;
  for (const component of topology.components)
    for (const task of component.tasks) {
      if (!task.waits_for) continue;
      waits.set(`${component.id}/${task.task}`, task.waits_for);
      if (component.tasks.length === 1) waits.set(component.id, task.waits_for);
      const {why, for_s} = task.waits_for;
      if (component.kind !== 'spout' || why === 'rows' || for_s < longWait) continue;
      if (!worst || for_s > worst.waiting.for_s)
        worst = {source: component.id, waiting: task.waits_for};
    }
  if (!worst) return null;
  let cause = worst.waiting.who;
  // What moves may look like a circle.
  for (let steps = 0; steps < waits.size && waits.has(cause); steps++)
    cause = waits.get(cause)!.who;
  return {source: worst.source, cause, for_s: worst.waiting.for_s};
}

// 12 µs, 3.4 ms, 5.6 s
export function duration(us: number): string {
  const thin = '\u202f';
  if (us < 999.5) return `${us < 10 ? us.toFixed(1) : Math.round(us)}${thin}µs`;
  if (us < 999_500) return `${(us / 1000).toPrecision(3)}${thin}ms`;
  return `${(us / 1e6).toPrecision(3)}${thin}s`;
}
