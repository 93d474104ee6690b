// A series panel: heading, legend with the values under the cursor, chart or table.
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';

import type { SeriesState } from './contract';
import { clock, exact, isRate, short, unitOf, visible, withoutUnit } from './format';
import { SeriesView, styleOf } from './series';
import { chartData, perSecond } from './series-data';
import { beat, dark, listen, model } from './store';

const tableRows = 30;

export function Chart({ id }: { id: string }) {
  const box = useRef<HTMLDivElement>(null);
  const asTable = useSignal(false);
  const cursor = useSignal<number | null>(null);
  beat.value;
  const panel = model.panel(id);
  const series = panel.series!;

  useEffect(() => {
    if (asTable.value) return;
    const view = new SeriesView(box.current!, (index) => (cursor.value = index));
    const draw = () => view.draw(model.panel(id).series!);
    draw();
    const stop = listen((change) => {
      if (change.whole || change.touched.has(id)) draw();
    });
    return () => {
      stop();
      view.destroy();
    };
  }, [id, asTable.value, dark.value]);

  return (
    <section class="card series" aria-label={panel.title}>
      <div class="card-head">
        <h2>{visible(panel.title || id)}</h2>
        <small>{unitsOf(series)}</small>
        <button
          type="button"
          class="tool"
          aria-pressed={asTable.value}
          onClick={() => (asTable.value = !asTable.value)}
        >
          Table
        </button>
      </div>
      <Legend series={series} cursor={asTable.value ? null : cursor.value} />
      {asTable.value ? (
        <Points series={series} />
      ) : (
        <div ref={box} class="chart" role="img" aria-label={`Chart of ${panel.title}; the button Table shows its numbers`} />
      )}
    </section>
  );
}

function unitsOf(series: SeriesState): string {
  return [...new Set(series.lines.map((line) => unitOf(isRate(line.column) ? line.column : line.name)))].filter(Boolean).join(', ');
}

function nameOf(line: { name: string; column: string }): string {
  // Of several numbers in a row the sink makes lines called after them: those have a unit in their name.
  return isRate(line.column) && line.name ? visible(line.name) : visible(withoutUnit(line.name || line.column));
}

function Legend({ series, cursor }: { series: SeriesState; cursor: number | null }) {
  const data = chartData(series);
  const at = cursor ?? data[0]!.length - 1;
  return (
    <ul class="legend">
      {series.lines.map((line, i) => {
        const value = data[i + 1]?.[at];
        return (
          <li key={i}>
            <svg viewBox="0 0 24 8" aria-hidden="true">
              <line x1="1" y1="4" x2="23" y2="4" class={`stroke${i % 8}`} stroke-dasharray={styleOf(i).dash.join(' ')} />
            </svg>
            {nameOf(line)} <b title={value == null ? '' : exact(value)}>{value == null ? '–' : short(value)}</b>
          </li>
        );
      })}
    </ul>
  );
}

function Points({ series }: { series: SeriesState }) {
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Newest windows">
      <table>
        <thead>
          <tr>
            <th scope="col">window (UTC)</th>
            {series.lines.map((line, i) => (
              <th key={i} scope="col">
                {nameOf(line)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {series.points
            .slice(-tableRows)
            .reverse()
            .map(([start, end, ...values]) => (
              <tr key={start}>
                <th scope="row">{clock(start)}</th>
                {series.lines.map((line, i) => {
                  const value = perSecond(values[i] ?? null, line.column, end - start);
                  return <td key={i}>{value === null ? '–' : exact(value)}</td>;
                })}
              </tr>
            ))}
        </tbody>
      </table>
    </div>
  );
}
