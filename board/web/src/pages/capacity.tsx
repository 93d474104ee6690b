// When it is quiet enough for maintenance, and when capacity becomes short: the numbers of `dnstorm advise`, of the
// history that the running topology keeps.
import { signal, useSignalEffect } from '@preact/signals';

import './capacity.css';
import { useAsked } from '../data';
import { exact, visible } from '../format';
import { TableCard, WideTable } from '../table-card';
import { ForecastChart } from './capacity-chart';
import {
  choiceOf,
  growthText,
  hashOf,
  headroom,
  heatOf,
  inFocus,
  minuteOf,
  ofLimit,
  passesText,
  questionOf,
  riskText,
  windowsInFocus,
  type Capacity,
  type Choice,
} from './capacity-data';
import { HeatMap } from './capacity-heat';

const periodMs = 60_000;
const windowLengths = ['30m', '1h', '2h', '3h', '4h', '6h', '8h', '12h', '24h'];
const weekCounts = [1, 2, 4, 8, 13, 26, 52];

const choice = signal<Choice>(choiceOf(''));

function choose(change: Partial<Choice>): void {
  choice.value = { ...choice.value, ...change };
  // The address can be sent to somebody; going back leaves the page and not the last choice.
  history.replaceState(null, '', hashOf(choice.value));
}

export default function CapacityPage() {
  useSignalEffect(() => {
    const read = () => {
      if (location.hash.startsWith('#capacity')) choice.value = choiceOf(location.hash);
    };
    read();
    addEventListener('hashchange', read);
    return () => removeEventListener('hashchange', read);
  });
  const { data, failure } = useAsked<Capacity>(() => `/api/data/capacity?${questionOf(choice.value)}`, periodMs);
  const known = data.value;
  return (
    <div class="capacity-page">
      {failure.value && (
        <p class="notes" role="alert">
          {visible(failure.value)}
        </p>
      )}
      {known?.wanting && <p class="notes">{known.wanting}</p>}
      <Choices data={known} />
      {known && <Answers data={known} />}
    </div>
  );
}

function nameOf(server: string): string {
  return server === '' ? 'all together' : visible(server);
}

// --- choices -------------------------------------------------------------------------------------

interface PickProps {
  label: string;
  value: string;
  options: [value: string, text: string][];
  onPick: (value: string) => void;
}

// Beside its field and not around it: the name of the field is then its label alone, without the options.
function idOf(label: string): string {
  return 'choose-' + label.toLowerCase().replace(/[^a-z]+/g, '-');
}

function Pick({ label, value, options, onPick }: PickProps) {
  // What the address says is shown even if it is not among what is offered.
  const all = options.some(([one]) => one === value)
    ? options
    : [...options, [value, visible(value)] as [string, string]];
  return (
    <div class="choice">
      <label for={idOf(label)}>{label}</label>
      <select id={idOf(label)} value={value} onChange={(event) => onPick(event.currentTarget.value)}>
        {all.map(([one, text]) => (
          <option key={one} value={one}>
            {text}
          </option>
        ))}
      </select>
    </div>
  );
}

interface AmountProps {
  label: string;
  value: string;
  hint: string;
  max?: number;
  onPick: (value: string) => void;
}

function Amount({ label, value, hint, max, onPick }: AmountProps) {
  return (
    <div class="choice">
      <label for={idOf(label)}>{label}</label>
      <input
        id={idOf(label)}
        type="number"
        min={0}
        max={max}
        step="any"
        value={value}
        placeholder={hint}
        onChange={(event) => event.currentTarget.validity.valid && onPick(event.currentTarget.value)}
      />
    </div>
  );
}

function weeksOf(): [string, string][] {
  return weekCounts.map((weeks) => [String(weeks), String(weeks)]);
}

function Choices({ data }: { data: Capacity | null }) {
  const now = choice.value;
  const servers = (data?.known ?? []).map((one) => one.server);
  const limit = data && inFocus(data)?.limit;
  return (
    <section class="card choices" aria-label="Choices">
      <Pick
        label="Server"
        value={now.server}
        options={[['', 'all together'], ...servers.map((name) => [name, visible(name)] as [string, string])]}
        onPick={(server) => choose({ server, limit: '' })}
      />
      <Pick
        label="Window"
        value={now.window}
        options={windowLengths.map((length) => [length, length])}
        onPick={(window) => choose({ window })}
      />
      <Pick
        label="in the next weeks"
        value={String(now.weeks)}
        options={weeksOf()}
        onPick={(weeks) => choose({ weeks: Number(weeks) })}
      />
      <Amount
        label={now.server === '' ? 'Limit of each server, /s' : 'Limit, /s'}
        value={now.limit}
        hint={limit ? (now.server === '' && servers.length > 1 ? `${exact(limit)} in all` : exact(limit)) : 'not known'}
        onPick={(value) => choose({ limit: value })}
      />
      <Amount
        label="not to pass, % of it"
        value={now.share}
        hint={data ? exact(data.share * 100) : ''}
        max={100}
        onPick={(share) => choose({ share })}
      />
      {servers.length > 1 && (
        <Pick
          label="What if drained"
          value={now.drain}
          options={[['', 'none'], ...servers.map((name) => [name, visible(name)] as [string, string])]}
          onPick={(drain) => choose({ drain })}
        />
      )}
    </section>
  );
}

