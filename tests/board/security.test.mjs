// The page Security in a real Chromium against the real program: events of a generated attack, of
// captures that come while it runs, and of names that are made to break pages.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { Browser, isAccessible, takePicture } from './harness.mjs';
import { attack, capture, countPackets, quiet } from './packets.mjs';

const program = process.env.DNSTORM;
const source = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const bidi = Buffer.from('\u202egpj.exe');
const hostile = [
  ['<img src=x onerror=alert(1)>', 'example'],
  [Buffer.concat([Buffer.from([0, 1, 27, 10]), bidi]), 'example'],
  ['a#b c"d\'e`f&lt;', 'example'],
  ['a'.repeat(63), 'b'.repeat(63), 'c'.repeat(63), 'd'.repeat(48), 'example'],
];

const detector = (settings) => `name: words
spouts:
  - {id: packets, className: pcap, properties: {${settings.packets}}}
bolts:
  - {id: dns, className: decode}
  - id: water
    className: random_subdomain
    properties: {distinct: ${settings.distinct}, admit: 1, keys_max: 100000${settings.more ?? ''}}
  - id: events
    className: events
    properties: {opened_max: 0, mute_file: mutes.txt, reload: 10ms}
  - {id: page, className: board, properties: {view: events}}
streams:
  - {from: packets, to: dns, grouping: {type: GLOBAL}}
  - {from: dns, to: water, grouping: {type: GLOBAL, streamId: responses}}
  - {from: water, to: events, grouping: {type: GLOBAL}}
  - {from: events, to: page, grouping: {type: GLOBAL}}
`;

let browser;
let folder;
let runs = [];

