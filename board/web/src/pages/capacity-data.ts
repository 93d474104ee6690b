// What the page Capacity knows and what has been chosen on it. Pure: no page, no clock.
import { exact, short, visible } from '../format';

export const days = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
export const hoursPerWeek = 168;

type Seen = [middle: number, peak: number, weeks: number] | null;

export interface Passes {
  expected: string | null;
  earliest: string | null;
  latest: string | null;
}

export interface Carried {
  server: string; // '': all together
  p99: number;
  p99_low: number;
  p99_high: number;
  growth_a_year: number;
  limit?: number; // missing: not known
  passes?: Passes;
  week?: [expected: number, low: number, high: number][]; // from Monday; of the server in focus
}

export interface ServerAdvice extends Carried {
  weeks: number;
  limit_from?: string;
  shortages: Shortage[];
  shortages_all: number;
  ahead?: { at: string; p99: number; low: number; high: number }[];
}

export interface Shortage {
  begin: string;
  end: string;
  peak: number;
  lost: number;
  unusual: boolean;
}

export interface QuietWindow {
  begins: string; // "Tue 03:00"
  seconds: number;
  starts: string[];
  expected: number;
  worst: number;
  risk: number;
  weeks_known: number;
  weeks_quiet: number;
  weeks_exceeded: number;
}

export interface Capacity {
  now: string;
  share: number;
  focus: string;
  command: string;
  wanting: string;
  servers: ServerAdvice[];
  windows: { server: string; threshold?: number; windows: QuietWindow[] }[];
  away: (Carried & { away: string })[];
  unknown: string[];
  known: { server: string; hours: number; from: string; to: string }[];
  seen: { weeks: number; load: Seen[]; response_time?: { name: string; us: Seen[] } };
  past: { at: string; p99: number; hours: number }[];
}

// --- what has been chosen: it stands in the address ----------------------------------------------

export type Measure = 'load' | 'share' | 'response';
export type Hours = 'expected' | 'seen';

export interface Choice {
  server: string;
  measure: Measure;
  hours: Hours;
  seen: number; // weeks
  window: string;
  weeks: number;
  share: string; // percent; '': as the topology says
  limit: string;
  drain: string;
}

export const usual: Choice = {
  server: '',
  measure: 'load',
  hours: 'expected',
  seen: 4,
  window: '2h',
  weeks: 4,
  share: '',
  limit: '',
  drain: '',
};

function oneOf<T extends string>(all: readonly T[], text: string, otherwise: T): T {
  return all.find((one) => one === text) ?? otherwise;
}

function wholeOf(text: string | null, from: number, to: number, otherwise: number): number {
  const number = Number(text);
  return text !== null && Number.isInteger(number) && number >= from && number <= to ? number : otherwise;
}

// Of "#capacity?server=ns1&window=4h"; what makes no sense there is as usual.
export function choiceOf(hash: string): Choice {
  const mark = hash.indexOf('?');
  const words = new URLSearchParams(mark < 0 ? '' : hash.slice(mark + 1));
  const text = (name: 'server' | 'window' | 'share' | 'limit' | 'drain') => words.get(name) ?? usual[name];
  return {
    server: text('server'),
    measure: oneOf(['load', 'share', 'response'] as const, words.get('measure') ?? '', usual.measure),
    hours: oneOf(['expected', 'seen'] as const, words.get('hours') ?? '', usual.hours),
    seen: wholeOf(words.get('seen'), 1, 53, usual.seen),
    window: text('window'),
    weeks: wholeOf(words.get('weeks'), 1, 52, usual.weeks),
    share: text('share'),
    limit: text('limit'),
    drain: text('drain'),
  };
}

// Only what is not as usual, so that addresses stay short.
export function hashOf(choice: Choice): string {
  const words = new URLSearchParams();
  for (const [name, value] of Object.entries(choice))
    if (value !== usual[name as keyof Choice]) words.set(name, String(value));
  const text = words.toString();
  return '#capacity' + (text && '?' + text);
}

