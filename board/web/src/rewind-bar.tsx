// The control of the moment that is shown: step, play, a slider over the last minutes, and back to now.
import { clock, seconds } from './format';
import { failure, goLive, playing, seek, span, step, togglePlay } from './moment';
import { past } from './store';

export const stepMs = 1000;

export function RewindBar() {
  const t = past.value;
  if (t === null) return null;
  const { first, last } = span.value;
  const ago = seconds(Math.max(0, (last - t) / 1000));
  return (
    <section class="rewind" aria-label="Rewind">
      <p>
        <b>
          <span aria-hidden="true">⟲ </span>
          Showing <time>{clock(t)}</time> UTC
        </b>{' '}
        <small>not live: {ago} before the newest</small>
      </p>
      <button type="button" class="tool" onClick={() => step(-stepMs)} aria-label="One second back">
        ◂ <kbd>←</kbd>
      </button>
      <button type="button" class="tool" aria-pressed={playing.value} onClick={togglePlay} aria-keyshortcuts="p">
        {playing.value ? 'Stop' : 'Play'} <kbd>p</kbd>
      </button>
      <button type="button" class="tool" onClick={() => step(stepMs)} aria-label="One second on">
        ▸ <kbd>→</kbd>
      </button>
      <input
        type="range"
        aria-label="Moment"
        aria-valuetext={`${clock(t)} UTC, ${ago} before the newest`}
        min={first}
        max={last}
        value={t}
        onInput={(event) => seek(Number(event.currentTarget.value))}
      />
      <button type="button" class="tool" onClick={goLive} aria-keyshortcuts="l">
        Live <kbd>l</kbd>
      </button>
      {failure.value && <p role="alert">{failure.value}</p>}
    </section>
  );
}
