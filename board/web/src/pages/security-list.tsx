// The events that are shown, a page of them, and the details of one.
import { dateTime, exact, seconds, visible } from '../format';
import { rowsOfPage, severities, untilText, type EventList, type SecurityEvent } from './security-data';
import { EventDetails } from './security-event';
import { look, show } from './security-look';

interface EventsProps {
  list: EventList;
  showNew: () => void;
  again: () => void;
}

export function Events({ list, showNew, again }: EventsProps) {
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
function SeverityMark({ of }: { of: SecurityEvent['severity'] }) {
  const level = severities.indexOf(of);
  return (
    <span class={`severity ${of}`}>
      <span aria-hidden="true">{'▮'.repeat(level) + '▯'.repeat(severities.length - 1 - level)}</span> {of}
    </span>
  );
}
