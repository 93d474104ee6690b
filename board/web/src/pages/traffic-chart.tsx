// A chart of the Traffic page with its legend, or the table of its numbers.
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';

import { clock, dateTime, exact, short, visible } from '../format';
import { styleOf } from '../series';
import { dark } from '../store';
import {
  filled,
  lineName,
  plotted,
  shownValue,
  titleOf,
  unitText,
  type TrafficChart,
  type TrafficLine,
} from './traffic-data';
import { TrafficView, type PlotEvents } from './traffic-view';

const rowsShown = 200;

interface ChartProps {
  chart: TrafficChart;
  from: number;
  to: number;
  onBrush: (fromMs: number, toMs: number) => void;
}

export function ChartCard({ chart, from, to, onBrush }: ChartProps) {
  const asTable = useSignal(false);
  const cursor = useSignal<number | null>(null);
  const title = titleOf(chart);
  return (
    <section class="card series" aria-label={`${title}, ${chart.measurement}`}>
      <div class="card-head">
        <h2>{visible(title)}</h2>
        <small>
          {visible(chart.measurement)}, {unitText(chart)}
        </small>
        <button
          type="button"
          class="tool"
          aria-pressed={asTable.value}
          onClick={() => (asTable.value = !asTable.value)}
        >
          Table
        </button>
      </div>
      <Legend chart={chart} from={from} at={asTable.value ? null : cursor.value} />
      {asTable.value ? (
        <Numbers chart={chart} from={from} />
      ) : (
        <Drawing
          chart={chart}
          from={from}
          to={to}
          onBrush={onBrush}
          onCursor={(index) => (cursor.value = index)}
          title={title}
        />
      )}
      {chart.lines_all > chart.lines.length && chart.how === 'mean' && (
        <p class="sums">
          the first {chart.lines.length} of {exact(chart.lines_all)}
        </p>
      )}
      {chart.overlap && <p class="sums">Windows overlap: totals count what lies in several more than once.</p>}
    </section>
  );
}

interface DrawingProps extends ChartProps {
  title: string;
  onCursor: (index: number | null) => void;
}

function Drawing({ chart, from, to, onBrush, onCursor, title }: DrawingProps) {
  const box = useRef<HTMLDivElement>(null);
  const view = useRef<TrafficView | null>(null);
  const events = useRef<PlotEvents>({ cursor: onCursor, brush: onBrush });
  events.current = { cursor: onCursor, brush: onBrush };
  // Colours come from the style sheet: another theme is another view.
  useEffect(() => {
    view.current = new TrafficView(box.current!, {
      cursor: (index) => events.current.cursor(index),
      brush: (start, end) => events.current.brush(start, end),
    });
    return () => view.current!.destroy();
  }, [dark.value]);
  useEffect(() => view.current!.draw({ from, to, data: plotted(chart, from) }), [chart, from, to, dark.value]);
  return (
    <div
      ref={box}
      class="chart brush"
      role="img"
      aria-label={`Chart of ${title}; the button Table shows its numbers`}
    />
  );
}

// With the cursor in a chart: what was then. Else what all of the time comes to.
function Legend({ chart, from, at }: { chart: TrafficChart; from: number; at: number | null }) {
  const newest = filled(chart)[0];
  return (
    <ul class="legend">
      {chart.lines.map((line, i) => (
        <li key={line.name}>
          <svg viewBox="0 0 24 8" aria-hidden="true">
            <line x1="1" y1="4" x2="23" y2="4" class={`stroke${i % 8}`} stroke-dasharray={styleOf(i).dash.join(' ')} />
          </svg>
          {visible(lineName(line, chart))} <Value chart={chart} line={line} at={at} newest={newest} />
        </li>
      ))}
      <li class="when">
        {at === null ? (chart.how === 'sum' ? 'in all' : 'newest') : `${dateTime(from + at * chart.step)}`}
      </li>
    </ul>
  );
}

interface ValueProps {
  chart: TrafficChart;
  line: TrafficLine;
  at: number | null;
  newest: number | undefined;
}

function Value({ chart, line, at, newest }: ValueProps) {
  if (at === null && line.total !== undefined) return <b title={exact(line.total)}>{short(line.total)}</b>;
  const index = at ?? newest;
  const value = index === undefined ? null : shownValue(chart, line, index);
  if (value === null || index === undefined) return <b>–</b>;
  const worst = line.high?.[index];
  const title =
    worst == null
      ? `${exact(value)} per second, ${exact(line.values[index]!)} in all`
      : `${exact(value)}, at most ${exact(worst)} in a window`;
  return (
    <b title={title}>
      {short(value)}
      {worst != null && worst > value && <small> ≤ {short(worst)}</small>}
    </b>
  );
}

function Numbers({ chart, from }: { chart: TrafficChart; from: number }) {
  const rows = filled(chart);
  const time = (i: number) =>
    chart.step >= 3_600_000 || rows.length * chart.step > 86_400_000
      ? dateTime(from + i * chart.step).slice(0, 16)
      : clock(from + i * chart.step);
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={`Numbers of ${titleOf(chart)}, ${chart.measurement}`}>
      <table>
        <thead>
          <tr>
            <th scope="col">from (UTC)</th>
            {chart.lines.map((line) => (
              <th key={line.name} scope="col">
                {visible(lineName(line, chart))}
              </th>
            ))}
          </tr>
          {chart.how === 'sum' && (
            <tr class="total">
              <th scope="row">in all</th>
              {chart.lines.map((line) => (
                <td key={line.name}>{exact(line.total!)}</td>
              ))}
            </tr>
          )}
        </thead>
        <tbody>
          {rows.slice(0, rowsShown).map((i) => (
            <tr key={i}>
              <th scope="row">{time(i)}</th>
              {chart.lines.map((line) => {
                const value = line.values[i] ?? null;
                return <td key={line.name}>{value === null ? '–' : exact(value)}</td>;
              })}
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length > rowsShown && (
        <p class="sums">
          the newest {rowsShown} of {exact(rows.length)}: a shorter time shows the others
        </p>
      )}
    </div>
  );
}
