// What the page Traffic shows and how a time is written in its address. Pure.
import { clock, dateTime, exact, short, unitOf } from '../format';

// --- answers of /api/data/history (docs/traffic.md) ---------------------------------------------

export interface TrafficLine {
  name: string;
  tags: Record<string, string>;
  field?: string;
  values: (number | null)[];
  high?: (number | null)[]; // of means: the greatest of a window
  total?: number; // of sums
}

export interface TrafficChart {
  measurement: string;
  field: string;
  how: 'sum' | 'mean';
  step: number; // ms
  overlap: boolean;
  seconds: number[];
  lines: TrafficLine[];
  lines_all: number;
}

interface Head {
  from: number;
  to: number;
  step: number;
  read_step: number;
  oldest: number;
  newest: number;
}

export interface TrafficPoints extends Head {
  empty?: boolean; // no window has closed yet: there are no times either
  charts: TrafficChart[];
  gaps: [number, number][];
}

export interface TopItem {
  name: string;
  low: number;
  high: number;
}

export interface TopList {
  measurement: string;
  tags: Record<string, string>;
  items: TopItem[];
  floor: number;
}

export interface TrafficTops extends Head {
  lists: TopList[];
}

// --- the time that is shown ---------------------------------------------------------------------

// The newest so many ms, which go on; or a time that stays.
export type Range =
  | {
      last: number;
    }
  | { from: number; to: number };

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

export const presets: { text: string; ms: number }[] = [
  { text: '10 min', ms: 10 * minute },
  { text: '1 h', ms: hour },
  { text: '6 h', ms: 6 * hour },
  { text: '24 h', ms: day },
  { text: '7 d', ms: 7 * day },
  { text: '30 d', ms: 30 * day },
  { text: '90 d', ms: 90 * day },
];

export const initial: Range = {
  last: presets[0]!.ms,
};
export const shortest = 10_000;

const units: Record<string, number> = {
  s: 1000,
  m: minute,
  h: hour,
  d: day,
};

