// The wall of countries in a real Chromium against the real program, with a database that is made here.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { Browser, Run, isAccessible } from './harness.mjs';
import { Looks } from './looks.mjs';
import { capture } from './packets.mjs';

const program = process.env.DNSTORM;
const topologies = ['board-countries', 'everything-countries'];
const fileOf = (topology) => join(import.meta.dirname, `../../configs/topologies/${topology}.yaml`);

// Debian's libmaxmind-db-writer-perl. Arguments: FILE NETWORK=CODE...
const writer = `use strict; use warnings; use MaxMind::DB::Writer::Tree;
my ($file, @networks) = @ARGV;
my $tree = MaxMind::DB::Writer::Tree->new(ip_version => 6, record_size => 24, database_type => 'Test-Country',
  languages => ['en'], description => { en => 'made by a test of dnstorm' }, alias_ipv6_to_ipv4 => 0,
  remove_reserved_networks => 0, map_key_type_callback => sub { $_[0] eq 'country' ? 'map' : 'utf8_string' });
for (@networks) { my ($network, $code) = split /=/; $tree->insert_network($network, { country => { iso_code => $code } }); }
open my $out, '>:raw', $file or die; $tree->write_tree($out);`;
const writable = spawnSync('perl', ['-MMaxMind::DB::Writer::Tree', '-e', '1']).status === 0;

let browser;
let folder;

before(async () => {
  browser = await Browser.start();
  folder = mkdtempSync(join(tmpdir(), 'dnstorm-countries-'));
  const query = (t, ...client) => ({ t: 1_800_000_000 + t, labels: ['www', 'example'], client, query: true });
  const queries = [
    ...[0, 1, 2].map((t) => query(t, 192, 0, 2, t)),
    ...[3, 4].map((t) => query(t, 198, 51, 100, t)),
    query(5, 203, 0, 113, 1),
    query(6, 10, 0, 0, 1),
  ];
  writeFileSync(join(folder, 'queries.pcap'), capture(queries));
});
after(async () => {
  await browser.stop();
  rmSync(folder, { recursive: true, force: true });
});

const settings = (topology, database) => [
  fileOf(topology),
  '--set',
  `packets.file=${join(folder, 'queries.pcap')}`,
  '--set',
  `places.files=[${database}]`,
];

for (const topology of topologies)
  test(`${topology} shows queries by country`, { skip: !writable && 'no MaxMind::DB::Writer' }, async () => {
    const database = join(folder, 'countries.mmdb');
    const networks = ['192.0.2.0/24=NL', '198.51.100.0/24=CL', '203.0.113.0/24=QX'];
    assert.equal(spawnSync('perl', ['-e', writer, database, ...networks]).status, 0);
    const run = await Run.start(program, settings(topology, database), folder);
    const looks = new Looks(browser, run);
    const page = await looks.open();
    await page.locator('#tab-countries').click();
    // QX is of nobody: a code without a name stands alone.
    await looks.wallShows(page, { 'NL Netherlands': '3', 'CL Chile': '2', QX: '1', unknown: '1' });
    await page.locator('.cell[title="NL Netherlands"]').click();
    const chosen = page.getByRole('complementary', { name: 'Chosen cell' });
    assert.match(await chosen.getByRole('heading').textContent(), /^NL Netherlands$/);
    await isAccessible(page);
    looks.clean(page);
    await looks.end();
  });

test('says what is missing where there is no database', () => {
  const done = spawnSync(program, ['run', ...settings(topologies[0], 'none.mmdb')], { encoding: 'utf8' });
  assert.notEqual(done.status, 0);
  assert.match(done.stderr, /none\.mmdb: cannot be opened: .*needs databases of your own, none comes with dnstorm/);
});
