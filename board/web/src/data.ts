// What pages ask for beside the stream: GET /api/data/NAME, again and again while they are shown.
import { type Signal, signal, useSignal, useSignalEffect } from '@preact/signals';

import { ofTopology, topology } from './choice';
import { visible } from './format';
import { pages } from './pages';
import { paused, title, view } from './store';

// What this server has of the topology that is shown, by name; null: it has not answered yet.
export const offered: Signal<string[] | null> = signal(null);

export async function askWhatIsOffered(): Promise<void> {
  const address = ofTopology('/api/data');
  try {
    const answer = await fetch(address);
    const { data, first } = answer.ok ? await answer.json() : { data: [], first: 'live' };
    if (address !== ofTopology('/api/data')) return; // another one has been chosen meanwhile
    if (String(data) !== String(offered.value)) offered.value = data;
    beginWith(first);
  } catch {
    offered.value = []; // no server: the stream says so, and asks again
  }
}

// Of a cluster: whose rows a tap is to show.
export function topologyOfTaps(): string | undefined {
  return offered.value?.includes('cluster') ? topology.value || title.value : undefined;
}

// Who names no page gets the one that this run is about.
function beginWith(page: string): void {
  if (location.hash !== '' || !pages.some(({ id }) => id === page)) return;
  history.replaceState(null, '', '#' + page);
  view.value = page;
}

// What the server says if it does not do it.
export class Refusal extends Error {
  constructor(
    sentence: string,
    readonly status: number,
  ) {
    super(sentence);
  }
}

// A sentence may quote what was asked for, or a name.
async function sentenceOf(answer: Response): Promise<string> {
  const text = await answer.text();
  try {
    const { error, errorMessage } = JSON.parse(text);
    return visible(errorMessage ?? error ?? text);
  } catch {
    return visible(text.trim());
  }
}

// An answer, or an Error with the server's sentence (a Refusal, if there is one).
export async function askRaw(path: string, init: RequestInit = {}): Promise<Response> {
  let answer: Response;
  try {
    answer = await fetch(path, init);
  } catch (error) {
    if ((error as Error).name === 'AbortError') throw error;
    throw new Error('The server does not answer.');
  }
  if (!answer.ok) throw new Refusal(await sentenceOf(answer), answer.status);
  return answer;
}

export async function ask<Data>(path: string, init: RequestInit = {}): Promise<Data> {
  return (await askRaw(path, init)).json();
}

export interface Asked<Data> {
  data: Signal<Data | null>;
  failure: Signal<string>;
}

// The newest answer to a path, asked every `periodMs` while the page is neither paused nor hidden,
// and at once when the path (a function that reads signals) changes.
export function useAsked<Data>(path: () => string, periodMs: number, init: RequestInit = {}): Asked<Data> {
  const data = useSignal<Data | null>(null);
  const failure = useSignal('');
  useSignalEffect(() => {
    const address = ofTopology(path());
    if (paused.value) return;
    let timer = 0;
    const gone = new AbortController();
    const askAgain = async () => {
      try {
        if (!document.hidden) {
          data.value = await ask<Data>(address, { ...init, signal: gone.signal });
          failure.value = '';
        }
      } catch (error) {
        if (gone.signal.aborted) return;
        failure.value = (error as Error).message;
      }
      if (!gone.signal.aborted) timer = window.setTimeout(askAgain, periodMs);
    };
    void askAgain();
    return () => {
      gone.abort();
      clearTimeout(timer);
    };
  });
  return { data, failure };
}