// What the server is asked: the choice without what only the page needs.
export function questionOf(choice: Choice): string {
  const words = new URLSearchParams({
    window: choice.window,
    weeks: String(choice.weeks),
    seen: String(choice.seen),
  });
  for (const name of ['server', 'share', 'drain'] as const) if (choice[name]) words.set(name, choice[name]);
  // A limit of the page is that of the server that is shown, or of each.
  if (choice.limit) words.set('limit', choice.server ? `${choice.server}=${choice.limit}` : choice.limit);
  return words.toString();
}

// --- heat map ------------------------------------------------------------------------------------

export interface HeatCell {
  value: number;
  level: number; // 0 .. heatLevels - 1
  text: string; // short, in the cell
  sentence: string; // all that is known of the hour
}

export interface Heat {
  cells: (HeatCell | null)[]; // 168, from Monday 00:00
  bounds: number[]; // value at which each level but the first begins
  unit: string;
  missing: string; // why there is nothing
}

export const heatLevels = 7;

export function slotName(slot: number): string {
  return `${days[Math.floor(slot / 24)]} ${String(slot % 24).padStart(2, '0')}:00`;
}

export function slotOf(name: string): number {
  return 24 * days.indexOf(name.slice(0, 3)) + Number(name.slice(4, 6));
}

export function inFocus(data: Capacity): ServerAdvice | undefined {
  return (
    data.servers.find((one) => one.server === data.focus) ??
    (data.focus === '' && data.servers.length === 1 ? data.servers[0] : undefined)
  );
}

export function windowsInFocus(data: Capacity): QuietWindow[] {
  return data.windows[0]?.windows ?? [];
}

interface Hour {
  value: number;
  sentence: string;
}

// The week to come: with a server drained, what this one carries then.
function expectedHours(data: Capacity, choice: Choice): (Hour | null)[] {
  const moved = data.away.find((one) => one.away === choice.drain && one.server === data.focus);
  const week = moved?.week ?? inFocus(data)?.week;
  return (week ?? []).map(([expected, low, high]) => ({
    value: expected,
    sentence: `${exact(expected)} queries a second expected, 9 of 10 such hours between ${exact(
      low,
    )} and ${exact(high)}`,
  }));
}

function seenHours(data: Capacity): (Hour | null)[] {
  return data.seen.load.map(
    (hour) =>
      hour && {
        value: hour[0],
        sentence: `${exact(hour[0])} queries a second seen, the busiest minute ${exact(
          hour[1],
        )}, in ${weeksText(hour[2])}`,
      },
  );
}

function responseHours(data: Capacity): (Hour | null)[] {
  return (data.seen.response_time?.us ?? []).map(
    (hour) =>
      hour && {
        value: hour[0],
        sentence: `${micros(hour[0])} seen, the slowest minute ${micros(hour[1])}, in ${weeksText(hour[2])}`,
      },
  );
}

function weeksText(weeks: number): string {
  return `${weeks} week${weeks === 1 ? '' : 's'}`;
}

export function micros(us: number): string {
  return us < 1000 ? `${short(us)} µs` : us < 1e6 ? `${short(us / 1000)} ms` : `${short(us / 1e6)} s`;
}

// What the hour's load is measured against: of all together, those that are left carry it.
export function limitOf(data: Capacity, choice: Choice): number {
  const own = inFocus(data)?.limit ?? 0;
  if (data.focus !== '' || !choice.drain) return own;
  return own - (data.servers.find((one) => one.server === choice.drain)?.limit ?? 0);
}

