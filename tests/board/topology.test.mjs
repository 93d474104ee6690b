// The Topology page in a real Chromium against the real program.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';

import { Browser, isAccessible, takePicture } from './harness.mjs';

const program = process.env.DNSTORM;
const limit = 20_000;
const topology = `name: words
config: {topology.delivery: at-least-once}
spouts:
  - id: words
    className: words
    properties: {words: [alpha, beta, gamma], order: cycle, limit: ${limit}}
bolts:
  - id: counts
    className: count
    parallelism: 2
    properties: {by: [word], window: 0s}
  - {id: wall, className: board, properties: {view: table}}
streams:
  - {from: words, to: counts, grouping: {type: FIELDS, args: [word]}}
  - {from: counts, to: wall, grouping: {type: GLOBAL}}
`;

// A sink that takes 800 rows a second, behind a source without a limit; names that are hostile.
const hostile = '<img src=x onerror=alert(1)>';
const slow = `name: slow
spouts:
  - id: words
    className: words
    properties: {words: [alpha, "${hostile}"], order: cycle}
bolts:
  - {id: same, className: identity, parallelism: 2}
  - id: slow
    className: discard
    properties: {rate: 800}
streams:
  - {from: words, to: same, grouping: {type: SHUFFLE}}
  - {from: same, to: slow, grouping: {type: SHUFFLE}}
`;

let browser;
let run;
let url;
let folder;
let slowRun;

