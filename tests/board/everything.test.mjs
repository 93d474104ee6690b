// everything.yaml in a real Chromium: a real attack (DNSTORM_DATA) puts its mark on the cell of its key, and every page
// has something to show.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { Browser, Run, isAccessible, takePicture } from './harness.mjs';
import { Looks } from './looks.mjs';

const program = process.env.DNSTORM;
const data = process.env.DNSTORM_DATA;
const topology = join(import.meta.dirname, '../../configs/topologies/everything.yaml');

let browser;
let folder;
const runs = [];

before(async () => {
  browser = await Browser.start();
  folder = mkdtempSync(join(tmpdir(), 'dnstorm-everything-'));
});
after(async () => {
  for (const run of runs) await run.stop();
  await browser.stop();
  rmSync(folder, { recursive: true, force: true });
});

// While it is replayed: at its end no event is open any more.
async function start(capture, speed) {
  const options = [topology, '--set', `packets.file=${capture}`, '--speed', speed];
  runs.push(await Run.start(program, options, folder, /The board is at (\S+)/));
  return runs.at(-1);
}

const marked = (page) => page.locator('.cell:visible', { has: page.locator('.mark-alarm:visible') });

test('a real attack is marked on the cell of its key', { skip: !data && 'DNSTORM_DATA is not set' }, async () => {
  // 22 s, the attack in the middle of it.
  const looks = new Looks(browser, await start(join(data, 'captures/lab-torture-clients.pcap'), '0.5x'));
  const page = await looks.open({}, `${looks.demo.url}#live`);
  const links = await page.getByRole('navigation', { name: 'Pages' }).getByRole('link').allTextContents();
  assert.deepEqual(links, ['Live', 'Traffic', 'Security', 'Capacity', 'Topology']);
  await page.locator('#tab-domains').click();
  const victim = page.getByRole('button', { name: /^victim-shop\.com.*! security event/ });
  await victim.waitFor({ timeout: 60_000 });
  const tabs = await page.getByRole('tab').evaluateAll((all) => all.map((tab) => tab.firstChild.textContent));
  assert.deepEqual(tabs, ['Clients', 'Registered domains', 'Query types', 'Response codes', 'Top-level domains']);
  await page.getByRole('tab', { name: /^Registered domains\W+security events$/ }).waitFor();
  const named = page.getByRole('list', { name: 'Cells that open security events name' });
  assert.match(await named.textContent(), /! victim-shop\.com/);
  assert.ok((await marked(page).evaluateAll((cells) => cells.map((cell) => cell.title))).includes('victim-shop.com'));
  await victim.click();
  const chosen = page.getByRole('complementary', { name: 'Chosen cell' });
  const events = chosen.getByRole('list', { name: 'Open security events' });
  assert.match(await events.textContent(), /! random_subdomain, (low|medium|high|critical), since /);
  await isAccessible(page);
  await page.getByRole('link', { name: 'Traffic' }).click();
  await page.getByRole('region', { name: 'How far these numbers can be trusted' }).waitFor();
  await page.getByRole('link', { name: 'Security' }).click();
  await page.locator('table.events tbody tr', { hasText: 'victim-shop.com' }).first().waitFor();
  await page.getByRole('link', { name: 'Capacity' }).click();
  await page.getByRole('region', { name: 'Choices' }).waitFor();
  looks.clean(page);
  await looks.end();
});

// Both marks, for the documentation: `new` takes a minute to come.
test('pictures', { skip: !process.env.DNSTORM_PICTURES && 'no pictures are wanted' }, async () => {
  const capture = join(folder, 'made.pcap');
  const attack = ['--attack', 'random_subdomain,at=65s,for=60s', '--attack', 'tunnel,at=60s,for=60s'];
  execFileSync(program, ['generate', '-o', capture, '--duration', '130s', '--rate', '600', '--seed', '7', ...attack]);
  const looks = new Looks(browser, await start(capture, '1x'));
  for (const colorScheme of ['light', 'dark']) {
    const page = await looks.open({ colorScheme }, `${looks.demo.url}#live`);
    await page.locator('#tab-domains').click();
  }
  for (const [page, colorScheme] of [
    [looks.pages[0], 'light'],
    [looks.pages[1], 'dark'],
  ]) {
    await marked(page).nth(1).waitFor({ timeout: 110_000 });
    await page.locator('.mark-fresh:visible').first().waitFor();
    await takePicture(page, `wall-${colorScheme}`);
  }
  await looks.end();
});
