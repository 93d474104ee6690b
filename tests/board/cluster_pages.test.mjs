// The pages Traffic, Security and Capacity of a cluster in a real Chromium: what a coordinator and three nodes show of
// a topology is what `dnstorm run` shows of the same file over the same captures, and what is known of these.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { Browser, Run } from './harness.mjs';
import { Lab, until } from './lab.mjs';

const program = process.env.DNSTORM;
const topologies = join(import.meta.dirname, '../../configs/topologies');
const start = '2026-11-21T19:00:00Z';

let browser;
let lab;
const truth = {};
const runs = [];

const generate = (file, ...args) => {
  execFileSync(program, ['generate', '-o', lab.path(file), '--start', start, ...args], { stdio: 'ignore' });
  return JSON.parse(readFileSync(lab.path(file) + '.json', 'utf8'));
};

before(async () => {
  browser = await Browser.start();
  lab = await Lab.start(['n1', 'n2', 'n3'], { n1: ['capture'], n2: ['capture'], n3: ['centre'] });
  const attack = ['--attack', 'random_subdomain,at=60s,for=50s'];
  truth.attacked = generate('attacked.pcap', '--duration', '4m', '--rate', '60', '--seed', '7', ...attack);
  truth.a = generate('a.pcap', '--duration', '4m', '--rate', '60', '--seed', '7', '--clients', '40');
  truth.b = generate('b.pcap', '--duration', '4m', '--rate', '30', '--seed', '8', '--clients', '10');
  // Two weeks with nights.
  const day = Array.from({ length: 24 }, (_, hour) => (1 - 0.6 * Math.cos((2 * Math.PI * (hour - 3)) / 24)).toFixed(3));
  generate('weeks.pcap', '--no-names', '--duration', '14d', '--rate', '0.2', '--rhythm', day.join(','), '--seed', '3');
});
after(async () => {
  for (const run of runs) await run.stop();
  await browser.stop();
  await lab.stop();
});

// The same file run by one process and by the cluster, each to its end: the addresses of both boards.
async function both(name, settings, ...options) {
  const file = join(topologies, `${name}.yaml`);
  const sets = (kind) => settings(kind).flatMap((setting) => ['--set', setting]);
  const run = await Run.start(program, [file, ...sets('run'), ...options], lab.folder);
  runs.push(run);
  await lab.submit(file, ...sets('cluster'));
  await lab.untilStatus(name, 'FINISHED');
  return { run: run.url, cluster: `${lab.url}/?topology=${name}` };
}

// What a board answers below /api/data.
async function data(board, path) {
  const url = new URL(`api/data/${path}`, board);
  for (const [key, value] of new URL(board).searchParams) url.searchParams.set(key, value);
  const answer = await fetch(url);
  return answer.ok ? answer.json() : null;
}

// A coordinator writes about once a second.
async function untilKept(boards, path = 'history/points?last=7776000000') {
  const wanted = JSON.stringify((await data(boards.run, path)).charts);
  await until('all is kept', async () => JSON.stringify((await data(boards.cluster, path))?.charts) === wanted);
}

// What `look` sees on the page of both; it must be the same.
async function sameOf(boards, hash, look) {
  const seen = {};
  for (const [kind, url] of Object.entries(boards)) {
    const page = await browser.page();
    await page.goto(url + hash);
    seen[kind] = await look(page);
    assert.deepEqual(page.faults, []);
    assert.deepEqual(
      page.requests.filter((request) => new URL(request).origin !== new URL(url).origin),
      [],
    );
    await page.context().close();
  }
  assert.deepEqual(seen.cluster, seen.run);
  return seen.cluster;
}

// Once the board knows the topology, which is a moment after it was submitted.
async function nodesOf(name) {
  let nodes;
  await until('the topology is on the board', async () => {
    const answer = await fetch(`${lab.url}/api/topology?topology=${name}`);
    if (!answer.ok) return false;
    const { components } = await answer.json();
    nodes = new Set(components.flatMap((component) => component.tasks.map((task) => task.node)));
    return !nodes.has('') && !nodes.has(undefined);
  });
  return nodes;
}

const plain = (text) => text.replace(/[\u202f\u00a0]/g, '');

// Each chart's sums, each top's names and numbers as they are written, and how far to trust them.
async function traffic(page) {
  const honest = page.getByRole('region', { name: 'How far these numbers can be trusted' });
  await honest.waitFor();
  const charts = {};
  for (const card of await page.locator('section.card.series').all()) {
    const name = await card.getAttribute('aria-label');
    await card.getByRole('button', { name: 'Table' }).click();
    const heads = await card.locator('thead tr:first-child th').allTextContents();
    const sums = await card.locator('thead tr.total td').allTextContents();
    const rows = await card.locator('tbody tr').count();
    charts[name] = { rows, sums: Object.fromEntries(heads.slice(1).map((head, i) => [head, plain(sums[i] ?? '')])) };
  }
  const tops = {};
  for (const list of await page.getByRole('region', { name: /^Top of / }).all())
    tops[await list.getAttribute('aria-label')] = await list
      .locator('tbody tr')
      .evaluateAll((rows) => rows.map((row) => [...row.querySelectorAll('th, td')].map((cell) => cell.textContent)));
  return { charts, tops, honest: (await honest.locator('dl > div').allTextContents()).map(plain) };
}

