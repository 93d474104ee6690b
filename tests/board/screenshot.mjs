// Pictures of the board for people to look at:
//   node screenshot.mjs FOLDER board_demo   of the demo's traffic
//   node screenshot.mjs FOLDER URL          of a board that runs
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { Browser, Demo } from './harness.mjs';

const [folder, source] = process.argv.slice(2);
if (!folder || !source) {
  console.error('usage: node screenshot.mjs FOLDER board_demo|URL');
  process.exit(64);
}
mkdirSync(folder, { recursive: true });

const sizes = { wall: { width: 1920, height: 1080 }, laptop: { width: 1280, height: 800 }, phone: { width: 390, height: 844 } };
const demo = source.includes('://') ? null : await Demo.start(source);
const browser = await Browser.start();
try {
  if (demo) await demo.say('step 180');
  for (const colorScheme of ['light', 'dark'])
    for (const [name, viewport] of Object.entries(sizes)) {
      const page = await browser.page({ colorScheme, viewport });
      await page.goto(demo?.url ?? source);
      await page.locator('.status.live, .status.finished, .status.waiting').waitFor();
      if (demo) await page.locator('.cell:visible').first().waitFor();
      if (demo) await demo.say('step 3');
      await page.waitForTimeout(1500);
      if (demo) await demo.say('step 1');
      await page.waitForTimeout(900);
      await page.screenshot({ path: join(folder, `board-${name}-${colorScheme}.png`) });
      if (name === 'laptop') {
        for (const tab of ['qtypes', 'rcodes']) {
          const button = page.locator(`#tab-${tab}`);
          if (!(await button.count())) continue;
          await button.click();
          await page.locator('.cell:visible').first().click();
          await page.getByRole('button', { name: 'Details' }).click();
          await page.screenshot({ path: join(folder, `board-${tab}-${colorScheme}.png`) });
        }
      }
      await page.context().close();
    }
} finally {
  await browser.stop();
  await demo?.stop();
}
console.log(`pictures are in ${folder}`);
