// The p99 minute of the weeks that were and that come, with its band, against the limit.
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';

import { exact, tick } from '../format';
import { dark } from '../store';
import { inFocus, minuteOf, passesText, type Capacity } from './capacity-data';

const seconds = (time: string) => Date.parse(time) / 1000;

// x, seen, expected, low, high, share of the limit, limit.
export function chartColumns(data: Capacity): (number | null)[][] {
  const server = inFocus(data);
  const ahead = server?.ahead ?? [];
  const none = (length: number) => new Array<null>(length).fill(null);
  const all = data.past.length + ahead.length;
  const level = (value: number) => (value > 0 ? new Array<number>(all).fill(value) : none(all));
  return [
    [...data.past, ...ahead].map((point) => seconds(point.at)),
    [...data.past.map((week) => week.p99), ...none(ahead.length)],
    ...(['p99', 'low', 'high'] as const).map((name) => [...none(data.past.length), ...ahead.map((week) => week[name])]),
    level((server?.limit ?? 0) * data.share),
    level(server?.limit ?? 0),
  ];
}

export function ForecastChart({ data }: { data: Capacity }) {
  const box = useRef<HTMLDivElement>(null);
  const asTable = useSignal(false);
  const server = inFocus(data);
  const limited = (server?.limit ?? 0) > 0;
  const empty = data.past.length === 0 && !server?.ahead?.length;

  useEffect(() => {
    if (asTable.value || empty || !box.current) return;
    const place = box.current;
    const chart = new uPlot(options(place), chartColumns(data) as uPlot.AlignedData, place);
    const resize = new ResizeObserver(() => chart.setSize({ width: place.clientWidth, height: place.clientHeight }));
    resize.observe(place);
    return () => {
      resize.disconnect();
      chart.destroy();
    };
  }, [data, asTable.value, dark.value]);

  return (
    <section class="card" aria-label="Forecast">
      <div class="card-head">
        <h2>Forecast against the limit</h2>
        <small>p99 minute of the week, queries a second</small>
        <button
          type="button"
          class="tool"
          aria-pressed={asTable.value}
          onClick={() => (asTable.value = !asTable.value)}
        >
          Table
        </button>
      </div>
      <p class="forecast-line">
        {limited
          ? `Passes ${exact(data.share * 100)} % of the limit: ${passesText(server?.passes, data.now)}.`
          : 'The limit is not known: set one above, or keep response times and losses, from which it is learned.'}
      </p>
      {empty && <p>No week is known yet.</p>}
      <ul class="legend" hidden={empty}>
        <Key line={0}>seen</Key>
        <Key line={1} dash="6 3">
          expected, in a band of 90 %
        </Key>
        {limited && (
          <Key line={3} dash="10 3 2 3">
            {exact(data.share * 100)} % of the limit
          </Key>
        )}
        {limited && <Key line={5}>limit</Key>}
      </ul>
      {asTable.value ? (
        <Points data={data} />
      ) : (
        <div
          ref={box}
          class="chart forecast"
          hidden={empty}
          role="img"
          aria-label="Chart of the forecast; the button Table shows its numbers"
        />
      )}
    </section>
  );
}

function Key({ line, dash, children }: { line: number; dash?: string; children: preact.ComponentChildren }) {
  return (
    <li>
      <svg viewBox="0 0 24 8" aria-hidden="true">
        <line x1="1" y1="4" x2="23" y2="4" class={`stroke${line}`} stroke-dasharray={dash} />
      </svg>
      {children}
    </li>
  );
}

function Points({ data }: { data: Capacity }) {
  const ahead = inFocus(data)?.ahead ?? [];
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Table of the forecast">
      <table>
        <thead>
          <tr>
            <th scope="col">week around (UTC)</th>
            <th scope="col">seen</th>
            <th scope="col">expected</th>
            <th scope="col">low</th>
            <th scope="col">high</th>
          </tr>
        </thead>
        <tbody>
          {data.past.map((week) => (
            <tr key={week.at}>
              <th scope="row">{minuteOf(week.at)}</th>
              <td title={`${week.hours} hours of it are known`}>{exact(week.p99)}</td>
              <td>–</td>
              <td>–</td>
              <td>–</td>
            </tr>
          ))}
          {ahead.map((week) => (
            <tr key={week.at}>
              <th scope="row">{minuteOf(week.at)}</th>
              <td>–</td>
              <td>{exact(week.p99)}</td>
              <td>{exact(week.low)}</td>
              <td>{exact(week.high)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function options(box: HTMLElement): uPlot.Options {
  const style = getComputedStyle(box);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  const axis: uPlot.Axis = {
    stroke: colour('--text-soft'),
    font: `11px ${style.fontFamily}`,
    grid: { stroke: colour('--grid'), width: 1 },
    ticks: { show: false },
  };
  const line = (variable: string, dash: number[] = [], width = 1.75): uPlot.Series => ({
    stroke: colour(variable),
    dash,
    width,
    points: { show: false },
  });
  const edge: uPlot.Series = { stroke: colour('--line-1'), width: 0.5, points: { show: false } };
  return {
    width: box.clientWidth,
    height: box.clientHeight,
    legend: { show: false },
    cursor: { show: false },
    tzDate: (at) => uPlot.tzDate(new Date(at * 1000), 'Etc/UTC'),
    padding: [8, 20, 0, 0],
    scales: { y: { range: (_, __, max) => [0, Math.max(max, 1e-3) * 1.08] } },
    axes: [
      {
        ...axis,
        size: 26,
        space: 80,
        values: (_, ticks) => ticks.map((at) => new Date(at * 1000).toISOString().slice(0, 10)),
      },
      { ...axis, size: 48, values: (_, ticks) => ticks.map(tick) },
    ],
    series: [
      {},
      line('--line-1', [], 2),
      line('--line-2', [6, 3]),
      edge,
      edge,
      line('--line-4', [10, 3, 2, 3]),
      line('--line-6'),
    ],
    bands: [{ series: [4, 3], fill: colour('--line-1-fill') }],
  };
}