test('Traffic: series, response times, losses and tops of traffic.yaml are those of a run', async () => {
  const boards = await both('traffic', (kind) => [
    `packets.file=${lab.path('a.pcap')}`,
    `history.file=${lab.path(`traffic-${kind}.sqlite`)}`,
  ]);
  assert.ok((await nodesOf('traffic')).size >= 2);
  await untilKept(boards);
  for (const hash of ['#traffic', '#traffic?last=90d', '#traffic?from=2026-11-21T19:01:00Z&to=2026-11-21T19:02:00Z']) {
    const seen = await sameOf(boards, hash, traffic);
    if (hash.includes('from')) continue;
    const sums = (name) => seen.charts[name].sums;
    assert.deepEqual(sums('Queries and responses, rates'), {
      query: String(truth.a.queries),
      response: String(truth.a.responses),
    });
    assert.equal(sums('Where packets went, packet_classes').parsed, String(truth.a.accounting.parsed));
    assert.ok(Object.keys(seen.charts).some((name) => name.startsWith('Response times')));
    assert.ok(seen.honest.includes('gaps without a windownone'), seen.honest.join('; '));
    // A list with a place for every client is exact.
    const clients = seen.tops['Top of clients'].map((cells) => [cells[1], Number(plain(cells[2]))]);
    assert.deepEqual(clients, truth.a.top_clients.slice(0, clients.length));
  }
  for (const path of ['history/tops?limit=200', 'history/tops?last=7776000000'])
    assert.deepEqual(await data(boards.cluster, path), await data(boards.run, path), path);
  const { stores, ...catalogue } = await data(boards.cluster, 'history');
  assert.deepEqual({ stores: ['history'], ...catalogue }, await data(boards.run, 'history'));
  assert.deepEqual(stores, ['history', 'board'], 'what board sinks show is kept beside');
});

test('Traffic: tops that two sites have counted in parts are one', async () => {
  // Each site has its own capture, by the same name.
  copyFileSync(lab.path('a.pcap'), lab.path('n1/dns.pcap'));
  copyFileSync(lab.path('b.pcap'), lab.path('n2/dns.pcap'));
  const boards = await both(
    'anycast',
    (kind) => [
      `packets.file=${kind === 'run' ? `[${lab.path('a.pcap')}, ${lab.path('b.pcap')}]` : 'dns.pcap'}`,
      'packets.interface=',
      'packets.filter=',
      `store.file=${lab.path(`anycast-${kind}.sqlite`)}`,
    ],
    '--nodes',
    'capture=2',
  );
  assert.deepEqual([...(await nodesOf('anycast'))].sort(), ['n1', 'n2', 'n3']);
  await untilKept(boards);
  const seen = await sameOf(boards, '#traffic', traffic);
  const [name] = Object.keys(seen.charts).filter((chart) => chart.endsWith(', rates'));
  const all = Object.values(seen.charts[name].sums).reduce((sum, text) => sum + Number(text), 0);
  assert.equal(all, truth.a.messages + truth.b.messages);
  const counts = new Map();
  for (const { top_clients: clients } of [truth.a, truth.b])
    for (const [client, count] of clients) counts.set(client, (counts.get(client) ?? 0) + count);
  const [, client, count] = seen.tops['Top of clients'][0];
  assert.ok(Number(plain(count).replace('≥', '')) <= counts.get(client), `${client} ${count}`);
  assert.ok(Number(plain(count).replace('≥', '')) > 0.9 * counts.get(client), `${client} ${count}`);
});

test('Capacity: heat, windows, headroom and forecast of season.yaml are those of a run', async () => {
  const boards = await both('season', (kind) => [
    `packets.file=${lab.path('weeks.pcap')}`,
    `store.file=${lab.path(`season-${kind}.sqlite`)}`,
    `expected.save=${lab.path(`season-${kind}.season`)}`,
  ]);
  await untilKept(boards);
  const seen = await sameOf(boards, '#capacity', async (page) => {
    await page.locator('.heat [data-slot="0"]').waitFor();
    const tables = {};
    for (const name of ['Table of windows', 'Table of servers']) {
      const region = page.getByRole('region', { name, exact: true });
      await region.locator('tbody tr').first().waitFor();
      tables[name] = await region
        .locator('tbody tr')
        .evaluateAll((rows) => rows.map((row) => [...row.querySelectorAll('th, td')].map((cell) => cell.textContent)));
    }
    const heat = await page.locator('.heat td').evaluateAll((cells) => cells.map((cell) => cell.lastChild.textContent));
    return { heat, ...tables };
  });
  assert.equal(seen.heat.length, 168);
  // Night is the first window of all: from two to four.
  assert.match(seen['Table of windows'][0][1], / 0[1-4]:/);
  const { command } = await data(boards.cluster, 'capacity');
  assert.match(command, /boards\/minutes\/season\.store\.sqlite/);
});

test('Security: events of insight.yaml are those of a run, and the page says where their packets are', async () => {
  const boards = await both('insight', () => [`packets.file=${lab.path('attacked.pcap')}`]);
  const count = (await data(boards.run, 'events')).all;
  assert.ok(count > 0);
  await until('all events', async () => (await data(boards.cluster, 'events'))?.all === count);
  const seen = await sameOf(boards, '#security', async (page) => {
    await page.getByRole('region', { name: 'Events', exact: true }).waitFor();
    return page
      .locator('table.events > tbody > tr:not(.opened)')
      .evaluateAll((rows) => rows.map((row) => [...row.querySelectorAll('th, td')].map((cell) => cell.textContent)));
  });
  const water = seen.find((cells) => cells[2] === 'random_subdomain');
  assert.ok(water[3].endsWith(truth.attacked.attacks[0].key), water[3]);
  const page = await browser.page();
  await page.goto(boards.cluster + '#security?detector=random_subdomain');
  await page.getByRole('button', { name: /^Why/ }).click();
  const packets = page.getByRole('list', { name: 'Packets' });
  await packets.waitFor();
  assert.match(await packets.textContent(), /^Packets are on n[123], in .*attacked\.pcap$/);
  assert.deepEqual(page.faults, []);
  await page.context().close();
});
