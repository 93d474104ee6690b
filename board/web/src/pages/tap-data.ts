// What a tap tells (docs/tap.md), and the list of rows that is kept of it. Pure.
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

export function valueText(value: unknown): string {
  if (typeof value === 'string') return visible(value);
  if (value === null || value === undefined) return '–';
  return visible(typeof value === 'object' ? JSON.stringify(value) : String(value));
}
