// One chart of the Traffic page: uPlot whose cursor is that of all others, and whose brush is told.
import uPlot from 'uplot';

import { tick } from '../format';
import { styleOf } from '../series';

export interface Plot {
  from: number; // ms
  to: number;
  data: (number | null)[][];
}

export interface PlotEvents {
  cursor(index: number | null): void;
  brush(fromMs: number, toMs: number): void;
}

const daySeconds = 86_400;
// What other charts are told of: the brush is of the one it is drawn in.
const linked = new Set(['mousemove', 'mouseleave']);

export class TrafficView {
  private chart: uPlot | null = null;
  private plot: Plot | null = null;
  private readonly resize: ResizeObserver;

  constructor(
    private readonly box: HTMLElement,
    private readonly events: PlotEvents,
  ) {
    this.resize = new ResizeObserver(() => this.chart?.setSize(this.size()));
    this.resize.observe(box);
  }

  destroy(): void {
    this.resize.disconnect();
    this.chart?.destroy();
  }

  draw(plot: Plot): void {
    this.plot = plot;
    const data = plot.data as uPlot.AlignedData;
    if (this.chart && this.chart.series.length === data.length) {
      this.chart.setData(data);
      return;
    }
    this.chart?.destroy();
    this.chart = new uPlot(this.options(data.length - 1), data, this.box);
  }

  private size() {
    return { width: this.box.clientWidth, height: this.box.clientHeight };
  }

  private options(lines: number): uPlot.Options {
    const style = getComputedStyle(this.box);
    const colour = (name: string) => style.getPropertyValue(name).trim();
    const axis: uPlot.Axis = {
      stroke: colour('--text-soft'),
      font: `11px ${style.fontFamily}`,
      grid: { stroke: colour('--grid'), width: 1 },
      ticks: { show: false },
    };
    return {
      ...this.size(),
      legend: { show: false },
      cursor: {
        y: false,
        points: { size: 6 },
        drag: { x: true, y: false, setScale: false },
        sync: { key: 'traffic', filters: { pub: (type) => linked.has(type), sub: () => true } },
      },
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC'),
      padding: [8, 20, 0, 0],
      scales: {
        x: { range: () => [this.plot!.from / 1000, this.plot!.to / 1000] },
        y: { range: (_, __, max) => [0, Math.max(max, 0.1) * 1.08] },
      },
      axes: [
        {
          ...axis,
          size: 26,
          values: (_, ticks, __, ___, increment) => ticks.map((at) => tickText(at, increment)),
        },
        { ...axis, size: 48, values: (_, ticks) => ticks.map(tick) },
      ],
      series: [{}, ...Array.from({ length: lines }, (_, i) => lineOf(i, colour))],
      hooks: {
        setCursor: [(chart) => this.events.cursor(chart.cursor.idx ?? null)],
        setSelect: [(chart) => this.brush(chart)],
      },
    };
  }

  private brush(chart: uPlot): void {
    const { left, width } = chart.select;
    if (width < 4) return; // a click
    const [from, to] = [chart.posToVal(left, 'x'), chart.posToVal(left + width, 'x')];
    chart.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    this.events.brush(1000 * from, 1000 * to);
  }
}

function lineOf(i: number, colour: (name: string) => string): uPlot.Series {
  const look = styleOf(i);
  return {
    stroke: colour(look.variable),
    width: 1.75,
    dash: look.dash,
    // A point alone would be a line of no length.
    points: { show: true, size: 5, filter: lonely },
  };
}

function lonely(chart: uPlot, series: number): number[] | null {
  const values = chart.data[series]!;
  const alone: number[] = [];
  for (let i = 0; i < values.length; i++)
    if (values[i] != null && values[i - 1] == null && values[i + 1] == null) alone.push(i);
  return alone;
}

function tickText(seconds: number, increment: number): string {
  const text = new Date(seconds * 1000).toISOString();
  if (increment >= daySeconds || seconds % daySeconds === 0) return text.slice(5, 10);
  return increment % 60 === 0 ? text.slice(11, 16) : text.slice(11, 19);
}
