// One event, opened: the numbers behind it, messages that show it, what to do, its packets, its mute.
import { useSignal } from '@preact/signals';

import { useAsked } from '../data';
import { dateTime, exact, heading, visible } from '../format';
import { honesty } from '../store';
import { change, fetchGuarded, isTokenWanted, TokenForm } from '../token';
import {
  muteChoices,
  muteTimes,
  reasonsOf,
  settingsOf,
  timeText,
  type EventDetail,
  type EventList,
  type SecurityEvent,
} from './security-data';

const periodMs = 2000;

interface DetailsProps {
  id: string;
  list: EventList;
  again: () => void;
  close: () => void;
}

export function EventDetails({ id, list, again, close }: DetailsProps) {
  const { data, failure } = useAsked<EventDetail>(() => `/api/data/events/${encodeURIComponent(id)}`, periodMs);
  const event = data.value?.id === id ? data.value : null;
  return (
    <div class="event" role="region" aria-label="Why">
      <div class="card-head">
        <h3>
          {event ? (
            <>
              {visible(event.detector)}: {visible(event.key_kind)} <bdi dir="ltr">{visible(event.key)}</bdi>
            </>
          ) : (
            'Event'
          )}
        </h3>
        <button type="button" class="tool" onClick={close}>
          Close
        </button>
      </div>
      {failure.value && <p role="alert">{failure.value}</p>}
      {event && (
        <>
          <p>
            From {dateTime(event.start)} to {dateTime(event.end)}; {event.severity}, {exact(event.score)} times the
            threshold.
            {event.advice && ` ${visible(event.advice)}`}
          </p>
          <Numbers event={event} />
          <Samples samples={event.samples ?? []} />
          <Settings event={event} />
          <div class="row">
            {list.packets ? (
              <Packets event={event} />
            ) : event.places?.length ? (
              <Places places={event.places} />
            ) : (
              <p class="sums">No packets are kept: see `spool` of the spout pcap.</p>
            )}
          </div>
          <MuteForm event={event} list={list} again={again} />
        </>
      )}
    </div>
  );
}

