// The Live page shows the last minutes again: in a real Chromium against board_demo.
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';

import { Browser, Demo, isAccessible, takePicture } from './harness.mjs';
import { Looks } from './looks.mjs';

let browser;
let looks;

before(async () => (browser = await Browser.start()));
after(() => browser.stop());
beforeEach(async () => (looks = new Looks(browser, await Demo.start(process.env.DNSTORM_BOARD_DEMO))));
afterEach(() => looks.end());

// Two states of the board that are more than a step of the control apart.
async function twoStates() {
  await looks.demo.say('step 3');
  const early = await looks.settled(51836);
  await looks.until('more than a step', async () => (await looks.snapshot()).t - early.t > 1300);
  await looks.demo.say('step 7');
  return { early, late: await looks.settled(188020) };
}

const seen = (page) => page.$eval('.item:has(dt:text-is("seen")) dd', (item) => item.firstChild.textContent);
const moment = (page) => page.$eval('.rewind input', (input) => Number(input.value));

const frames = (page) =>
  page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));

// Steps to a moment at which a state was shown. Its packets are told once a second, its cells ten times: both
// have to be as they were.
async function stepTo(page, state) {
  const cells = JSON.stringify(Object.entries(looks.wanted(state, 'domains')).sort());
  for (let i = 0; i < 60; ++i) {
    const now = Number((await seen(page)).replace(/\D/g, ''));
    const same = JSON.stringify(Object.entries(await looks.cellsOf(page)).sort()) === cells;
    if (now === state.honesty.captured && same) return;
    const from = await moment(page);
    await page.keyboard.press(now >= state.honesty.captured ? 'ArrowLeft' : 'ArrowRight');
    await looks.until('the step', async () => (await moment(page)) !== from);
    await frames(page);
  }
  assert.fail(`never came to ${state.honesty.captured}`);
}

test('steps back to what was shown then, says so, and goes back to what is live', async () => {
  const { early, late } = await twoStates();
  const page = await looks.open();
  await looks.wallShows(page, looks.wanted(late, 'domains'));
  await page.keyboard.press('r');
  await page.locator('.status.rewound').waitFor();
  await stepTo(page, early);
  await looks.wallShows(page, looks.wanted(early, 'domains'));
  assert.match(await page.textContent('.rewind'), /Showing \d\d:\d\d:\d\d UTC.*not live/);
  const rows = looks.panelOf(early, 'rates').series.points.length;
  await page.getByRole('region', { name: 'Queries and responses' }).getByRole('button', { name: 'Table' }).click();
  assert.equal(await page.locator('.series tbody tr').count(), rows);
  // What happens meanwhile is not shown.
  await looks.demo.say('step 1');
  const newest = await looks.until('another window', async () => {
    const state = await looks.snapshot();
    return state.honesty.captured > late.honesty.captured && state;
  });
  assert.equal(await seen(page), looks.grouped(early.honesty.captured));
  await page.evaluate(() => document.activeElement.blur());
  await page.keyboard.press('l');
  await page.locator('.status.live').waitFor();
  assert.equal(await page.locator('.rewind').count(), 0);
  await looks.wallShows(page, looks.wanted(newest, 'domains'));
  looks.clean(page);
});

test('plays on from there, cells light up as they did, and ends with what is live', async () => {
  const { early, late } = await twoStates();
  const page = await looks.open();
  await looks.wallShows(page, looks.wanted(late, 'domains'));
  await page.keyboard.press('ArrowLeft'); // from what is live, too
  await page.locator('.rewind').waitFor();
  // A second before now, which may be less before the newest.
  await looks.until('what is kept', () => page.$eval('.rewind input', (input) => input.max - input.min > 1300));
  await stepTo(page, early);
  await page.keyboard.press('p');
  // Any step of the light: it is brightest for less time than the waiting looks in turn.
  await page.locator('.heat1, .heat2, .heat3').first().waitFor();
  await page.locator('.status.live').waitFor({ timeout: 20_000 });
  await looks.wallShows(page, looks.wanted(late, 'domains'));
  looks.clean(page);
});

test('the slider goes to any moment that is kept, by keyboard, and to no other', async () => {
  const { early } = await twoStates();
  const page = await looks.open();
  await page.locator('.cell:visible').first().waitFor();
  await page.keyboard.press('r');
  const slider = page.getByRole('slider', { name: 'Moment' });
  await slider.focus();
  await looks.until('what is kept', () => slider.evaluate((input) => Number(input.min) < Number(input.max) - 1300));
  await page.keyboard.press('Home');
  await looks.until('the first moment', async () => (await seen(page)) === '0');
  await page.keyboard.press('ArrowLeft');
  assert.equal(await moment(page), await slider.evaluate((input) => Number(input.min)));
  await page.keyboard.press('End');
  assert.match(await slider.getAttribute('aria-valuetext'), /UTC/);
  await stepTo(page, early);
  await page.getByRole('button', { name: /^Live/ }).click();
  await page.locator('.status.live').waitFor();
  looks.clean(page);
});

test('another page shows what is live', async () => {
  await twoStates();
  const page = await looks.open();
  await page.locator('.cell:visible').first().waitFor();
  await page.keyboard.press('r');
  await page.locator('.status.rewound').waitFor();
  await page.evaluate(() => (location.hash = '#topology'));
  await page.locator('.status.live').waitFor();
  looks.clean(page, { but: /404/ }); // the demo has no topology
});

test('a run that has ended can be rewound, and played to its end', async () => {
  const { early, late } = await twoStates();
  await looks.demo.say('finish');
  const page = await looks.open();
  await page.locator('.status.finished').waitFor();
  await page.keyboard.press('r');
  await stepTo(page, early);
  await looks.wallShows(page, looks.wanted(early, 'domains'));
  await page.keyboard.press('p');
  await page.locator('.status.finished').waitFor({ timeout: 20_000 });
  await looks.wallShows(page, looks.wanted(late, 'domains'));
  looks.clean(page);
});

test('says so when the server is not there', async () => {
  await twoStates();
  const page = await looks.open();
  await page.locator('.cell:visible').first().waitFor();
  await page.keyboard.press('p');
  await page.locator('.status.paused').waitFor();
  await page.route('**/api/rewind*', (route) => route.abort());
  await page.keyboard.press('r');
  await page.getByRole('alert').getByText('The server does not answer.').waitFor();
  looks.clean(page, { but: /ERR_FAILED/ });
});

for (const colorScheme of ['light', 'dark'])
  test(`axe-core finds nothing serious in what is rewound, ${colorScheme}`, async () => {
    await twoStates();
    const page = await looks.open({ colorScheme });
    await page.locator('.cell:visible').first().click();
    await page.keyboard.press('r');
    await page.locator('.status.rewound').waitFor();
    await isAccessible(page);
    await takePicture(page, `rewind-${colorScheme}`);
    looks.clean(page);
  });
