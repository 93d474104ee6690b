// A cluster of real processes for the browser tests: a coordinator and its nodes, all on this machine.
import { execFile, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const program = process.env.DNSTORM;
const patience = 60_000;

async function freePorts(count) {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => new Promise((done) => server.once('listening', done))));
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return ports;
}

// What is looked at again and again until it holds.
export async function until(what, check) {
  const end = Date.now() + patience;
  for (;;) {
    const seen = await check();
    if (seen) return seen;
    if (Date.now() > end) throw new Error(`waited in vain for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

export class Lab {
  // `names`: of the nodes, each with the label `lab`, and those that `labels` says by name.
  static async start(names, labels = {}) {
    const lab = new Lab();
    lab.names = names;
    lab.children = [];
    lab.folder = mkdtempSync(join(tmpdir(), 'dnstorm-cluster-'));
    const [control, port] = await freePorts(2);
    lab.url = `http://127.0.0.1:${port}`;
    writeFileSync(join(lab.folder, 'token'), 'right\n');
    chmodSync(join(lab.folder, 'token'), 0o600);
    lab.config = join(lab.folder, 'cluster.yaml');
    writeFileSync(
      lab.config,
      `cluster: page\ncoordinators: ["tcp://127.0.0.1:${control}"]\napi: 127.0.0.1:${port}\n` +
        `state: ${lab.folder}/state\ntokens: {page: {file: ${lab.folder}/token}}\n`,
    );
    lab.run(lab.folder, 'coordinator', '--config', lab.config);
    for (const name of names) {
      const own = lab.path(name);
      mkdirSync(own);
      const more = (labels[name] ?? []).flatMap((label) => ['--label', label]);
      lab.run(own, 'node', '--config', lab.config, '--name', name, '--folder', own, '--label', 'lab', ...more);
    }
    await until('all nodes', async () => (await lab.api('/supervisor/summary'))?.supervisors.length === names.length);
    return lab;
  }

  // A node's files that a topology names by relative paths are in its folder.
  run(cwd, ...args) {
    this.children.push(spawn(program, args, { cwd, stdio: 'ignore' }));
  }
  path(name) {
    return join(this.folder, name);
  }

  // The answer of the interface for programs; null: none, or a refusal.
  async api(path) {
    try {
      const answer = await fetch(`${this.url}/api/v1${path}`);
      return answer.ok ? await answer.json() : null;
    } catch {
      return null;
    }
  }
  async topology(name) {
    return ((await this.api('/topology/summary'))?.topologies ?? []).find((it) => it.name === name);
  }
  async statusOf(name) {
    return (await this.topology(name))?.status;
  }
  async workerOf(name, node) {
    const workers = (await this.api('/supervisor'))?.workers ?? [];
    return workers.find((it) => it.topologyName === name && it.supervisorId === node);
  }

  async submit(file, ...options) {
    await promisify(execFile)(program, ['submit', file, ...options, '--to', new URL(this.url).host], {
      env: { ...process.env, DNSTORM_TOKEN: 'right' },
    });
  }
  async submitText(name, text, ...options) {
    const file = this.path(`${name}.yaml`);
    writeFileSync(file, text);
    await this.submit(file, ...options);
  }
  untilStatus(name, status) {
    return until(`${name} is ${status}`, async () => (await this.statusOf(name)) === status);
  }

  async stop() {
    for (const child of this.children.reverse()) {
      if (child.exitCode !== null) continue;
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await ended;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}
