// The Capacity page in a real Chromium, against the real program over a store of four weeks with a known rhythm: what
// it shows are the numbers of `dnstorm advise`.
import assert from 'node:assert/strict';
import { execFileSync, execSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';

import { Browser, isAccessible, takePicture } from './harness.mjs';

const program = process.env.DNSTORM;
const hostile = `<img src=x onerror=alert(1)>'"&\u202egnp.exe\u0007 ${'x'.repeat(200)}`;
const shownHostile = (text) => text.includes("<img src=x onerror=alert(1)>'") && text.includes('\\u{202e}');

// A day like a wave, weekends lower, and one hole: Tuesdays from three to five.
const rhythm = Array.from({ length: 168 }, (_, slot) => {
  if (slot >= 27 && slot <= 29) return 0.05; // between two values the rate goes in a line
  const wave = 1 - 0.6 * Math.cos((2 * Math.PI * ((slot % 24) - 3)) / 24);
  return (slot < 120 ? wave : 0.8 * wave).toFixed(3);
});

const topology = (folder, server) => `name: capacity
config: {topology.capacity.limits: [0.6]}
spouts:
  - {id: packets, className: pcap, properties: {file: ${folder}/weeks.pcap}}
bolts:
  - {id: dns, className: decode, properties: {depth: question}}
  - {id: pairs, className: match}
  - {id: minutes, className: count, properties: {window: 60s}}
  - {id: times, className: quantiles, properties: {of: latency_us, quantiles: [0.5, 0.99], window: 60s}}
  - {id: store, className: store, properties: {file: ${folder}/weeks.sqlite, retention: 400d, tags: [${JSON.stringify(`server=${server}`)}]}}
streams:
  - {from: packets, to: dns, grouping: {type: FIELDS, args: [hosts]}}
  - {from: dns, to: pairs, grouping: {type: FIELDS, args: [txn]}}
  - {from: dns, to: minutes, grouping: {type: GLOBAL, streamId: queries}}
  - {from: pairs, to: times, grouping: {type: GLOBAL}}
  - {from: minutes, to: store, grouping: {type: GLOBAL}}
  - {from: times, to: store, grouping: {type: GLOBAL}}
`;

let browser;
let folder;
let run;
let url;

async function serve(file) {
  const child = spawn(program, ['run', file, '--board', '127.0.0.1:0', '--keep-board'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  for await (const line of createInterface({ input: child.stderr })) {
    const serving = /Serving the board at (\S+)/.exec(line);
    if (serving) return { child, url: serving[1] };
  }
  throw new Error('the board is not served');
}

async function end(child) {
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGINT');
  assert.equal(await ended, 0);
}

// The same traffic twice: for a server with an ordinary name and one with a name that wants to be more.
before(async () => {
  browser = await Browser.start();
  folder = mkdtempSync(join(tmpdir(), 'dnstorm-capacity-'));
  execFileSync(program, [
    'generate',
    '-o',
    join(folder, 'weeks.pcap'),
    '--no-names',
    '--start',
    '2026-10-05',
    '--duration',
    '28d',
    '--rate',
    '0.2',
    '--rhythm',
    rhythm.join(','),
    '--seed',
    '3',
  ]);
  writeFileSync(join(folder, 'ns1.yaml'), topology(folder, 'ns1'));
  writeFileSync(join(folder, 'hostile.yaml'), topology(folder, hostile));
  execFileSync(program, ['run', join(folder, 'ns1.yaml'), '-q']);
  ({ child: run, url } = await serve(join(folder, 'hostile.yaml')));
});
after(async () => {
  await browser.stop();
  if (run) await end(run);
  rmSync(folder, { recursive: true, force: true });
});

function clean(page) {
  assert.deepEqual(page.faults, []);
  assert.deepEqual(
    page.requests.filter((request) => !request.startsWith(url)),
    [],
  );
}

const tidy = (text) => text.replace(/\u202f/g, '').trim();
const number = (text) => Number(tidy(text).replace('\u2212', '-'));

async function open(hash = '', options = {}) {
  const page = await browser.page(options);
  await page.goto(url + '#capacity' + hash);
  await page.locator('.heat [data-slot="0"]').waitFor();
  return page;
}

async function rowsOf(page, name) {
  const region = page.getByRole('region', { name, exact: true });
  await region.locator('tbody tr').first().waitFor();
  return region
    .locator('tbody tr')
    .evaluateAll((rows) => rows.map((row) => [...row.querySelectorAll('th, td')].map((cell) => cell.textContent)));
}

// What the command under the numbers says, run by a shell as a person would.
async function advice(page) {
  const command = await page.locator('.command code').textContent();
  assert.match(command, /^dnstorm advise .*--json$/);
  return JSON.parse(
    execSync(command.replace(/^dnstorm/, `'${program}'`), { maxBuffer: 1e8, shell: '/bin/bash' }).toString(),
  );
}

const near = (text, value, what) =>
  assert.ok(Math.abs(number(text) - value) <= 0.00501, `${what}: ${text}, not ${value}`);

async function checkNumbers(page, server) {
  const told = await advice(page);
  const windows = told.windows.find((one) => one.server === server).windows;
  const rows = await rowsOf(page, 'Table of windows');
  assert.equal(rows.length, windows.length);
  windows.forEach((window, i) => {
    assert.equal(rows[i][1], window.begins);
    assert.equal(rows[i][2].replace(' ', 'T'), window.starts[0].slice(0, 16));
    near(rows[i][3], window.expected, 'expected');
    near(rows[i][4], window.worst, 'worst');
    assert.equal(rows[i][6], `${window.weeks_quiet} of ${window.weeks_known} weeks`);
  });
  const headroom = await rowsOf(page, 'Table of servers');
  told.servers.forEach((one, i) => {
    near(headroom[i][2], one.p99, 'p99');
    near(headroom[i][4], one.limit, 'limit');
  });
  const week = told.servers.find((one) => one.server === server).week;
  const labels = await page.locator('.heat td').evaluateAll((cells) => cells.map((cell) => cell.lastChild.textContent));
  assert.equal(labels.length, 168);
  week.forEach(([expected], slot) =>
    near(/: (\S+) queries a second expected/.exec(labels[slot])[1], expected, labels[slot]),
  );
  return told;
}

test('shows the numbers of dnstorm advise, and the known quiet window first', async () => {
  const page = await open();
  const told = await checkNumbers(page, '');
  assert.equal(told.windows[0].windows[0].begins, 'Tue 03:00');
  assert.deepEqual(
    await page.locator('.heat [data-rank="1"]').evaluateAll((cells) => cells.map((cell) => cell.dataset.slot)),
    ['27', '28'],
  );
  assert.equal(await page.locator('.capacity-page > .notes').count(), 0, 'nothing is wanting after four weeks');
  clean(page);
  await page.context().close();
});

test('shows one server, other lengths and other limits by hand, and keeps the choice in the address', async () => {
  const page = await open();
  await page.getByLabel('Server', { exact: true }).selectOption('ns1');
  await page.getByLabel('Window', { exact: true }).selectOption('4h');
  await page.getByLabel('Limit, /s', { exact: true }).fill('0.4');
  await page.getByLabel('Limit, /s', { exact: true }).press('Enter');
  await page.getByRole('region', { name: 'Best windows' }).getByText('ns1;').waitFor();
  await page.locator('.command code').filter({ hasText: '--window 4h' }).filter({ hasText: 'ns1=0.4' }).waitFor();
  await checkNumbers(page, 'ns1');
  assert.match(page.url(), /#capacity\?server=ns1&window=4h&limit=0\.4$/);
  const before = await rowsOf(page, 'Table of windows');
  await page.reload();
  await page.locator('.command code').filter({ hasText: 'ns1=0.4' }).waitFor();
  assert.deepEqual(await rowsOf(page, 'Table of windows'), before);
  assert.equal(await page.getByLabel('Server', { exact: true }).inputValue(), 'ns1');
  clean(page);
  await page.context().close();
});

test('a drained server moves its load to the other', async () => {
  const page = await open('?server=ns1');
  const level = async () => number(/: (\S+) queries/.exec(await page.locator('[data-slot="40"]').textContent())[1]);
  const alone = await level();
  await page.getByLabel('What if drained', { exact: true }).selectOption(hostile);
  const [row, ...more] = await rowsOf(page, 'Table of what if');
  assert.deepEqual(more, []);
  assert.equal(row[0], 'ns1');
  // Both had the same traffic: the one that is left has twice as much, hour by hour. Its busiest minutes have a little
  // less than that: those of two servers do not come at once.
  const both = await level();
  assert.ok(Math.abs(both / alone - 2) < 0.1, `${both} of ${alone}`);
  assert.ok(number(row[2]) > 1.5 * number(row[1]), `${row[2]} of ${row[1]}`);
  assert.match(row[3], /^! /, 'it passes its limit, in a sign and not in a colour');
  const told = await advice(page);
  near(row[2], told.away.find((one) => one.server === 'ns1').p99, 'what ns1 carries');
  clean(page);
  await page.context().close();
});

test('shows what was seen, and response times', async () => {
  const page = await open();
  const hour = page.locator('[data-slot="40"]');
  await page.getByLabel('Measure', { exact: true }).selectOption('response');
  await hour.filter({ hasText: 'seen, the slowest minute' }).waitFor();
  assert.match(await hour.textContent(), /^[\d.]+ (µs|ms|s)Tue 16:00: /);
  await page.getByLabel('Measure', { exact: true }).selectOption('load');
  await page.getByLabel('of', { exact: true }).selectOption('seen');
  await hour.filter({ hasText: 'in 4 weeks' }).waitFor();
  await page.getByLabel('weeks', { exact: true }).selectOption('2');
  await hour.filter({ hasText: 'in 2 weeks' }).waitFor();
  await page.getByLabel('Measure', { exact: true }).selectOption('share');
  await hour.filter({ hasText: '% of the limit' }).waitFor();
  clean(page);
  await page.context().close();
});

test('gives the best window as a calendar, the one of dnstorm advise', async () => {
  const page = await open('?server=ns1');
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'Calendar of the best' }).click(),
  ]);
  assert.equal(download.suggestedFilename(), 'capacity.ics');
  const file = join(folder, 'page.ics');
  await download.saveAs(file);
  const events = (text) => text.match(/BEGIN:VEVENT[^]*?END:VEVENT/g);
  const own = events(execFileSync('cat', [file]).toString());
  const all = events(
    execFileSync(program, ['advise', join(folder, 'weeks.sqlite'), '--limit', '0.6', '--ics', '-']).toString(),
  );
  assert.equal(own.length, 4);
  for (const event of own) assert.ok(all.includes(event), event);
  await page.context().close();
});

