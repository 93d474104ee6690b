// GET /tap as it comes over the wire (docs/tap.md), and the list that is kept of it. Pure but for
// readTap(), which asks.
import { visible } from '../format';

export interface TapHead {
  edge: string;
  component: string;
  fields: { name: string; type: string }[];
}

export interface TapRow {
  at: string;
  component: string;
  task: number;
  node?: string;
  row: Record<string, unknown>;
}

export interface TapCounts {
  seen: number;
  matched: number;
  shown: number;
  not_shown: number;
}

export interface TapState {
  head: TapHead | null;
  rows: TapRow[]; // the newest first
  counts: TapCounts | null;
  ended: boolean;
}

export const rowsKept = 100;
export const nothingTapped: TapState = { head: null, rows: [], counts: null, ended: false };

// The state after some more lines. A line that is none of ours is passed over.
export function take(state: TapState, lines: string[]): TapState {
  const next = { ...state, rows: [...state.rows] };
  for (const line of lines) {
    let said: { tap?: TapHead; row?: unknown; counts?: TapCounts; end?: boolean };
    try {
      said = JSON.parse(line);
    } catch {
      continue;
    }
    if (said.tap) next.head = said.tap;
    if (said.row) next.rows.unshift(said as TapRow);
    if (said.counts) next.counts = said.counts;
    if (said.end) next.ended = true;
  }
  next.rows.length = Math.min(next.rows.length, rowsKept);
  return next;
}

// What came in, cut into whole lines; the rest waits for more.
export class Lines {
  private rest = '';
  push(text: string): string[] {
    const lines = (this.rest + text).split('\n');
    this.rest = lines.pop()!;
    return lines.filter((line) => line !== '');
  }
}

export function valueText(value: unknown): string {
  if (typeof value === 'string') return visible(value);
  if (value === null || value === undefined) return '–';
  return visible(typeof value === 'object' ? JSON.stringify(value) : String(value));
}

export interface TapWish {
  edge: string;
  where: string;
  rate: number;
  topology?: string;
}

export function tapAddress({ edge, where, rate, topology }: TapWish): string {
  const asked = new URLSearchParams({ edge, rate: String(rate) });
  if (where) asked.set('where', where);
  if (topology) asked.set('topology', topology);
  return `/tap?${asked}`;
}

// Reads until the end, or until it is given up; an Error has the server's sentence.
export async function readTap(wish: TapWish, init: RequestInit, take: (lines: string[]) => void): Promise<void> {
  const answer = await fetch(tapAddress(wish), init);
  if (!answer.ok || !answer.body) throw new Error((await answer.text()).trim());
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  const lines = new Lines();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    take(lines.push(value));
  }
}