// The program with a topology and a board, once that is there.
async function start(name, text, ...options) {
  writeFileSync(join(folder, name), text);
  const child = spawn(program, ['run', join(folder, name), '--board', '127.0.0.1:0', ...options], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  for await (const line of createInterface({ input: child.stderr })) {
    const serving = /(?:Serving the board|The board is) at (\S+)/.exec(line);
    if (!serving || (options.includes('--keep-board') && !line.startsWith('Serving'))) continue;
    child.stderr.resume();
    return { child, url: serving[1] };
  }
  throw new Error('the board is not served');
}

async function stop(child) {
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGINT');
  return ended;
}

// A run that has ended and is still served: the numbers are exact. And one that goes on.
before(async () => {
  browser = await Browser.start();
  folder = mkdtempSync(join(tmpdir(), 'dnstorm-topology-'));
  ({ child: run, url } = await start('words.yaml', topology, '--keep-board'));
  slowRun = await start('slow.yaml', slow);
});
after(async () => {
  await browser.stop();
  assert.equal(await stop(run), 0);
  assert.equal(await stop(slowRun.child), 0);
  rmSync(folder, { recursive: true, force: true });
});

const textOf = (row) => row.$$eval('th, td', (cells) => cells.map((cell) => cell.textContent.replace(/\u202f/g, ' ')));

async function tableOf(page, name) {
  const section = page.getByRole('region', { name, exact: true });
  await section.locator('tbody tr').first().waitFor();
  const rows = [];
  for (const row of await section.locator('tbody tr').elementHandles()) rows.push(await textOf(row));
  return rows;
}

function clean(page, from = url) {
  assert.deepEqual(page.faults, []);
  assert.deepEqual(
    page.requests.filter((request) => !request.startsWith(from)),
    [],
  );
}

const box = (page, id) => page.locator(`.dag [data-component="${id}"]`);
const way = (page, from, to) => page.locator(`.dag .way[data-edge="${from} default ${to}"]`);
const line = (page, from, to) => page.locator(`.dag .run[data-edge="${from} default ${to}"]`);

test('shows every task and every edge with the numbers of the run', async () => {
  const page = await browser.page();
  await page.goto(url + '#topology');
  const tasks = await tableOf(page, 'Table of tasks');
  assert.deepEqual(
    tasks.map((row) => `${row[0]}/${row[1]}`),
    ['words/0', 'counts/0', 'counts/1', 'wall/0'],
  );
  assert.equal(tasks[0][4], '20 000', 'emitted');
  const number = (text) => Number(text.replaceAll(' ', ''));
  assert.equal(number(tasks[1][2]) + number(tasks[2][2]), limit, 'executed by both tasks');
  assert.ok(number(tasks[0][6]) > 0, 'roots acked');
  assert.equal(tasks[0][7], '0', 'roots failed');
  for (const row of tasks.slice(1, 3)) if (row[2] !== '0') assert.match(row[8], /^[\d.]+ (µs|ms|s)$/);
  const edges = await tableOf(page, 'Table of edges');
  assert.deepEqual(edges[0].slice(0, 4), ['words', 'counts', 'FIELDS (word)', '20 000']);
  assert.deepEqual(edges[1].slice(0, 4), ['counts', 'wall', 'GLOBAL', '3']);
  clean(page);
  await page.context().close();
});

test('is reached from the live page and leads back', async () => {
  const page = await browser.page();
  await page.goto(url);
  assert.equal(page.requests.filter((request) => request.includes('/api/topology')).length, 0);
  await page.getByRole('link', { name: 'Topology' }).click();
  await page.getByRole('region', { name: 'Tasks', exact: true }).waitFor();
  assert.equal(await page.locator('.cells').count(), 0);
  await page.getByRole('link', { name: 'Live' }).click();
  await page.getByRole('region', { name: 'counts' }).waitFor();
  assert.equal(await page.getByRole('region', { name: 'Tasks', exact: true }).count(), 0);
  clean(page);
  await page.context().close();
});

test('draws every component and every edge, readers to the right of what they read', async () => {
  const page = await browser.page();
  await page.goto(url + '#topology');
  await box(page, 'wall').waitFor();
  const ids = await page.$$eval('.dag .box', (boxes) => boxes.map((it) => it.dataset.component));
  assert.deepEqual(ids, ['words', 'counts', 'wall']);
  const keys = await page.$$eval('.dag .way', (ways) => ways.map((it) => it.dataset.edge));
  assert.deepEqual(keys.sort(), ['counts default wall', 'words default counts']);
  const left = async (id) => (await box(page, id).boundingBox()).x;
  assert.ok((await left('words')) < (await left('counts')) && (await left('counts')) < (await left('wall')));
  assert.match(
    await box(page, 'counts').getAttribute('aria-description'),
    /^counts, bolt, 2 tasks, busy .*, idle .* rows per second/,
  );
  assert.match(await way(page, 'words', 'counts').textContent(), /FIELDS word/);
  clean(page);
  await page.context().close();
});

test('a component that is chosen stands in the address, with its tasks and the lines that made it', async () => {
  const page = await browser.page();
  await page.goto(url + '#topology');
  await box(page, 'counts').click();
  await page.waitForURL(/#topology\?component=counts$/);
  const detail = page.getByRole('region', { name: 'Component counts' });
  await detail.locator('.source').first().waitFor();
  assert.equal(await detail.locator('tbody tr').count(), 2);
  assert.equal(
    await detail.locator('.source pre').first().textContent(),
    '  - id: counts\n    className: count\n    parallelism: 2\n    properties: {by: [word], window: 0s}\n',
  );
  assert.match(await detail.locator('figcaption').first().textContent(), /words\.yaml, line 8$/);
  assert.equal(await page.locator('.dag .dim').count(), 0, 'all is next to it');
  await box(page, 'wall').hover();
  assert.deepEqual(await page.$$eval('.dag .box.dim', (boxes) => boxes.map((it) => it.dataset.component)), ['words']);
  await page.goBack();
  await detail.waitFor({ state: 'detached' });
  // The address can be sent.
  const other = await browser.page();
  await other.goto(url + '#topology?component=wall');
  await other.getByRole('region', { name: 'Component wall' }).waitFor();
  clean(page);
  clean(other);
  await page.context().close();
  await other.context().close();
});

test('a slow sink is named as the cause, and what waits for it shows it', async () => {
  const page = await browser.page();
  await page.goto(slowRun.url + '#topology');
  await page.locator('.stalled', { hasText: 'the cause is slow' }).waitFor();
  assert.match(await page.locator('.stalled').textContent(), /^words has been held up for/);
  await page.locator('.dag .box.cause[data-component="slow"]').waitFor();
  assert.match(await box(page, 'slow').textContent(), /holds up the others/);
  for (const [from, to] of [
    ['words', 'same'],
    ['same', 'slow'],
  ])
    await line(page, from, to).locator('.hatched').waitFor({ state: 'attached' });
  assert.match(await way(page, 'same', 'slow').getAttribute('aria-description'), /blocked \d/);
  assert.equal(await box(page, 'slow').locator('.hatched').count(), 0);
  await page.getByRole('button', { name: 'By worker' }).click();
  await page.getByRole('region', { name: 'This process' }).getByRole('button', { name: /same/ }).waitFor();
  clean(page, slowRun.url);
  await page.context().close();
});

test('a tap shows rows of an edge as text, until it is stopped', async () => {
  const page = await browser.page();
  await page.goto(slowRun.url + '#topology');
  await way(page, 'words', 'same').click();
  const detail = page.getByRole('region', { name: 'Edge words:default->same' });
  await detail.getByRole('button', { name: 'Tap' }).click();
  const tapped = detail.getByRole('region', { name: 'Rows of the tap' });
  await tapped.locator('tbody tr', { hasText: hostile }).first().waitFor();
  assert.equal(await page.locator('img').count(), 0);
  await detail.getByRole('button', { name: 'Stop' }).click();
  await detail.getByRole('button', { name: 'Tap' }).waitFor();
  // A filter that is none is told in a sentence.
  await detail.getByLabel('only rows with').fill('nothing == 1');
  await detail.getByRole('button', { name: 'Tap' }).click();
  await detail.getByRole('alert').filter({ hasText: 'nothing' }).waitFor();
  assert.deepEqual(
    page.faults.filter((fault) => !/400/.test(fault)),
    [],
  );
  await page.context().close();
});

test('a file is drawn before it is submitted, and its problems have a place', async () => {
  const page = await browser.page();
  await page.goto(url + '#topology');
  const card = page.getByRole('region', { name: 'Draw a file' });
  await card
    .getByLabel('Topology file')
    .setInputFiles({ name: 'other.yaml', mimeType: 'text/yaml', buffer: Buffer.from(slow) });
  await page.getByText('The plan of other.yaml: 3 components, 4 tasks. Nothing of it runs.').waitFor();
  assert.deepEqual(await page.$$eval('.dag .box', (boxes) => boxes.map((it) => it.dataset.component)), [
    'words',
    'same',
    'slow',
  ]);
  await page.getByRole('button', { name: 'Back to what runs' }).click();
  await box(page, 'counts').waitFor();
  await card.getByLabel('Text of the topology').fill(slow.replace('className: identity', 'className: identy'));
  await card.getByRole('button', { name: 'Draw' }).click();
  const problem = card.getByRole('list', { name: 'Problems of the file' }).locator('li');
  await problem.first().waitFor();
  assert.equal(await problem.count(), 1);
  assert.match(await problem.textContent(), /^line 7, column \d+: .*identy.*identity/s);
  await box(page, 'counts').waitFor();
  clean(page);
  await page.context().close();
});

test('explaining wants the header that marks it as meant', async () => {
  const answer = await fetch(url + 'api/data/explain', { method: 'POST', body: slow });
  assert.equal(answer.status, 403);
  const source = await fetch(url + 'api/data/source?component=counts');
  assert.equal(source.status, 403);
});

test('works by the keyboard alone', async () => {
  const page = await browser.page();
  await page.goto(url + '#topology');
  await box(page, 'words').waitFor();
  const active = () =>
    page.evaluate(() => document.activeElement.dataset.component ?? document.activeElement.dataset.edge ?? '');
  const seen = [];
  for (let i = 0; i < 40 && !seen.includes('wall'); i++) {
    await page.keyboard.press('Tab');
    const at = await active();
    if (at) seen.push(at);
  }
  assert.deepEqual(seen, ['words', 'words default counts', 'counts', 'counts default wall', 'wall']);
  await page.keyboard.press('Enter');
  await page.getByRole('region', { name: 'Component wall' }).waitFor();
  await page.keyboard.press('Space');
  await page.getByRole('region', { name: 'Component wall' }).waitFor({ state: 'detached' });
  clean(page);
  await page.context().close();
});

test('dnstorm top says the same as the page', async () => {
  const answer = await (await fetch(url + 'api/topology')).json();
  const said = await new Promise((resolve) => {
    const top = spawn(program, ['top', new URL(url).host, '--json'], { stdio: ['ignore', 'pipe', 'inherit'] });
    let text = '';
    top.stdout.on('data', (piece) => (text += piece));
    top.once('exit', () => resolve(JSON.parse(text)));
  });
  assert.deepEqual(
    said.components.map((it) => it.component),
    answer.components.map((it) => it.id),
  );
  const tasks = answer.components.flatMap((it) =>
    it.tasks.map((task) => [it.id, task.task, task.executed, task.emitted, task.busy, task.blocked]),
  );
  assert.deepEqual(
    said.tasks.map((it) => [it.component, it.task, it.executed, it.emitted, it.busy, it.blocked]),
    tasks,
  );
  assert.deepEqual(
    said.edges.map((it) => [it.from, it.stream, it.to, it.rows, it.rows_per_s, it.blocked]),
    answer.edges.map((it) => [it.from, it.stream, it.to, it.rows, it.rows_per_s, it.blocked]),
  );
  const honesty = await (await fetch(url + 'api/honesty')).json();
  assert.equal(said.honesty.captured, honesty.captured);
});

for (const colorScheme of ['light', 'dark'])
  test(`axe-core finds nothing serious, ${colorScheme}`, async () => {
    const page = await browser.page({ colorScheme });
    await page.goto(slowRun.url + '#topology?component=same');
    await page.locator('.stalled').waitFor();
    await page.locator('.source').first().waitFor();
    await isAccessible(page);
    await takePicture(page, `topology-${colorScheme}`);
    clean(page, slowRun.url);
    await page.context().close();
  });
