// What the browser tests share: the demo program, a browser, a page that tells what went wrong in it.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import axe from 'axe-core';
import { chromium } from 'playwright-core';

export const chromiumPath = process.env.DNSTORM_CHROMIUM ?? '/usr/bin/chromium';

// axe-core finds nothing serious in the page as it is.
export async function isAccessible(page) {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => window.axe.run());
  const serious = violations
    .filter((violation) => ['serious', 'critical'].includes(violation.impact))
    .map((violation) => `${violation.id}: ${violation.nodes.map((node) => node.html).join(' | ')}`);
  assert.deepEqual(serious, []);
}

// A picture for the documentation, where somebody asks for them (tests/board/pictures): three quarters as wide as the page.
export async function takePicture(page, name) {
  const folder = process.env.DNSTORM_PICTURES;
  if (!folder) return;
  const whole = (await page.screenshot()).toString('base64');
  const { width, height } = page.viewportSize();
  const small = await page.context().newPage();
  await small.setViewportSize({ width: Math.round(width * 0.75), height: Math.round(height * 0.75) });
  await small.setContent(`<img src="data:image/png;base64,${whole}" style="position:absolute;inset:0;width:100%">`);
  await small.locator('img').evaluate((image) => image.decode());
  await small.screenshot({ path: join(folder, `${name}.jpg`), type: 'jpeg', quality: 70 });
  await small.close();
}

// The demo (board_demo.cpp), driven by lines on its standard input.
export class Demo {
  static async start(program, port = 0, ...more) {
    const demo = new Demo();
    demo.child = spawn(program, [String(port), ...more], { stdio: ['pipe', 'pipe', 'inherit'] });
    demo.lines = createInterface({ input: demo.child.stdout })[Symbol.asyncIterator]();
    const { value } = await demo.lines.next();
    if (!value?.startsWith('board at ')) throw new Error(`board_demo did not start: ${value}`);
    demo.url = value.slice('board at '.length);
    demo.port = Number(new URL(demo.url).port);
    return demo;
  }
  async say(line) {
    this.child.stdin.write(line + '\n');
    const { value } = await this.lines.next();
    if (value !== 'ok') throw new Error(`${line}: ${value}`);
  }
  async stop() {
    if (this.child.exitCode !== null) return this.child.exitCode;
    const ended = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.stdin.end('quit\n');
    return ended;
  }
}

// The real program with a board, until it is stopped.
export class Run {
  // Of `dnstorm run`. `until`: the line that says where it is served; if not given, when the run has ended.
  static start(program, options, cwd = '.', until = /Serving the board at (\S+)/) {
    return Run.serve(program, ['run', ...options, '--board', '127.0.0.1:0', '--keep-board'], cwd, until);
  }
  static async serve(program, args, cwd = '.', until = /Serving the board .*at (\S+)/) {
    const run = new Run();
    run.child = spawn(program, args, { cwd, stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    for await (const line of createInterface({ input: run.child.stderr })) {
      said += line + '\n';
      run.url = until.exec(line)?.[1];
      if (run.url) break;
    }
    if (!run.url) throw new Error(`the board is not served: ${said}`);
    run.child.stderr.resume();
    return run;
  }
  async stop() {
    if (this.child.exitCode !== null) return this.child.exitCode;
    const ended = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill('SIGINT');
    return ended;
  }
}

export class Browser {
  static async start() {
    if (!existsSync(chromiumPath)) throw new Error(`${chromiumPath} is not there; set DNSTORM_CHROMIUM`);
    const own = new Browser();
    own.profile = mkdtempSync(join(tmpdir(), 'dnstorm-board-'));
    own.browser = await chromium.launch({
      executablePath: chromiumPath,
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        `--disk-cache-dir=${own.profile}`,
      ],
    });
    return own;
  }

  // A page of its own that collects everything that must not happen in any test.
  async page(options = {}) {
    const context = await this.browser.newContext({ viewport: { width: 1600, height: 1000 }, ...options });
    const page = await context.newPage();
    page.faults = [];
    page.requests = [];
    page.on('pageerror', (error) => page.faults.push(`exception: ${error.message}`));
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) page.faults.push(`console: ${message.text()}`);
    });
    page.on('request', (request) => page.requests.push(request.url()));
    return page;
  }

  async stop() {
    await this.browser.close();
    rmSync(this.profile, { recursive: true, force: true });
  }
}
