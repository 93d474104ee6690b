// The Cluster page and the board of a cluster in a real Chromium, against a coordinator and three
// nodes that are real processes.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { Browser, isAccessible, takePicture } from './harness.mjs';
import { Lab, until } from './lab.mjs';

const names = ['n1', 'n2', 'n3'];
const limit = 3000;

// Two topologies: one that has come to its end with known numbers, one that goes on for ever.
const topology = (name, words) => `name: ${name}
config: {topology.delivery: exactly-once}
spouts:
  - {id: words, className: words, place: {node: n1}, properties: {words: [alpha, beta, "<b>x</b>"], order: cycle${words}}}
bolts:
  - {id: counts, className: count, parallelism: 2, place: {apart: [counts]}, properties: {by: [word], window: 1s}}
  - {id: wall, className: board, place: {node: n3}, properties: {view: wall, panel: words}}
  - {id: table, className: board, place: {node: n3}, properties: {view: table, panel: last}}
streams:
  - {from: words, to: counts, grouping: {type: FIELDS, args: [word]}}
  - {from: counts, to: wall, grouping: {type: GLOBAL}}
  - {from: counts, to: table, grouping: {type: GLOBAL}}
`;

let browser;
let lab;
let url;

before(async () => {
  browser = await Browser.start();
  lab = await Lab.start(names);
  url = lab.url;
  await comesAliveWithItsFirstTopology();
  await lab.submitText('goes-on', topology('goes-on', ', rate: 200'));
  await lab.untilStatus('done', 'FINISHED');
  await lab.untilStatus('goes-on', 'ACTIVE');
});

after(async () => {
  await browser.stop();
  await lab.stop();
});

// Pages that are open when there is nothing yet: nobody reloads them.
async function comesAliveWithItsFirstTopology() {
  const pages = [await open('/'), await open('/#traffic'), await open('/#cluster')];
  for (const page of pages) await until('no topology', async () => /no topology/.test(await page.textContent('body')));
  await lab.submitText('done', topology('done', `, limit: ${limit}`));
  await pages[0].locator('.cell', { has: pages[0].getByText('alpha', { exact: true }) }).waitFor();
  await row(pages[2], 'Topologies', 'done').waitFor();
  for (const page of pages) {
    await until('its name', async () => (await page.getByLabel('Shown topology').inputValue()) === 'done');
    await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Topology' }).waitFor();
    // What is asked for Traffic is refused until there is something: the browser itself tells of it in the console.
    if (page === pages[1]) page.faults = page.faults.filter((fault) => !/404/.test(fault));
    clean(page);
    await page.context().close();
  }
}

function clean(page) {
  assert.deepEqual(page.faults, []);
  assert.deepEqual(
    page.requests.filter((request) => !request.startsWith(url)),
    [],
  );
}

const row = (page, region, name) =>
  page.getByRole('region', { name: region, exact: true }).locator('tbody tr', { hasText: name }).first();

async function open(path) {
  const page = await browser.page();
  await page.goto(url + path);
  return page;
}

test('the board shows the topology that is chosen, with the numbers of all nodes', async () => {
  const page = await open('/?topology=done');
  const cell = (name) => page.locator('.cell', { has: page.getByText(name, { exact: true }) }).locator('.cell-count');
  for (const name of ['alpha', 'beta', '<b>x</b>'])
    await until(
      name,
      async () => (await cell(name).count()) === 1 && (await cell(name).textContent()) === '1\u202f000',
    );
  const picker = page.getByLabel('Shown topology');
  await until('the picker', async () => (await picker.count()) === 1 && (await picker.inputValue()) === 'done');
  await until('it has finished', async () => /finished/.test(await page.textContent('.status')));
  await picker.selectOption('goes-on');
  await until('the other one is live', async () => /live/.test(await page.textContent('.status')));
  assert.equal(new URL(page.url()).searchParams.get('topology'), 'goes-on');
  await until('it goes on', async () => {
    const text = (await cell('alpha').count()) === 1 ? await cell('alpha').textContent() : '0';
    return Number(text.replace(/\D/g, '')) > limit;
  });
  await page.getByRole('link', { name: 'Topology' }).click();
  await page.getByRole('region', { name: 'Tasks', exact: true }).locator('tbody tr').first().waitFor();
  clean(page);
  await page.context().close();
});

test('messages of a cell come from all nodes, for who has the token', async () => {
  const page = await open('/?topology=goes-on');
  await page.locator('.cell', { has: page.getByText('alpha', { exact: true }) }).click();
  const chosen = page.getByRole('complementary', { name: 'Chosen cell' });
  await chosen
    .getByText('not the token', { exact: false })
    .or(chosen.getByText('wants its token', { exact: false }))
    .waitFor();
  // The browser itself tells of a refused request in the console.
  assert.ok(page.faults.length > 0 && page.faults.every((fault) => /401/.test(fault)), String(page.faults));
  page.faults.length = 0;
  await chosen.getByLabel('Token').fill('right');
  await chosen.getByRole('button', { name: 'Use it' }).click();
  await chosen.getByRole('table', { name: 'Last messages' }).locator('tbody tr').first().waitFor();
  clean(page);
  await page.context().close();
});

