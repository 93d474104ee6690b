// The board of what is stored: no run, the pages of its files, and a line that says so.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { Browser, Run, isAccessible } from './harness.mjs';
import { Looks } from './looks.mjs';

const program = process.env.DNSTORM;
const topologies = join(import.meta.dirname, '../../configs/topologies');

let browser;
let folder;

const run = (...args) => execFileSync(program, args, { cwd: folder, stdio: 'ignore' });
const attack = ['--attack', 'random_subdomain,at=60s,for=50s'];
// Captures with an attack, a day apart.
const attacked = (name, day) =>
  run(
    'generate',
    '-o',
    name,
    '--duration',
    '4m',
    '--rate',
    '60',
    '--seed',
    '7',
    '--start',
    `2026-01-0${day}T00:00:00Z`,
    ...attack,
  );

before(async () => {
  browser = await Browser.start();
  folder = mkdtempSync(join(tmpdir(), 'dnstorm-stored-'));
  attacked('a.pcap', 1);
  run('run', join(topologies, 'traffic.yaml'), '--set', 'packets.file=a.pcap', '--set', 'history.file=a.sqlite', '-q');
  run('run', join(topologies, 'insight.yaml'), '--set', 'packets.file=a.pcap', '-q');
});
after(async () => {
  await browser.stop();
  rmSync(folder, { recursive: true, force: true });
});

const stateOf = (file) =>
  createHash('sha256')
    .update(readFileSync(join(folder, file)))
    .digest('hex');
const serve = (...args) => Run.serve(program, ['board', ...args, '--listen', '127.0.0.1:0'], folder);

test('shows the traffic and the events of files, and that nothing runs', async () => {
  const before = [stateOf('a.sqlite'), stateOf('build/insight.db')];
  const looks = new Looks(browser, await serve('--store', 'a.sqlite', '--store', 'build/insight.db'));
  const page = await looks.open();
  await page.getByText('Nothing runs. No packet is counted now').waitFor();
  assert.match(page.url(), /#traffic$/);
  assert.equal(await page.getByRole('status').textContent(), '□nothing runs');
  const links = await page.getByRole('navigation', { name: 'Pages' }).getByRole('link').allTextContents();
  assert.deepEqual(links, ['Traffic', 'Security']);
  await page.getByRole('region', { name: 'How far these numbers can be trusted' }).waitFor();
  await isAccessible(page);
  await page.getByRole('link', { name: 'Security' }).click();
  await page.locator('table.events tbody tr', { hasText: 'random_subdomain' }).first().waitFor();
  await page.locator('table.events tbody tr', { hasText: 'random_subdomain' }).getByRole('button').first().click();
  await page.getByRole('table', { name: 'Numbers' }).waitFor();
  await isAccessible(page);
  looks.clean(page);
  await looks.end();
  assert.deepEqual([stateOf('a.sqlite'), stateOf('build/insight.db')], before, 'nothing was written');
});

test('shows what another process adds while it is looked at', async () => {
  const keep = (capture, day) => {
    attacked(capture, day);
    const files = [
      '--set',
      `packets.file=${capture}`,
      '--set',
      'history.file=followed.db',
      '--set',
      'out.folder=lines',
    ];
    run('run', join(topologies, 'insight.yaml'), ...files, '-q');
  };
  keep('first.pcap', 2);
  const looks = new Looks(browser, await serve('--store', 'followed.db'));
  const page = await looks.open({}, `${looks.demo.url}#security?detector=random_subdomain`);
  const rows = page.locator('table.events > tbody > tr');
  await rows.first().waitFor();
  assert.equal(await rows.count(), 1);
  keep('second.pcap', 3);
  await page.getByRole('button', { name: '1 new' }).click();
  await rows.nth(1).waitFor();
  assert.match(await rows.first().textContent(), /^2026-01-03 00:01:00/);
  looks.clean(page);
  await looks.end();
});

test('shows what a topology keeps without running it', async () => {
  const files = ['--set', 'history.file=a.sqlite'];
  const looks = new Looks(browser, await serve(join(topologies, 'traffic.yaml'), ...files));
  const offered = await (await fetch(looks.demo.url + 'api/data')).json();
  assert.ok(offered.data.includes('history'), JSON.stringify(offered));
  assert.equal(offered.first, 'traffic');
  const honesty = await (await fetch(looks.demo.url + 'api/honesty')).json();
  assert.equal(honesty.state, 'stored');
  assert.equal(honesty.captured, 0);
  await looks.end();
});

test('says what is missing', () => {
  const refused = (...args) => spawnSync(program, ['board', ...args], { cwd: folder, encoding: 'utf8' }).stderr;
  assert.match(refused(), /name a topology whose stores are to be shown, or --store FILE/);
  assert.match(refused('--store', 'none.sqlite'), /none\.sqlite: there is no such file/);
  assert.match(refused('--store', 'a.pcap'), /a\.pcap/);
});