test('can be used by keys alone', async () => {
  const page = await open();
  await page.locator('.heat [data-slot="0"]').focus();
  await page.keyboard.press('ArrowDown');
  for (let i = 0; i < 3; ++i) await page.keyboard.press('ArrowRight');
  assert.equal(await page.evaluate(() => document.activeElement.dataset.slot), '27');
  assert.match(await page.locator('.heat-line').textContent(), /^Tue 03:00: .*best window 1$/);
  assert.equal(await page.locator('.heat [tabindex="0"]').count(), 1, 'one stop for Tab');
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Calendar of the best');
  await page.getByRole('button', { name: 'Table' }).focus();
  await page.keyboard.press('Enter');
  assert.ok((await rowsOf(page, 'Table of the forecast')).length >= 4 + 26);
  clean(page);
  await page.context().close();
});

test('a name is never more than text', async () => {
  const page = await open('?server=' + encodeURIComponent(hostile));
  await page.getByRole('region', { name: 'Best windows' }).waitFor();
  assert.ok(shownHostile(await page.getByRole('region', { name: 'Headroom' }).textContent()));
  assert.equal(await page.locator('main img').count(), 0);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(wide <= 0, `the page is ${wide} pixels too wide`);
  await checkNumbers(page, hostile);
  clean(page);
  await page.context().close();
});