function Numbers({ event }: { event: EventDetail }) {
  const reasons = reasonsOf(event);
  if (reasons.length === 0) return null;
  return (
    <table aria-label="Numbers">
      <thead>
        <tr>
          <th scope="col">number</th>
          <th scope="col">seen</th>
          <th scope="col">limit</th>
          <th scope="col" class="word">
            what it is
          </th>
        </tr>
      </thead>
      <tbody>
        {reasons.map((reason) => (
          <tr key={reason.name}>
            <th scope="row">{visible(heading(reason.name))}</th>
            <td>{exact(reason.value)}</td>
            <td>
              {reason.limit && (isNaN(Number(reason.limit)) ? visible(reason.limit) : exact(Number(reason.limit)))}
            </td>
            <td class="word help">
              {reason.decisive && <b>this is what the score says: {exact(event.score)} times its limit. </b>}
              {visible(reason.help || ' ').trim()}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Samples({ samples }: { samples: string[] }) {
  if (samples.length === 0) return null;
  return (
    <>
      <h4>Messages</h4>
      <ul class="samples" aria-label="Messages">
        {samples.map((sample, i) => (
          <li key={i}>
            <bdi dir="ltr">{sample.split(' ').map(visible).join(' ')}</bdi>
          </li>
        ))}
      </ul>
    </>
  );
}

function Settings({ event }: { event: EventDetail }) {
  const component = settingsOf(event);
  if (!component) return null;
  return (
    <details>
      <summary>How {visible(component.component)} is set</summary>
      <table aria-label="Settings">
        <tbody>
          {component.settings.map((setting) => (
            <tr key={setting.name}>
              <th scope="row">{visible(setting.name)}</th>
              <td class="word">{setting.value === '' ? '–' : visible(setting.value)}</td>
              <td class="word help">{visible(setting.help)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}

// --- packets ------------------------------------------------------------------------------------

function save(blob: Blob, name: string): void {
  const address = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  // The download has begun when the click has been worked off.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

function Packets({ event }: { event: SecurityEvent }) {
  const said = useSignal('');
  const busy = useSignal(false);
  const wantsToken = useSignal(false);
  const download = async () => {
    busy.value = true;
    wantsToken.value = false;
    said.value = 'Looking for the packets …';
    try {
      const answer = await fetchGuarded(`/api/data/events/${encodeURIComponent(event.id)}/packets`);
      save(await answer.blob(), `${event.detector}-${event.id}.pcap`);
      const count = exact(Number(answer.headers.get('X-Dnstorm-Packets')));
      said.value =
        answer.headers.get('X-Dnstorm-Cut') === 'yes'
          ? `The first ${count} packets; there are more: dnstorm spool extract gets all.`
          : `${count} packets.`;
    } catch (error) {
      said.value = (error as Error).message;
      wantsToken.value = isTokenWanted(error);
    }
    busy.value = false;
  };
  return (
    <>
      <button type="button" class="tool" disabled={busy} onClick={() => void download()}>
        Packets (pcap)
      </button>
      <span role="status">{said}</span>
      {wantsToken.value && <TokenForm purpose="tap" onReady={() => void download()} />}
    </>
  );
}

// Where a coordinator cannot fetch them from.
function Places({ places }: { places: NonNullable<EventDetail['places']> }) {
  return (
    <ul class="places" aria-label="Packets">
      {places.map(({ node, command, file }, i) => (
        <li key={i}>
          Packets are on {visible(node)}
          {command ? (
            <>
              , where this gives them: <code>{visible(command)}</code>
            </>
          ) : (
            <>
              , in <code>{visible(file ?? '')}</code>
            </>
          )}
        </li>
      ))}
    </ul>
  );
}

// --- mute ---------------------------------------------------------------------------------------

function whyNotMuted(): string {
  return honesty.value?.state === 'stored'
    ? 'Nothing runs, so nothing can be muted.'
    : 'Nothing can be muted here: `events` of this topology has no mute_file.';
}

function MuteForm({ event, list, again }: { event: EventDetail; list: EventList; again: () => void }) {
  const choices = muteChoices(event);
  const key = useSignal(choices[0]!.key);
  const hours = useSignal(1);
  const by = useSignal('');
  const why = useSignal('');
  const said = useSignal('');
  const wantsToken = useSignal(false);
  if (!list.can_mute) return <p class="sums">{whyNotMuted()}</p>;
  const mute = async () => {
    wantsToken.value = false;
    try {
      const until = timeText(list.now + hours.value * 3_600_000);
      await change('/api/data/events/mute', {
        detector: event.detector,
        key: key.value,
        until,
        by: by.value,
        why: why.value,
      });
      said.value = 'Muted.';
      again();
    } catch (error) {
      said.value = (error as Error).message;
      wantsToken.value = isTokenWanted(error);
    }
  };
  return (
    <form
      class="row"
      aria-label="Mute"
      onSubmit={(submitted) => {
        submitted.preventDefault();
        void mute();
      }}
    >
      <label>
        Mute{' '}
        <select value={key} onChange={(changed) => (key.value = changed.currentTarget.value)}>
          {choices.map((choice) => (
            <option key={choice.key} value={choice.key}>
              {choice.key === '*' ? choice.label : visible(choice.label)}
            </option>
          ))}
        </select>
      </label>
      <label>
        for{' '}
        <select value={String(hours.value)} onChange={(changed) => (hours.value = Number(changed.currentTarget.value))}>
          {muteTimes.map((time) => (
            <option key={time.hours} value={String(time.hours)}>
              {time.label}
            </option>
          ))}
        </select>
      </label>
      <label>
        by{' '}
        <input
          type="text"
          maxLength={40}
          autocomplete="off"
          value={by}
          onInput={(typed) => (by.value = typed.currentTarget.value)}
        />
      </label>
      <label>
        because{' '}
        <input
          type="text"
          maxLength={120}
          autocomplete="off"
          value={why}
          onInput={(typed) => (why.value = typed.currentTarget.value)}
        />
      </label>
      <button type="submit" class="tool">
        Mute
      </button>
      <span role="status">{said}</span>
      {wantsToken.value && <TokenForm purpose="control" onReady={() => void mute()} />}
    </form>
  );
}
