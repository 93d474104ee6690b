// The honesty line: where every packet went, and whether the sum is right.
import { useSignal } from '@preact/signals';

import type { Honesty } from './contract';
import { exact, percent, seconds, short, visible } from './format';
import { captureRate, honesty } from './store';

interface Item {
  name: string;
  value: string;
  more?: string;
  title: string;
  bad?: boolean;
}

function itemsOf(h: Honesty, rate: number | null): Item[] {
  const running = h.state === 'running';
  return [
    {
      name: 'seen',
      value: exact(h.captured),
      more: running && rate !== null ? `${short(rate)}/s` : undefined,
      title: 'Packets handed to dnstorm since the start',
    },
    {
      name: 'parsed',
      value: percent(h.parsed, h.captured),
      more: exact(h.parsed),
      title: 'DNS messages that were decoded',
    },
    { name: 'malformed', value: exact(h.malformed), bad: h.malformed > 0, title: 'Could not be decoded; why is under Details' },
    { name: 'not DNS', value: exact(h.not_dns), title: 'Packets that carry no DNS message' },
    { name: 'filtered', value: exact(h.filtered), title: 'Left out because the topology says so' },
    { name: 'in flight', value: exact(h.in_flight), title: 'Captured and on their way to one of the four before' },
  ];
}

function lossesOf(h: Honesty): Item[] {
  const running = h.state === 'running';
  return [
    {
      name: 'kernel drops',
      value: exact(h.dropped_kernel),
      bad: h.dropped_kernel > 0,
      title: 'Lost before dnstorm: the kernel’s capture buffer was full',
    },
    {
      name: 'interface drops',
      value: exact(h.dropped_interface),
      bad: h.dropped_interface > 0,
      title: 'Lost before dnstorm: at the network interface',
    },
    { name: 'late', value: exact(h.late), bad: h.late > 0, title: 'Came after their window had closed, so they are not in it' },
    ...(h.folded
      ? [{ name: 'folded', value: exact(h.folded), bad: true, title: 'Points beyond the budget of series (series_max): they are in series named OTHER' }]
      : []),
    {
      name: 'behind',
      value: running ? seconds(h.behind_s) : '–',
      title: 'Newest packet minus newest closed window',
    },
  ];
}

export function unaccounted(h: Honesty): number {
  return h.captured - h.parsed - h.malformed - h.not_dns - h.filtered - h.in_flight;
}

export function HonestyLine() {
  const open = useSignal(false);
  const h = honesty.value;
  if (!h) return <section class="honesty" aria-label="Where every packet went" />;
  if (h.state === 'stored') return <NothingRuns />;
  return (
    <section class="honesty" aria-label="Where every packet went">
      <div class="line">
        <dl>
          {itemsOf(h, captureRate.value).map(item)}
          <div class="rule" aria-hidden="true" />
          {lossesOf(h).map(item)}
        </dl>
        <Verdict h={h} />
        <button
          type="button"
          class="tool"
          aria-expanded={open.value}
          aria-controls="details"
          onClick={() => (open.value = !open.value)}
        >
          Details
        </button>
      </div>
      <Split h={h} />
      {h.state === 'failed' && (
        <p class="failure" role="alert">
          {visible(h.failure)}
        </p>
      )}
      <div id="details" class="details" hidden={!open.value}>
        {open.value && <Details h={h} />}
      </div>
    </section>
  );
}

function NothingRuns() {
  return (
    <section class="honesty stored" aria-label="Where every packet went">
      <p class="line">
        <b>Nothing runs.</b> No packet is counted now: these pages show what runs have stored, up to the newest window of
        their files.
      </p>
    </section>
  );
}

function item({ name, value, more, title, bad }: Item) {
  return (
    <div key={name} class={bad ? 'item bad' : 'item'} title={title}>
      <dt>{name}</dt>
      <dd>
        {bad && <span aria-hidden="true">! </span>}
        {value}
        {more !== undefined && <small>{more}</small>}
      </dd>
    </div>
  );
}

function Verdict({ h }: { h: Honesty }) {
  const missing = unaccounted(h);
  if (missing === 0)
    return (
      <p class="verdict good" title="seen = parsed + malformed + not DNS + filtered + in flight">
        ✓ all accounted for
      </p>
    );
  return (
    <p class="verdict wrong" title="seen is not parsed + malformed + not DNS + filtered + in flight: please report this">
      ! {exact(Math.abs(missing))} packets {missing > 0 ? 'unaccounted for' : 'counted twice'}
    </p>
  );
}

// The same as a bar; the numbers above are its text.
function Split({ h }: { h: Honesty }) {
  const parts: [string, number][] = [
    ['parsed', h.parsed],
    ['malformed', h.malformed],
    ['not-dns', h.not_dns],
    ['filtered', h.filtered],
    ['in-flight', h.in_flight],
  ];
  return (
    <div class="split" aria-hidden="true">
      {parts.map(([name, n]) => (
        <i key={name} class={name} style={{ flexGrow: String(n) }} />
      ))}
    </div>
  );
}

// "malformed.label_too_long" is a kind and what exactly.
export function reasonOf(reason: string): [kind: string, detail: string] {
  const words = (text: string) => visible(text).replace(/_/g, ' ').replace('not dns', 'not DNS');
  const dot = reason.indexOf('.');
  return dot < 0 ? ['malformed', words(reason)] : [words(reason.slice(0, dot)), words(reason.slice(dot + 1))];
}

function Details({ h }: { h: Honesty }) {
  return (
    <>
      <table>
        <caption>Not parsed, by reason</caption>
        <tbody>
          {h.reasons.length === 0 && (
            <tr>
              <td>none</td>
            </tr>
          )}
          {h.reasons.map(([reason, count]) => {
            const [kind, detail] = reasonOf(reason);
            return (
              <tr key={reason}>
                <th scope="row">{kind}</th>
                <td class="word">{detail}</td>
                <td>{exact(count)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
      <table>
        <caption>Components of the topology</caption>
        <thead>
          <tr>
            <th scope="col">id</th>
            <th scope="col">kind</th>
            <th scope="col" title="Tasks of this component">tasks</th>
            <th scope="col" title="Tuples taken in">executed</th>
            <th scope="col" title="Tuples given out">emitted</th>
            <th scope="col">failed</th>
          </tr>
        </thead>
        <tbody>
          {h.components.map((c) => (
            <tr key={c.id}>
              <th scope="row">{visible(c.id)}</th>
              <td class="word">{c.kind}</td>
              <td>{exact(c.tasks)}</td>
              <td>{c.kind === 'spout' ? '–' : exact(c.executed)}</td>
              <td>{exact(c.emitted)}</td>
              <td>{exact(c.failed)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}