function readLast(text: string): number | null {
  const [, count, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const ms = Number(count) * (units[unit ?? ''] ?? 0);
  return ms > 0 ? ms : null;
}

function writeLast(ms: number): string {
  for (const unit of ['d', 'h', 'm']) if (ms % units[unit]! === 0) return `${ms / units[unit]!}${unit}`;
  return `${Math.round(ms / 1000)}s`;
}

// 2026-11-21T19:19:17Z, or ms since 1970.
function readTime(text: string): number | null {
  const ms = /^\d{1,13}$/.test(text) ? Number(text) : Date.parse(text);
  return Number.isFinite(ms) && ms >= 0 ? ms : null;
}

function writeTime(ms: number): string {
  return new Date(ms).toISOString().replace(/\.000Z$/, 'Z');
}

// #traffic?last=6h, #traffic?from=...&to=...; what makes no sense is as if it were not there.
export function readRange(hash: string): Range {
  const query = new URLSearchParams(/\?(.*)$/.exec(hash)?.[1] ?? '');
  const last = readLast(query.get('last') ?? '');
  if (last !== null) return { last };
  const from = readTime(query.get('from') ?? '');
  const to = readTime(query.get('to') ?? '');
  if (from !== null && to !== null && from < to) return { from, to };
  return initial;
}

export function writeRange(range: Range): string {
  if ('last' in range) return `#traffic?last=${writeLast(range.last)}`;
  return `#traffic?from=${writeTime(range.from)}&to=${writeTime(range.to)}`;
}

export function queryOf(range: Range): string {
  if ('last' in range) return `last=${range.last}`;
  return `from=${range.from}&to=${range.to}`;
}

// Half or twice as much around the middle, or moved by a part of it; `shown` is what the range is
// now. No shorter than the shortest.
export function zoomed(shown: { from: number; to: number }, factor: number, move = 0): Range {
  const length = Math.max(shortest, (shown.to - shown.from) * factor);
  const middle = (shown.from + shown.to) / 2 + move * (shown.to - shown.from);
  const from = Math.max(0, Math.round((middle - length / 2) / 1000) * 1000);
  return { from, to: from + Math.round(length / 1000) * 1000 };
}

// What was brushed, in whole seconds.
export function brushed(fromMs: number, toMs: number): Range {
  const from = Math.max(0, Math.floor(fromMs / 1000) * 1000);
  return { from, to: Math.max(from + shortest, Math.ceil(toMs / 1000) * 1000) };
}

// How often the newest is asked for: no more often than there is something new to see.
export function periodMs(range: Range, step: number): number {
  return 'last' in range ? Math.min(60_000, Math.max(2000, step)) : 60_000;
}

export function rangeText({ from, to }: { from: number; to: number }): string {
  const sameDay = dateTime(from).slice(0, 10) === dateTime(to).slice(0, 10);
  return `${dateTime(from).replace(' UTC', '')} – ${sameDay ? clock(to) + ' UTC' : dateTime(to)}`;
}

export function lengthText(ms: number): string {
  for (const [unit, text] of [
    [day, 'd'],
    [hour, 'h'],
    [minute, 'min'],
  ] as const)
    if (ms >= unit) return `${short(ms / unit)}\u202f${text}`;
  return `${short(ms / 1000)}\u202fs`;
}

// --- charts -------------------------------------------------------------------------------------

const kinds: { tag: string; title: string }[] = [
  { tag: 'qr', title: 'Queries and responses' },
  { tag: 'rcode', title: 'Response codes' },
  { tag: 'qtype', title: 'Query types' },
  { tag: 'transport', title: 'Transports' },
];
const behind: { tag: string; title: string }[] = [
  { tag: 'status', title: 'How transactions went' },
  { tag: 'outcome', title: 'Where packets went' },
  { tag: 'reason', title: 'Lost before they were read' },
];

export function tagsOf(chart: TrafficChart): string[] {
  return [...new Set(chart.lines.flatMap((line) => Object.keys(line.tags)))];
}

// By what it shows, then by name.
export function placeOf(chart: TrafficChart): number {
  const tags = tagsOf(chart);
  if (chart.field === 'quantiles') return kinds.length;
  if (chart.how === 'mean') return kinds.length + behind.length + 2;
  const place = kinds.findIndex(({ tag }) => tags.includes(tag));
  if (place >= 0) return place;
  const later = behind.findIndex(({ tag }) => tags.includes(tag));
  return kinds.length + 1 + (later >= 0 ? later : behind.length);
}

export function titleOf(chart: TrafficChart): string {
  if (chart.field === 'quantiles') return /latenc|time|rtt/i.test(chart.measurement) ? 'Response times' : 'Percentiles';
  const tags = tagsOf(chart);
  const kind = chart.how === 'sum' && [...kinds, ...behind].find(({ tag }) => tags.includes(tag));
  if (kind) return kind.title;
  return chart.field === 'count' ? chart.measurement : `${chart.measurement}: ${chart.field}`;
}

export function unitText(chart: TrafficChart): string {
  if (chart.how === 'sum') return 'per second';
  const unit = unitOf(chart.measurement) || unitOf(chart.field);
  return [unit, 'mean of the windows'].filter(Boolean).join(', ');
}

export function lineName(line: TrafficLine, chart: TrafficChart): string {
  return line.name || (chart.field === 'count' ? chart.measurement : chart.field);
}

export function inOrder(charts: TrafficChart[]): TrafficChart[] {
  // A count of the messages that percentiles are of is shown by others already.
  const withQuantiles = new Set(charts.filter(({ field }) => field === 'quantiles').map((chart) => chart.measurement));
  return charts
    .filter(({ field, measurement }) => field !== 'count' || !withQuantiles.has(measurement))
    .sort((a, b) => placeOf(a) - placeOf(b) || (a.measurement < b.measurement ? -1 : 1));
}

// What a point of a line shows: counts per second, all else as it is.
export function shownValue(chart: TrafficChart, line: TrafficLine, i: number): number | null {
  const value = line.values[i] ?? null;
  if (value === null || chart.how === 'mean') return value;
  const seconds = chart.seconds[i]!;
  return seconds > 0 ? value / seconds : null;
}

// x in seconds, then one array per line.
export function plotted(chart: TrafficChart, from: number): (number | null)[][] {
  const times = chart.seconds.map((_, i) => (from + i * chart.step) / 1000);
  return [times, ...chart.lines.map((line) => times.map((_, i) => shownValue(chart, line, i)))];
}

// The buckets that have a value, newest first.
export function filled(chart: TrafficChart): number[] {
  return chart.seconds
    .map((_, i) => i)
    .filter((i) => chart.lines.some((line) => line.values[i] !== null))
    .reverse();
}

export interface Loss {
  name: string;
  count: number;
}

// Packets of this time that are no message below: lost, or nothing that could be read; null: the
// store does not know.
export function lossesOf(charts: TrafficChart[]): Loss[] | null {
  const told = charts.filter(
    (chart) => chart.how === 'sum' && tagsOf(chart).some((tag) => ['outcome', 'reason'].includes(tag)),
  );
  if (told.length === 0) return null;
  const sums = new Map<string, number>();
  for (const chart of told)
    for (const line of chart.lines) {
      const { outcome } = line.tags;
      if (outcome === 'parsed') continue;
      const name = outcome?.replace(/_/g, ' ') ?? `lost: ${line.name}`;
      sums.set(name, (sums.get(name) ?? 0) + (line.total ?? 0));
    }
  return [...sums].map(([name, count]) => ({ name, count })).filter(({ count }) => count > 0);
}

// --- tops ---------------------------------------------------------------------------------------

export function countText({ low, high }: TopItem): { text: string; title: string } {
  if (low === high) return { text: exact(low), title: exact(low) };
  return { text: `≥\u202f${exact(low)}`, title: `between ${exact(low)} and ${exact(high)}` };
}

export function listTitle(list: TopList): string {
  const tags = Object.values(list.tags).join(' ');
  return list.measurement.replace(/_/g, ' ') + (tags && `: ${tags}`);
}
