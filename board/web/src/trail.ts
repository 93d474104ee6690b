// How a cell grew, in steps, as GET /api/cell tells it.
export interface Trail {
  key: string;
  end: number; // ms: when it was told; the last bin is not over
  step_ms: number;
  bins: number[]; // oldest first
}

// As it was at `t`: bins that had not begun are empty, and those that were not there yet, too.
export function trailUntil(trail: Trail, t: number): number[] {
  const gone = Math.min(Math.max(Math.round((trail.end - t) / trail.step_ms), 0), trail.bins.length);
  return [...new Array<number>(gone).fill(0), ...trail.bins.slice(0, trail.bins.length - gone)];
}

export function minuteOf(trail: Trail, bins: number[]): number {
  return bins.slice(-Math.round(60_000 / trail.step_ms)).reduce((sum, n) => sum + n, 0);
}
