// Marks on cells: what is new, and what an open security event names.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { Browser, Demo, Run, isAccessible } from './harness.mjs';
import { Looks } from './looks.mjs';
import { capture } from './packets.mjs';

const start = 1_800_000_000;
const topology = `name: marked
spouts:
  - {id: packets, className: pcap, properties: {file: water.pcap}}
bolts:
  - {id: dns, className: decode}
  - {id: domains, className: count, properties: {by: [domain], window: 1s}}
  - {id: wall, className: board, properties: {view: wall, panel: domains, title: Domains}}
  - {id: water, className: random_subdomain, properties: {distinct: 20, admit: 1, window: 2s}}
  - {id: events, className: events, properties: {opened_max: 0}}
  - {id: page, className: board, properties: {view: events}}
streams:
  - {from: packets, to: dns, grouping: {type: GLOBAL}}
  - {from: dns, to: domains, grouping: {type: GLOBAL}}
  - {from: domains, to: wall, grouping: {type: GLOBAL}}
  - {from: dns, to: water, grouping: {type: GLOBAL, streamId: responses}}
  - {from: water, to: events, grouping: {type: GLOBAL}}
  - {from: events, to: page, grouping: {type: GLOBAL}}
`;

let browser;
let folder;

before(async () => {
  browser = await Browser.start();
  folder = mkdtempSync(join(tmpdir(), 'dnstorm-marks-'));
});
after(async () => {
  await browser.stop();
  rmSync(folder, { recursive: true, force: true });
});

const chosen = (page) => page.getByRole('complementary', { name: 'Chosen cell' });

test('a name that was not there before is marked as new, in words', async () => {
  const looks = new Looks(browser, await Demo.start(process.env.DNSTORM_BOARD_DEMO, 0, 'settled'));
  await looks.demo.say('hostile');
  const page = await looks.open();
  await page.locator('#tab-domains').click();
  await page.locator('.cell:visible').first().waitFor();
  assert.equal(await page.locator('.mark-fresh:visible').count(), 0, 'in the beginning nothing is new');
  await looks.demo.say('step 1');
  const cell = page.getByRole('button', { name: /^push\.example\.com .*new$/ });
  await cell.waitFor();
  assert.equal(await page.locator('.cell:visible', { hasText: 'onerror' }).locator('.mark-fresh:visible').count(), 0);
  await cell.click();
  assert.match(await chosen(page).textContent(), /new: first seen at \d\d:\d\d:\d\d UTC/);
  await isAccessible(page);
  looks.clean(page);
  await looks.end();
});

test('a name that an open security event is about is marked, and leads to the event', async () => {
  // Replayed at its own speed: the event is open as long as it goes on.
  const messages = Array.from({ length: 240 * 40 }, (_, i) => ({
    t: start + i / 40,
    labels: i % 40 === 0 ? ['www', 'quiet', 'example'] : [`n${i}x`, 'flooded', 'example'],
  }));
  writeFileSync(join(folder, 'water.pcap'), capture(messages));
  writeFileSync(join(folder, 'marked.yaml'), topology);
  const options = ['marked.yaml', '--speed', '1x'];
  const looks = new Looks(browser, await Run.start(process.env.DNSTORM, options, folder, /The board is at (\S+)/));
  const page = await looks.open({}, `${looks.demo.url}#live`);
  const marked = page.locator('.cell', { has: page.locator('.mark-alarm:visible') });
  await marked.waitFor();
  assert.deepEqual(await marked.evaluateAll((cells) => cells.map((cell) => cell.title)), ['flooded.example']);
  await page.getByRole('button', { name: /flooded\.example.*! security event/ }).click();
  const events = chosen(page).getByRole('list', { name: 'Open security events' });
  assert.match(await events.textContent(), /^! random_subdomain, (low|medium|high|critical), since /);
  await isAccessible(page);
  await events.getByRole('link', { name: 'why' }).click();
  await page.getByRole('region', { name: 'Why', exact: true }).waitFor();
  looks.clean(page);
  await looks.end();
});
