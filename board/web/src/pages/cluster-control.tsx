// What changes a cluster: only with a token, which stays in this tab, and only once it is confirmed.
import { signal, useSignal } from '@preact/signals';
import { useLayoutEffect, useRef } from 'preact/hooks';

import { ask } from '../data';

const key = 'dnstorm.token';

function remembered(): string | null {
  try {
    return sessionStorage.getItem(key);
  } catch {
    return null; // storage may be forbidden: the token then lasts as long as the page
  }
}

// null: read only. A cluster without a token takes an empty one from its own machine.
const token = signal<string | null>(remembered());
export const mayAct = () => token.value !== null;

function use(value: string | null): void {
  token.value = value;
  try {
    if (value === null) sessionStorage.removeItem(key);
    else sessionStorage.setItem(key, value);
  } catch {
    // as above
  }
}

export interface Action {
  title: string; // "Kill dns"
  verb: string; // of the button
  says: string; // what follows
  path: string; // below /api/v1
  body?: unknown;
}

const asked = signal<Action | null>(null);
const outcome = signal<{ text: string; bad: boolean } | null>(null);

async function carryOut(action: Action): Promise<void> {
  const headers: Record<string, string> = { 'X-Dnstorm-Control': 'board', 'Content-Type': 'application/json' };
  if (token.value) headers.Authorization = `Bearer ${token.value}`;
  try {
    await ask('/api/v1' + action.path, { method: 'POST', headers, body: JSON.stringify(action.body ?? {}) });
    outcome.value = { text: `${action.title}: done.`, bad: false };
  } catch (error) {
    outcome.value = { text: `${action.title}: ${(error as Error).message}`, bad: true };
  }
}

export function ActionButton({ action }: { action: Action }) {
  return (
    <button type="button" class="tool" aria-label={action.title} onClick={() => (asked.value = action)}>
      {action.verb}
    </button>
  );
}

export function Control() {
  const typed = useSignal('');
  return (
    <section class="card control" aria-label="Control">
      {mayAct() ? (
        <p>
          Changes are sent with {token.value ? 'your token' : 'no token'}.{' '}
          <button type="button" class="tool" onClick={() => use(null)}>
            Read only
          </button>
        </p>
      ) : (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            use(typed.value.trim());
            typed.value = '';
          }}
        >
          <label>
            Token{' '}
            <input
              type="password"
              autocomplete="off"
              class="tool"
              value={typed.value}
              onInput={(event) => (typed.value = event.currentTarget.value)}
            />
          </label>{' '}
          <button type="submit" class="tool">
            Allow changes
          </button>{' '}
          <small>Read only until then. The token stays in this tab.</small>
        </form>
      )}
      <p role="status" class={outcome.value?.bad ? 'refused' : ''}>
        {outcome.value && `${outcome.value.bad ? '! ' : ''}${outcome.value.text}`}
      </p>
      {asked.value && <Confirmation action={asked.value} />}
    </section>
  );
}

function Confirmation({ action }: { action: Action }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => dialog.current?.showModal(), []);
  const close = () => (asked.value = null);
  return (
    <dialog ref={dialog} class="card" aria-label={action.title} onClose={close}>
      <h2>{action.title}?</h2>
      <p>{action.says}</p>
      <p class="choices">
        <button
          type="button"
          class="tool"
          onClick={() => {
            close();
            void carryOut(action);
          }}
        >
          {action.verb}
        </button>{' '}
        <button type="button" class="tool" onClick={close}>
          Cancel
        </button>
      </p>
    </dialog>
  );
}
