import { render } from 'preact';

import 'uplot/dist/uPlot.min.css';
import './style.css';
import { App } from './app';
import { askWhatIsOffered } from './data';
import { start, togglePause } from './store';

// Key p pauses, unless something is being typed or a shortcut of the browser is meant.
document.addEventListener('keydown', (event) => {
  if (event.key !== 'p' || event.ctrlKey || event.metaKey || event.altKey) return;
  if ((event.target as HTMLElement).closest('input, select, textarea')) return;
  event.preventDefault();
  togglePause();
});

start();
void askWhatIsOffered();
render(<App />, document.getElementById('app')!);
