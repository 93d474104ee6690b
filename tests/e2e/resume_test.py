"""Exactly-once: a run that is killed at a random moment and resumed, as often as it takes, leaves
the same points as one that nobody has disturbed, and so it does if each run has other numbers of
tasks.

  --runs N    how many runs are killed (default 6)
  --seed S    where the dice begin
"""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time

import harness
import lake

TOPOLOGY = """
name: resumed
config:
  topology.delivery: exactly-once
  topology.state.checkpoint.interval.ms: 20
  topology.checkpoint.dir: {folder}/checkpoints
spouts:
  - id: packets
    className: {spout}
    properties: {{file: [{files}], max_disorder: 200ms, speed: {speed}}}
bolts:
  - {{id: dns, className: decode, parallelism: {tasks}}}
  - {{id: transactions, className: match, parallelism: {tasks}}}
  - {{id: rates, className: count, properties: {{by: [qr], window: 1s}}}}
  - {{id: qtypes, className: count, parallelism: {tasks}, properties: {{by: [qtype], window: 1s}}}}
  - {{id: outcomes, className: count, properties: {{by: [status], window: 10s}}}}
  - id: parts
    className: count
    parallelism: {tasks}
    properties: {{by: [qtype, rcode], window: 5s, partial: true}}
  - id: sums
    className: count
    properties: {{by: [qtype, rcode], window: 5s, weight: count, time: window}}
  - id: names_part
    className: top
    parallelism: {tasks}
    properties: {{of: [qname], k: 20, window: 10s}}
  - {{id: names, className: top, properties: {{of: [qname], k: 20, merge: true}}}}
  - id: busy
    className: distinct
    parallelism: {tasks}
    properties: {{of: [client], by: [qtype], window: 10s, slide: 5s}}
  - {{id: clients, className: distinct, properties: {{of: [client], window: 10s}}}}
  - id: sizes_part
    className: aggregate
    parallelism: {tasks}
    properties: {{sum: [size], first: [id], by: [rcode], window: 5s, partial: true}}
  - id: sizes
    className: aggregate
    properties: {{sum: [size], first: [id], by: [rcode], merge: true}}
  - id: once
    className: dedupe
    parallelism: {tasks}
    properties: {{by: [client, qname], span: 3s}}
  - {{id: fresh, className: count, properties: {{by: [qtype], window: 5s}}}}
  - id: visits
    className: sessionise
    parallelism: {tasks}
    properties: {{by: [client], gap: 500ms}}
  - {{id: longest, className: aggregate, properties: {{max: [session_row], by: [qr], window: 5s}}}}
  - id: pairs
    className: join
    parallelism: {tasks}
    properties:
      by: [client, id]
      left: [dns_responses]
      select: [qtype=dns_queries.qtype, answered=dns_responses.matched]
      window: 2s
  - id: answered
    className: count
    properties: {{by: [qtype, answered], window: 2s, time: window}}
  - {{id: history, className: store, properties: {{file: {folder}/points.sqlite}}}}
  - {{id: text, className: text, properties: {{file: {folder}/points.txt}}}}
  - id: table
    className: csv
    properties: {{folder: {folder}/rows, source: true, fields: [window, count], rotate: 20s}}
  - id: log
    className: json_lines
    properties:
      folder: {folder}/rows
      fields: [time, client, qname, qtype, rcode]
      rotate: 10s
      max_bytes: 2Mi
      compression: zstd
streams:
  - {{from: packets, to: dns, grouping: {{type: FIELDS, args: [hosts]}}}}
  - {{from: dns, to: transactions, grouping: {{type: FIELDS, args: [txn]}}}}
  - {{from: dns, to: rates, grouping: {{type: GLOBAL}}}}
  - {{from: dns, to: qtypes, grouping: {{type: FIELDS, args: [qtype]}}}}
  - {{from: transactions, to: outcomes, grouping: {{type: FIELDS, args: [status]}}}}
  - {{from: dns, to: parts, grouping: {{type: SHUFFLE}}}}
  - {{from: parts, to: sums, grouping: {{type: GLOBAL}}}}
  - {{from: dns, to: names_part, grouping: {{type: FIELDS, args: [qname]}}}}
  - {{from: names_part, to: names, grouping: {{type: GLOBAL}}}}
  - {{from: dns, to: busy, grouping: {{type: FIELDS, args: [qtype]}}}}
  - {{from: dns, to: clients, grouping: {{type: GLOBAL}}}}
  - {{from: dns, to: sizes_part, grouping: {{type: SHUFFLE}}}}
  - {{from: sizes_part, to: sizes, grouping: {{type: GLOBAL}}}}
  - {{from: dns, to: once, grouping: {{type: FIELDS, args: [client]}}}}
  - {{from: once, to: fresh, grouping: {{type: GLOBAL}}}}
  - {{from: dns, to: visits, grouping: {{type: FIELDS, args: [client]}}}}
  - {{from: visits, to: longest, grouping: {{type: GLOBAL}}}}
  - {{from: dns, to: pairs, grouping: {{type: FIELDS, args: [client, id], streamId: queries}}}}
  - {{from: dns, to: pairs, grouping: {{type: FIELDS, args: [client, id], streamId: responses}}}}
  - {{from: pairs, to: answered, grouping: {{type: GLOBAL}}}}
  - {{from: dns, to: log, grouping: {{type: GLOBAL}}}}
  - {{from: qtypes, to: table, grouping: {{type: GLOBAL}}}}
  - {{from: outcomes, to: table, grouping: {{type: GLOBAL}}}}
{sinks}
"""