export function heatOf(data: Capacity, choice: Choice): Heat {
  if (choice.measure === 'response') {
    const name = data.seen.response_time?.name ?? '';
    return heat(
      responseHours(data),
      name,
      micros,
      name ? 'No response time has been seen.' : 'The topology keeps no response times.',
    );
  }
  const hours = choice.hours === 'seen' ? seenHours(data) : expectedHours(data, choice);
  const missing =
    choice.hours === 'seen' ? 'No hour is known yet.' : 'There is no forecast yet: what was seen can be shown.';
  if (choice.measure === 'load') return heat(hours, 'queries a second', short, missing);
  const limit = limitOf(data, choice);
  if (limit <= 0) return heat([], '% of the limit', String, 'The limit is not known: set one above.');
  const shares = hours.map(
    (hour) =>
      hour && {
        value: (100 * hour.value) / limit,
        sentence: `${ofLimit(hour.value, limit)} of the limit: ${hour.sentence}`,
      },
  );
  // A fixed scale: colours mean the same on every day.
  return heat(shares, '% of the limit', (value) => short(value), missing, data.share * 100);
}

// `top`: where the last level begins; not given: an even part below the largest value.
function heat(hours: (Hour | null)[], unit: string, text: (value: number) => string, missing: string, top = 0): Heat {
  const largest = Math.max(0, ...hours.map((hour) => hour?.value ?? 0));
  const step = top > 0 ? top / (heatLevels - 1) : largest / heatLevels;
  const bounds = Array.from({ length: heatLevels - 1 }, (_, i) => step * (i + 1));
  const cells = Array.from({ length: hoursPerWeek }, (_, slot) => {
    const hour = hours[slot];
    if (!hour) return null;
    const level = bounds.filter((bound) => bound <= hour.value && largest > 0).length;
    return {
      value: hour.value,
      level,
      text: text(hour.value),
      sentence: `${slotName(slot)}: ${hour.sentence}`,
    };
  });
  return { cells, bounds, unit, missing: cells.some(Boolean) ? '' : missing };
}

// Which window covers an hour, by its rank from 1; 0: none.
export function ranks(windows: QuietWindow[]): number[] {
  const all = new Array<number>(hoursPerWeek).fill(0);
  windows.forEach((window, i) => {
    const begin = slotOf(window.begins);
    for (let hour = 0; hour < Math.ceil(window.seconds / 3600); ++hour) {
      const slot = (begin + hour) % hoursPerWeek;
      all[slot] ||= i + 1;
    }
  });
  return all;
}

// --- words ---------------------------------------------------------------------------------------

// "2026-11-27 20:00".
export function minuteOf(time: string): string {
  return `${time.slice(0, 10)} ${time.slice(11, 16)}`;
}

export function dayOf(time: string | null, now: string): string {
  if (time === null) return 'not in 5 years';
  return time <= now ? 'now' : time.slice(0, 10);
}

// "2027-03-01 (2027-01-12 to not in 5 years)".
export function passesText(passes: Passes | undefined, now: string): string {
  if (!passes) return '–';
  const [expected, earliest, latest] = [passes.expected, passes.earliest, passes.latest].map((time) =>
    dayOf(time, now),
  );
  return expected === earliest && expected === latest ? expected! : `${expected} (${earliest} to ${latest})`;
}

// How much more the p99 minute may have before the share of the limit is passed.
export function headroom(of: Carried, share: number): string {
  if (!of.limit) return '–';
  const room = of.limit * share - of.p99;
  return room <= 0
    ? 'none'
    : of.p99 > 0
      ? `${exact(Math.round(room * 10) / 10)}/s, ${ofLimit(room, of.limit)} of the limit`
      : '–';
}

// May be more than all of it.
export function ofLimit(value: number, limit: number): string {
  return `${((100 * value) / limit).toFixed(1)}\u202f%`;
}

export function riskText(risk: number): string {
  return risk > 0 && risk < 0.001 ? '< 0.1 %' : `${(100 * risk).toFixed(1)} %`;
}

export function growthText(growth: number): string {
  const value = Math.round(100 * growth);
  return `${value > 0 ? '+' : value < 0 ? '−' : ''}${Math.abs(value)} %`;
}

export function nameOf(server: string): string {
  return server === '' ? 'all together' : visible(server);
}
