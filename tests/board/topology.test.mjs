// The Topology page in a real Chromium against the real program.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';

import axe from 'axe-core';

import { Browser } from './harness.mjs';

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

let browser;
let run;
let url;
let folder;

// A run that has ended and is still served: the numbers are exact.
before(async () => {
  browser = await Browser.start();
  folder = mkdtempSync(join(tmpdir(), 'dnstorm-topology-'));
  writeFileSync(join(folder, 'words.yaml'), topology);
  run = spawn(program, ['run', join(folder, 'words.yaml'), '--board', '127.0.0.1:0', '--keep-board'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  for await (const line of createInterface({ input: run.stderr })) {
    const serving = /Serving the board at (\S+)/.exec(line);
    if (!serving) continue;
    url = serving[1];
    break;
  }
  assert.ok(url, 'the board is served');
});
after(async () => {
  await browser.stop();
  const ended = new Promise((resolve) => run.once('exit', resolve));
  run.kill('SIGINT');
  assert.equal(await ended, 0);
  rmSync(folder, { recursive: true, force: true });
});

const textOf = (row) =>
  row.$$eval('th, td', (cells) => cells.map((cell) => cell.textContent.replace(/\u202f/g, ' ')));

async function tableOf(page, name) {
  const section = page.getByRole('region', { name, exact: true });
  await section.locator('tbody tr').first().waitFor();
  const rows = [];
  for (const row of await section.locator('tbody tr').elementHandles()) rows.push(await textOf(row));
  return rows;
}

function clean(page) {
  assert.deepEqual(page.faults, []);
  assert.deepEqual(page.requests.filter((request) => !request.startsWith(url)), []);
}

test('shows every task and every edge with the numbers of the run', async () => {
  const page = await browser.page();
  await page.goto(url + '#topology');
  const tasks = await tableOf(page, 'Table of tasks');
  assert.deepEqual(tasks.map((row) => `${row[0]}/${row[1]}`), ['words/0', 'counts/0', 'counts/1', 'wall/0']);
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

for (const colorScheme of ['light', 'dark'])
  test(`axe-core finds nothing serious, ${colorScheme}`, async () => {
    const page = await browser.page({ colorScheme });
    await page.goto(url + '#topology');
    await tableOf(page, 'Table of edges');
    await page.evaluate(axe.source);
    const { violations } = await page.evaluate(() => window.axe.run());
    const serious = violations
      .filter((violation) => ['serious', 'critical'].includes(violation.impact))
      .map((violation) => `${violation.id}: ${violation.nodes.map((node) => node.html).join(' | ')}`);
    assert.deepEqual(serious, []);
    clean(page);
    await page.context().close();
  });
