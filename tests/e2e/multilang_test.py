"""Multilang: an unmodified pystorm bolt out of PyPI counts words in a topology; a child that knows
only Storm's defaults; and a child that crashes takes nobody along."""

import os
import re
import subprocess
import sys
import tempfile
import unittest

import harness

UNAVAILABLE = 69
WORDS = ["nathan", "mike", "jackson", "golda", "bertels"]
LIMIT = 2000

# As the documentation of pystorm has it: nothing of it knows dnstorm.
COUNTER = """from collections import Counter

from pystorm import Bolt


class WordCounter(Bolt):
    def initialize(self, conf, context):
        self.counts = Counter()

    def process(self, tup):
        word = tup.values[0]
        self.counts[word] += 1
        self.emit([word, self.counts[word]])
        self.logger.info("%s: %d", word, self.counts[word])


WordCounter().run()
"""

# As Storm's own storm.py: it waits for the task ids of every emit, and a heartbeat is a tuple.
SPLITTER = r"""import json, os, sys
from collections import deque


def read():
    lines = []
    while True:
        line = sys.stdin.readline()
        if not line:
            sys.exit(0)
        if line == "end\n":
            return json.loads("".join(lines))
        lines.append(line)


def send(message):
    print(json.dumps(message))
    print("end", flush=True)


setup = read()
send({"pid": os.getpid()})
open(setup["pidDir"] + "/" + str(os.getpid()), "w").close()
waiting = deque()
while True:
    tup = waiting.popleft() if waiting else read()
    if tup["task"] == -1 and tup["stream"] == "__heartbeat":
        send({"command": "sync"})
        continue
    for word in tup["tuple"][0].split():
        send({"command": "emit", "anchors": [tup["id"]], "tuple": [word]})
        ids = read()
        while not isinstance(ids, list):
            waiting.append(ids)
            ids = read()
        assert len(ids) == 1, ids
    send({"command": "ack", "id": tup["id"]})
"""

TOPOLOGY = """name: shell_words
config: {topology.delivery: %(delivery)s}
spouts:
  - id: words
    className: words
    parallelism: 2
    properties: {words: [%(words)s], order: cycle, limit: %(limit)d, batch: 50}
bolts:
  - id: counter
    className: org.apache.storm.flux.wrappers.bolts.FluxShellBolt
    constructorArgs: [[%(python)s, %(script)s], [word, "count:u64"]]
    parallelism: 2
    properties: {reads: [word], add_time: time, restart: %(restart)d}
    configMethods:
      - {name: addComponentConfig, args: [pystorm.log.level, warning]}
  - {id: seen, className: count, properties: {by: [word], window: 0s}}
  - {id: out, className: text, properties: {format: json}}
streams:
  - {from: words, to: counter, grouping: {type: FIELDS, args: [word]}}
  - {from: counter, to: seen, grouping: {type: GLOBAL}}
  - {from: seen, to: out, grouping: {type: GLOBAL}}
"""


def pystorm(folder):
    """A virtual environment with pystorm: its python, or why there is none."""
    made = subprocess.run(
        [sys.executable, "-m", "venv", folder], capture_output=True, text=True, timeout=300
    )
    if made.returncode != 0:
        return None, "no virtual environment can be made here: " + made.stderr.strip()[-200:]
    python = os.path.join(folder, "bin", "python")
    command = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    installed = subprocess.run(
        command + ["--retries", "1", "--timeout", "20", "pystorm==3.1.4"],
        capture_output=True,
        text=True,
        timeout=600,
    )
    if installed.returncode != 0:
        return None, "pystorm cannot be installed: " + installed.stderr.strip()[-200:]
    return python, ""


class Shell(harness.Case):
    def topology(self, script, python=sys.executable, **more):
        settings = {"delivery": "none", "words": ", ".join(WORDS), "limit": LIMIT, "restart": 0}
        settings.update(more, python=python, script=self.write("child.py", script))
        return self.write("words.yaml", TOPOLOGY % settings)

    def counted(self, output):
        """Rows by word, as `count` and `text` have them."""
        rows = {}
        for line in output.splitlines():
            word = re.search(r'"word":"(\w+)"', line).group(1)
            rows[word] = int(re.search(r'"count":(\d+)', line).group(1))
        return rows


