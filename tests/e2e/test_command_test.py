"""dnstorm test: the shipped test files pass, a failure is told exactly, wrong files are refused
with their places, nothing outside is touched."""

import glob
import json
import os
import xml.etree.ElementTree

import harness

WORDS = """topology:
  name: words
  config: {%s}
  spouts:
    - {id: words, className: words}
  bolts:
    - {id: counts, className: running_count, parallelism: 2}
    - {id: out, className: log, properties: {file: %s}}
    - {id: totals, className: count, properties: {window: 0s}}
    - {id: store, className: store, properties: {file: %s}}
  streams:
    - {from: words, to: counts, grouping: {type: FIELDS, args: [word]}}
    - {from: counts, to: out, grouping: {type: GLOBAL}}
    - {from: words, to: totals, grouping: {type: GLOBAL}}
    - {from: totals, to: store, grouping: {type: GLOBAL}}
tests:
"""


class Case(harness.Case):
    def file(self, tests, config=""):
        text = WORDS % (config, self.path("out.txt"), self.path("out.sqlite"))
        return self.write("t.yaml", text + tests)

    def run_test(self, code, file, *options):
        done = harness.dnstorm("test", file, *options)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done


class Passing(Case):
    def test_the_shipped_files_pass(self):
        files = sorted(glob.glob(os.path.join(harness.SOURCE, "configs", "tests", "*.yaml")))
        self.assertGreater(len(files), 2)
        done = self.ok("test", *files, cwd=harness.SOURCE)
        self.assertIn(" passed, 0 failed", done.stdout)

    def test_sinks_touch_nothing(self):
        tests = """  - name: both sinks
    spouts: {words: [{word: a, time: 1s}]}
    expect: {out: [{word: a, count: 1}], store: [{count: 1}]}
"""
        done = self.run_test(0, self.file(tests))
        self.assertEqual(done.stdout, "ok      both sinks (20 runs)\n1 passed, 0 failed\n")
        self.assertEqual(os.listdir(os.path.dirname(self.path("x"))), ["t.yaml"])

    def test_roots_and_ticks_and_time(self):
        tests = """  - name: roots
    spouts: {words: [{word: a}, {word: b, at: 100s}]}
    expect: {counts: {count: 2}}
    acked: 2
    failed: 0
  - name: half of the time
    until: 50s
    spouts: {words: [{word: a}, {word: b, at: 100s}]}
    expect: {counts: {count: 1}}
    acked: 1
"""
        self.run_test(0, self.file(tests, "topology.delivery: at-least-once"), "--seeds", 3)

    def test_windows_of_the_clock_close_with_its_ticks(self):
        text = """topology:
  name: clock
  config: {topology.tick.tuple.freq.secs: 5}
  spouts:
    - {id: words, className: words}
  bolts:
    - {id: counts, className: count, properties: {by: [word], window: 10s, clock: processing}}
  streams:
    - {from: words, to: counts, grouping: {type: FIELDS, args: [word]}}
tests:
  - name: two windows
    until: 29s
    spouts: {words: [{word: a, at: 3s}, {word: a, at: 9s}, {word: a, at: 11s}, {word: a, at: 26s}]}
    expect:
      counts:
        - {window: 0s, window_end: 10s, word: a, count: 2}
        - {window: 10s, window_end: 20s, word: a, count: 1}
"""
        self.run_test(0, self.write("clock.yaml", text))

    def test_some_of_the_tests(self):
        tests = """  - {name: first, spouts: {words: [{word: a}]}, expect: {counts: {count: 1}}}
  - {name: second, spouts: {words: []}, expect: {counts: {count: 7}}}
"""
        self.run_test(0, self.file(tests), "--filter", "irs")
        self.assertEqual(
            self.run_test(2, self.file(tests), "--filter", "third").stderr,
            "dnstorm: no test has 'third' in its name\n",
        )


