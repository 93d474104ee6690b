// One chart: uPlot fed with a series panel. Colours come from the style sheet, so a change of theme
// builds the chart anew.
import uPlot from 'uplot';

import type { SeriesState } from './contract';
import { tick } from './format';
import { chartData } from './series-data';

export const lineStyles: { dash: number[]; variable: string }[] = [
  { variable: '--line-1', dash: [] },
  { variable: '--line-2', dash: [6, 3] },
  { variable: '--line-3', dash: [2, 2] },
  { variable: '--line-4', dash: [10, 3, 2, 3] },
  { variable: '--line-5', dash: [] },
  { variable: '--line-6', dash: [6, 3] },
  { variable: '--line-7', dash: [2, 2] },
  { variable: '--line-8', dash: [10, 3, 2, 3] },
];

export function styleOf(line: number) {
  return lineStyles[line % lineStyles.length]!;
}

export class SeriesView {
  private chart: uPlot | null = null;
  private lines = 0;
  private readonly resize: ResizeObserver;

  constructor(
    private readonly box: HTMLElement,
    // The point under the cursor, or null: the newest.
    private readonly onCursor: (index: number | null) => void,
  ) {
    this.resize = new ResizeObserver(() => this.chart?.setSize(this.size()));
    this.resize.observe(box);
  }

  destroy(): void {
    this.resize.disconnect();
    this.chart?.destroy();
  }

  rebuild(): void {
    this.lines = -1;
  }

  draw(series: SeriesState): void {
    const data = chartData(series) as uPlot.AlignedData;
    if (this.chart && this.lines === series.lines.length) {
      this.chart.setData(data);
      return;
    }
    this.lines = series.lines.length;
    this.chart?.destroy();
    this.chart = new uPlot(this.options(series), data, this.box);
  }

  private size() {
    return { width: this.box.clientWidth, height: this.box.clientHeight };
  }

  private options(series: SeriesState): uPlot.Options {
    const style = getComputedStyle(this.box);
    const colour = (name: string) => style.getPropertyValue(name).trim();
    const font = `11px ${style.fontFamily}`;
    const axis: uPlot.Axis = {
      stroke: colour('--text-soft'),
      font,
      grid: { stroke: colour('--grid'), width: 1 },
      ticks: { show: false },
    };
    return {
      ...this.size(),
      legend: { show: false },
      cursor: { y: false, points: { size: 6 }, drag: { x: false, y: false } },
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC'),
      padding: [8, 20, 0, 0],
      scales: { y: { range: (_, __, max) => [0, Math.max(max, 1) * 1.08] } },
      axes: [
        { ...axis, size: 26, values: (_, ticks) => ticks.map(tickText) },
        { ...axis, size: 48, values: (_, ticks) => ticks.map(tick) },
      ],
      series: [
        {},
        ...series.lines.map((line, i) => {
          const look = styleOf(i);
          const stroke = colour(look.variable);
          return {
            label: line.name,
            stroke,
            width: 1.75,
            dash: look.dash,
            points: { show: false },
            ...(i === 0 ? { fill: colour('--line-1-fill') } : {}),
          } satisfies uPlot.Series;
        }),
      ],
      hooks: { setCursor: [(chart) => this.onCursor(chart.cursor.idx ?? null)] },
    };
  }
}

function tickText(seconds: number): string {
  const text = new Date(seconds * 1000).toISOString();
  return seconds % 60 === 0 ? text.slice(11, 16) : text.slice(11, 19);
}
