// Traffic: what the store has of a time, from ten minutes to months, on one axis of time.
import { type Signal, useComputed, useSignal, useSignalEffect } from '@preact/signals';
import { useEffect } from 'preact/hooks';

import { ask } from '../data';
import { clock, dateTime, exact, visible } from '../format';
import { paused } from '../store';
import { ChartCard } from './traffic-chart';
import {
  brushed,
  initial,
  inOrder,
  lengthText,
  lossesOf,
  periodMs,
  presets,
  queryOf,
  rangeText,
  readRange,
  type Range,
  type TrafficPoints,
  type TrafficTops,
  writeRange,
  zoomed,
} from './traffic-data';
import { TopCard } from './traffic-tops';

interface Shown {
  points: TrafficPoints;
  tops: TrafficTops;
}

interface History {
  shown: Signal<Shown | null>;
  failure: Signal<string>;
  busy: Signal<boolean>;
}

// The address says the range, so that Back leads back and a link shows the same.
function useRange(): Signal<Range> {
  const range = useSignal<Range>(readRange(location.hash));
  useEffect(() => {
    const read = () => (range.value = readRange(location.hash));
    addEventListener('hashchange', read);
    return () => removeEventListener('hashchange', read);
  }, []);
  return range;
}

async function fetchShown(range: Range, gone: AbortController): Promise<Shown> {
  const { signal } = gone;
  const points = await ask<TrafficPoints>(`/api/data/history/points?${queryOf(range)}`, { signal });
  if (points.empty) return { points, tops: { ...points, lists: [] } };
  // Of the very time of the charts, whatever has come since.
  const tops = await ask<TrafficTops>(`/api/data/history/tops?from=${points.from}&to=${points.to}`, { signal });
  return { points, tops };
}

// Another range is asked for at once, also on a paused page; the same again while it runs.
function useHistory(range: Signal<Range>): History {
  const shown = useSignal<Shown | null>(null);
  const failure = useSignal('');
  const busy = useSignal(false);
  const asked = useSignal('');
  useSignalEffect(() => {
    const wanted = range.value;
    const stands = paused.value;
    if (stands && asked.peek() === queryOf(wanted)) return;
    const gone = new AbortController();
    let timer = 0;
    const askAgain = async () => {
      let step = 0;
      try {
        if (!document.hidden || shown.peek() === null) {
          shown.value = await fetchShown(wanted, gone);
          step = shown.value.points.step ?? 0;
          asked.value = queryOf(wanted);
          failure.value = '';
        }
      } catch (error) {
        if (gone.signal.aborted) return;
        failure.value = (error as Error).message;
      }
      busy.value = false;
      if (!gone.signal.aborted && !stands) timer = window.setTimeout(askAgain, periodMs(wanted, step));
    };
    busy.value = true;
    void askAgain();
    return () => {
      gone.abort();
      clearTimeout(timer);
    };
  });
  return { shown, failure, busy };
}

const go = (range: Range) => (location.hash = writeRange(range));

// + - arrows 0, unless something is typed, scrolled or a shortcut of the browser meant.
function useKeys(shown: Signal<Shown | null>): void {
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const points = shown.peek()?.points;
      if (!points || points.empty || event.ctrlKey || event.metaKey || event.altKey) return;
      if ((event.target as HTMLElement).closest('input, select, textarea, .scroll')) return;
      const action = actions.find((one) => one.keys.includes(event.key));
      if (!action) return;
      event.preventDefault();
      go(action.range(points));
    };
    document.addEventListener('keydown', press);
    return () => document.removeEventListener('keydown', press);
  }, []);
}

interface Action {
  text: string;
  title: string;
  keys: string[];
  range: (shown: TrafficPoints) => Range;
}

const actions: Action[] = [
  { text: '◀', title: 'Earlier', keys: ['ArrowLeft'], range: (shown) => zoomed(shown, 1, -0.5) },
  { text: '▶', title: 'Later', keys: ['ArrowRight'], range: (shown) => zoomed(shown, 1, 0.5) },
  { text: '+', title: 'Zoom in', keys: ['+', '='], range: (shown) => zoomed(shown, 0.5) },
  { text: '−', title: 'Zoom out', keys: ['-'], range: (shown) => zoomed(shown, 2) },
  { text: 'Reset', title: 'The newest ten minutes', keys: ['0'], range: () => initial },
];