class Failing(Case):
    TESTS = """  - name: good
    spouts: {words: [{word: a}]}
    expect: {counts: [{word: a, count: 1}]}
  - name: wrong count
    spouts:
      words: [{word: a}, {word: b}, {word: a}]
    expect:
      counts:
        - {word: a, count: 1}
        - {word: b, count: 1}
        - {word: a, count: 3}
    acked: 3
"""

    def test_a_failure_is_told_exactly(self):
        file = self.file(self.TESTS)
        done = self.run_test(1, file)
        self.assertEqual(
            done.stdout,
            f"""ok      good (20 runs)
FAILED  wrong count
  {file}:27:11: counts: 1 row missing, 1 unexpected; 3 rows expected, 3 came
    row 3 is the first that differs
    expected   count=3 word=a
    got        count=2 word=a
    missing    count=3 word=a
    unexpected count=2 word=a
  {file}:28:5: 3 acked expected, 0 are; roots are tracked with topology.delivery: at-least-once
1 passed, 1 failed
""",
        )
        self.assertEqual(done.stderr, "")

    def test_programs_are_told_too(self):
        file = self.file(self.TESTS)
        junit = self.path("results.xml")
        told = json.loads(self.run_test(1, file, "--json", "--junit", junit).stdout)
        self.assertEqual([told["passed"], told["failed"], told["bad"]], [1, 1, 0])
        self.assertEqual(told["files"][0]["tests"][1]["status"], "failed")
        suite = xml.etree.ElementTree.parse(junit).getroot()[0]
        self.assertEqual([suite.get("tests"), suite.get("failures")], ["2", "1"])
        self.assertIn("1 row missing", suite[1][0].get("message"))

    def test_what_depends_on_timing_does_not_pass(self):
        # Numbers in the order in which two sources happen to come.
        text = """topology:
  name: race
  spouts:
    - {id: left, className: words}
    - {id: right, className: words}
  bolts:
    - {id: counts, className: running_count, properties: {by: []}}
    - {id: both, className: identity}
  streams:
    - {from: left, to: counts, grouping: {type: GLOBAL}}
    - {from: right, to: counts, grouping: {type: GLOBAL}}
    - {from: left, to: both}
tests:
  - name: race
    seeds: 10
    spouts: {left: [{word: a}, {word: a}], right: [{word: b}]}
    expect: {counts: {count: 3}, both: {count: 2}}
  - name: order
    seeds: 20
    spouts: {left: [{word: a}, {word: a}], right: [{word: b}]}
    set: ["counts.by=word"]
    expect: {counts: [{word: a}, {word: a}, {word: b}]}
"""
        done = self.run_test(1, self.write("race.yaml", text))
        self.assertIn("ok      race", done.stdout)
        self.assertIn("FAILED  order", done.stdout)
        self.assertIn("'unordered: true' allows it", done.stdout)

    def test_an_error_that_does_not_come(self):
        tests = "  - {name: x, error: did you mean, spouts: {words: []}}\n"
        done = self.run_test(1, self.file(tests))
        self.assertIn("no error, and one with 'did you mean' is expected", done.stdout)

    def test_a_source_without_end(self):
        tests = "  - {name: x, expect: {counts: {count: 1}}}\n"
        done = self.run_test(1, self.file(tests), "--seeds", 1)
        self.assertIn("the topology comes to no end: limit its sources", done.stdout)


class Bad(Case):
    def places(self, tests):
        file = self.file(tests)
        done = self.run_test(2, file)
        text = done.stdout + done.stderr
        return [line.split(file + ":")[1] for line in text.splitlines() if file + ":" in line]

    def test_names_that_do_not_fit_the_topology(self):
        self.assertEqual(
            self.places(
                """  - name: x
    set: {cuonts.by: a}
    keep: [counts]
    spouts: {words: [{wrod: a}]}
    expect: {counts: []}
"""
            ),
            ["18:11: no component 'cuonts' to set a property of, did you mean 'counts'?"],
        )
        self.assertEqual(
            self.places(
                """  - name: x
    keep: [counts]
    spouts: {wrods: [{word: a}]}
    expect: {count: [], counts:late: []}
"""
            ),
            [
                "18:12: 'counts' is no sink; all others work as they are",
                "19:14: 'wrods' is no component of the topology, did you mean 'words'?",
                "20:14: 'count' is no component of the topology, did you mean 'counts'?",
                "20:25: 'counts' has no stream 'late'; there are default",
            ],
        )

    def test_rows_that_do_not_fit(self):
        self.assertEqual(
            self.places(
                "  - {name: x, expect: {counts: []},\n"
                "     spouts: {words: [{wrod: a}, {time: soon}]}}\n"
            ),
            [
                "18:23: spout 'words': there is no field 'wrod', did you mean 'word'?",
                "18:34: spout 'words': field 'time' (time) takes a time as 5s or "
                "2026-01-31T12:00:00Z, not 'soon'",
            ],
        )
        self.assertEqual(
            self.places("  - {name: x, spouts: {words: []}, expect: {counts: {text: a}}}\n"),
            ["17:45: 'counts' writes no text; sinks 'text' and 'log' do"],
        )

    def test_files_that_are_wrong(self):
        done = self.run_test(2, self.path("nowhere.yaml"))
        self.assertIn("nowhere.yaml: cannot be opened: No such file", done.stderr)
        self.assertIn("could not run", done.stdout)
        file = self.write("t.yaml", "topology: no.yaml\ntests: [{name: x, acked: 1}]\n")
        done = self.run_test(2, file)
        self.assertIn(f"{file}:1:11: {self.path('no.yaml')}: cannot be opened", done.stderr)
        self.assertEqual(
            self.places("  - {nme: x, acked: 1}\n"),
            [
                "17:5: a test has no 'name'",
                "17:6: unknown key 'nme' of a test, did you mean 'name'?",
            ],
        )

    def test_a_topology_that_is_not_valid(self):
        text = "topology:\n  name: t\n  spuots: []\ntests:\n  - {name: x, acked: 0}\n"
        done = self.run_test(1, self.write("t.yaml", text))
        self.assertIn("t.yaml:3:3: unknown key 'spuots'", done.stdout)

    def test_usage(self):
        self.assertEqual(harness.dnstorm("test").returncode, 64)
        words = self.ok("completion", "--words").stdout.split()
        self.assertIn("test", words)
        self.assertIn("--junit", self.ok("completion", "--words", "test").stdout)


if __name__ == "__main__":
    harness.main()