// --- answers -------------------------------------------------------------------------------------

function Answers({ data }: { data: Capacity }) {
  return (
    <>
      <Week data={data} />
      <Windows data={data} />
      {data.away.length > 0 && <Drained data={data} />}
      {data.servers.length > 0 && <Servers data={data} />}
      <ForecastChart data={data} />
      <Shortages data={data} />
      <p class="command">
        The same numbers: <code>{visible(data.command)}</code>
      </p>
    </>
  );
}

const measures = [
  ['load', 'queries per second'],
  ['share', 'share of the limit'],
  ['response', 'response time'],
] as [Choice['measure'], string][];

function Week({ data }: { data: Capacity }) {
  const now = choice.value;
  const heat = heatOf(data, now);
  const moved =
    now.drain && data.away.some((one) => one.server === data.focus) ? `, ${visible(now.drain)} drained` : '';
  const response = data.seen.response_time?.name ?? '';
  return (
    <section class="card" aria-label="Week">
      <div class="card-head">
        <h2>The week, hour by hour</h2>
        <small>
          {nameOf(data.focus)}
          {moved}
        </small>
      </div>
      <div class="choices">
        <Pick
          label="Measure"
          value={now.measure}
          options={measures.map(([one, text]) => [
            one,
            one === 'response' && response ? `response time (${visible(response)})` : text,
          ])}
          onPick={(measure) => choose({ measure: measure as Choice['measure'] })}
        />
        {now.measure !== 'response' && (
          <Pick
            label="of"
            value={now.hours}
            options={[
              ['expected', 'the week to come, as expected'],
              ['seen', 'the last weeks, as seen'],
            ]}
            onPick={(hours) => choose({ hours: hours as Choice['hours'] })}
          />
        )}
        {(now.hours === 'seen' || now.measure === 'response') && (
          <Pick
            label="weeks"
            value={String(now.seen)}
            options={weeksOf()}
            onPick={(seen) => choose({ seen: Number(seen) })}
          />
        )}
      </div>
      {heat.missing ? (
        <>
          <p class="notes">{heat.missing}</p>
          {now.hours === 'expected' && now.measure !== 'response' && data.seen.load.some(Boolean) && (
            <HeatMap
              heat={heatOf(data, { ...now, measure: 'load', hours: 'seen' })}
              windows={[]}
              label="Hours of the week, as seen"
            />
          )}
        </>
      ) : (
        <HeatMap heat={heat} windows={windowsInFocus(data)} label="Hours of the week" />
      )}
    </section>
  );
}

function Windows({ data }: { data: Capacity }) {
  const windows = windowsInFocus(data);
  if (windows.length === 0) return null;
  const threshold = data.windows[0]!.threshold;
  const share = `${exact(data.share * 100)} % of its limit`;
  const risk = threshold
    ? `a minute with more than ${exact(threshold)} queries a second`
    : data.focus === ''
      ? `a server passes ${share}`
      : `another server, with its load, passes ${share}`;
  return (
    <section class="card" aria-label="Best windows">
      <div class="card-head">
        <h2>Best maintenance windows</h2>
        <small>
          {nameOf(data.focus)}; risk: {risk}
        </small>
        <a
          class="tool"
          href={`/api/data/capacity/capacity.ics?${questionOf(choice.value)}&windows=1`}
          download="capacity.ics"
        >
          Calendar of the best
        </a>
      </div>
      <WideTable
        label="Table of windows"
        columns={[
          '#',
          { name: 'begins (UTC)', word: true },
          { name: 'next', word: true },
          { name: 'expected/s', help: 'Queries a second, the mean of the window and of its weeks' },
          { name: 'worst/s', help: 'What its busiest minute stays below in 19 of 20 windows' },
          'risk',
          { name: 'quiet before', help: 'Weeks of the past in which it was among the quietest tenth' },
          { name: 'exceeded before', help: 'Weeks of the past in which a minute passed the threshold' },
        ]}
      >
        {windows.map((window, i) => (
          <tr key={window.begins}>
            <td>{i + 1}</td>
            <th scope="row" class="word">
              {window.begins}
            </th>
            <td class="word">{minuteOf(window.starts[0]!)}</td>
            <td>{exact(window.expected)}</td>
            <td>{exact(window.worst)}</td>
            <td>{riskText(window.risk)}</td>
            <td>
              {window.weeks_quiet} of {window.weeks_known} weeks
            </td>
            <td>
              {window.weeks_exceeded} of {window.weeks_known} weeks
            </td>
          </tr>
        ))}
      </WideTable>
    </section>
  );
}

