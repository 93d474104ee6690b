import { effect } from '@preact/signals';
import { render } from 'preact';

import 'uplot/dist/uPlot.min.css';
import './style.css';
import { App } from './app';
import { topology } from './choice';
import { askWhatIsOffered } from './data';
import { startKiosk } from './kiosk';
import { onKey } from './keys';
import { connection, start, title } from './store';

document.addEventListener('keydown', onKey);
start();
startKiosk();
// Topologies of a cluster differ in what they have; which one is shown unasked, its title tells. Behind a
// stream that begins anew may be another one, or another coordinator.
effect(() => {
  topology.value;
  title.value;
  if (connection.value !== 'lost') void askWhatIsOffered();
});
render(<App />, document.getElementById('app')!);