class Pystorm(Shell):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="dnstorm-venv-")
        cls.addClassCleanup(cls.folder.cleanup)
        cls.python, problem = pystorm(cls.folder.name)
        if cls.python is None:
            raise unittest.SkipTest(problem)

    def test_an_unmodified_bolt_counts_words(self):
        for delivery in ("none", "at-least-once"):
            with self.subTest(delivery=delivery):
                done = self.ok(
                    "run", "-q", self.topology(COUNTER, self.python, delivery=delivery)
                )
                expected = {word: 2 * LIMIT // len(WORDS) for word in WORDS}
                self.assertEqual(self.counted(done.stdout), expected)

    def test_its_counts_are_numbers(self):
        share = 2 * LIMIT // len(WORDS)
        with open(self.topology(COUNTER, self.python), encoding="utf-8") as file:
            text = file.read()
        text = text.replace("  - {id: seen,",
                            "  - {id: last, className: filter, properties: {where: count == %d}}\n"
                            "  - {id: seen," % share)
        text = text.replace("  - {from: counter, to: seen,",
                            "  - {from: counter, to: last}\n  - {from: last, to: seen,")
        done = self.ok("run", "-q", self.write("last.yaml", text))
        self.assertEqual(self.counted(done.stdout), {word: 1 for word in WORDS})

    def test_an_exception_in_it_is_that_components_failure(self):
        broken = COUNTER.replace("        word = tup.values[0]\n",
                                 "        word = tup.values[0]\n"
                                 "        if self.counts[word] == 5: raise ValueError('enough')\n")
        done = harness.dnstorm("run", "-q", self.topology(broken, self.python))
        self.assertEqual(done.returncode, UNAVAILABLE, done.stderr)
        last = done.stderr.strip().splitlines()[-1]
        self.assertRegex(last, r"counter: the child \(.*child.py\) ended with exit code 1; "
                               r"it said last: ValueError: enough")
        # What it gave before is counted.
        self.assertTrue(set(self.counted(done.stdout).values()) <= {1, 2, 3, 4, 5})


class Children(Shell):
    def test_storms_defaults_task_ids_for_every_emit(self):
        topology = self.write("split.yaml", f"""name: split
config: {{topology.delivery: at-least-once}}
spouts:
  - {{id: lines, className: lines, properties: {{file: {self.write('t', 'a b a' + chr(10) * 2)}}}}}
bolts:
  - id: split
    className: shell_bolt
    properties:
      command: [{sys.executable}, {self.write('split.py', SPLITTER)}]
      reads: [line]
      fields: [word]
      add_time: time
  - {{id: counts, className: count, properties: {{by: [word], window: 0s}}}}
  - {{id: out, className: text, properties: {{format: json}}}}
streams:
  - {{from: lines, to: split}}
  - {{from: split, to: counts, grouping: {{type: FIELDS, args: [word]}}}}
  - {{from: counts, to: out, grouping: {{type: GLOBAL}}}}
""")
        self.assertEqual(self.counted(self.ok("run", "-q", topology).stdout), {"a": 2, "b": 1})

    CRASHES = SPLITTER.replace("    for word in", """    if tup["tuple"][0] == "golda":
        import sys
        if not os.path.exists(%r):
            open(%r, "w").close()
            sys.exit("out of words")
    for word in""").replace("tuple\": [word]", "tuple\": [word, 1]")

    def test_a_crash_leaves_the_rest_of_the_topology_alone(self):
        script = self.CRASHES % (self.path("never/there"), "/dev/null")
        done = harness.dnstorm("run", "-q", self.topology(script))
        self.assertEqual(done.returncode, UNAVAILABLE, done.stderr)
        self.assertIn("ended with exit code 1; it said last: out of words",
                      done.stderr.strip().splitlines()[-1])
        counts = self.counted(done.stdout)
        self.assertEqual(counts.get("golda"), None)
        # The words of the task whose child lives are all there.
        self.assertIn(2 * LIMIT // len(WORDS), counts.values())

    def test_a_crash_loses_nothing_where_rows_are_tracked(self):
        once = self.path("crashed")
        script = self.CRASHES % (once, once)
        done = self.ok("run", "-q", self.topology(script, delivery="at-least-once", restart=1))
        self.assertIn("it is started anew", done.stderr)
        counts = self.counted(done.stdout)
        self.assertEqual(set(counts), set(WORDS))
        for word in WORDS:
            self.assertGreaterEqual(counts[word], 2 * LIMIT // len(WORDS))

    def test_a_command_that_is_not_there_stops_the_run(self):
        line = self.fails(78, "run", "-q", self.topology("", "/nowhere/python"))
        self.assertIn("counter: cannot start '/nowhere/python'", line)


class Example(harness.Case):
    def test_the_shipped_topology_counts(self):
        configs = os.path.join(harness.SOURCE, "configs", "topologies")
        text = self.write("text.txt", "to be or not to be\nbe\n")
        done = self.ok("run", "-q", os.path.join(configs, "shell_word_count.yaml"),
                       "--set", f"sentences.file={text}", cwd=harness.SOURCE)
        self.assertRegex(done.stdout, r"(?m)be\s+3")


if __name__ == "__main__":
    harness.main()
