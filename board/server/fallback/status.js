// The plain status page: asks for the snapshot once a second and shows it as tables.
// Names come from packets: they are only ever set as text.
'use strict';

function row(name, ...values) {
  const tr = document.createElement('tr');
  const th = document.createElement('th');
  th.textContent = name;
  th.dir = 'ltr';
  tr.append(th);
  for (const value of values) {
    const td = document.createElement('td');
    td.textContent = typeof value === 'number' ? value.toLocaleString('en') : String(value);
    tr.append(td);
  }
  return tr;
}

function rowsOf(panel) {
  if (panel.view === 'wall')
    return panel.wall.slots.filter(Boolean).sort((a, b) => b[1] - a[1]).slice(0, 40).map((c) => c.slice(0, 2));
  if (panel.view === 'series') {
    const last = panel.series.points.at(-1) ?? [];
    return panel.series.lines.map((line, i) => [line.name || line.column, last[i + 2] ?? '-']);
  }
  return panel[panel.view].rows;
}

function tableOf(panel) {
  const table = document.createElement('table');
  const caption = document.createElement('caption');
  caption.textContent = panel.title || panel.id;
  table.append(caption, ...rowsOf(panel).map((cells) => row(...cells)));
  return table;
}

async function refresh() {
  const state = document.getElementById('state');
  try {
    const snapshot = await (await fetch('/api/snapshot')).json();
    const counts = Object.entries(snapshot.honesty).filter(([, value]) => typeof value === 'number');
    state.textContent = `${snapshot.title}: ${snapshot.honesty.state}`;
    document.getElementById('honesty').replaceChildren(...counts.map(([name, n]) => row(name, n)));
    document.getElementById('panels').replaceChildren(...snapshot.panels.map(tableOf));
  } catch {
    state.textContent = 'the server does not answer';
  }
  setTimeout(refresh, 1000);
}
refresh();
