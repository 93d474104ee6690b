// Keys of the whole page, unless something is being typed or a shortcut of the browser is meant.
import { kiosk, toggleKiosk } from './kiosk';
import { goLive, rewind, step, togglePlay } from './moment';
import { past, togglePause, view } from './store';

type Action = () => void;

// The arrow keys belong to what has the focus, if it does something with them.
const ownArrows = 'input:not(.rewind input), [role=tablist], .cells, [role=listbox], [role=grid], .scroll, .wide';

function actionOf(event: KeyboardEvent): Action | undefined {
  const live = view.value === 'live';
  const target = event.target as HTMLElement;
  switch (event.key) {
    case 'p':
      return past.value === null ? togglePause : togglePlay;
    case 'r':
      return live ? rewind : undefined;
    case 'l':
      return past.value === null ? undefined : goLive;
    case 'k':
      return live ? toggleKiosk : undefined;
    case 'Escape':
      return kiosk.value === null ? undefined : toggleKiosk;
    case 'ArrowLeft':
    case 'ArrowRight':
      if (!live || target.closest(ownArrows)) return undefined;
      if (past.value === null && event.key === 'ArrowRight') return undefined;
      return () => step((event.key === 'ArrowLeft' ? -1 : 1) * (event.shiftKey ? 10_000 : 1000));
  }
  return undefined;
}

export function onKey(event: KeyboardEvent): void {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const target = event.target as HTMLElement;
  if (target.closest('input:not([type=range], [type=radio]), select, textarea')) return;
  const action = actionOf(event);
  if (!action) return;
  event.preventDefault();
  action();
}