SINKS = "".join(
    f"  - {{from: {source}, to: {sink}, grouping: {{type: GLOBAL}}}}\n"
    for source in ("rates", "qtypes", "outcomes", "sums", "names", "busy", "clients", "sizes",
                   "fresh", "longest", "answered")
    for sink in ("history", "text")
)


def points_of(file):
    with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as database:
        return database.execute(
            'SELECT measurement, tags, time, "end", fields FROM points JOIN series ON id = series '
            "ORDER BY measurement, tags, time"
        ).fetchall()


def rows_of(folder):
    """What is in the rotated files, by their names; of packed ones, what is packed."""
    rows = {}
    for name in os.listdir(folder):
        path = os.path.join(folder, name)
        if name.endswith(".zst"):
            unpacked = subprocess.run(["zstd", "-dcq", path], capture_output=True, check=True)
            rows[name] = unpacked.stdout
        else:
            with open(path, "rb") as file:
                rows[name] = file.read()
    return rows


class Resume(harness.Case):
    runs = 6
    seed = 0

    def setUp(self):
        super().setUp()
        self.spout = "pcap"
        self.files = [self.generate("capture.pcap", 200000, "2026-01-01T00:00:00Z")]

    def generate(self, name, packets, start):
        path = self.path(name)
        self.ok("generate", "-o", path, "--packets", packets, "--seed", "3", "--start", start)
        return path

    def read_from(self, spout, endings):
        """What is read: two captures, one after the other in time, in other formats."""
        self.spout = spout
        self.files = []
        for number, ending in enumerate(endings):
            capture = self.generate(f"{number}.pcap", 100000, f"2026-01-01T0{number}:00:00Z")
            self.files.append(self.path(f"{number}{ending}"))
            self.ok("convert", "--quiet", capture, "-o", self.files[-1])

    def read_lake(self):
        self.files = [self.path("lake")]
        lake.fill(self, self.files[0], packets=60000)

    def topology(self, name, speed="max", tasks=2):
        folder = self.path(name)
        os.makedirs(folder, exist_ok=True)
        text = TOPOLOGY.format(
            folder=folder,
            spout=self.spout,
            files=", ".join(self.files),
            speed=speed,
            sinks=SINKS,
            tasks=tasks,
        )
        return folder, self.write(name + ".yaml", text)

    def results(self, folder):
        with open(os.path.join(folder, "points.txt")) as file:
            text = file.read()
        rows = rows_of(os.path.join(folder, "rows"))
        return text, points_of(os.path.join(folder, "points.sqlite")), rows

    def run_killed(self, topology, dice, longest, before_each=lambda: None):
        """How often it was killed, and how often it went on from a checkpoint."""
        killed = resumed = 0
        while True:
            before_each()
            process = subprocess.Popen(
                [harness.DNSTORM, "run", "--resume", topology],
                stderr=subprocess.PIPE,
                text=True,
            )
            if killed < 4:
                try:
                    process.wait(dice.uniform(0.1, 1) * longest)
                except subprocess.TimeoutExpired:
                    process.send_signal(signal.SIGKILL)
            _, errors = process.communicate(timeout=300)
            resumed += "Going on from checkpoint" in errors
            if process.returncode == 0:
                return killed, resumed
            self.assertEqual(process.returncode, -signal.SIGKILL, errors)
            killed += 1

    def check_killed_runs(self, rescaled):
        folder, topology = self.topology("undisturbed")
        began = time.monotonic()
        self.ok("run", "-q", topology)
        lasted = time.monotonic() - began
        expected = self.results(folder)
        self.assertGreater(len(expected[1]), 100)
        self.assertGreater(len(expected[2]), 4)
        logged = sum(text.count(b"\n") for name, text in expected[2].items() if "log-" in name)
        messages = sum(self.report(file)["messages"] for file in self.files)
        self.assertEqual(logged, messages)
        self.assertFalse(os.listdir(os.path.join(folder, "checkpoints")), "the end leaves none")
        all_killed = all_resumed = 0
        for run in range(self.runs):
            dice = random.Random(self.seed + run)
            name = f"killed-{run}"
            folder, topology = self.topology(name)

            def other_tasks(dice=dice, name=name):
                if rescaled:
                    self.topology(name, tasks=dice.choice((1, 2, 3, 4, 7)))

            killed, resumed = self.run_killed(topology, dice, lasted, other_tasks)
            all_killed += killed
            all_resumed += resumed
            got = self.results(folder)
            self.assertEqual(got[0], expected[0], f"text of seed {self.seed + run}")
            self.assertEqual(got[1], expected[1], f"store of seed {self.seed + run}")
            names = sorted(got[2]), sorted(expected[2])
            self.assertEqual(*names, f"files of seed {self.seed + run}")
            self.assertTrue(got[2] == expected[2], f"rows of seed {self.seed + run}")
        print(f"{self.runs} runs: killed {all_killed} times, resumed {all_resumed} times")
        self.assertGreater(all_killed, 0)
        self.assertGreater(all_resumed, 0)

    def test_points_are_those_of_an_undisturbed_run(self):
        self.check_killed_runs(rescaled=False)

    def test_points_are_the_same_with_other_numbers_of_tasks(self):
        self.check_killed_runs(rescaled=True)

    def test_points_of_cdns_files_are_those_of_an_undisturbed_run(self):
        self.read_from("pcap", (".cdns", ".cdns.gz"))
        self.check_killed_runs(rescaled=True)

    def test_points_of_dnstap_files_are_those_of_an_undisturbed_run(self):
        self.read_from("dnstap", (".fstrm", ".fstrm.zst"))
        self.check_killed_runs(rescaled=True)

    def test_points_of_a_lake_are_those_of_an_undisturbed_run(self):
        self.read_lake()
        self.check_killed_runs(rescaled=True)

    def kill_at_first_checkpoint(self, folder, topology):
        process = subprocess.Popen([harness.DNSTORM, "run", "-q", topology])
        checkpoints = os.path.join(folder, "checkpoints")
        while not any(
            name.startswith("checkpoint-")
            for name in (os.listdir(checkpoints) if os.path.isdir(checkpoints) else [])
        ):
            self.assertIsNone(process.poll())
        process.kill()
        process.wait()

    def test_says_whose_number_of_tasks_cannot_change(self):
        folder = self.path("words")
        os.makedirs(folder)

        def words(spouts, counts):
            return self.write(
                "words.yaml",
                "name: words\nconfig: {topology.delivery: exactly-once,"
                " topology.state.checkpoint.interval.ms: 20,"
                f" topology.checkpoint.dir: {folder}/checkpoints}}\n"
                f"spouts: [{{id: text, className: words, parallelism: {spouts},"
                " properties: {limit: 20000, rate: 20000}}]\n"
                f"bolts: [{{id: counts, className: running_count, parallelism: {counts}}},"
                " {id: end, className: discard}]\n"
                "streams: [{from: text, to: counts, grouping: {type: FIELDS, args: [word]}},"
                " {from: counts, to: end, grouping: {type: SHUFFLE}}]\n",
            )

        self.kill_at_first_checkpoint(folder, words(2, 2))
        error = self.fails(78, "run", "--resume", words(3, 2))
        self.assertIn("'text' has 2 tasks in the checkpoint and 3 tasks in the topology", error)
        self.assertIn("give it 2 tasks again", error)
        self.ok("run", "--resume", words(2, 5))

    def test_does_not_begin_anew_over_a_checkpoint(self):
        folder, topology = self.topology("left", speed="1x")
        self.kill_at_first_checkpoint(folder, topology)
        self.assertIn("--resume", self.fails(64, "run", "-q", topology))
        with open(topology) as file:
            text = file.read().replace("by: [qtype]", "by: [qtype, qr]")
        other = self.write("other.yaml", text)
        self.assertIn("another topology", self.fails(78, "run", "--resume", other))

    def test_resume_needs_exactly_once(self):
        text = "name: x\nspouts: [{id: a, className: words}]\n"
        text += "bolts: [{id: b, className: discard}]\n"
        text += "streams: [{from: a, to: b, grouping: {type: SHUFFLE}}]\n"
        topology = self.write("none.yaml", text)
        self.assertIn("exactly-once", self.fails(64, "run", "--resume", topology))


if __name__ == "__main__":
    for option in ("--runs", "--seed"):
        if option in sys.argv:
            at = sys.argv.index(option)
            setattr(Resume, option[2:], int(sys.argv[at + 1]))
            del sys.argv[at : at + 2]
    harness.main()