test('the lines of the file that made a task are shown to who has the token', async () => {
  const page = await open('/?topology=done');
  await page.evaluate(() => sessionStorage.setItem('dnstorm.token', 'right'));
  await page.goto(url + '/?topology=done#topology?component=counts');
  await page.reload();
  await page.getByText('{id: counts, className: count', { exact: false }).first().waitFor();
  clean(page);
  await page.context().close();
});

test('nodes, workers, executors and links are shown', async () => {
  const page = await open('/#cluster');
  for (const name of names) {
    await row(page, 'Nodes', name).waitFor();
    assert.match(await row(page, 'Nodes', name).textContent(), /● alive/);
  }
  assert.match(await page.getByRole('region', { name: 'Coordinator' }).textContent(), /leads \(term 1\)/);
  assert.match(await row(page, 'Topologies', 'done').textContent(), /FINISHED/);
  const executors = page.getByRole('list', { name: 'Executors of goes-on on n1' }).getByRole('listitem');
  const text = await executors.first().textContent();
  assert.match(text, /words\/0.*: busy \d+\u202f%, blocked \d+\u202f%/);
  const links = page.getByRole('region', { name: 'Links', exact: true });
  await until('a link', async () => /● connected/.test((await links.count()) ? await links.textContent() : ''));
  clean(page);
  await page.context().close();
});

test('without a token nothing can be changed, with it a topology is deactivated', async () => {
  const page = await open('/#cluster');
  await row(page, 'Topologies', 'goes-on').waitFor();
  assert.equal(await page.getByRole('button', { name: 'Deactivate goes-on' }).count(), 0);
  const refused = await fetch(`${url}/api/v1/topology/goes-on/deactivate`, {
    method: 'POST',
    headers: { 'X-Dnstorm-Control': 'x' },
  });
  assert.equal(refused.status, 401);

  const control = page.getByRole('region', { name: 'Control', exact: true });
  const act = async (token) => {
    await control.getByLabel('Token').fill(token);
    await control.getByRole('button', { name: 'Allow changes' }).click();
    await page.getByRole('button', { name: 'Deactivate goes-on' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Deactivate' }).click();
  };
  await act('wrong');
  await until('the refusal', async () => /not the token of the cluster/.test(await control.textContent()));
  assert.equal(await lab.statusOf('goes-on'), 'ACTIVE');
  // The browser itself tells of a refused request in the console.
  assert.deepEqual(
    page.faults.filter((fault) => !/401/.test(fault)),
    [],
  );
  page.faults.length = 0;
  await control.getByRole('button', { name: 'Read only' }).click();

  await act('right');
  await until('it is done', async () => /Deactivate goes-on: done/.test(await control.textContent()));
  await until('it is inactive', async () => (await lab.statusOf('goes-on')) === 'INACTIVE');
  await page.reload(); // the token has stayed in the tab
  await page.getByRole('button', { name: 'Activate goes-on' }).click();
  await page.locator('dialog:modal').waitFor();
  await page.keyboard.press('Escape');
  await page.locator('dialog').waitFor({ state: 'detached' });
  assert.equal(await lab.statusOf('goes-on'), 'INACTIVE');
  await page.getByRole('button', { name: 'Activate goes-on' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Activate' }).press('Enter');
  await until('it is active', async () => (await lab.statusOf('goes-on')) === 'ACTIVE');
  clean(page);
  await page.context().close();
});

test('a worker that dies is shown as a restart, first in the logs', async () => {
  const page = await open('/#cluster');
  await row(page, 'Topologies', 'goes-on').waitFor();
  const { pid } = await until('its worker', () => lab.workerOf('goes-on', 'n1'));
  process.kill(pid, 'SIGKILL');
  const logs = page.getByRole('region', { name: 'Logs', exact: true });
  await logs.getByRole('list', { name: 'Restarts' }).getByText('goes-on has begun anew 1×').waitFor();
  await until('another process', async () => {
    const worker = await lab.workerOf('goes-on', 'n1');
    return worker && worker.pid !== pid && worker.state === 'running';
  });
  const lines = logs.locator('tbody tr');
  await logs.getByLabel('Level').selectOption('error');
  await until('errors alone', async () => {
    const levels = await lines.locator('td:nth-child(2)').allTextContents();
    return levels.length > 0 && levels.every((level) => level === '! error');
  });
  await logs.getByLabel('Text').fill('its worker has ended');
  await until('the one line', async () => {
    const texts = await lines.allTextContents();
    return texts.length > 0 && texts.every((line) => line.includes('its worker has ended'));
  });
  clean(page);
  await page.context().close();
});

for (const theme of ['light', 'dark'])
  test(`axe finds nothing serious (${theme})`, async () => {
    const page = await open('/#cluster');
    await page.evaluate((name) => sessionStorage.setItem('dnstorm.token', name), 'right');
    await page.reload();
    await page.getByRole('button', { name: 'Drain n1' }).waitFor();
    await page.getByRole('radio', { name: theme }).check({ force: true });
    await isAccessible(page);
    await takePicture(page, `cluster-${theme}`);
    clean(page);
    await page.context().close();
  });