export default function TrafficPage() {
  const range = useRange();
  const { shown, failure, busy } = useHistory(range);
  useKeys(shown);
  const charts = useComputed(() => inOrder(shown.value?.points.charts ?? []));
  const now = shown.value;
  return (
    <div class="traffic-page">
      <Tools range={range.value} shown={now?.points.empty ? null : now} />
      {failure.value && (
        <p class="notes" role="alert">
          {failure.value}
        </p>
      )}
      {now?.points.empty && (
        <section class="card empty">
          <h2>Nothing yet</h2>
          <p>The store is empty: charts come when the first window has closed.</p>
        </section>
      )}
      {now && !now.points.empty && (
        <>
          <Honest points={now.points} />
          {charts.value.length === 0 && <Empty points={now.points} />}
          <div class="traffic-charts" aria-busy={busy.value}>
            {charts.value.map((chart) => (
              <ChartCard
                key={`${chart.measurement} ${chart.field}`}
                chart={chart}
                from={now.points.from}
                to={now.points.to}
                onBrush={(from, to) => go(brushed(from, to))}
              />
            ))}
          </div>
          <div class="traffic-tops">
            {now.tops.lists.map((list) => (
              <TopCard key={list.measurement + JSON.stringify(list.tags)} list={list} />
            ))}
          </div>
        </>
      )}
    </div>
  );
}

function Tools({ range, shown }: { range: Range; shown: Shown | null }) {
  return (
    <section class="card traffic-tools" aria-label="Time">
      <div class="presets" role="group" aria-label="The newest">
        {presets.map(({ text, ms }) => (
          <button
            key={ms}
            type="button"
            class="tool"
            aria-pressed={'last' in range && range.last === ms}
            onClick={() => go({ last: ms })}
          >
            {text}
          </button>
        ))}
      </div>
      <div class="presets" role="group" aria-label="Zoom">
        {actions.map(({ text, title, keys, range: of }) => (
          <button
            key={title}
            type="button"
            class="tool"
            title={title}
            aria-label={text === 'Reset' ? undefined : title}
            aria-keyshortcuts={keys[0]}
            disabled={!shown}
            onClick={() => shown && go(of(shown.points))}
          >
            {text}
          </button>
        ))}
        <button type="button" class="tool" onClick={() => history.back()}>
          Back
        </button>
      </div>
      <p class="range">
        {shown && rangeText(shown.points)} <small>{'last' in range ? 'goes on with the newest' : 'stands still'}</small>
      </p>
    </section>
  );
}

function Empty({ points }: { points: TrafficPoints }) {
  return (
    <section class="card empty">
      <h2>Nothing in this time</h2>
      <p>
        The store has windows from {dateTime(points.oldest)} to {dateTime(points.newest)}.
      </p>
    </section>
  );
}

// What the numbers below are not.
function Honest({ points }: { points: TrafficPoints }) {
  const losses = lossesOf(points.charts);
  const missing = points.gaps.reduce((sum, [from, to]) => sum + to - from, 0);
  return (
    <section class="card traffic-honesty" aria-label="How far these numbers can be trusted">
      <dl>
        <div>
          <dt>a point is</dt>
          <dd>{lengthText(points.step)}</dd>
        </div>
        <div>
          <dt>read from</dt>
          <dd>{points.read_step === 0 ? 'the windows' : `rollups of ${lengthText(points.read_step)}`}</dd>
        </div>
        <div>
          <dt>gaps without a window</dt>
          <dd title={points.gaps.map(([from, to]) => rangeText({ from, to })).join('\n')}>
            {points.gaps.length === 0 ? 'none' : `${exact(points.gaps.length)}, ${lengthText(missing)} in all`}
          </dd>
        </div>
        {losses === null ? (
          <div>
            <dt>lost or unreadable</dt>
            <dd>not in this store</dd>
          </div>
        ) : (
          losses.map(({ name, count }) => (
            <div key={name}>
              <dt>{visible(name)}</dt>
              <dd>{exact(count)}</dd>
            </div>
          ))
        )}
        {losses?.length === 0 && (
          <div>
            <dt>lost or unreadable</dt>
            <dd>none</dd>
          </div>
        )}
        <div>
          <dt>newest window ends</dt>
          <dd title={dateTime(points.newest)}>{clock(points.newest)} UTC</dd>
        </div>
      </dl>
    </section>
  );
}
