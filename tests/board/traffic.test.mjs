// The Traffic page in a real Chromium against the real program, on traffic whose counts are known.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { Browser, isAccessible, takePicture } from './harness.mjs';

const program = process.env.DNSTORM;
const topology = join(dirname(fileURLToPath(import.meta.url)), '../../configs/topologies/traffic.yaml');
const start = '2026-11-21T19:00:00Z';

// Names as an attacker would choose them, each `hostileCount` times.
const hostile = ['<img src=x onerror=alert(1)>', 'tab\there', 'evil\u202egnp.exe', '"&amp;\'`', 'x'.repeat(255)];
const hostileCount = 20;
const words = `name: hostile
spouts:
  - id: words
    className: words
    properties: {words: ${JSON.stringify(hostile)}, order: cycle, limit: ${hostile.length * hostileCount}}
bolts:
  - {id: names, className: top, properties: {of: [word], k: 20, window: 60s}}
  - {id: counts, className: count, properties: {by: [word], window: 60s}}
  - {id: open, className: store, properties: {file: FOLDER/hostile.sqlite, unbounded_tags: true}}
streams:
  - {from: words, to: names, grouping: {type: GLOBAL}}
  - {from: words, to: counts, grouping: {type: GLOBAL}}
  - {from: names, to: open, grouping: {type: GLOBAL}}
  - {from: counts, to: open, grouping: {type: GLOBAL}}
`;

