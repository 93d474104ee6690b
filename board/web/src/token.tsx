// What changes something, or shows packets, wants a token where the board can be reached from other
// machines. It is asked for when the server says so, and kept as long as the tab.
import { useSignal } from '@preact/signals';

import { ofTopology } from './choice';
import { ask, askRaw, Refusal } from './data';

export type Purpose = 'control' | 'tap';

function kept(purpose: Purpose): string {
  try {
    // That of the page Cluster does for all.
    return sessionStorage.getItem(`dnstorm.token.${purpose}`) ?? sessionStorage.getItem('dnstorm.token') ?? '';
  } catch {
    return '';
  }
}

// With what marks a request as meant, which a page of another site cannot send.
export function tokenHeaders(purpose: Purpose): Record<string, string> {
  const token = kept(purpose);
  return { 'X-Dnstorm-Control': 'page', ...(token ? { Authorization: `Bearer ${token}` } : {}) };
}

export function isTokenWanted(error: unknown): boolean {
  return error instanceof Refusal && error.status === 401;
}

// POST with everything in the address.
export function change<Data>(path: string, query: Record<string, string>): Promise<Data> {
  return ask<Data>(ofTopology(`${path}?${new URLSearchParams(query)}`), {
    method: 'POST',
    headers: tokenHeaders('control'),
  });
}

export function fetchGuarded(path: string): Promise<Response> {
  return askRaw(ofTopology(path), { headers: tokenHeaders('tap') });
}

export function TokenForm({ purpose, onReady }: { purpose: Purpose; onReady: () => void }) {
  const text = useSignal('');
  return (
    <form
      class="row"
      onSubmit={(event) => {
        event.preventDefault();
        try {
          sessionStorage.setItem(`dnstorm.token.${purpose}`, text.value.trim());
        } catch {
          // storage may be forbidden: it will be asked for again
        }
        onReady();
      }}
    >
      <label>
        Token{' '}
        <input
          type="password"
          autocomplete="off"
          value={text}
          onInput={(event) => (text.value = event.currentTarget.value)}
        />
      </label>
      <button type="submit" class="tool">
        Use it
      </button>
    </form>
  );
}
