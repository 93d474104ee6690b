// Security events: what the detectors of this run have found, the newest first. Asked for every two
// seconds; what is new is announced, and shown when the reader wants it.
import { signal, useSignal, useSignalEffect } from '@preact/signals';

import { useAsked } from '../data';
import { dateTime, exact, seconds, visible } from '../format';
import { EventDetails } from './security-event';
import {
  heights,
  listPath,
  readLook,
  rowsOfPage,
  severities,
  writeLook,
  type EventList,
  type Look,
  type Mute,
  type SecurityEvent,
} from './security-data';
import { change, isTokenWanted, TokenForm } from '../token';
import { WideTable } from '../table-card';

const periodMs = 2000;

const look = signal<Look>(readLook(location.hash));
addEventListener('hashchange', () => (look.value = readLook(location.hash)));

// `push`: the browser's way back leads to what was looked at before.
function show(next: Partial<Look>, push = false): void {
  look.value = { ...look.peek(), ...next };
  history[push ? 'pushState' : 'replaceState'](null, '', writeLook(look.value));
}
addEventListener('popstate', () => (look.value = readLook(location.hash)));

export default function SecurityPage() {
  const top = useSignal(0);
  const asked = useSignal(0); // grows when the list is wanted anew at once
  const { data, failure } = useAsked<EventList>(() => {
    asked.value;
    const { open: _, ...rest } = look.value;
    return listPath({ ...rest, open: '' }, top.value);
  }, periodMs);
  useSignalEffect(() => {
    if (data.value && top.peek() === 0) top.value = data.value.newest;
  });
  const again = () => asked.value++;
  const showNew = () => {
    top.value = 0;
    show({ skip: 0 });
    again();
  };
  const list = data.value;
  return (
    <div class="security-page">
      {failure.value && (
        <p class="notes" role="alert">
          {failure.value}
        </p>
      )}
      {list && (
        <>
          <Filters list={list} />
          <Events list={list} showNew={showNew} again={again} />
          <Mutes list={list} again={again} />
        </>
      )}
    </div>
  );
}

// --- filters ------------------------------------------------------------------------------------

function Filters({ list }: { list: EventList }) {
  const chosen = look.value;
  const counts = Object.entries(list.rates.counts ?? {});
  const filter = (next: Partial<Look>) => show({ ...next, skip: 0 });
  return (
    <section class="card" aria-label="Filters">
      <div class="card-head">
        <h2>Detectors</h2>
        <small>
          events by when they began
          {counts.length > 0 && `, a bar is ${seconds(list.rates.bucket / 1000)}`}
        </small>
      </div>
      {counts.length > 0 && (
        <ul class="rates" aria-label="Events by detector">
          {counts.map(([detector, series]) => (
            <li key={detector}>
              <button
                type="button"
                class="tool"
                aria-pressed={chosen.detector === detector}
                onClick={() => filter({ detector: chosen.detector === detector ? '' : detector })}
              >
                {visible(detector)} <b>{exact(series.reduce((sum, count) => sum + count, 0))}</b>
                <Bars counts={series} />
              </button>
            </li>
          ))}
        </ul>
      )}
      <form class="row" onSubmit={(event) => event.preventDefault()}>
        <Choice
          label="Detector"
          value={chosen.detector}
          choices={[['', 'any'], ...counts.map(([name]): [string, string] => [name, visible(name)])]}
          onChoose={(detector) => filter({ detector })}
        />
        <Choice
          label="Severity"
          value={chosen.severity}
          choices={[
            ['', 'any'],
            ...severities
              .slice(1)
              .map((name): [string, string] => [name, name === 'critical' ? name : `${name} and above`]),
          ]}
          onChoose={(severity) => filter({ severity })}
        />
        <Choice
          label="State"
          value={chosen.state}
          choices={[
            ['', 'any'],
            ['open', 'open'],
            ['closed', 'closed'],
          ]}
          onChoose={(state) => filter({ state })}
        />
        <label>
          Name or address{' '}
          <input type="search" value={chosen.text} onInput={(event) => filter({ text: event.currentTarget.value })} />
        </label>
        <label>
          <input
            type="checkbox"
            checked={chosen.follow}
            onChange={(event) => show({ follow: event.currentTarget.checked })}
          />{' '}
          Show new ones at once
        </label>
      </form>
    </section>
  );
}