class Run {
  // Of a topology that has ended and is still served: the numbers are exact.
  static async start(...args) {
    const run = new Run();
    run.child = spawn(program, ['run', ...args, '--board', '127.0.0.1:0', '--keep-board'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    for await (const line of createInterface({ input: run.child.stderr })) {
      run.url = /Serving the board at (\S+)/.exec(line)?.[1];
      if (run.url) return run;
    }
    throw new Error('the board is not served');
  }
  async stop() {
    const ended = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill('SIGINT');
    assert.equal(await ended, 0);
  }
}

let browser;
let folder;
let run;
let truth;

before(async () => {
  browser = await Browser.start();
  folder = mkdtempSync(join(tmpdir(), 'dnstorm-traffic-'));
  const capture = join(folder, 'a.pcap');
  // Six minutes and a half, at 50 queries a second.
  execFileSync(program, [
    'generate',
    '-o',
    capture,
    '--queries',
    '20000',
    '--rate',
    '50',
    '--seed',
    '7',
    '--clients',
    '40',
    '--start',
    start,
  ]);
  truth = JSON.parse(readFileSync(capture + '.json', 'utf8'));
  run = await Run.start(
    topology,
    '--set',
    `packets.file=${capture}`,
    '--set',
    `history.file=${join(folder, 'a.sqlite')}`,
  );
});
after(async () => {
  await browser.stop();
  await run.stop();
  rmSync(folder, { recursive: true, force: true });
});

const plain = (text) => text.replace(/\u202f/g, '');

async function open(hash, options) {
  const page = await browser.page(options);
  await page.goto(run.url + hash);
  await page.getByRole('region', { name: 'How far these numbers can be trusted' }).waitFor();
  return page;
}

async function close(page) {
  assert.deepEqual(page.faults, []);
  assert.deepEqual(
    page.requests.filter((request) => !request.startsWith(new URL(page.url()).origin)),
    [],
  );
  await page.context().close();
}

const chart = (page, name) => page.getByRole('region', { name, exact: true });

// The row "in all" of a chart's table, by line.
async function totals(page, name) {
  await chart(page, name).getByRole('button', { name: 'Table' }).click();
  const heads = await chart(page, name).locator('thead tr:first-child th').allTextContents();
  const sums = await chart(page, name).locator('thead tr.total td').allTextContents();
  return Object.fromEntries(heads.slice(1).map((head, i) => [head, Number(plain(sums[i]))]));
}

async function top(page, name) {
  const rows = await page
    .getByRole('region', { name: `Top of ${name}`, exact: true })
    .locator('tbody tr')
    .all();
  const texts = await Promise.all(rows.map((row) => row.locator('th, td').allTextContents()));
  return texts.map((row) => [row[1], Number(plain(row[2]).replace('≥', '')), row[2].includes('≥')]);
}

test('shows the true numbers of the time', async () => {
  const page = await open('#traffic');
  assert.deepEqual(await totals(page, 'Queries and responses, rates'), {
    query: truth.queries,
    response: truth.responses,
  });
  assert.deepEqual(await totals(page, 'Response codes, rcodes'), truth.rcodes);
  const qtypes = await totals(page, 'Query types, qtypes');
  for (const type of ['A', 'AAAA', 'HTTPS', 'PTR']) assert.equal(qtypes[type], truth.qtypes[type], type);
  assert.equal(
    Object.values(qtypes).reduce((sum, count) => sum + count, 0),
    truth.queries,
  );
  assert.deepEqual(await totals(page, 'Transports, transports'), { udp: truth.messages });
  const packets = await totals(page, 'Where packets went, packet_classes');
  assert.equal(packets.parsed, truth.accounting.parsed);
  const honest = await page
    .getByRole('region', { name: 'How far these numbers can be trusted' })
    .locator('dl > div')
    .allTextContents();
  assert.ok(honest.map(plain).includes(`malformed${truth.accounting.malformed}`), honest.join('; '));
  assert.ok(honest.map(plain).includes(`not dns${truth.accounting.not_dns}`), honest.join('; '));
  assert.ok(honest.includes('gaps without a windownone'), honest.join('; '));
  await close(page);
});

test('shows response times', async () => {
  const page = await open('#traffic');
  const card = chart(page, 'Response times, latency_us');
  await card.getByRole('button', { name: 'Table' }).click();
  const [p50, p95, p99] = (await card.locator('tbody tr').first().locator('td').allTextContents()).map((text) =>
    Number(plain(text)),
  );
  const { min, max } = truth.response_time_us;
  assert.ok(min <= p50 && p50 <= p95 && p95 <= p99 && p99 <= max * 1.01, `${min} ${p50} ${p95} ${p99} ${max}`);
  await close(page);
});

test('shows the true tops of the time, with bounds where a list was full', async () => {
  const page = await open('#traffic');
  const names = await top(page, 'names');
  assert.equal(names.length, 10);
  const [name, count] = truth.top_names[0];
  assert.equal(names[0][0], name);
  assert.ok(names[0][1] <= count && count - names[0][1] <= 10, `${names[0][1]} of ${count}`);
  const clients = await top(page, 'clients');
  // A list with a place for every client is exact.
  assert.deepEqual(
    clients,
    truth.top_clients.slice(0, 10).map(([client, n]) => [client, n, false]),
  );
  await close(page);
});

test('brushing zooms, Back leads back, the address says the time', async () => {
  const page = await open('#traffic');
  const before = await page.locator('.range').textContent();
  const box = await chart(page, 'Queries and responses, rates').locator('.u-over').boundingBox();
  await page.mouse.move(box.x + box.width * 0.5, box.y + 40);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.6, box.y + 40, { steps: 5 });
  await page.mouse.up();
  await page.getByText('stands still').waitFor();
  await page.waitForFunction(
    (old) => document.querySelector('.range').textContent.slice(0, 30) !== old.slice(0, 30),
    before,
  );
  const { from, to } = Object.fromEntries(new URLSearchParams(new URL(page.url()).hash.split('?')[1]));
  const seconds = (Date.parse(to) - Date.parse(from)) / 1000;
  assert.ok(seconds >= 55 && seconds <= 65, `${from} ${to}`);
  const sums = await totals(page, 'Queries and responses, rates');
  assert.ok(sums.query > 0 && sums.query < truth.queries / 4, `${sums.query}`);
  await page.getByRole('button', { name: 'Back' }).click();
  await page.getByText('goes on with the newest').waitFor();
  await page.waitForFunction((old) => document.querySelector('.range').textContent === old, before);
  await close(page);
});

test('a time in the address is shown, also of months', async () => {
  const page = await open('#traffic?from=2026-11-21T19:01:00Z&to=2026-11-21T19:02:00Z');
  assert.match(await page.locator('.range').textContent(), /^2026-11-21 19:01:00 – 19:02:00 UTC/);
  const minute = await totals(page, 'Queries and responses, rates');
  const answer = await (
    await fetch(
      `${run.url}api/data/history/points?from=${Date.parse('2026-11-21T19:01:00Z')}&to=${Date.parse('2026-11-21T19:02:00Z')}`,
    )
  ).json();
  assert.equal(answer.charts.find((one) => one.measurement === 'rates').lines[0].total, minute.query);
  await page.goto(run.url + '#traffic?last=90d');
  await page.waitForFunction(
    (sum) => document.querySelector('.traffic-charts .total td')?.textContent.replace(/\u202f/g, '') === String(sum),
    truth.queries,
  );
  await close(page);
});

test('by keyboard alone', async () => {
  const page = await open('#traffic');
  const ends = () => page.locator('.range').textContent();
  const next = async (old) => {
    await page.waitForFunction((text) => document.querySelector('.range').textContent !== text, old);
    return ends();
  };
  let shown = await ends();
  for (const key of ['+', 'ArrowLeft', '-', 'ArrowRight']) {
    await page.keyboard.press(key);
    shown = await next(shown);
    assert.match(shown, /stands still/);
  }
  await page.keyboard.press('0');
  await page.getByText('goes on with the newest').waitFor();
  const hour = page.getByRole('button', { name: '1 h' });
  await hour.focus();
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => location.hash === '#traffic?last=1h');
  await page.locator('.presets [aria-pressed="true"]', { hasText: '1 h' }).waitFor();
  await close(page);
});

