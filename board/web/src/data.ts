// What pages ask for beside the stream: GET /api/data/NAME, again and again while they are shown.
import {type Signal, signal, useSignal, useSignalEffect} from '@preact/signals';

import {paused} from './store';

// What this server has, by name; null: it has not answered yet.
export const offered: Signal<string[]|null> = signal(null);

export async function askWhatIsOffered(): Promise<void> {
  try {
    const answer = await fetch('/api/data');
    offered.value = answer.ok ? (await answer.json()).data : [];
  } catch {
    offered.value = [];  // no server: the stream says so, and asks again
  }
}

async function sentenceOf(answer: Response): Promise<string> {
  const text = await answer.text();
  try {
    return JSON.parse(text).error ?? text;
  } catch {
    return text;
  }
}

// An answer, or an Error with the server's sentence.
export async function ask<Data>(path: string, init: RequestInit = {}): Promise<Data> {
  let answer: Response;
  try {
    answer = await fetch(path, init);
  } catch (error) {
    if ((error as Error).name === 'AbortError') throw error;
    throw new Error('The server does not answer.');
  }
  if (!answer.ok) throw new Error(await sentenceOf(answer));
  return answer.json();
}

export interface Asked<Data> {
  data: Signal<Data|null>;
  failure: Signal<string>;
}

// The newest answer to a path, asked every `periodMs` while the page is neither paused nor hidden,
// and at once when the path (a function that reads signals) changes.
export function useAsked<Data>(
    path: () => string, periodMs: number, init: RequestInit = {}): Asked<Data> {
  const data = useSignal<Data|null>(null);
  const failure = useSignal('');
  useSignalEffect(() => {
    const address = path();
    if (paused.value) return;
    let timer = 0;
    const gone = new AbortController();
    const askAgain = async () => {
      try {
        if (!document.hidden) {
          data.value = await ask<Data>(address, {...init, signal: gone.signal});
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
  return {data, failure};
}
