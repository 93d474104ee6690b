// Tabs, the wall itself (cells.ts), and what is known of the cell that was chosen.
import { useSignal } from '@preact/signals';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';

import { alarms, AlarmWatch } from './alarms';
import { alarmedSlots, cellName } from './cell-marks';
import { WallView } from './cells';
import { Details } from './details';
import type { Panel } from './contract';
import { offered } from './data';
import { exact, percent, visible } from './format';
import { beat, chosenWall, listen, model, reducedMotion, wall, walls } from './store';

export function Wall() {
  const list = useRef<HTMLUListElement>(null);
  const view = useRef<WallView | null>(null);
  const selected = useSignal(-1);
  const id = wall.value?.id;

  // Before the frame, not after it: a key pressed at once must meet the cells of the tab that it chose.
  useLayoutEffect(() => {
    const cells = new WallView(
      list.current!,
      (slot) => (selected.value = slot),
      () => model.t,
      reducedMotion.value,
    );
    view.current = cells;
    const arranging = window.setInterval(() => cells.arrange(), 1000);
    return () => {
      clearInterval(arranging);
      cells.destroy();
    };
  }, []);
  useEffect(() => view.current!.setCalm(reducedMotion.value), [reducedMotion.value]);
  useLayoutEffect(() => {
    selected.value = -1;
    const show = () => view.current!.show(id ? model.panel(id) : null);
    show();
    return listen((change) => {
      if (change.whole || (id && change.panels && change.touched.has(id))) return show();
      const slots = id && change.slots.get(id);
      if (slots) view.current!.changed(slots);
    });
  }, [id]);
  useEffect(() => view.current!.select(selected.value), [selected.value]);
  useEffect(() => view.current!.setAlarms(alarms.value), [alarms.value]);

  const close = () => {
    const slot = selected.value;
    selected.value = -1;
    view.current!.focus(slot);
  };
  return (
    <section class="card wall" aria-label="Wall" hidden={!wall.value}>
      {wall.value && <h2 class="kiosk-title">{visible(wall.value.title || wall.value.id)}</h2>}
      <Tabs />
      {offered.value?.includes('events') && <AlarmWatch />}
      {wall.value && <Alarmed panel={wall.value} choose={(slot) => (selected.value = slot)} />}
      {wall.value && selected.value >= 0 && (
        <Details key={`${wall.value.id} ${selected.value}`} panel={wall.value} slot={selected.value} close={close} />
      )}
      <div
        id="wall"
        role="tabpanel"
        aria-labelledby={id ? `tab-${id}` : undefined}
        onKeyDown={(event) => event.key === 'Escape' && selected.value >= 0 && close()}
      >
        <ul ref={list} class="cells" role="list" />
      </div>
      {wall.value && <Sums panel={wall.value} />}
    </section>
  );
}

function Tabs() {
  const choose = (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const all = walls.value;
    const at = all.findIndex((panel) => panel.id === wall.value?.id);
    const next = all[(at + step + all.length) % all.length]!;
    chosenWall.value = next.id;
    document.getElementById(`tab-${next.id}`)?.focus();
  };
  return (
    <div class="tabs" role="tablist" aria-label="Walls" onKeyDown={choose}>
      {walls.value.map((panel) => {
        const current = panel.id === wall.value?.id;
        return (
          <button
            key={panel.id}
            id={`tab-${panel.id}`}
            type="button"
            role="tab"
            aria-selected={current}
            aria-controls="wall"
            tabIndex={current ? 0 : -1}
            onClick={() => (chosenWall.value = panel.id)}
          >
            {visible(panel.title || panel.id)}
            <TabAlarm count={alarmedSlots(model.panel(panel.id), alarms.value).length} />
          </button>
        );
      })}
    </div>
  );
}

function TabAlarm({ count }: { count: number }) {
  if (count === 0) return null;
  return (
    <span class="tab-alarm">
      <span aria-hidden="true">!</span>
      <span class="unseen"> security events</span>
    </span>
  );
}

const alarmedShown = 12;

// Which cells are marked, wherever on the wall they stand.
function Alarmed({ panel, choose }: { panel: Panel; choose: (slot: number) => void }) {
  const state = model.panel(panel.id);
  const slots = alarmedSlots(state, alarms.value);
  if (slots.length === 0) return null;
  return (
    <ul class="alarmed" aria-label="Cells that open security events name">
      {slots.slice(0, alarmedShown).map((slot) => (
        <li key={slot}>
          <Named name={cellName(panel.id, state.wall!.slots[slot]![0])} choose={() => choose(slot)} />
        </li>
      ))}
      {slots.length > alarmedShown && <li>and {exact(slots.length - alarmedShown)} more</li>}
    </ul>
  );
}

function Named({ name, choose }: { name: string; choose: () => void }) {
  return (
    <button type="button" class="tool" title={name} onClick={choose}>
      <span aria-hidden="true">!</span> <bdi dir="ltr">{name}</bdi>
    </button>
  );
}

function Sums({ panel }: { panel: Panel }) {
  beat.value;
  const state = model.panel(panel.id).wall!;
  let shown = 0;
  let cells = 0;
  for (const slot of state.slots) {
    if (!slot) continue;
    shown += slot[1];
    ++cells;
  }
  return (
    <p class="sums">
      <b>{exact(state.total)}</b> in all, <b>{percent(shown, state.total)}</b> of it in the <b>{exact(cells)}</b> cells
      shown, of {state.overflow ? 'more than ' : ''}
      <b>{exact(state.keys)}</b> names
      {state.overflow && '. ≥ marks a name that may have been seen before it was kept'}
    </p>
  );
}
