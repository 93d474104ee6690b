// The board in a real Chromium against a real server (board_demo: the same numbers at every run).
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';

import { Browser, Demo, isAccessible } from './harness.mjs';
import { Proxy } from './proxy.mjs';

const program = process.env.DNSTORM_BOARD_DEMO;
const budgetBytes = 90 * 1024;
const patience = 20_000;
// What the demo has captured after so many windows.
const after3 = 51836;
const after10 = 188020;

let browser;
let demo;
let pages;

before(async () => (browser = await Browser.start()));
after(() => browser.stop());
beforeEach(async () => {
  demo = await Demo.start(program);
  pages = [];
});
afterEach(async () => {
  for (const page of pages) await page.context().close();
  assert.equal(await demo.stop(), 0, 'the server ended well (a sanitizer would say otherwise)');
});

async function open(options, url = demo.url) {
  const page = await browser.page(options);
  pages.push(page);
  await page.goto(url);
  return page;
}

// What every test ends with: no error in the console, no request to another host.
function clean(page, url = demo.url) {
  assert.deepEqual(page.faults, []);
  const origin = new URL(url).origin;
  assert.deepEqual(
    page.requests.filter((request) => new URL(request).origin !== origin),
    [],
  );
}

const snapshot = async () => (await fetch(demo.url + 'api/snapshot')).json();
const panelOf = (state, id) => state.panels.find((panel) => panel.id === id);
const grouped = (n) => String(n).replace(/\B(?=(\d{3})+$)/g, '\u202f');

async function until(what, check) {
  const end = Date.now() + patience;
  for (;;) {
    const seen = await check();
    if (seen) return seen;
    if (Date.now() > end) throw new Error(`waited in vain for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

// name -> count, as the wall shows it.
const cellsOf = (page) =>
  page.$$eval('.cells li:not([hidden]) .cell', (cells) =>
    Object.fromEntries(cells.map((c) => [c.title, c.querySelector('.cell-count').textContent])),
  );

async function wallShows(page, wanted) {
  const text = JSON.stringify(wanted, Object.keys(wanted).sort());
  let seen;
  try {
    await until('the wall', async () => {
      seen = await cellsOf(page);
      return JSON.stringify(seen, Object.keys(seen).sort()) === text;
    });
  } catch {
    assert.deepEqual(seen, wanted);
  }
}

// What is beside the wall comes in events of its own: it may be a moment later than the cells.
async function reads(page, selector, wanted) {
  let seen;
  try {
    await until(selector, async () => {
      // The number alone: beside one stands the rate, as soon as that is known.
      seen = await page.$eval(selector, (item) => item.firstChild.textContent);
      return seen === wanted;
    });
  } catch {
    assert.equal(seen, wanted, selector);
  }
}

const wanted = (state, id) =>
  Object.fromEntries(
    panelOf(state, id)
      .wall.slots.filter(Boolean)
      .map(([key, count]) => [key, grouped(count)]),
  );

// The state of the server once it has taken in all that the demo was told to feed.
const settled = (captured) =>
  until(`captured ${captured}`, async () => {
    const state = await snapshot();
    return state.honesty.captured === captured && state.panels.length > 0 ? state : null;
  });

test('shows the numbers that were fed, on every wall, chart, table and in the honesty line', async () => {
  await demo.say('step 10');
  const state = await settled(after10);
  const page = await open();
  assert.deepEqual(panelOf(state, 'qtypes').wall.slots[0], ['A', 49571, 0]);
  for (const id of ['domains', 'qtypes', 'rcodes']) {
    await page.click(`#tab-${id}`);
    await wallShows(page, wanted(state, id));
  }
  await reads(page, '.item:has(dt:text-is("seen")) dd', grouped(after10));
  assert.equal(await page.textContent('.item:has(dt:text-is("malformed")) dd'), '! 30');
  assert.equal(await page.textContent('.item:has(dt:text-is("not DNS")) dd'), '110');
  assert.equal(await page.textContent('.item:has(dt:text-is("in flight")) dd'), '64');
  assert.match(await page.textContent('.verdict'), /all accounted for/);
  await page.getByRole('button', { name: 'Details' }).click();
  const reasons = await page.$$eval('.details table:first-child tr', (rows) =>
    rows.map((row) => [...row.children].map((cell) => cell.textContent)),
  );
  assert.deepEqual(reasons, [
    ['malformed', 'name too long', '10'],
    ['malformed', 'short header', '20'],
    ['not DNS', 'icmp', '110'],
  ]);

  const points = panelOf(state, 'rates').series.points;
  await page.getByRole('region', { name: 'Queries and responses' }).getByRole('button', { name: 'Table' }).click();
  const newest = await page.$$eval('.series tbody tr:first-child td', (cells) => cells.map((c) => c.textContent));
  assert.deepEqual(newest, points.at(-1).slice(2).map(grouped));

  const table = panelOf(state, 'top-names').table;
  const names = page.getByRole('region', { name: 'Names most asked for' });
  assert.equal(await names.locator('tbody tr').count(), 10);
  await names.getByRole('button', { name: 'All 20' }).click();
  const rows = await names
    .locator('tbody tr')
    .evaluateAll((all) => all.map((row) => [...row.children].slice(1).map((cell) => cell.textContent)));
  assert.deepEqual(
    rows,
    table.rows.map(([key, ...values]) => [key, ...values.map(grouped)]),
  );
  clean(page);
});

