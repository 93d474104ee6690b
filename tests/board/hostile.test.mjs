// Names that are made to break pages, from a packet to each page that shows them: they are text, what cannot
// be seen is spelt out, and no page becomes wider than a window of 1280 pixels. One run, replayed at its own
// speed, so that taps have rows.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';

import { Browser, Run } from './harness.mjs';
import { Looks } from './looks.mjs';
import { capture } from './packets.mjs';

const seconds = 240;
const perSecond = 40;

// Each the labels of a name of 250 bytes at most, below which names fail.
const names = {
  html: ['<svg/onload=hacked=1>', 'example'],
  script: ['</td><script>hacked=1</script>', 'example'],
  bidi: [Buffer.from('\u202egpj-exe\u2066'), 'example'],
  control: [Buffer.from([0, 7, 9, 10, 13, 27, 0x5b, 0x32, 0x4a, 127, 133]), 'example'],
  quotes: [`a"b'c\`d&lt;e\\f`, 'example'],
  long: ['a'.repeat(63), 'b'.repeat(63), 'c'.repeat(63), 'd'.repeat(46), 'example'],
  nulls: [Buffer.alloc(63), Buffer.alloc(63), Buffer.alloc(63), Buffer.alloc(46), 'example'],
};

const kindsCount = Object.keys(names).length;

const topology = `name: hostile
spouts:
  - {id: packets, className: pcap, properties: {file: names.pcap, max_disorder: 50ms}}
bolts:
  - {id: dns, className: decode}
  - {id: counts, className: count, properties: {by: [domain], window: 1s}}
  - {id: wall, className: board, properties: {view: wall, panel: domains, title: Domains}}
  - {id: top, className: top, properties: {of: [qname], k: 20, window: 1s}}
  - {id: table, className: board, properties: {view: table, panel: names, title: Names}}
  - {id: store, className: store, properties: {file: history.sqlite}}
  - {id: water, className: random_subdomain, properties: {distinct: 3, admit: 1, share: 0, window: 2s}}
  - {id: events, className: events, properties: {opened_max: 0, mute_file: mutes.txt}}
  - {id: page, className: board, properties: {view: events}}
streams:
  - {from: packets, to: dns, grouping: {type: GLOBAL}}
  - {from: dns, to: counts, grouping: {type: GLOBAL, streamId: responses}}
  - {from: dns, to: top, grouping: {type: GLOBAL, streamId: responses}}
  - {from: dns, to: water, grouping: {type: GLOBAL, streamId: responses}}
  - {from: counts, to: wall, grouping: {type: GLOBAL}}
  - {from: top, to: table, grouping: {type: GLOBAL}}
  - {from: top, to: store, grouping: {type: GLOBAL}}
  - {from: water, to: events, grouping: {type: GLOBAL}}
  - {from: events, to: page, grouping: {type: GLOBAL}}
`;

let browser;
let folder;
let looks;

before(async () => {
  browser = await Browser.start();
  folder = mkdtempSync(join(tmpdir(), 'dnstorm-hostile-'));
  const kinds = Object.values(names);
  const messages = Array.from({ length: seconds * perSecond }, (_, i) => ({
    t: 1_800_000_000 + i / perSecond,
    labels: [`n${i % 97}`, ...kinds[i % kinds.length]],
  }));
  writeFileSync(join(folder, 'names.pcap'), capture(messages));
  writeFileSync(join(folder, 'hostile.yaml'), topology);
  const run = await Run.start(process.env.DNSTORM, ['hostile.yaml', '--speed', '1x'], folder, /The board is at (\S+)/);
  looks = new Looks(browser, run);
});
afterEach(async () => {
  for (const page of looks.pages.splice(0)) await page.context().close();
});
after(async () => {
  await looks.end();
  await browser.stop();
  rmSync(folder, { recursive: true, force: true });
});

const open = (hash) => looks.open({ viewport: { width: 1280, height: 800 } }, looks.demo.url + hash);

