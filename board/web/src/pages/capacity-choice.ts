// What is looked at on the page Capacity, as its address says it.
import { signal } from '@preact/signals';

import { choiceOf, hashOf, type Choice } from './capacity-data';

export const choice = signal<Choice>(choiceOf(''));

export function choose(change: Partial<Choice>): void {
  choice.value = { ...choice.value, ...change };
  // The address can be sent to somebody; going back leaves the page and not the last choice.
  history.replaceState(null, '', hashOf(choice.value));
}

// Follows the address until the function that it gives is called.
export function followAddress(): () => void {
  const read = () => {
    if (location.hash.startsWith('#capacity')) choice.value = choiceOf(location.hash);
  };
  read();
  addEventListener('hashchange', read);
  return () => removeEventListener('hashchange', read);
}