test('follows live: increments, new names, new windows', async () => {
  await demo.say('step 1');
  const page = await open();
  await page.locator('.cell:visible').first().waitFor();
  await demo.say('step 20');
  const state = await until('21 windows', async () => {
    const now = await snapshot();
    return panelOf(now, 'rates')?.series.points.length === 21 ? now : null;
  });
  await wallShows(page, wanted(state, 'domains'));
  const before = Number((await page.textContent('.sums b')).replace(/\D/g, ''));
  assert.equal(before, panelOf(state, 'domains').wall.total);
  clean(page);
});

test('pause stops every change, and going on brings what was missed', async () => {
  await demo.say('step 3');
  const before = await settled(after3);
  const page = await open();
  await wallShows(page, wanted(before, 'domains'));
  await reads(page, '.item:has(dt:text-is("seen")) dd', grouped(after3));
  await page.getByRole('button', { name: /Pause/ }).click();
  await page.locator('.status.paused').waitFor();
  const frozen = await page.evaluate(() => document.querySelector('main').innerText);
  await demo.say('step 7');
  const state = await settled(after10); // the server has moved on
  assert.equal(await page.evaluate(() => document.querySelector('main').innerText), frozen);
  await page.keyboard.press('p');
  await page.locator('.status.live').waitFor();
  await wallShows(page, wanted(state, 'domains'));
  clean(page);
});

test('connects again after the server was restarted and shows only the new run', async () => {
  await demo.say('step 10');
  const page = await open();
  await wallShows(page, wanted(await settled(after10), 'domains'));
  const port = demo.port;
  await demo.stop();
  await page.locator('.status.reconnecting').waitFor();
  assert.ok((await page.locator('.cell:visible').count()) > 0, 'the last numbers stay');
  demo = await Demo.start(program, port);
  await demo.say('step 3');
  await page.locator('.status.live').waitFor();
  await wallShows(page, wanted(await settled(after3), 'domains'));
  page.faults = page.faults.filter(
    (fault) => !/net::ERR_(CONNECTION_|INCOMPLETE_CHUNKED|EMPTY_RESPONSE|SOCKET_)/.test(fault),
  );
  clean(page);
});

