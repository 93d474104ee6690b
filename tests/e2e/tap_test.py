"""Taps on a run that goes on: opened and closed while rows pass, over HTTP and by `dnstorm tap`."""

import json
import os
import signal
import urllib.error
import urllib.parse
import urllib.request

import harness

TOPOLOGY = """name: taps
spouts:
  - id: words
    className: words
    properties: {words: [alpha, beta, gamma, delta], order: cycle, limit: %d, rate: %d}
bolts:
  - {id: same, className: filter, properties: {where: word != none}}
  - {id: out, className: discard}
streams:
  - {from: words, to: same, grouping: {type: SHUFFLE}}
  - {from: same, to: out, grouping: {type: SHUFFLE}}
"""


class Tap(harness.Case):
    def start(self, host="127.0.0.1", **environment):
        topology = self.write("taps.yaml", TOPOLOGY % (0, 20000))
        return self.run_with_board(
            topology, "--summary", self.path("s"), host=host, **environment
        )

    def stop(self, process):
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(timeout=60), 0)

    def open(self, address, **arguments):
        query = urllib.parse.urlencode(arguments)
        return urllib.request.urlopen(f"{address}/tap?{query}", timeout=60)

    def test_a_tap_is_opened_and_closed_while_rows_pass_and_ends_with_the_run(self):
        process, address = self.start()
        for _ in range(3):
            with self.open(address, edge="words->same", where="word == beta") as lines:
                head = json.loads(lines.readline())["tap"]
                self.assertEqual([field["name"] for field in head["fields"]], ["time", "word"])
                self.assertEqual(json.loads(lines.readline())["row"]["word"], "beta")
        with self.open(address, edge="words", rate=20) as lines:
            lines.readline()
            rows = 0
            for line in map(json.loads, lines):
                rows += "row" in line
                if "counts" in line and "end" not in line:
                    counts = line["counts"]
                    self.assertEqual(counts["seen"], counts["matched"])
                    self.assertEqual(counts["matched"], counts["shown"] + counts["not_shown"])
                    self.assertGreater(counts["not_shown"], counts["shown"])
                    self.assertEqual(counts["shown"], rows)
                    self.stop(process)
                last = line
        self.assertEqual(last["end"], True)
        self.assertEqual(last["counts"]["shown"], rows)
        # A tap changes nothing: every row has arrived (the run itself asserts it).
        with open(self.path("s")) as file:
            tasks = {task["component"]: task for task in json.load(file)["tasks"]}
        self.assertEqual(tasks["words"]["emitted"], tasks["out"]["executed"])

    def test_the_command_prints_rows_and_names_what_is_wrong(self):
        process, address = self.start()
        done = self.ok("tap", address, "same", "--where", "word in [alpha, delta]", "--count", 5)
        lines = done.stdout.splitlines()
        self.assertEqual(
            lines[0],
            "-- tap on same where word in [alpha, delta], at most 100 rows a second: "
            "time time, word string",
        )
        rows = [line for line in lines if not line.startswith("--")]
        self.assertEqual(len(rows), 5)
        for row in rows:
            self.assertRegex(row, r"^\S+Z same/0 time=\S+Z word=(alpha|delta)$")
        done = self.ok("tap", address.replace("http://", ""), "words->same", "--json", "--count", 1)
        self.assertIn("row", json.loads(done.stdout.splitlines()[-1]))
        self.assertEqual(
            self.fails(64, "tap", address, "wrds"),
            "dnstorm: tap: there is no component 'wrds', did you mean 'words'?",
        )
        wrong = self.fails(64, "tap", address, "words", "--where", "color == red")
        self.assertIn("have no field 'color'", wrong)
        self.stop(process)
        self.assertIn("does not answer", self.fails(69, "tap", address, "words"))

    def test_a_board_that_others_reach_wants_the_token(self):
        process, address = self.start(host="0.0.0.0", DNSTORM_TAP_TOKEN="secret")
        with self.assertRaises(urllib.error.HTTPError) as refused:
            self.open(address, edge="words")
        self.assertEqual(refused.exception.code, 401)
        refused.exception.close()
        self.assertIn("token", self.fails(77, "tap", address, "words", "--count", 1))
        known = {**os.environ, "DNSTORM_TAP_TOKEN": "secret"}
        self.ok("tap", address, "words", "--count", 1, env=known)
        self.stop(process)
        process, address = self.start(host="0.0.0.0")
        self.assertIn("DNSTORM_TAP_TOKEN", self.fails(77, "tap", address, "words"))
        self.stop(process)

    def test_a_run_prints_its_tap_to_standard_error(self):
        topology = self.write("taps.yaml", TOPOLOGY % (4000, 0))
        done = self.ok("run", topology, "--tap", "same->out", "--where", "word == gamma")
        lines = done.stderr.splitlines()
        self.assertIn("-- tap on same->out where word == gamma", lines[0])
        self.assertRegex(lines[1], r"^\S+Z out/0 time=\S+Z word=gamma$")
        self.assertRegex(done.stderr, r"-- the run has ended: 4000 seen, 1000 matched, \d+ shown")
        self.assertEqual(
            self.fails(64, "run", topology, "--tap", "out"),
            "dnstorm: tap: there is no edge 'out', or nobody reads it; edges are words, same, "
            "words->same, same->out",
        )


if __name__ == "__main__":
    harness.main()
