// The token of a board that other machines reach. Kept as long as the page is open, and nowhere else.
import { signal } from '@preact/signals';

export const token = signal('');

// What marks a request as meant, which a page of another site cannot send.
export function deliberate(): Record<string, string> {
  return { 'X-Dnstorm-Control': '1', ...(token.value ? { Authorization: `Bearer ${token.value}` } : {}) };
}

export function TokenField() {
  return (
    <p class="token">
      <label>
        Token{' '}
        <input
          type="password"
          autocomplete="off"
          value={token.value}
          onInput={(event) => (token.value = event.currentTarget.value.trim())}
        />
      </label>
    </p>
  );
}