function Drained({ data }: { data: Capacity }) {
  const away = data.away[0]!.away;
  return (
    <TableCard
      name="What if"
      title={`If ${visible(away)} is drained`}
      note="its load moves to the others by their load"
      label="Table of what if"
      columns={[
        'server',
        'p99 minute/s',
        'with its part/s',
        'of its limit',
        { name: `passes ${exact(data.share * 100)} %`, word: true },
      ]}
    >
      {data.away.map((one) => (
        <tr key={one.server}>
          <th scope="row">
            <bdi>{visible(one.server)}</bdi>
          </th>
          <td>{exact(data.servers.find((server) => server.server === one.server)?.p99 ?? 0)}</td>
          <td>{exact(one.p99)}</td>
          <td>{one.limit ? `${one.p99 > one.limit * data.share ? '! ' : ''}${ofLimit(one.p99, one.limit)}` : '–'}</td>
          <td class="word">{passesText(one.passes, data.now)}</td>
        </tr>
      ))}
    </TableCard>
  );
}

function Servers({ data }: { data: Capacity }) {
  return (
    <section class="card" aria-label="Headroom">
      <div class="card-head">
        <h2>Headroom</h2>
        <small>as of {minuteOf(data.now)} UTC; 99 of 100 minutes of the week have less than the p99 minute</small>
      </div>
      <WideTable
        label="Table of servers"
        columns={[
          'server',
          'weeks',
          'p99 minute/s',
          'growth a year',
          'limit/s',
          { name: 'from', word: true },
          'headroom',
          { name: `passes ${exact(data.share * 100)} %`, word: true },
        ]}
      >
        {data.servers.map((server) => (
          <tr key={server.server}>
            <th scope="row">
              <bdi>{nameOf(server.server)}</bdi>
            </th>
            <td>{server.weeks}</td>
            <td title={`${exact(server.p99_low)} to ${exact(server.p99_high)}`}>{exact(server.p99)}</td>
            <td>{growthText(server.growth_a_year)}</td>
            <td>{server.limit ? exact(server.limit) : 'not known'}</td>
            <td class="word">{(server.limit_from ?? '').replace('_', ' ')}</td>
            <td>{headroom(server, data.share)}</td>
            <td class="word">{passesText(server.passes, data.now)}</td>
          </tr>
        ))}
      </WideTable>
      {data.unknown.length > 0 && (
        <p class="sums">less than a day is known of {data.unknown.map(visible).join(', ')}</p>
      )}
    </section>
  );
}

function Shortages({ data }: { data: Capacity }) {
  const shown = data.servers.filter(
    (server) => server.server !== '' && (data.focus === '' || server.server === data.focus),
  );
  const rows = shown
    .flatMap((server) => server.shortages.map((one) => ({ server, one })))
    .sort((a, b) => (a.one.begin < b.one.begin ? 1 : -1));
  const all = shown.reduce((sum, server) => sum + server.shortages_all, 0);
  if (shown.length === 0) return null;
  return (
    <section class="card" aria-label="Shortages">
      <div class="card-head">
        <h2>When capacity was short</h2>
        <small>a minute passed {exact(data.share * 100)} % of the limit, or more was lost than usual</small>
      </div>
      {rows.length === 0 ? (
        <p>Never, as far as is known.</p>
      ) : (
        <div class="scroll" role="region" aria-label="Table of shortages" tabIndex={0}>
          <table>
            <thead>
              <tr>
                <th scope="col">server</th>
                <th scope="col" class="word">
                  from (UTC)
                </th>
                <th scope="col" class="word">
                  to
                </th>
                <th scope="col">peak/s</th>
                <th scope="col">of its limit</th>
                <th scope="col">lost</th>
                <th scope="col" class="word">
                  kind
                </th>
              </tr>
            </thead>
            <tbody>
              {rows.map(({ server, one }) => (
                <tr key={`${server.server} ${one.begin}`}>
                  <th scope="row">
                    <bdi>{visible(server.server)}</bdi>
                  </th>
                  <td class="word">{minuteOf(one.begin)}</td>
                  <td class="word">{minuteOf(one.end)}</td>
                  <td>{exact(one.peak)}</td>
                  <td>{server.limit ? ofLimit(one.peak, server.limit) : '–'}</td>
                  <td>{exact(one.lost)}</td>
                  <td class="word">{one.unusual ? 'unusual load' : 'load'}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {all > rows.length && <p class="sums">{exact(all - rows.length)} older ones are left out</p>}
    </section>
  );
}
