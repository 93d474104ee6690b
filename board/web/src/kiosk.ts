// The page on the wall: nothing but the honesty line and one wall of cells at a time, the next one
// every few seconds. It is an address (#live?kiosk, or #live?kiosk=60 for another time), so that a
// screen comes back to it after a restart. With reduced motion, paused or rewound nothing turns by
// itself.
import { computed, effect, signal } from '@preact/signals';

import { chosenWall, past, paused, reducedMotion, view, wall, walls } from './store';
import { nextOf, periodOf } from './turns';

const period = signal<number | null>(null);
export const kiosk = computed(() => (view.value === 'live' ? period.value : null));

export function toggleKiosk(): void {
  const begins = kiosk.value === null;
  location.hash = begins ? '#live?kiosk' : '#live';
  // A browser may refuse, and the page is a kiosk all the same.
  if (begins) document.documentElement.requestFullscreen?.().catch(() => {});
  else leaveFullscreen();
}

function leaveFullscreen(): void {
  if (document.fullscreenElement) document.exitFullscreen().catch(() => {});
}

export function startKiosk(): void {
  const read = () => (period.value = periodOf(location.hash));
  addEventListener('hashchange', read);
  read();
  // Escape leaves full screen by the browser's own rule: then the page is as it was, too.
  document.addEventListener('fullscreenchange', () => {
    if (!document.fullscreenElement && kiosk.value !== null) location.hash = '#live';
  });
  effect(() => {
    document.documentElement.toggleAttribute('data-kiosk', kiosk.value !== null);
  });
  effect(() => {
    if (kiosk.value === null || reducedMotion.value || paused.value || past.value !== null) return;
    const timer = window.setInterval(() => {
      const next = nextOf(
        walls.peek().map((panel) => panel.id),
        wall.peek()?.id,
      );
      if (next) chosenWall.value = next;
    }, kiosk.value * 1000);
    return () => clearInterval(timer);
  });
}
