import { effect } from '@preact/signals';

import { Announcer } from './announcer';
import { Chart } from './chart';
import { Header } from './header';
import { HonestyLine } from './honesty';
import { LazyPage } from './lazy';
import { goLive } from './moment';
import { RewindBar } from './rewind-bar';
import { notes, panels, past, status, view } from './store';
import { Ranking, Totals } from './tables';
import { Wall } from './wall';

// Another page shows what is live.
effect(() => {
  if (view.value !== 'live' && past.peek() !== null) goLive();
});

export function App() {
  return (
    <>
      <Header />
      {view.value === 'live' && <RewindBar />}
      <HonestyLine />
      <main>
        {notes.value.length > 0 && (
          <ul class="notes" aria-label="What this board cannot show">
            {notes.value.map((note) => (
              <li key={note}>{note}</li>
            ))}
          </ul>
        )}
        {view.value === 'live' ? <LivePage /> : <LazyPage id={view.value} />}
      </main>
      <Announcer />
    </>
  );
}

function LivePage() {
  const all = panels.value;
  return (
    <>
      {all.length === 0 ? <Empty /> : null}
      <div class="columns" hidden={all.length === 0}>
        <Wall />
        <div class="side">
          {all.map((panel) => {
            if (panel.view === 'series') return <Chart key={panel.id} id={panel.id} />;
            if (panel.view === 'table') return <Ranking key={panel.id} id={panel.id} />;
            if (panel.view === 'totals') return <Totals key={panel.id} id={panel.id} />;
            return null;
          })}
        </div>
      </div>
    </>
  );
}

const emptyText = {
  rewound: ['Nothing yet', 'At this moment no window had closed.'],
  connecting: ['Connecting', 'Asking the server for the state of the board.'],
  reconnecting: ['Reconnecting', 'The server does not answer. The page tries again every second.'],
  paused: ['Paused', 'Nothing is fetched until you go on (key p).'],
  waiting: ['Waiting for data', 'The topology runs. Cells appear when its first window closes.'],
  live: ['Waiting for data', 'Packets come in. Cells appear when the first window closes.'],
  finished: ['Finished', 'The topology ended without a window for the board. Has it a board sink?'],
  failed: ['Failed', 'The topology ended with an error; see the line above.'],
  stored: ['Nothing runs', 'This board shows what was stored: see the other pages.'],
} as const;

function Empty() {
  const [heading, text] = emptyText[status.value];
  return (
    <section class="card empty">
      <h2>{heading}</h2>
      <p>{text}</p>
    </section>
  );
}
