// What /api/v1 says of a cluster (cluster/control/openapi.yaml), as far as the page shows it, and
// what follows from it. Pure.

export interface Supervisor {
  id: string;
  host: string;
  uptimeSeconds: number;
  status: string;
  statusReason: string;
  labels: string[];
  totalCpu: number; // percent of a core; 0: not limited
  totalMem: number; // MB; 0: not limited
  silentSeconds: number;
  blacklisted: boolean; // drained
}

export interface Executor {
  tasks: string[];
  busy: number; // shares of the last seconds
  blocked: number;
}

export interface Link {
  node: string;
  connected: boolean;
  bytesSentPerSecond: number;
  bytesReceivedPerSecond: number;
  roundTripMs: number;
  framesResent: number;
}

export interface Worker {
  supervisorId: string;
  topologyId: string;
  topologyName: string;
  state: string;
  incarnation: number;
  pid: number;
  error: string;
  uptimeSeconds: number;
  usedCpu: number;
  usedMem: number;
  executors: Executor[];
  links: Link[];
}

export interface Nodes {
  supervisors: Supervisor[];
  workers: Worker[];
}

export interface TopologyEntry {
  id: string;
  name: string;
  status: string;
  statusReason: string;
  uptimeSeconds: number;
  workersTotal: number;
  executorsTotal: number;
  rowsPerSecond: number;
  incarnation: number;
  restarts: number;
  lastRestart: string;
}

export interface Coordinator {
  host: string;
  port: number;
  status: string;
  version: string;
  nimbusUpTimeSeconds: string;
}

export interface LogLine {
  number: number;
  time: string;
  node: string;
  topology: string;
  level: string;
  text: string;
}

// What all workers of a node take together.
export function usedBy(
  node: string,
  workers: Worker[],
): { cpu: number; mem: number; workers: number; executors: number } {
  const its = workers.filter((worker) => worker.supervisorId === node);
  const sum = (of: (worker: Worker) => number) => its.reduce((all, worker) => all + of(worker), 0);
  return {
    cpu: sum((worker) => worker.usedCpu),
    mem: sum((worker) => worker.usedMem),
    workers: its.length,
    executors: sum((worker) => worker.executors.length),
  };
}

// A step of the scale, 0 to 4: below 20, 40, 60, 80 percent, and above.
export function stepOf(busy: number): number {
  return Math.min(Math.floor(busy * 5 + 1e-9), 4);
}

export function executorText(executor: Executor): string {
  const percent = (share: number) => `${Math.round(share * 100)}\u202f%`;
  return `${executor.tasks.join(', ')}: busy ${percent(executor.busy)}, blocked ${percent(executor.blocked)}`;
}

const levels = ['error', 'warning', 'info'];

// The newest first; whatever is of that level or worse and has the text somewhere.
export function matching(lines: LogLine[], level: string, text: string): LogLine[] {
  const worst = levels.indexOf(level);
  const wanted = text.trim().toLowerCase();
  return lines
    .filter((line) => worst < 0 || levels.indexOf(line.level) <= worst)
    .filter((line) => !wanted || `${line.node} ${line.topology} ${line.text}`.toLowerCase().includes(wanted))
    .reverse();
}

// 2.1 GB, 38.0 MB/s
export function bytes(n: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let unit = 0;
  while (n >= 999.5 && unit < units.length - 1) {
    n /= 1000;
    ++unit;
  }
  return `${unit === 0 ? Math.round(n) : n.toPrecision(3)}\u202f${units[unit]}`;
}

// 3 d 02 h, 4 min
export function span(s: number): string {
  const thin = '\u202f';
  if (s < 60) return `${Math.floor(s)}${thin}s`;
  if (s < 3600) return `${Math.floor(s / 60)}${thin}min`;
  const hours = Math.floor(s / 3600);
  if (hours < 48) return `${hours}${thin}h ${Math.floor((s % 3600) / 60)}${thin}min`;
  return `${Math.floor(hours / 24)}${thin}d ${hours % 24}${thin}h`;
}