interface ChoiceProps {
  label: string;
  value: string;
  choices: [value: string, label: string][];
  onChoose: (value: string) => void;
}

export function Choice({ label, value, choices, onChoose }: ChoiceProps) {
  return (
    <label>
      {label}{' '}
      <select value={value} onChange={(event) => onChoose(event.currentTarget.value)}>
        {choices.map(([name, text]) => (
          <option key={name} value={name} selected={name === value}>
            {text}
          </option>
        ))}
        {!choices.some(([name]) => name === value) && (
          <option value={value} selected>
            {visible(value)}
          </option>
        )}
      </select>
    </label>
  );
}

function Bars({ counts }: { counts: number[] }) {
  return (
    <svg class="bars" viewBox="0 0 60 10" preserveAspectRatio="none" aria-hidden="true">
      {heights(counts).map((height, i) =>
        height > 0 ? (
          <rect key={i} x={60 - counts.length + i} y={10 - 10 * height} width="0.8" height={10 * height} />
        ) : null,
      )}
    </svg>
  );
}

// --- the list -----------------------------------------------------------------------------------

interface EventsProps {
  list: EventList;
  showNew: () => void;
  again: () => void;
}

function Events({ list, showNew, again }: EventsProps) {
  const { open } = look.value;
  // Of what is shown, which may not be what has just been asked for.
  const skip = list.skip;
  const last = Math.min(skip + rowsOfPage, list.matching);
  const elsewhere = open !== '' && !list.events.some((event) => event.id === open);
  return (
    <section class="card" aria-label="Events">
      <div class="card-head">
        <h2>Events</h2>
        <small>
          {list.matching === 0 ? 'none' : `${exact(skip + 1)}–${exact(last)} of ${exact(list.matching)}`}
          {list.forgotten > 0 && `; ${exact(list.forgotten)} older ones are not remembered`}
        </small>
        <span class="news" role="status">
          {list.newer > 0 && (
            <button type="button" class="tool" onClick={showNew}>
              {exact(list.newer)} new
            </button>
          )}
        </span>
      </div>
      {elsewhere && <EventDetails id={open} list={list} again={again} close={() => show({ open: '' })} />}
      {list.events.length === 0 ? (
        <p class="sums">{list.all === 0 ? 'Nothing conspicuous has been found so far.' : 'No event is like that.'}</p>
      ) : (
        <div class="wide" role="region" aria-label="Table of events" tabIndex={0}>
          <table class="events">
            <thead>
              <tr>
                <th scope="col">began (UTC)</th>
                <th scope="col" class="word">
                  severity
                </th>
                <th scope="col" class="word">
                  detector
                </th>
                <th scope="col" class="word">
                  about
                </th>
                <th scope="col" title="How many times the threshold was reached">
                  score
                </th>
                <th scope="col" title="From the begin of the first window in alarm to the end of the last">
                  length
                </th>
                <th scope="col" class="word">
                  state
                </th>
                <th scope="col">
                  <span class="unseen">details</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {list.events.map((event) => (
                <EventRow key={event.id} event={event} list={list} again={again} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      <div class="row">
        {skip > 0 && (
          <button type="button" class="tool" onClick={() => show({ skip: Math.max(0, skip - rowsOfPage) }, true)}>
            Newer
          </button>
        )}
        {last < list.matching && (
          <button type="button" class="tool" onClick={() => show({ skip: skip + rowsOfPage }, true)}>
            Older
          </button>
        )}
      </div>
    </section>
  );
}

interface EventRowProps {
  event: SecurityEvent;
  list: EventList;
  again: () => void;
}

function EventRow({ event, list, again }: EventRowProps) {
  const isOpen = look.value.open === event.id;
  const toggle = () => show({ open: isOpen ? '' : event.id }, true);
  return (
    <>
      <tr>
        <th scope="row">{dateTime(event.start).replace(' UTC', '')}</th>
        <td class="word">
          <SeverityMark of={event.severity} />
        </td>
        <td class="word">{visible(event.detector)}</td>
        <td class="word about">
          <small>{visible(event.key_kind)}</small>{' '}
          <bdi dir="ltr" title={visible(event.key)}>
            {visible(event.key)}
          </bdi>
        </td>
        <td title={exact(event.score)}>{exact(Math.round(event.score * 10) / 10)}×</td>
        <td>{seconds((event.end - event.start) / 1000)}</td>
        <td class="word">
          {event.state === 'closed' ? 'closed' : 'open'}
          {event.mute && `, muted ${untilText(event.mute)}`}
        </td>
        <td>
          <button type="button" class="tool" aria-expanded={isOpen} onClick={toggle}>
            Why
            <span class="unseen">
              {' '}
              {visible(event.detector)} {visible(event.key)}
            </span>
          </button>
        </td>
      </tr>
      {isOpen && (
        <tr class="opened">
          <td colSpan={8}>
            <EventDetails id={event.id} list={list} again={again} close={() => show({ open: '' })} />
          </td>
        </tr>
      )}
    </>
  );
}

// A word, and as many filled boxes as it is severe.
export function SeverityMark({ of }: { of: SecurityEvent['severity'] }) {
  const level = severities.indexOf(of);
  return (
    <span class={`severity ${of}`}>
      <span aria-hidden="true">{'▮'.repeat(level) + '▯'.repeat(severities.length - 1 - level)}</span> {of}
    </span>
  );
}

export function untilText(mute: Mute): string {
  return mute.until === null ? 'without an end' : `until ${dateTime(mute.until)}`;
}

// --- mutes --------------------------------------------------------------------------------------

function Mutes({ list, again }: { list: EventList; again: () => void }) {
  const failure = useSignal('');
  const wantsToken = useSignal('');
  const unmute = async (rule: string) => {
    wantsToken.value = '';
    try {
      await change('/api/data/events/unmute', { rule });
      failure.value = '';
      again();
    } catch (error) {
      failure.value = (error as Error).message;
      if (isTokenWanted(error)) wantsToken.value = rule;
    }
  };
  return (
    <section class="card" aria-label="Mutes">
      <div class="card-head">
        <h2>Mutes</h2>
        <small>
          what is not told of; a change takes effect{' '}
          {list.mute_after_s > 0 ? `within ${seconds(list.mute_after_s)}` : 'with the next run'}
        </small>
      </div>
      {failure.value && <p role="alert">{failure.value}</p>}
      {wantsToken.value && <TokenForm purpose="control" onReady={() => void unmute(wantsToken.value)} />}
      {list.mutes.length === 0 ? (
        <p class="sums">Nothing is muted.</p>
      ) : (
        <WideTable
          label="Table of mutes"
          columns={[
            'detector',
            { name: 'about', word: true },
            { name: 'ends', word: true },
            { name: 'by whom', word: true },
            { name: 'change', unseen: true },
          ]}
        >
          {list.mutes.map((mute) => (
            <tr key={mute.rule}>
              <th scope="row">{mute.detector === '*' ? 'any' : visible(mute.detector)}</th>
              <td class="word">
                <bdi dir="ltr">{mute.key === '*' ? 'all' : visible(mute.key)}</bdi>
              </td>
              <td class="word">
                {mute.until === null ? 'never' : dateTime(mute.until)}
                {mute.ended && ' (ended)'}
              </td>
              <td class="word">
                <bdi dir="ltr">{mute.note ? visible(mute.note) : ''}</bdi>
              </td>
              <td>
                {list.can_mute && (
                  <button type="button" class="tool" onClick={() => void unmute(mute.rule)}>
                    Unmute<span class="unseen"> {visible(mute.rule)}</span>
                  </button>
                )}
              </td>
            </tr>
          ))}
        </WideTable>
      )}
    </section>
  );
}
