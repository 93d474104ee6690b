// What is known of the cell that was chosen.
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';

import { alarms } from './alarms';
import { cellName, countText, newSince } from './cell-marks';
import { ofTopology } from './choice';
import type { Panel } from './contract';
import { ask } from './data';
import { clock, exact, percent } from './format';
import { MessagesOf } from './messages-view';
import { beat, model, past } from './store';
import { minuteOf, type Trail, trailUntil } from './trail';

const trailPeriodMs = 2000;

export interface CellProps {
  panel: Panel;
  slot: number;
  close: () => void;
}

export function Details({ panel, slot, close }: CellProps) {
  beat.value;
  const state = model.panel(panel.id).wall!;
  const owner = state.slots[slot];
  if (!owner) return null;
  const [key, count] = owner;
  const since = newSince(owner, model.t);
  return (
    <aside
      class="chosen"
      aria-label="Chosen cell"
      onKeyDown={(event) => {
        if (event.key === 'Escape') close();
      }}
    >
      <header>
        <h3>
          <bdi dir="ltr">{cellName(panel.id, key)}</bdi>
        </h3>
        <button type="button" class="tool" onClick={close}>
          Close
        </button>
      </header>
      <p>
        <b>{countText(owner)}</b> · {percent(count, state.total)} of all
        {since !== null && ` · new: first seen at ${clock(since)} UTC`}
      </p>
      <Alarms name={key} />
      <Spark key={`trail ${key}`} panelId={panel.id} slot={slot} name={key} />
      <MessagesOf key={`messages ${key}`} panelId={panel.id} name={key} />
    </aside>
  );
}

function Alarms({ name }: { name: string }) {
  const events = alarms.value.get(name) ?? [];
  if (events.length === 0) return null;
  return (
    <ul class="alarms" aria-label="Open security events">
      {events.map((event) => (
        <li key={event.id}>
          ! {event.detector}, {event.severity}, since {clock(event.start)} UTC:{' '}
          <a href={`#security?open=${encodeURIComponent(event.id)}`}>why</a>
        </li>
      ))}
    </ul>
  );
}

function Spark({ panelId, slot, name }: { panelId: string; slot: number; name: string }) {
  const trail = useSignal<Trail | null>(null);
  useEffect(() => {
    const path = ofTopology(`/api/cell?panel=${encodeURIComponent(panelId)}&slot=${slot}`);
    let gone = false;
    const again = async () => {
      const got = await ask<Trail>(path).catch(() => null);
      if (!gone) trail.value = got;
    };
    void again();
    const timer = window.setInterval(again, trailPeriodMs);
    return () => {
      gone = true;
      clearInterval(timer);
    };
  }, [panelId, slot]);
  const known = trail.value;
  // The cell may have had another owner at the moment that is shown.
  if (!known || known.key !== name) return <p class="trail" />;
  const bins = trailUntil(known, past.value ?? known.end);
  const top = Math.max(...bins, 1);
  return (
    <div class="trail">
      <p>
        <b>{exact(minuteOf(known, bins))}</b> in the last minute
      </p>
      <svg class="spark" viewBox={`0 0 ${bins.length * 2} 32`} preserveAspectRatio="none" aria-hidden="true">
        {bins.map((n, i) => (
          <rect key={i} x={i * 2} y={32 - (32 * n) / top} width={1.6} height={(32 * n) / top} />
        ))}
      </svg>
      <small>the last {Math.round((bins.length * known.step_ms) / 60_000)} minutes</small>
    </div>
  );
}
