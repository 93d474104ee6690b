// What a chosen cell shows, and the kiosk: in a real Chromium against the real program, on traffic that
// is made at every run and replayed at its own speed.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, afterEach, before, test } from 'node:test';

import { Browser, isAccessible, takePicture } from './harness.mjs';
import { Looks } from './looks.mjs';

const program = process.env.DNSTORM;
const topology = join(import.meta.dirname, '../../configs/topologies/board.yaml');

let browser;
let folder;
let run;
let looks;

before(async () => {
  browser = await Browser.start();
  folder = mkdtempSync(join(tmpdir(), 'dnstorm-details-'));
  const capture = join(folder, 'traffic.pcap');
  execFileSync(program, ['generate', '--seed', '1', '--rate', '300', '--duration', '10m', '-o', capture], {
    stdio: 'ignore',
  });
  run = spawn(
    program,
    ['run', topology, '--set', `packets.file=${capture}`, '--speed', '1x', '--board', '127.0.0.1:0'],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  let url;
  for await (const line of createInterface({ input: run.stderr })) {
    url = /The board is at (\S+)/.exec(line)?.[1];
    if (url) break;
  }
  run.stderr.resume();
  assert.ok(url, 'the board is served');
  looks = new Looks(browser, { url });
});
afterEach(async () => {
  for (const page of looks.pages.splice(0)) await page.context().close();
});
after(async () => {
  await browser.stop();
  const ended = new Promise((resolve) => run.once('exit', resolve));
  run.kill('SIGINT');
  assert.equal(await ended, 0);
  rmSync(folder, { recursive: true, force: true });
});

const taps = (page) => page.requests.filter((url) => new URL(url).pathname === '/tap');
const chosen = (page) => page.getByRole('complementary', { name: 'Chosen cell' });

async function choose(page, wall, key) {
  await page.locator(`#tab-${wall}`).click();
  await page.locator(`.cell[title="${key}"]:visible`).click();
  await chosen(page).getByRole('region', { name: 'Last messages' }).waitFor();
}

async function chooseFirstDomain(page) {
  await page.locator('#tab-domains').click();
  await page.locator('.kiosk-title', { hasText: 'Registered domains' }).waitFor({ state: 'attached' });
  const key = await page.locator('.cell:visible').first().getAttribute('title');
  await choose(page, 'domains', key);
  return key;
}

async function rowsOf(page) {
  const columns = await chosen(page).locator('.scroll thead th').allTextContents();
  const rows = await chosen(page)
    .locator('.scroll tbody tr')
    .evaluateAll((all) => all.map((row) => [...row.children].map((cell) => cell.textContent)));
  return rows.map((row) => Object.fromEntries(row.map((text, i) => [columns[i], text])));
}

test('shows the messages of a cell, who asks, and how it grew; and asks for nothing before', async () => {
  const page = await looks.open();
  await page.locator('#tab-qtypes').click();
  await page.locator('.cell[title="AAAA"]:visible').waitFor();
  assert.deepEqual(taps(page), []);
  await choose(page, 'qtypes', 'AAAA');
  assert.equal(taps(page).length, 1);
  const { searchParams } = new URL(taps(page)[0]);
  assert.equal(searchParams.get('edge'), 'dns:queries->qtypes');
  assert.equal(searchParams.get('where'), 'qtype == "AAAA"');
  await looks.until('twenty messages', async () => (await rowsOf(page)).length === 20);
  for (const row of await rowsOf(page)) assert.match(row.client, /^[\d.]+$|:/);
  const clients = chosen(page).getByRole('table', { name: 'Who asks' });
  assert.ok((await clients.locator('tr').count()) >= 5);
  await looks.until('a trail', async () => (await chosen(page).locator('.spark rect').count()) === 120);
  assert.match(await chosen(page).textContent(), /in the last minute/);
  looks.clean(page);
});

test('messages of a domain are all of that domain, and closing the panel closes the tap', async () => {
  const page = await looks.open();
  const closed = [];
  page.on('requestfailed', (request) => closed.push(new URL(request.url()).pathname));
  const key = await chooseFirstDomain(page);
  for (const row of await rowsOf(page)) assert.ok(`.${row.qname}`.endsWith(`.${key}`), row.qname);
  await page.keyboard.press('Escape');
  await chosen(page).waitFor({ state: 'detached' });
  assert.equal(await page.evaluate(() => document.activeElement.title), key, 'the focus is back on the cell');
  await looks.until('the tap is closed', async () => closed.includes('/tap'));
  looks.clean(page);
});

test('codes have their messages, too', async () => {
  const page = await looks.open();
  await choose(page, 'rcodes', 'NXDOMAIN');
  const [row] = await rowsOf(page);
  assert.deepEqual(Object.keys(row).slice(0, 1), ['at (UTC)']);
  assert.ok(row.qname.length > 0);
  looks.clean(page);
});

test('says that messages are of now while the page is rewound', async () => {
  const page = await looks.open();
  await choose(page, 'qtypes', 'A');
  await page.keyboard.press('r');
  await chosen(page).getByText('Messages are those of now').waitFor();
  await page.keyboard.press('l');
  await chosen(page).getByRole('region', { name: 'Last messages' }).waitFor();
  looks.clean(page);
});

test('asks for the token where a board wants one, and sends it', async () => {
  const page = await looks.open();
  await page.route('**/tap?*', (route) =>
    route.request().headers().authorization === 'Bearer secret'
      ? route.fulfill({
          contentType: 'application/x-ndjson',
          body: '{"tap":{"fields":[{"name":"client"}]}}\n{"at":"2026-11-22T06:22:57.183Z","row":{"client":"<b>\u202e"}}\n',
        })
      : route.fulfill({ status: 401, body: 'taps of this board want its token: set DNSTORM_TAP_TOKEN\n' }),
  );
  await page.locator('#tab-qtypes').click();
  await page.locator('.cell[title="A"]:visible').click();
  await chosen(page).getByRole('alert').getByText('want its token').waitFor();
  await page.getByLabel('Token').fill('secret');
  await page.getByLabel('Token').press('Enter');
  await looks.until('the message', async () => (await rowsOf(page))[0]?.client === '<b>\\u{202e}');
  looks.clean(page, { but: /401/ });
});

for (const colorScheme of ['light', 'dark'])
  test(`axe-core finds nothing serious in a chosen cell, ${colorScheme}`, async () => {
    const page = await looks.open({ colorScheme });
    await chooseFirstDomain(page);
    await isAccessible(page);
    await takePicture(page, `live-${colorScheme}`);
    looks.clean(page);
  });

test('the kiosk shows one wall at a time and the honesty line, and nothing else', async () => {
  const page = await looks.open();
  await page.locator('.cell:visible').first().waitFor();
  await page.keyboard.press('k');
  await page.locator('.top').waitFor({ state: 'hidden' });
  for (const hidden of ['.side', '.tabs', '.sums']) assert.equal(await page.locator(hidden).isVisible(), false, hidden);
  assert.ok(await page.locator('.honesty').isVisible());
  const title = page.locator('.kiosk-title');
  assert.equal(await title.textContent(), 'Clients');
  await page.keyboard.press('Escape');
  await page.locator('.top').waitFor();
  looks.clean(page);
});

test('the kiosk turns to the next wall, but not when it is paused or motion is not wanted', async () => {
  const page = await looks.open({}, `${looks.demo.url}#live?kiosk=5`);
  await page.clock.install();
  await page.reload();
  const title = page.locator('.kiosk-title');
  await title.waitFor();
  const first = await title.textContent();
  await page.clock.fastForward(5100);
  await looks.until('another wall', async () => (await title.textContent()) !== first);
  const second = await title.textContent();
  await page.keyboard.press('p');
  await page.clock.fastForward(20_000);
  assert.equal(await title.textContent(), second);
  const calm = await looks.open({ reducedMotion: 'reduce' }, `${looks.demo.url}#live?kiosk=5`);
  await calm.clock.install();
  await calm.reload();
  await calm.locator('.kiosk-title').waitFor();
  await calm.clock.fastForward(20_000);
  assert.equal(await calm.locator('.kiosk-title').textContent(), first);
  looks.clean(page);
  looks.clean(calm);
});

for (const colorScheme of ['light', 'dark'])
  test(`axe-core finds nothing serious in the kiosk, ${colorScheme}`, async () => {
    const page = await looks.open({ colorScheme }, `${looks.demo.url}#live?kiosk`);
    await page.locator('.kiosk-title').waitFor();
    await isAccessible(page);
    looks.clean(page);
  });
