// Speaks a summary every ten seconds, for those who cannot see the wall; never each cell.
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';

import { cellName, countText } from './cell-marks';
import { exact, short, visible } from './format';
import { captureRate, honesty, model, status, wall } from './store';

const periodMs = 10_000;

export function summary(): string {
  const h = honesty.peek();
  if (!h || status.peek() === 'paused') return '';
  const parts = [`${status.peek()}: ${exact(h.captured)} packets seen`];
  const rate = captureRate.peek();
  if (h.state === 'running' && rate !== null) parts.push(`${short(rate)} a second`);
  const dropped = h.dropped_kernel + h.dropped_interface;
  if (dropped > 0) parts.push(`${exact(dropped)} dropped`);
  const panel = wall.peek();
  const cells = panel ? (model.panel(panel.id).wall?.slots ?? []) : [];
  const first = cells.filter((cell) => cell !== null).sort((a, b) => b[1] - a[1])[0];
  if (panel && first)
    parts.push(`${visible(panel.title)}: most is ${cellName(panel.id, first[0])} with ${countText(first)}`);
  return parts.join(', ');
}

export function Announcer() {
  const text = useSignal('');
  useEffect(() => {
    const timer = window.setInterval(() => (text.value = summary()), periodMs);
    return () => clearInterval(timer);
  }, []);
  return (
    <p class="unseen" aria-live="polite">
      {text.value}
    </p>
  );
}
