// From a packet on a wire to a pixel: the benchmark that measures it works. How long it takes is not
// tested: it needs a machine that does nothing else (docs/performance.md).
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';

const benchmark = fileURLToPath(new URL('../../benchmarks/board/packet_to_pixel', import.meta.url));

test('queries that go over a wire are seen on the page', (t) => {
  const options = ['--rate', '1000', '--markers', '3', '--dnstorm', process.env.DNSTORM];
  const done = spawnSync(benchmark, options, { encoding: 'utf8' });
  if (done.status === 77) return t.skip(done.stdout.trim());
  assert.equal(done.status, 0, done.stdout + done.stderr);
  assert.match(done.stdout, /3 of 3 markers shown/);
  console.log(done.stdout.trim());
});