test('a browser that was too slow gets a gap and then the right totals', async () => {
  await demo.say('step 10');
  const proxy = await Proxy.start(demo.port);
  try {
    const page = await open({}, proxy.url);
    await wallShows(page, wanted(await settled(after10), 'domains'));
    proxy.block();
    // Until the kernel's buffers are full and the server has had to wait for more than two seconds.
    for (let i = 0; i < 8; ++i) {
      const before = (await snapshot()).panels.find((panel) => panel.id === 'flood')?.end ?? 0;
      await demo.say('flood 1');
      await demo.say('step 1');
      await until('the next second', async () => panelOf(await snapshot(), 'flood')?.end > before);
      await new Promise((resolve) => setTimeout(resolve, 1000)); // the server sends tables once a second
    }
    proxy.unblock();
    await page.getByText(/caught up \d×/).waitFor({ timeout: patience });
    await wallShows(page, wanted(await snapshot(), 'domains'));
    clean(page, proxy.url);
  } finally {
    proxy.stop();
  }
});

test('says honestly what state it is in', async () => {
  const page = await open();
  await page.locator('.status.waiting').waitFor();
  await page.getByRole('heading', { name: 'Waiting for data' }).waitFor();
  await demo.say('step 1');
  await page.locator('.status.live').waitFor();
  await demo.say('finish');
  await page.locator('.status.finished').waitFor();
  assert.equal(await page.textContent('.item:has(dt:text-is("in flight")) dd'), '0');
  assert.equal(await page.textContent('.item:has(dt:text-is("behind")) dd'), '–');
  clean(page);
});

test('says why a run failed', async () => {
  await demo.say('step 1');
  const page = await open();
  await demo.say('fail eth0: the device went away <b>');
  await page.getByRole('alert').getByText('eth0: the device went away <b>').waitFor();
  clean(page);
});

test('shows hostile names as text, escaped, and keeps its shape', async () => {
  await demo.say('hostile');
  const page = await open({ viewport: { width: 1280, height: 800 } });
  await page.locator('.cell:visible').first().waitFor();
  const names = Object.keys(await cellsOf(page));
  assert.ok(names.includes('<img src=x onerror="window.hacked=1">'));
  assert.ok(names.includes('</script><script>window.hacked=1</script>'));
  assert.ok(names.includes('moc.\\u{202e}elgoog.evil.example'), 'a mark that turns text round is shown, not obeyed');
  assert.ok(names.includes('a\\032b\\000c\\255.example'));
  assert.ok(names.includes('\ufffd\ufffd not utf-8'));
  assert.ok(names.includes('(empty)'));
  const long = names.find((name) => name.length === 253);
  assert.ok(long, 'the longest name is there whole');
  assert.equal(await page.evaluate(() => window.hacked), undefined);
  assert.equal(await page.locator('main img, main script, main svg[onload], main b:has-text("Names")').count(), 0);
  await page.locator(`.cell[title="${long}"]`).click();
  assert.equal(await page.locator('.chosen h3').textContent(), long);
  const overflow = () => document.documentElement.scrollWidth - document.documentElement.clientWidth;
  assert.equal(await page.evaluate(overflow), 0);
  await page.setViewportSize({ width: 390, height: 844 });
  assert.equal(await page.evaluate(overflow), 0);
  clean(page);
});

test('can be used by keyboard alone', async () => {
  await demo.say('step 10');
  const page = await open();
  await page.locator('.cell:visible').first().waitFor();
  const focus = () => page.evaluate(() => document.activeElement.id || document.activeElement.className);
  const ring = () => page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
  for (let i = 0; i < 20 && (await focus()) !== 'tab-domains'; ++i) await page.keyboard.press('Tab');
  assert.equal(await focus(), 'tab-domains');
  assert.equal(await ring(), 'solid');
  await page.keyboard.press('ArrowRight');
  assert.equal(await focus(), 'tab-qtypes');
  await page.locator('#tab-qtypes[aria-selected="true"]').waitFor();
  await page.locator('.cell[title="A"]:visible').waitFor();
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.title), 'A');
  assert.equal(await ring(), 'solid');
  await page.keyboard.press('ArrowRight');
  assert.equal(await page.evaluate(() => document.activeElement.title), 'AAAA');
  await page.keyboard.press('End');
  await page.keyboard.press('Home');
  await page.keyboard.press('Enter');
  assert.equal(await page.locator('.chosen h3').textContent(), 'A');
  await page.keyboard.press('Escape');
  await page.locator('.chosen').waitFor({ state: 'detached' });
  await page.keyboard.press('p');
  await page.locator('.status.paused').waitFor();
  clean(page);
});

