// Which moment the page shows: now, or one of the last minutes. While it shows one that has been,
// the stream is closed and nothing of what is live is shown; "live" begins anew with a snapshot.
import { batch, effect, signal } from '@preact/signals';

import { ofTopology, topology } from './choice';
import { ask } from './data';
import { nearMs, Past, type Segment, type Span, within } from './rewind';
import { model, past, paused, publish, sampleRate, stream } from './store';

const frameMs = 100;
const lightMs = 500;

export const span = signal<Span>({ first: 0, last: 0 });
export const playing = signal(false);
export const failure = signal('');

let sampled: unknown = null;
const reel = new Past(model, () => {
  if (model.honesty === sampled) return;
  sampled = model.honesty;
  sampleRate();
});
let wanted = 0;
let busy = false;
let timer: number | undefined;
let playedMs = 0;
let restedMs = 0; // at the end

async function fetchUntilCovered(): Promise<void> {
  if (reel.covers(wanted)) return;
  const segment = await ask<Segment>(ofTopology(`/api/rewind?t=${wanted}`));
  if (segment.first === undefined) throw new Error('Nothing has been shown yet.');
  span.value = { first: segment.first, last: segment.last };
  wanted = within(wanted, segment);
  reel.hold(segment);
}

// One at a time; who moves on meanwhile gets the moment that was asked for last.
async function catchUp(): Promise<void> {
  if (busy) return;
  busy = true;
  try {
    let shown = -1;
    while (past.peek() !== null && shown !== wanted) {
      await fetchUntilCovered();
      if (past.peek() === null || !reel.covers(wanted)) continue;
      shown = wanted;
      batch(() => {
        past.value = shown;
        reel.show(shown).forEach(publish);
      });
    }
    failure.value = '';
  } catch (error) {
    failure.value = (error as Error).message;
    stop();
  } finally {
    busy = false;
  }
}

export function lookAt(moment: number): void {
  const t = Math.floor(moment); // the stream's clock is finer than what the server is asked for
  if (past.peek() === null) {
    span.value = { first: Math.min(t, model.t), last: Math.floor(model.t) };
    past.value = span.value.last;
  }
  wanted = within(t, { ...span.peek(), first: Math.min(span.peek().first, t) });
  void catchUp();
}

export function rewind(): void {
  if (past.peek() === null) lookAt(model.t);
}

export function step(ms: number): void {
  stop();
  lookAt((past.peek() === null ? model.t : wanted) + ms);
}

export function seek(t: number): void {
  stop();
  lookAt(t);
}

function stop(): void {
  playing.value = false;
  clearInterval(timer);
}

export function goLive(): void {
  stop();
  reel.forget();
  stream.forget();
  batch(() => {
    past.value = null;
    paused.value = false;
    failure.value = '';
  });
}

// The end of what was known when the segment was fetched may have moved on. Where nothing follows, the
// last moment is shown as long as its cells are lit; then comes what is live.
async function playOn(): Promise<void> {
  if (busy || past.peek() === null) return;
  const now = performance.now();
  const passed = now - playedMs;
  playedMs = now;
  let to = wanted + passed;
  if (to > span.peek().last) {
    const known = await ask<Span>(ofTopology('/api/rewind')).catch(() => null);
    if (past.peek() === null) return;
    if (!known) return goLive();
    const { last } = known;
    span.value = { ...span.peek(), last };
    if (last > to && last - to < nearMs) return goLive();
    if (last <= to) {
      restedMs = wanted >= last ? restedMs + passed : 0;
      if (restedMs > lightMs) return goLive();
      to = last;
    }
  }
  lookAt(to);
}

export function togglePlay(): void {
  if (playing.value) return stop();
  playing.value = true;
  restedMs = 0;
  playedMs = performance.now();
  timer = window.setInterval(() => void playOn(), frameMs);
}

// Another topology has another past.
effect(() => {
  topology.value;
  if (past.peek() !== null) goLive();
});
