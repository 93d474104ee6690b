// The stream's events as they come over the wire; board/README.md is the contract.

export interface Honesty {
  captured: number;
  parsed: number;
  malformed: number;
  not_dns: number;
  filtered: number;
  in_flight: number;
  dropped_kernel: number;
  dropped_interface: number;
  dropped_queue: number; // dnstap frames that found no room
  spool_unwritten?: number; // counted, but the spool's disk did not take them
  late: number;
  folded?: number;  // points beyond a budget of series, in series named OTHER
  behind_s: number;
  state: 'running' | 'finished' | 'failed' | 'stored'; // stored: nothing runs
  failure: string;
  reasons: [reason: string, count: number][];
  components: Component[];
}

export interface Component {
  id: string;
  kind: string;
  tasks: number;
  executed: number;
  emitted: number;
  failed: number;
}

// known: 0: the count is exact; 1: it is a lower bound; more: it is exact, and that is when the key was
// first seen (ms).
export type Slot = [key: string, count: number, known: number];

export interface WallSums {
  total: number;
  keys: number;
  overflow: boolean;
}
export interface WallState extends WallSums {
  slots: (Slot | null)[];
}
export interface WallDelta extends WallSums {
  add: number[]; // slot, increment, slot, increment, ...
}

export interface Line {
  name: string;
  column: string;
}
export type Point = [startMs: number, endMs: number, ...values: (number | null)[]];
export interface SeriesState {
  lines: Line[];
  points: Point[];
}

export type Row = [key: string, ...values: (number | null)[]];
export interface Rows {
  rows: Row[];
  rows_all: number;
}

export type View = 'wall' | 'series' | 'table' | 'totals';

export interface Panel {
  id: string;
  view: View;
  title: string;
  start: number;
  end: number;
  columns: string[];
  wall?: WallState;
  series?: SeriesState;
  table?: Rows;
  totals?: Rows;
}

export interface SnapshotEvent {
  t: number;
  title: string;
  panels: Panel[];
  honesty: Honesty;
  notes: string[];
}
// slot, key, count, known, slot, key, count, known, ...
export type SlotEvent = Record<string, (number | string)[]>;
export interface PanelDelta {
  start: number;
  end: number;
  wall?: WallDelta;
  series?: SeriesState;
  table?: Rows;
  totals?: Rows;
}
export interface DeltaEvent {
  t: number;
  panels: Record<string, PanelDelta>;
  honesty?: Honesty;
  notes?: string[];
}
export interface GapEvent {
  dropped: number;
}
