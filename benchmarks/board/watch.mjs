// Shows the wall of top-level domains and prints "NAME MS" when a cell called probe... has been painted:
// watch.mjs URL. Ends with its standard input.
import { Browser } from '../../tests/board/harness.mjs';

const browser = await Browser.start();
const page = await browser.page({ viewport: { width: 1920, height: 1080 } });
await page.exposeFunction('tell', (name, ms) => console.log(name, ms));
await page.goto(process.argv[2]);
await page.locator('#tab-tlds').click();
await page.locator('.cell:visible').first().waitFor();
await page.evaluate(() => {
  const known = new Set();
  const look = () => {
    for (const cell of document.querySelectorAll('.cells li:not([hidden]) .cell')) {
      if (!cell.title.startsWith('probe') || known.has(cell.title)) continue;
      const name = cell.title;
      known.add(name);
      // The frame after the next one begins when the next one has been painted.
      requestAnimationFrame(() => requestAnimationFrame(() => window.tell(name, performance.timeOrigin + performance.now())));
    }
  };
  new MutationObserver(look).observe(document.querySelector('.cells'), { subtree: true, attributes: true, childList: true });
});
console.log('ready');
process.stdin.resume();
const end = async () => {
  await browser.stop();
  process.exit(0);
};
process.stdin.on('end', end);
process.on('SIGTERM', end);