test('a cell that grew is lit and fades in steps, without animation', async () => {
  await demo.say('step 3');
  const state = await settled(after3);
  const page = await open();
  await wallShows(page, wanted(state, 'domains'));
  assert.equal(await page.locator('.heat1, .heat2, .heat3').count(), 0, 'a snapshot is no news');
  await demo.say('step 1');
  await page.locator('.heat3').first().waitFor();
  await until('cold again', async () => (await page.locator('.heat1, .heat2, .heat3').count()) === 0);
  assert.equal(await page.evaluate(() => document.getAnimations().length), 0);
  clean(page);
});

test('with reduced motion nothing lights up, and the numbers still come', async () => {
  await demo.say('step 3');
  const page = await open({ reducedMotion: 'reduce' });
  await wallShows(page, wanted(await settled(after3), 'domains'));
  await page.evaluate(() => {
    window.lit = 0;
    new MutationObserver(() => (window.lit += document.querySelectorAll('.heat1, .heat2, .heat3').length)).observe(
      document.querySelector('.cells'),
      { attributes: true, subtree: true, childList: true, characterData: true },
    );
  });
  await demo.say('step 7');
  await wallShows(page, wanted(await settled(after10), 'domains'));
  assert.equal(await page.evaluate(() => window.lit), 0);
  clean(page);
});

test('a chosen theme holds, from before the first paint', async () => {
  await demo.say('step 1');
  const page = await open({ colorScheme: 'light' });
  await page.locator('.cell:visible').first().waitFor();
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await ground();
  await page.getByText('dark', { exact: true }).click();
  const dark = await ground();
  assert.notEqual(dark, light);
  await page.addInitScript(() => {
    document.addEventListener('DOMContentLoaded', () => (window.early = document.documentElement.dataset.theme));
  });
  await page.reload();
  assert.equal(await page.evaluate(() => window.early), 'dark');
  assert.equal(await ground(), dark);
  await page.getByText('system', { exact: true }).click();
  assert.equal(await ground(), light);
  clean(page);
});

for (const colorScheme of ['light', 'dark'])
  test(`axe-core finds nothing serious, ${colorScheme}`, async () => {
    await demo.say('step 10');
    const page = await open({ colorScheme });
    await page.locator('.cell:visible').first().waitFor();
    await demo.say('hostile');
    await page.locator('.cell:visible').first().click();
    await page.getByRole('button', { name: 'Details' }).click();
    await page.getByRole('region', { name: 'Response time' }).getByRole('button', { name: 'Table' }).click();
    await page.getByRole('button', { name: /Pause/ }).click();
    await page.evaluate(() =>
      // each step of light, held
      document.querySelectorAll('.cell').forEach((cell, i) => (cell.className = `cell heat${i % 4}`)),
    );
    await isAccessible(page);
    clean(page);
  });

test('the first load stays within its budget and nothing is loaded twice', async () => {
  await demo.say('step 1');
  const page = await browser.page();
  pages.push(page);
  const sizes = new Map();
  page.on('response', (response) => {
    const { pathname } = new URL(response.url());
    if (!pathname.startsWith('/api/')) sizes.set(pathname, Number(response.headers()['content-length']));
  });
  await page.goto(demo.url);
  await page.locator('.cell:visible').first().waitFor();
  const total = [...sizes.values()].reduce((sum, n) => sum + n, 0);
  console.log(`first load: ${(total / 1024).toFixed(1)} KB gzip in ${sizes.size} files`);
  assert.ok(total > 0 && total <= budgetBytes, `${total} bytes`);
  assert.equal(page.requests.filter((url) => url.includes('/api/stream')).length, 1);
  clean(page);
});
