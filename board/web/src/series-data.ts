// The numbers of a chart.
import type { SeriesState } from './contract';
import { isRate } from './format';

// x in seconds, then one array per line; a hole in time breaks the lines.
export function chartData(series: SeriesState): (number | null)[][] {
  const data: (number | null)[][] = [[], ...series.lines.map(() => [])];
  let before: number | undefined;
  for (const [start, end, ...values] of series.points) {
    if (before !== undefined && start - before > 0.5 * (end - start)) {
      data[0]!.push(before / 1000);
      for (const column of data.slice(1)) column.push(null);
    }
    data[0]!.push(start / 1000);
    series.lines.forEach((line, i) => {
      data[i + 1]!.push(perSecond(values[i] ?? null, line.column, end - start));
    });
    before = end;
  }
  return data;
}

export function perSecond(value: number | null, column: string, windowMs: number): number | null {
  if (value === null || !isRate(column) || windowMs <= 0) return value;
  return (1000 * value) / windowMs;
}