test('a paused page still shows another time', async () => {
  const page = await open('#traffic');
  await page.keyboard.press('p');
  await page.locator('.status.paused').waitFor();
  await page.goto(run.url + '#traffic?from=2026-11-21T19:01:00Z&to=2026-11-21T19:02:00Z');
  await page.getByText('19:01:00 – 19:02:00').waitFor();
  await close(page);
});

test('a time without windows says which there are', async () => {
  const page = await open('#traffic?from=2020-01-01T00:00:00Z&to=2020-01-01T01:00:00Z');
  await page.getByRole('heading', { name: 'Nothing in this time' }).waitFor();
  await page.getByText(/The store has windows from 2026-11-21 19:00/).waitFor();
  await close(page);
});

test('refuses in one sentence', async () => {
  for (const query of ['from=2&to=1', 'from=x&to=y', 'last=-3', 'last=5&from=1&to=2', 'buckets=0']) {
    const answer = await fetch(`${run.url}api/data/history/points?${query}`);
    assert.equal(answer.status, 400, query);
    assert.match((await answer.json()).error, /^[^\n]{10,120}$/);
  }
});

for (const colorScheme of ['light', 'dark'])
  test(`axe-core finds nothing serious, ${colorScheme}`, async () => {
    const page = await open('#traffic', { colorScheme });
    await totals(page, 'Query types, qtypes');
    await isAccessible(page);
    await takePicture(page, `traffic-${colorScheme}`);
    await close(page);
  });

test('hostile names are text', async () => {
  const file = join(folder, 'hostile.yaml');
  writeFileSync(file, words.replace('FOLDER', folder));
  const other = await Run.start(file);
  const page = await browser.page();
  await page.goto(other.url + '#traffic');
  const list = page.getByRole('region', { name: 'Top of names', exact: true });
  await list.locator('tbody tr').first().waitFor();
  const names = await list.locator('tbody th').allTextContents();
  assert.deepEqual(
    new Set(names),
    new Set(['<img src=x onerror=alert(1)>', 'tab\\u{9}here', 'evil\\u{202e}gnp.exe', '"&amp;\'`', 'x'.repeat(255)]),
  );
  assert.deepEqual(
    await list.locator('td:last-child').allTextContents(),
    hostile.map(() => String(hostileCount)),
  );
  assert.equal(await page.locator('main img').count(), 0);
  await close(page);
  await other.stop();
});

test('live: the newest windows come while it runs', async () => {
  const file = join(folder, 'live.yaml');
  writeFileSync(
    file,
    `name: live
spouts: [{id: words, className: words, properties: {words: [alpha], rate: 100}}]
bolts:
  - {id: counts, className: count, properties: {by: [word], window: 1s}}
  - {id: kept, className: store, properties: {file: ${folder}/live.sqlite, unbounded_tags: true}}
streams:
  - {from: words, to: counts, grouping: {type: GLOBAL}}
  - {from: counts, to: kept, grouping: {type: GLOBAL}}
`,
  );
  const child = spawn(program, ['run', file, '--board', '127.0.0.1:0'], { stdio: ['ignore', 'ignore', 'pipe'] });
  let url;
  for await (const line of createInterface({ input: child.stderr })) {
    url = /The board is at (\S+)/.exec(line)?.[1];
    if (url) break;
  }
  const page = await browser.page();
  await page.goto(url + '#traffic');
  await page.locator('.legend b').first().waitFor();
  const sum = () => page.locator('.legend b').first().getAttribute('title');
  const first = await sum();
  await page.waitForFunction((old) => document.querySelector('.legend b').title !== old, first);
  assert.ok(Number(plain(await sum())) > Number(plain(first)));
  await close(page);
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGINT');
  assert.equal(await ended, 0);
});
