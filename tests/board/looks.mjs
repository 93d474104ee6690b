// What tests of the Live page share: pages of one demo, and what they must show.
import assert from 'node:assert/strict';

const patience = 20_000;

export class Looks {
  constructor(browser, demo) {
    this.browser = browser;
    this.demo = demo;
    this.pages = [];
  }

  async end() {
    for (const page of this.pages) await page.context().close();
    assert.equal(await this.demo.stop(), 0, 'the server ended well (a sanitizer would say otherwise)');
  }

  async open(options, url = this.demo.url) {
    const page = await this.browser.page(options);
    this.pages.push(page);
    await page.goto(url);
    return page;
  }

  // What every test ends with: no error in the console, no request to another host.
  clean(page, { url = this.demo.url, but = /^$/ } = {}) {
    assert.deepEqual(
      page.faults.filter((fault) => !but.test(fault)),
      [],
    );
    const origin = new URL(url).origin;
    assert.deepEqual(
      page.requests.filter((request) => new URL(request).origin !== origin),
      [],
    );
  }

  async snapshot() {
    return (await fetch(this.demo.url + 'api/snapshot')).json();
  }
  panelOf(state, id) {
    return state.panels.find((panel) => panel.id === id);
  }
  grouped(n) {
    return String(n).replace(/\B(?=(\d{3})+$)/g, '\u202f');
  }

  async until(what, check) {
    const end = Date.now() + patience;
    for (;;) {
      const seen = await check();
      if (seen) return seen;
      if (Date.now() > end) throw new Error(`waited in vain for: ${what}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  // The state of the server once it has taken in all that the demo was told to feed.
  settled(captured) {
    return this.until(`captured ${captured}`, async () => {
      const state = await this.snapshot();
      return state.honesty.captured === captured && state.panels.length > 0 ? state : null;
    });
  }

  // name -> count, as the wall shows it.
  cellsOf(page) {
    return page.$$eval('.cells li:not([hidden]) .cell', (cells) =>
      Object.fromEntries(cells.map((c) => [c.title, c.querySelector('.cell-count').textContent])),
    );
  }
  wanted(state, id) {
    return Object.fromEntries(
      this.panelOf(state, id)
        .wall.slots.filter(Boolean)
        .map(([key, count]) => [key, this.grouped(count)]),
    );
  }
  async wallShows(page, wanted) {
    const text = JSON.stringify(wanted, Object.keys(wanted).sort());
    let seen;
    try {
      await this.until('the wall', async () => {
        seen = await this.cellsOf(page);
        return JSON.stringify(seen, Object.keys(seen).sort()) === text;
      });
    } catch {
      assert.deepEqual(seen, wanted);
    }
  }
}