// The page shows all kinds of names, obeys none, and keeps its shape.
async function stands(page, part, { whole = true } = {}) {
  const text = await part.innerText();
  assert.ok(text.includes('<svg/onload=hacked=1>'), text);
  assert.ok(text.includes('</td><script>hacked=1</script>'));
  assert.match(text, /gpj-exe/);
  assert.ok(text.includes(`a\\"b'c\`d&lt\\;e\\\\f`), 'as master files write it');
  if (whole) assert.ok(text.includes('d'.repeat(46)), 'the longest name is there whole');
  const all = await page.locator('body').evaluate((body) => body.textContent + body.innerHTML);
  assert.doesNotMatch(all, /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
  await keepsItsShape(page);
}

async function keepsItsShape(page) {
  assert.equal(await page.evaluate(() => window.hacked), undefined);
  assert.equal(await page.locator('main img, main script, main svg[onload]').count(), 0);
  const over = () => document.documentElement.scrollWidth - document.documentElement.clientWidth;
  assert.equal(await page.evaluate(over), 0, 'nothing sticks out');
  looks.clean(page);
}

test('the wall and the tables beside it', async () => {
  const page = await open('#live');
  await looks.until('all domains', async () => (await page.locator('.cell:visible').count()) === kindsCount);
  const table = page.getByRole('region', { name: 'Names', exact: true });
  await looks.until('all kinds', async () => /d{46}/.test(await table.innerText()));
  await stands(page, page.locator('main'));
});

for (const [kind, part] of [
  ['html', 'onload'],
  ['bidi', 'gpj-exe'],
  ['quotes', 'd&lt'],
  ['long', 'd'.repeat(46)],
  ['control', '[2j'],
  ['nulls', '\\000\\000'],
])
  test(`the messages of a cell: ${kind}`, async () => {
    const page = await open('#live');
    await page.locator('.cell:visible', { hasText: part }).first().click();
    const chosen = page.getByRole('complementary', { name: 'Chosen cell' });
    if (kind === 'quotes') {
      // Both signs that quote a name are in it.
      await chosen.getByText('Messages with this name cannot be asked for.').waitFor();
      return keepsItsShape(page);
    }
    const last = chosen.getByRole('region', { name: 'Last messages' });
    await last.waitFor();
    assert.ok((await last.innerText()).includes(part));
    assert.ok((await chosen.getByRole('table', { name: 'Names' }).innerText()).includes(part));
    assert.doesNotMatch(await chosen.textContent(), /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
    await keepsItsShape(page);
  });

test('events, why they were raised, and what to mute', async () => {
  const page = await open('#security');
  const events = page.locator('table.events > tbody > tr:not(.opened)');
  await looks.until('an event of each', async () => (await events.count()) === kindsCount);
  await stands(page, page.getByRole('region', { name: 'Events', exact: true }));
  for (const button of await page.getByRole('button', { name: /^Why/ }).all()) {
    await button.click();
    await page.getByRole('list', { name: 'Messages' }).waitFor();
    await keepsItsShape(page);
    await button.click();
  }
});

test('tops of the history', async () => {
  const page = await open('#traffic');
  const tops = page.locator('.traffic-tops');
  await looks.until('all kinds', async () => {
    for (const button of await tops.getByRole('button', { name: /^All/ }).all()) await button.click();
    return (await tops.count()) > 0 && /d{46}/.test(await tops.innerText());
  });
  await stands(page, tops);
});

test('rows of a tap', async () => {
  const page = await open('#topology');
  await page.locator('.dag .way[data-edge="dns responses counts"]').press('Enter');
  const edge = page.getByRole('region', { name: 'Edge dns:responses->counts' });
  await edge.getByRole('button', { name: 'Tap' }).click();
  const rows = edge.getByRole('region', { name: 'Rows of the tap' });
  await looks.until('a row of each', async () => {
    const text = (await rows.count()) > 0 ? await rows.innerText() : '';
    return ['onload', '</script>', 'gpj', 'd&lt', 'd'.repeat(46)].every((part) => text.includes(part));
  });
  await stands(page, rows);
  // A condition that quotes what is hostile is refused in a sentence that shows it.
  await edge.getByRole('button', { name: 'Stop' }).click();
  await edge.getByLabel('only rows with').fill('\u202e<img src=x> == 1');
  await edge.getByRole('button', { name: 'Tap' }).click();
  await edge.getByRole('alert').filter({ hasText: '\\u{202e}' }).waitFor();
  assert.equal(await page.locator('main img').count(), 0);
});