test('a wrong address gets one sentence', async () => {
  const page = await browser.page();
  await page.goto(url + '#capacity?server=nobody');
  await page.getByRole('alert').filter({ hasText: "nothing is known of 'nobody'" }).waitFor();
  await page.getByLabel('Window', { exact: true }).waitFor();
  // The answer 400 is told by the browser, too.
  assert.deepEqual(
    page.faults.filter((fault) => !fault.includes('400')),
    [],
  );
  await page.context().close();
});

test('is not offered by a topology that keeps no counts', async () => {
  const file = join(folder, 'none.yaml');
  writeFileSync(
    file,
    'name: none\nspouts: [{id: words, className: words, properties: {limit: 10}}]\n' +
      'bolts: [{id: out, className: board, properties: {view: table}}, {id: counts, className: count}]\n' +
      'streams:\n  - {from: words, to: counts, grouping: {type: GLOBAL}}\n  - {from: counts, to: out, grouping: {type: GLOBAL}}\n',
  );
  const other = await serve(file);
  const page = await browser.page();
  const asked = page.waitForResponse((response) => response.url().endsWith('/api/data'));
  await page.goto(other.url);
  await asked;
  await page.getByRole('link', { name: 'Topology' }).waitFor();
  assert.equal(await page.getByRole('link', { name: 'Capacity' }).count(), 0);
  await page.context().close();
  await end(other.child);
});

for (const colorScheme of ['light', 'dark'])
  test(`axe-core finds nothing serious, ${colorScheme}`, async () => {
    const page = await open('?drain=ns1&server=' + encodeURIComponent(hostile), { colorScheme });
    await rowsOf(page, 'Table of what if');
    await isAccessible(page);
    if (process.env.DNSTORM_PICTURES) await page.goto(page.url().replace(/#.*/, '#capacity?server=ns1'));
    await rowsOf(page, 'Table of windows');
    await takePicture(page, `capacity-${colorScheme}`);
    clean(page);
    await page.context().close();
  });
