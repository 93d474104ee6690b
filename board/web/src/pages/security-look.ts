// What is looked at on the page Security, as its address says it.
import { signal } from '@preact/signals';

import { readLook, writeLook, type Look } from './security-data';

export const look = signal<Look>(readLook(location.hash));
addEventListener('hashchange', () => (look.value = readLook(location.hash)));

// `push`: the browser's way back leads to what was looked at before.
export function show(next: Partial<Look>, push = false): void {
  look.value = { ...look.peek(), ...next };
  history[push ? 'pushState' : 'replaceState'](null, '', writeLook(look.value));
}
addEventListener('popstate', () => (look.value = readLook(location.hash)));