// A run in a folder of its own; `until`: the line that says that the board is served.
async function start(name, topology, until, ...options) {
  const cwd = join(folder, name);
  mkdirSync(cwd, { recursive: true });
  if (topology.includes('\n')) {
    writeFileSync(join(cwd, 'run.yaml'), topology);
    topology = 'run.yaml';
  }
  const child = spawn(program, ['run', topology, ...options, '--board', '127.0.0.1:0', '--keep-board'], {
    cwd,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const run = { child, cwd, url: '', said: '' };
  runs.push(run);
  for await (const line of createInterface({ input: child.stderr })) {
    run.said += line + '\n';
    const found = until.exec(line);
    if (found) {
      run.url = found[1];
      break;
    }
  }
  assert.ok(run.url, `the board is served: ${run.said}`);
  child.stderr.resume();
  return run;
}
const ended = /Serving the board at (\S+)/;
const begun = /The board is at (\S+)/;

// --- what is there ---

let insight;
let truth;

before(async () => {
  browser = await Browser.start();
  folder = mkdtempSync(join(tmpdir(), 'dnstorm-security-'));
  const pcap = join(folder, 'attacked.pcap');
  const made = spawnSync(program, [
    'generate',
    '-o',
    pcap,
    '--duration',
    '4m',
    '--rate',
    '60',
    '--seed',
    '7',
    '--start',
    '2026-01-15T12:00:00Z',
    '--attack',
    'random_subdomain,at=60s,for=50s',
    '--attack',
    'tunnel,at=120s,for=40s',
  ]);
  assert.equal(made.status, 0, String(made.stderr));
  truth = JSON.parse(readFileSync(pcap + '.json')).attacks;
  insight = await start(
    'insight',
    join(source, 'configs/topologies/insight.yaml'),
    ended,
    '--set',
    `packets.file=${pcap}`,
  );
});
after(async () => {
  await browser.stop();
  for (const run of runs) {
    const gone = new Promise((resolve) => run.child.once('exit', resolve));
    run.child.kill('SIGINT');
    assert.equal(await gone, 0);
  }
  rmSync(folder, { recursive: true, force: true });
});

// The events that the sink json_lines has written, by id: the last row of each.
function written() {
  const events = new Map();
  const out = join(insight.cwd, 'build/insight');
  for (const name of readdirSync(out).sort())
    for (const line of readFileSync(join(out, name), 'utf8').split('\n'))
      if (line) {
        // The id has more digits than a number of JavaScript.
        const id = /"event\.id":(\d+)/.exec(line)[1];
        events.set(id, JSON.parse(line));
      }
  return events;
}

async function open(run, hash = '#security', options = {}) {
  const page = await browser.page(options);
  await page.goto(run.url + hash);
  await page.getByRole('region', { name: 'Events', exact: true }).waitFor();
  page.url_of_run = run.url;
  return page;
}

const plain = (text) => text.replace(/[\u202f\u00a0]/g, ' ');
async function rows(page) {
  const all = await page
    .locator('table.events > tbody > tr:not(.opened)')
    .evaluateAll((lines) => lines.map((line) => [...line.querySelectorAll('th, td')].map((cell) => cell.textContent)));
  return all.map((cells) => cells.map(plain));
}

async function close(page) {
  assert.deepEqual(page.faults, []);
  const off = page.requests.filter(
    (request) => !request.startsWith(page.url_of_run) && !request.startsWith(`blob:${page.url_of_run}`),
  );
  assert.deepEqual(off, []);
  await page.context().close();
}

// --- a run of insight.yaml ---

test('is what a run of insight.yaml begins with, and shows its events', async () => {
  const page = await open(insight, '');
  assert.match(page.url(), /#security$/);
  const expected = written();
  const shown = await rows(page);
  assert.equal(shown.length, expected.size);
  const [water] = shown.filter((cells) => cells[2] === 'random_subdomain');
  const of = [...expected.values()].find((event) => event['rule.name'] === 'random_subdomain');
  assert.equal(of['dnstorm.key'], truth[0].key);
  assert.match(water[0], /^2026-01-15 12:01:/);
  assert.equal(water[1], `▮▮▮▯ ${of['log.level']}`);
  assert.ok(water[3].endsWith(truth[0].key), water[3]);
  assert.equal(water[6], of['event.action'] === 'closed' ? 'closed' : 'open');
  assert.ok(shown.some((cells) => cells[2] === 'tunnel' && cells[3].includes(truth[1].key.split(' ')[0])));
  await close(page);
});

test('says why: numbers against limits, messages, advice, settings', async () => {
  const page = await open(insight, '#security?detector=random_subdomain');
  await page.getByRole('button', { name: /^Why/ }).click();
  const why = page.getByRole('region', { name: 'Why', exact: true });
  const numbers = why.getByRole('table', { name: 'Numbers' });
  await numbers.waitFor();
  const cells = await numbers
    .locator('tbody tr')
    .evaluateAll((lines) => lines.map((line) => [...line.querySelectorAll('th, td')].map((cell) => cell.textContent)));
  const [event] = [...written().values()].filter((one) => one['rule.name'] === 'random_subdomain');
  const evidence = JSON.parse(event['dnstorm.evidence']);
  const distinct = cells.find(([name]) => name === 'distinct');
  assert.equal(plain(distinct[1]).replaceAll(' ', ''), String(evidence.distinct));
  assert.equal(distinct[2], '500');
  assert.match(distinct[3], /this is what the score says/);
  // 300 names a second for ten seconds, estimated.
  assert.ok(Math.abs(evidence.distinct - 3000) < 300, String(evidence.distinct));
  assert.equal(await why.getByRole('list', { name: 'Messages' }).getByRole('listitem').count(), 3);
  assert.match(await why.textContent(), /Limit queries for names below this domain/);
  await why.getByText('How random_subdomain is set').click();
  assert.match(await why.getByRole('table', { name: 'Settings' }).textContent(), /distinct500/);
  await close(page);
});

test('gives the packets behind an event, all of them', async () => {
  const page = await open(insight, '#security?detector=random_subdomain');
  await page.getByRole('button', { name: /^Why/ }).click();
  const downloading = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Packets (pcap)' }).click();
  const download = await downloading;
  assert.match(download.suggestedFilename(), /^random_subdomain-\d+\.pcap$/);
  const path = join(folder, 'got.pcap');
  await download.saveAs(path);
  assert.equal(countPackets(readFileSync(path)), truth[0].packets);
  const said = page.getByRole('region', { name: 'Why', exact: true }).getByRole('status').first();
  assert.equal(plain(await said.textContent()).replaceAll(' ', ''), `${truth[0].packets}packets.`);
  await close(page);
});

test('keeps filters and the open event in the address', async () => {
  const page = await open(insight);
  await page.getByRole('combobox', { name: 'Detector' }).selectOption('tunnel');
  await page.waitForURL(/detector=tunnel/);
  await page.waitForFunction(
    () =>
      ![...document.querySelectorAll('table.events')].some((table) => table.textContent.includes('random_subdomain')),
  );
  await page
    .getByRole('button', { name: /^Why tunnel/ })
    .first()
    .click();
  await page.waitForURL(/open=\d+/);
  const address = page.url();
  await page.reload();
  await page.getByRole('region', { name: 'Why', exact: true }).waitFor();
  assert.equal(page.url(), address);
  await page.goBack();
  await page.getByRole('region', { name: 'Why', exact: true }).waitFor({ state: 'detached' });
  await page.getByLabel('Name or address').fill(truth[0].key);
  await page.getByText('No event is like that.').waitFor();
  await page.getByRole('combobox', { name: 'Detector' }).selectOption('');
  await page.locator('table.events').getByText('random_subdomain').first().waitFor();
  await page.getByRole('combobox', { name: 'Severity' }).selectOption('critical');
  await page.getByText('No event is like that.').waitFor();
  await close(page);
});

test('can be used by the keyboard alone', async () => {
  const page = await open(insight, '#security?detector=random_subdomain');
  const focused = () => page.evaluate(() => document.activeElement.textContent);
  for (let i = 0; i < 60 && !(await focused()).startsWith('Why'); ++i) await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.getByRole('region', { name: 'Why', exact: true }).waitFor();
  await page.getByRole('button', { name: 'Packets (pcap)' }).waitFor();
  for (let i = 0; i < 60 && (await focused()) !== 'Packets (pcap)'; ++i) await page.keyboard.press('Tab');
  const downloading = page.waitForEvent('download');
  await page.keyboard.press('Space');
  await downloading;
  await close(page);
});

for (const colorScheme of ['light', 'dark'])
  test(`axe-core finds nothing serious, ${colorScheme}`, async () => {
    const page = await open(insight, '#security', { colorScheme });
    await page.getByRole('button', { name: /^Why/ }).first().click();
    await page.getByRole('table', { name: 'Numbers' }).waitFor();
    await isAccessible(page);
    await takePicture(page, `security-${colorScheme}`);
    await close(page);
  });

// --- while it runs ---

// A capture is complete when it has its name.
function drop(run, name, responses) {
  const path = join(run.cwd, 'watched', name);
  writeFileSync(path + '.tmp', capture(responses));
  renameSync(path + '.tmp', path);
}

test('announces what is new, mutes until a time, and no longer', async () => {
  mkdirSync(join(folder, 'live', 'watched'), { recursive: true });
  const live = await start('live', detector({ packets: 'watch: watched', distinct: 50 }), begun);
  const now = Math.floor(Date.now() / 1000);
  const hour = 3600;
  const page = await open(live);
  await page.getByText('Nothing conspicuous has been found so far.').waitFor();
  drop(live, '1.pcap', attack(now - hour, ['first', 'example'], 100));
  await page.locator('table.events').getByText('first.example').first().waitFor();
  assert.equal((await rows(page)).length, 1);

  // The reader's list stays as it is until he wants the new one.
  drop(live, '2.pcap', attack(now - hour / 2, ['second', 'example'], 100));
  const news = page.getByRole('button', { name: '1 new' });
  await news.waitFor();
  assert.equal((await rows(page)).length, 1);
  await news.click();
  await page.locator('table.events').getByText('second.example').first().waitFor();
  assert.deepEqual(
    (await rows(page)).map((cells) => cells[3]),
    ['domain second.example', 'domain first.example'],
  );

  await page.getByRole('button', { name: 'Why random_subdomain first.example' }).click();
  const form = page.getByRole('form', { name: 'Mute' });
  await form.getByLabel('by', { exact: true }).fill('anna');
  await form.getByLabel('because', { exact: true }).fill('a <b>test</b> # of ours');
  await form.getByRole('button', { name: 'Mute' }).click();
  await form.getByText('Muted.').waitFor();
  const mutes = page.getByRole('region', { name: 'Table of mutes' });
  await mutes.getByText('from the board by anna', { exact: false }).waitFor();
  assert.match(await mutes.textContent(), /first\.example.*: a <b>test<\/b> # of ours/);
  await page.waitForFunction(() => document.querySelector('table.events').textContent.includes('muted until'));
  assert.match(
    readFileSync(join(live.cwd, 'mutes.txt'), 'utf8'),
    /^\S+Z random_subdomain first\.example {2}# from the board by anna/,
  );

  // Muted: the third attack is that of the other domain. Its news come last, so nothing else is to come.
  drop(live, '3.pcap', [
    ...attack(now + 10, ['first', 'example'], 100),
    ...attack(now + 600, ['third', 'example'], 100),
  ]);
  await page.getByRole('button', { name: '1 new' }).click();
  await page.locator('table.events').getByText('third.example').first().waitFor();
  assert.equal((await rows(page)).length, 3);
  // The mute has ended.
  drop(live, '4.pcap', attack(now + 2 * hour, ['first', 'example'], 100));
  await page.getByRole('button', { name: '1 new' }).click();
  await page.waitForFunction(() => document.querySelectorAll('table.events > tbody > tr:not(.opened)').length === 4);
  assert.equal((await rows(page))[0][3], 'domain first.example');

  await mutes.getByRole('button', { name: /^Unmute/ }).click();
  await page.getByText('Nothing is muted.').waitFor();
  assert.equal(readFileSync(join(live.cwd, 'mutes.txt'), 'utf8'), '');
  assert.match(await page.getByRole('region', { name: 'Why', exact: true }).textContent(), /No packets are kept/);
  await close(page);
});

// --- names that are made to break pages ---

test('shows hostile names as text', async () => {
  mkdirSync(join(folder, 'hostile'), { recursive: true });
  const t = 1768478400;
  const responses = hostile.flatMap((domain, i) =>
    Array.from({ length: 60 }, (_, n) => ({ t: t + i + n / 100, labels: [`n${n}x`, ...domain] })),
  );
  writeFileSync(join(folder, 'hostile', 'names.pcap'), capture([...responses, quiet(t + 20), quiet(t + 300)]));
  const run = await start('hostile', detector({ packets: 'file: names.pcap', distinct: 50 }), ended);
  const page = await open(run);
  const shown = await rows(page);
  assert.equal(shown.length, hostile.length);
  const abouts = shown.map((cells) => cells[3]);
  assert.ok(
    abouts.some((text) => text.includes('<img')),
    abouts.join('\n'),
  );
  assert.ok(abouts.some((text) => text.includes('d'.repeat(48))));
  for (const text of abouts) assert.doesNotMatch(text, /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
  for (const button of await page.getByRole('button', { name: /^Why/ }).all()) {
    await button.click();
    await page.getByRole('list', { name: 'Messages' }).waitFor();
    assert.doesNotMatch(await page.locator('main').textContent(), /[\u0000-\u0008\u000b-\u001f\u202a-\u202e]/);
    await button.click();
  }
  assert.equal(await page.locator('main img').count(), 0);
  assert.equal(
    await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth),
    true,
    'nothing sticks out',
  );
  await close(page);
});

test('ten thousand events are pages of a hundred', async () => {
  const many = 10_050;
  mkdirSync(join(folder, 'many'), { recursive: true });
  const t = 1768478400;
  const responses = Array.from({ length: many }, (_, i) => ({
    t: t + (9 * i) / many,
    labels: ['first', `d${i}x`, 'example'],
  }));
  writeFileSync(join(folder, 'many', 'names.pcap'), capture([...responses, quiet(t + 20), quiet(t + 300)]));
  const run = await start('many', detector({ packets: 'file: names.pcap', distinct: 1, more: ', share: 0' }), ended);
  const page = await open(run);
  const events = page.getByRole('region', { name: 'Events', exact: true });
  await events
    .getByText('of 10 000', { exact: false })
    .or(events.getByText('of 10\u202f000', { exact: false }))
    .first()
    .waitFor();
  assert.match(plain(await events.textContent()), /1–100 of 10 000; 50 older ones are not remembered/);
  assert.equal((await rows(page)).length, 100);
  const first = (await rows(page))[0][3];
  await page.getByRole('button', { name: 'Older' }).click();
  await page.waitForFunction(() => document.body.textContent.includes('101–200'));
  assert.notEqual((await rows(page))[0][3], first);
  await page.goBack();
  await page.waitForFunction(() => document.body.textContent.includes('1–100'));
  assert.equal((await rows(page))[0][3], first);
  await close(page);
});
