// What the page Security shows, without how: the answers of /api/data/events, the address that says
// what is looked at, and which numbers made an event.
import { dateTime } from '../format';

export interface Mute {
  rule: string;
  until: number | null; // ms; null: never
  detector: string;
  key: string;
  note: string;
  ended: boolean;
}

export const severities = ['info', 'low', 'medium', 'high', 'critical'] as const;
export type Severity = (typeof severities)[number];

export interface SecurityEvent {
  id: string;
  number: number;
  detector: string;
  state: 'opened' | 'updated' | 'closed';
  severity: Severity;
  score: number;
  key_kind: string;
  key: string;
  time: number;
  start: number;
  end: number;
  mute: Mute | null;
}

export interface Setting {
  name: string;
  value: string;
  help: string;
}

export interface EventDetail extends SecurityEvent {
  evidence: Record<string, number> | null;
  samples: string[] | null;
  advice: string;
  components: { component: string; settings: Setting[] }[];
  // Of a cluster: where its packets are, in a spool (the command gives them there) or in a file.
  places?: { node: string; command?: string; file?: string }[];
}

export interface EventList {
  now: number;
  newest: number;
  matching: number;
  newer: number;
  all: number;
  forgotten: number;
  skip: number; // how many newer ones stand on other pages
  events: SecurityEvent[];
  mutes: Mute[];
  rates: { from: number; bucket: number; counts: Record<string, number[]> | null };
  can_mute: boolean;
  mute_after_s: number;
  packets: boolean;
}

// --- address ------------------------------------------------------------------------------------

// What is looked at; texts as they stand in the address, '' where nothing is chosen.
export interface Look {
  detector: string;
  severity: string;
  state: string;
  text: string;
  open: string; // id of the event that is open
  skip: number;
  follow: boolean; // new events are shown as they come
}

export const rowsOfPage = 100;

export function readLook(hash: string): Look {
  const query = new URLSearchParams(hash.slice(hash.indexOf('?') + 1 || hash.length));
  const text = (name: string) => query.get(name) ?? '';
  const skip = Number(text('skip'));
  return {
    detector: text('detector'),
    severity: (severities as readonly string[]).includes(text('severity')) ? text('severity') : '',
    state: ['open', 'closed'].includes(text('state')) ? text('state') : '',
    text: text('text'),
    open: text('open'),
    skip: Number.isInteger(skip) && skip > 0 ? skip : 0,
    follow: text('follow') === '1',
  };
}

export function writeLook(look: Look): string {
  const query = new URLSearchParams();
  for (const name of ['detector', 'severity', 'state', 'text', 'open'] as const)
    if (look[name]) query.set(name, look[name]);
  if (look.skip > 0) query.set('skip', String(look.skip));
  if (look.follow) query.set('follow', '1');
  const text = query.toString();
  return '#security' + (text && '?' + text);
}

// What the server is asked. `top`: the newest event that the reader has seen; 0: any.
export function listPath(look: Look, top: number): string {
  const query = new URLSearchParams();
  for (const name of ['detector', 'severity', 'state', 'text'] as const) if (look[name]) query.set(name, look[name]);
  if (top > 0 && !look.follow) query.set('top', String(top));
  if (look.skip > 0) query.set('skip', String(look.skip));
  query.set('limit', String(rowsOfPage));
  return '/api/data/events?' + query.toString();
}

// --- why ----------------------------------------------------------------------------------------

export interface Reason {
  name: string;
  value: number;
  limit: string; // what it is compared with; '': nothing
  help: string;
  decisive: boolean; // the score is this number by its limit
}

// Of several components of one operator the one that this event is from, as far as can be told.
export function settingsOf(event: EventDetail): { component: string; settings: Setting[] } | null {
  const by = (setting: Setting) => setting.name === 'by' && setting.value === event.key_kind;
  return event.components.find(({ settings }) => settings.some(by)) ?? event.components[0] ?? null;
}

function limitOf(evidence: Record<string, number>, name: string): number | undefined {
  return evidence.threshold ?? (name.endsWith('_ms') ? evidence.threshold_ms : undefined);
}

export function reasonsOf(event: EventDetail): Reason[] {
  const evidence = event.evidence ?? {};
  const settings = settingsOf(event)?.settings ?? [];
  const reasons = Object.entries(evidence)
    .filter(([name]) => !name.startsWith('threshold'))
    .map(([name, value]): Reason => {
      const threshold = limitOf(evidence, name);
      const setting = settings.find((one) => one.name === name);
      // Evidence is rounded to four digits.
      const decisive = !!threshold && event.score > 0 && Math.abs(value / threshold / event.score - 1) < 0.005;
      const limit = decisive ? String(threshold) : (setting?.value ?? '');
      return { name, value, limit, help: setting?.help ?? '', decisive };
    });
  // Two that fit: the first is what a detector is about.
  let found = false;
  for (const reason of reasons) {
    if (reason.decisive && found) Object.assign(reason, { decisive: false, limit: '' });
    found ||= reason.decisive;
  }
  return reasons;
}

// --- mutes --------------------------------------------------------------------------------------

// What may be muted of an event: the parts of its key, and all that its detector finds. What cannot
// be a word of a rule is no choice.
export function muteChoices(event: SecurityEvent): { key: string; label: string }[] {
  const choices: { key: string; label: string }[] = [];
  const kinds = event.key_kind.split(' ');
  event.key.split(' ').forEach((part, i) => {
    if (!part || part.includes('#') || part === '*') return;
    const isName = ['domain', 'name', 'qname', 'tld'].includes(kinds[i] ?? '');
    choices.push({ key: part, label: isName ? `${part} and all below it` : part });
  });
  choices.push({ key: '*', label: 'everything that it finds' });
  return choices;
}

export function untilText(mute: Mute): string {
  return mute.until === null ? 'without an end' : `until ${dateTime(mute.until)}`;
}

export const muteTimes = [
  { hours: 1, label: '1 hour' },
  { hours: 8, label: '8 hours' },
  { hours: 24, label: '1 day' },
  { hours: 7 * 24, label: '1 week' },
  { hours: 30 * 24, label: '30 days' },
];

// 2026-11-28T06:30:00Z
export function timeText(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19) + 'Z';
}

// Bars of a series as parts of its largest.
export function heights(counts: number[]): number[] {
  const largest = Math.max(...counts, 1);
  return counts.map((count) => count / largest);
}
