import { render } from 'preact';

import 'uplot/dist/uPlot.min.css';
import './style.css';
import { App } from './app';
import { askWhatIsOffered } from './data';
import { startKiosk } from './kiosk';
import { onKey } from './keys';
import { start } from './store';

document.addEventListener('keydown', onKey);
start();
startKiosk();
void askWhatIsOffered();
render(<App />, document.getElementById('app')!);
