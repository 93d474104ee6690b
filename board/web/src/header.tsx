import { offered } from './data';
import { clock } from './format';
import { pages, type Page } from './pages';
import { toggleKiosk } from './kiosk';
import { rewind } from './moment';
import { Picker } from './picker';
import {
  gaps,
  honesty,
  past,
  paused,
  setTheme,
  status,
  theme,
  title,
  togglePause,
  updatedMs,
  view,
  type Theme,
} from './store';

const statusText = {
  rewound: 'rewound',
  connecting: 'connecting',
  reconnecting: 'reconnecting',
  paused: 'paused',
  waiting: 'waiting for data',
  live: 'live',
  finished: 'finished',
  failed: 'failed',
  stored: 'nothing runs',
} as const;

// Beside its colour each state has a sign of its own.
const statusSign = {
  rewound: '⟲',
  connecting: '…',
  reconnecting: '↻',
  paused: '‖',
  waiting: '…',
  live: '●',
  finished: '■',
  failed: '!',
  stored: '□',
} as const;

// Where nothing runs there is no topology at work.
function isOffered(page: Page): boolean {
  if (!page.data) return honesty.value?.state !== 'stored';
  return offered.value?.includes(page.data) ?? false;
}

export function Header() {
  return (
    <header class="top">
      <h1>
        <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
          <path d="M18.5 3 7 18h7L12 29 25 13h-7.5z" />
        </svg>
        <span class="brand">dnstorm</span>
        <bdi class="topology" dir="ltr">
          {title.value}
        </bdi>
      </h1>
      {offered.value?.includes('cluster') && <Picker />}
      <nav class="pages" aria-label="Pages">
        {honesty.value?.state !== 'stored' && (
          <a href="#live" aria-current={view.value === 'live' ? 'page' : undefined}>
            Live
          </a>
        )}
        {pages.filter(isOffered).map((page) => (
          <a key={page.id} href={`#${page.id}`} aria-current={view.value === page.id ? 'page' : undefined}>
            {page.title}
          </a>
        ))}
      </nav>
      <p class={`status ${status.value}`} role="status">
        <span class="sign" aria-hidden="true">
          {statusSign[status.value]}
        </span>
        {statusText[status.value]}
      </p>
      {updatedMs.value > 0 && (
        <p class="updated" title="Of when the numbers are, UTC">
          <time>{clock(updatedMs.value)}</time> UTC
        </p>
      )}
      {gaps.value > 0 && (
        <p
          class="updated"
          title="This browser was too slow to take every update. Each time it got the whole state anew, so the numbers are right."
        >
          caught up {gaps.value}×
        </p>
      )}
      <div class="tools">
        {past.value === null && (
          <>
            {view.value === 'live' && updatedMs.value > 0 && (
              <button type="button" class="tool" onClick={rewind} aria-keyshortcuts="r">
                Rewind <kbd>r</kbd>
              </button>
            )}
            <button type="button" class="tool" aria-pressed={paused.value} onClick={togglePause} aria-keyshortcuts="p">
              {paused.value ? 'Go on' : 'Pause'} <kbd>p</kbd>
            </button>
          </>
        )}
        {view.value === 'live' && (
          <button
            type="button"
            class="tool"
            onClick={toggleKiosk}
            aria-keyshortcuts="k"
            title="One wall at a time on the whole screen; key k or Escape leaves it"
          >
            Kiosk <kbd>k</kbd>
          </button>
        )}
        <ThemePicker />
      </div>
    </header>
  );
}

const themes: Theme[] = ['system', 'light', 'dark'];

function ThemePicker() {
  return (
    <fieldset class="themes">
      <legend class="unseen">Theme</legend>
      {themes.map((name) => (
        <label key={name}>
          <input type="radio" name="theme" checked={theme.value === name} onChange={() => setTheme(name)} />
          <span>{name}</span>
        </label>
      ))}
    </fieldset>
  );
}
