// Joins the stream, the model and the views. Preact components read the signals; the wall and the charts
// are told by listeners what changed, and draw themselves.
import { batch, computed, effect, signal } from '@preact/signals';

import { ofTopology, topology } from './choice';
import type { Honesty, Panel } from './contract';
import { type Change, Model, OutOfStep } from './model';
import { pages } from './pages';
import { type Connection, Stream } from './stream';

export type Theme = 'system' | 'light' | 'dark';
export type Status =
  'rewound' | 'connecting' | 'reconnecting' | 'paused' | 'waiting' | 'live' | 'finished' | 'failed' | 'stored';

const rateWindowMs = 5000;

export const model = new Model();

export const title = signal('');
export const panels = signal<Panel[]>([]);
export const honesty = signal<Honesty | null>(null);
export const captureRate = signal<number | null>(null); // packets per second, over the last seconds
export const notes = signal<string[]>([]);
export const updatedMs = signal(0); // the server's clock at the last news
export const beat = signal(0); // grows when a table, the totals or the sums of a wall changed
export const connection = signal<Connection>('connecting');
export const paused = signal(false);
export const past = signal<number | null>(null); // the moment that is shown, ms of the server's clock; null: now
export const gaps = signal(0); // events the server could not send to this page
export const theme = signal<Theme>('system');
export const dark = signal(false); // as shown
export const reducedMotion = signal(false);
export const view = signal('live'); // the page, as the address says after #

export const walls = computed(() => panels.value.filter((panel) => panel.view === 'wall'));
export const chosenWall = signal('');
export const wall = computed(() => walls.value.find((panel) => panel.id === chosenWall.value) ?? walls.value[0]);

export const status = computed<Status>(() => {
  if (past.value !== null) return 'rewound';
  if (paused.value) return 'paused';
  if (connection.value === 'lost') return 'reconnecting';
  if (!honesty.value) return 'connecting';
  if (honesty.value.state !== 'running') return honesty.value.state;
  return panels.value.length === 0 && honesty.value.captured === 0 ? 'waiting' : 'live';
});

type Listener = (change: Change) => void;
const listeners = new Set<Listener>();

export function listen(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

// --- stream -------------------------------------------------------------------------------------

// Counts of the last seconds, to tell how fast packets come.
const samples: { t: number; captured: number }[] = [];

export function sampleRate(): void {
  if (!model.honesty) return;
  const last = samples[samples.length - 1];
  const captured = model.honesty.captured;
  if (last && last.t === model.t) samples.pop();
  if (last && (captured < last.captured || model.t < last.t)) samples.length = 0; // another run
  samples.push({ t: model.t, captured });
  while (samples.length > 2 && model.t - samples[0]!.t > rateWindowMs) samples.shift();
  const first = samples[0]!;
  captureRate.value = model.t > first.t ? (1000 * (captured - first.captured)) / (model.t - first.t) : null;
}

export function publish(change: Change): void {
  updatedMs.value = model.t;
  if (change.whole || change.panels) {
    title.value = model.title;
    panels.value = [...model.panels];
    notes.value = model.notes;
  }
  if (change.whole || change.honesty) {
    honesty.value = model.honesty;
    sampleRate();
  }
  if (change.whole || change.touched.size > 0) beat.value++;
  for (const listener of listeners) listener(change);
}

export const stream = new Stream(() => ofTopology('/api/stream'), {
  connection: (state) => (connection.value = state),
  event(name, data) {
    if (name === 'gap') {
      gaps.value++; // a snapshot follows
      return;
    }
    try {
      const change = model.apply(name, data);
      if (change) batch(() => publish(change));
    } catch (error) {
      if (!(error instanceof OutOfStep)) throw error;
      stream.restart();
    }
  },
});

// --- settings -----------------------------------------------------------------------------------

export function togglePause(): void {
  paused.value = !paused.value;
}

export function setTheme(next: Theme): void {
  theme.value = next;
  if (next === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = next;
  try {
    if (next === 'system') localStorage.removeItem('dnstorm.theme');
    else localStorage.setItem('dnstorm.theme', next);
  } catch {
    // storage may be forbidden: the choice then lasts as long as the page
  }
}

function follow(query: string, apply: (matches: boolean) => void): void {
  const media = matchMedia(query);
  media.addEventListener('change', () => apply(media.matches));
  apply(media.matches);
}

export function start(): void {
  theme.value = (document.documentElement.dataset.theme as Theme | undefined) ?? 'system';
  // What follows a slash or a question mark is the page's own: #traffic?from=...
  const readView = () => {
    const id = /^#([a-z]*)/.exec(location.hash)?.[1] ?? '';
    view.value = pages.some((page) => page.id === id) ? id : 'live';
  };
  addEventListener('hashchange', readView);
  readView();
  const systemDark = signal(false);
  follow('(prefers-color-scheme: dark)', (matches) => (systemDark.value = matches));
  follow('(prefers-reduced-motion: reduce)', (matches) => (reducedMotion.value = matches));
  const hidden = signal(document.hidden);
  document.addEventListener('visibilitychange', () => (hidden.value = document.hidden));
  effect(() => {
    dark.value = theme.value === 'dark' || (theme.value === 'system' && systemDark.value);
  });
  let shown = topology.value;
  effect(() => {
    if (shown !== topology.value) stream.forget();
    shown = topology.value;
    if (paused.value || past.value !== null || hidden.value) stream.close();
    else stream.open();
  });
}
