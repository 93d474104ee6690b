// Shows the wall of query types and prints "NAME MS" when a cell called TYPE61... has been painted:
// watch.mjs URL. Ends with its standard input.
import { Browser } from '../../tests/board/harness.mjs';

const browser = await Browser.start();
const page = await browser.page({ viewport: { width: 1920, height: 1080 } });
await page.exposeFunction('tell', (name, ms) => console.log(name, ms));
await page.goto(process.argv[2]);
await page.locator('#tab-qtypes').click();
await page.locator('.cell:visible').first().waitFor();
await page.evaluate(() => {
  const known = new Set();
  const look = () => {
    for (const cell of document.querySelectorAll('.cells li:not([hidden]) .cell')) {
      const name = cell.title;
      if (!name.startsWith('TYPE61') || known.has(name)) continue;
      known.add(name);
      // The frame after the next one begins when the next one has been painted.
      requestAnimationFrame(() => requestAnimationFrame(() => window.tell(name, Date.now())));
    }
  };
  new MutationObserver(look).observe(document.querySelector('.cells'), {
    subtree: true,
    attributes: true,
    attributeFilter: ['title', 'hidden'],
  });
});
console.log('ready');
const end = async () => {
  await browser.stop();
  process.exit(0);
};
process.stdin.resume();
process.stdin.on('end', end);
process.on('SIGTERM', end);
