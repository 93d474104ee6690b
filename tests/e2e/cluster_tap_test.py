"""Taps on a topology of a cluster: rows of all its nodes in one stream, for who has the token."""

import json
import os
import subprocess

import cluster_lab
import harness

TOPOLOGY = """name: words
spouts:
  - id: words
    className: words
    parallelism: 2
    properties: {words: [alpha, beta, gamma], order: cycle, limit: 100000000, rate: 2000}
bolts:
  - {id: counts, className: running_count, parallelism: 2, properties: {by: [word]}}
  - {id: out, className: discard}
streams:
  - {from: words, to: counts, grouping: {type: FIELDS, args: [word]}}
  - {from: counts, to: out, grouping: {type: GLOBAL}}
"""


class ClusterTap(harness.Case):
    def lab(self):
        lab = cluster_lab.ClusterLab(self, nodes=["n1", "n2"], network=False)
        lab.submit(TOPOLOGY)
        lab.until_status("words", "ACTIVE")
        return lab

    def tap(self, lab, *arguments):
        text = lab.ask("tap", "words", *arguments, "--json")
        return [json.loads(line) for line in text.splitlines()]

    def refused(self, lab, code, *arguments, token="lab-token"):
        environment = {**os.environ, "DNSTORM_TOKEN": token}
        return self.fails(code, "tap", *arguments, "--to", lab.to(), env=environment)

    def follow(self, lab, edge):
        """A reader that reads on, and the first line that it got."""
        reader = subprocess.Popen(
            [harness.DNSTORM, "tap", "words", edge, "--rate", "50", "--json", "--to", lab.to()],
            stdout=subprocess.PIPE, text=True, env={**os.environ, "DNSTORM_TOKEN": "lab-token"},
        )
        self.addCleanup(reader.stdout.close)
        self.addCleanup(reader.wait)
        self.addCleanup(reader.kill)
        return reader, json.loads(reader.stdout.readline())

    def test_shows_rows_of_all_nodes(self):
        lab = self.lab()
        lines = self.tap(lab, "words->counts", "--where", "word == beta", "--count", "40")
        self.assertEqual(lines[0]["tap"]["where"], "word == beta")
        self.assertEqual(lines[0]["tap"]["rate"], 100)
        rows = [line for line in lines if "row" in line]
        self.assertEqual(len(rows), 40)
        self.assertEqual({row["row"]["word"] for row in rows}, {"beta"})
        # One word has one task; what spouts emit comes from both nodes.
        lines = self.tap(lab, "words", "--count", "100")
        self.assertEqual({line["node"] for line in lines if "row" in line}, {"n1", "n2"})
        text = lab.ask("tap", "words", "counts", "--count", "1")
        self.assertRegex(text, r"Z n[12] counts/\d word=")

    def test_says_what_it_does_not_show_and_ends_with_the_topology(self):
        lab = self.lab()
        reader, head = self.follow(lab, "words")
        self.assertEqual(head["tap"]["edge"], "words")
        rows, killed = 0, False
        for line in map(json.loads, reader.stdout):
            rows += "row" in line
            counts = line.get("counts")
            if counts:
                self.assertEqual(counts["shown"], rows)
                self.assertEqual(counts["matched"], counts["shown"] + counts["not_shown"])
                self.assertEqual(counts["seen"], counts["matched"])
                if counts["not_shown"] > counts["shown"] and not killed:
                    lab.ask("kill", "words", "--wait", "0s")
                    killed = True
            last = line
        self.assertEqual(reader.wait(timeout=60), 0)
        self.assertEqual(last["reason"], "the topology is gone")

    def test_goes_on_when_a_worker_begins_anew(self):
        lab = self.lab()
        reader, _ = self.follow(lab, "words")
        os.kill(lab.worker_pid("words", "n1"), 9)
        lab.until(lambda: lab.restarts("words") == 1, "it has begun anew")
        opened = "a tap on words is opened"
        lab.until(lambda: lab.log_lines("words").count(opened) == 4, "new workers have opened it")
        lab.ask("kill", "words", "--wait", "0s")
        lines = [json.loads(line) for line in reader.stdout]
        seen = [line["counts"]["seen"] for line in lines if "counts" in line]
        self.assertEqual(seen, sorted(seen))
        self.assertEqual(lines[-1]["reason"], "the topology is gone")

    def test_is_closed_when_its_reader_is_gone(self):
        lab = self.lab()
        reader, _ = self.follow(lab, "words")
        opened = "a tap on words is opened"
        lab.until(lambda: lab.log_lines("words").count(opened) == 2, "both workers have opened it")
        reader.kill()
        closed = "the tap on words is closed"
        lab.until(lambda: lab.log_lines("words").count(closed) == 2, "both workers have closed it")

    def test_is_refused_in_a_line(self):
        lab = self.lab()
        said = self.refused(lab, 77, "words", "words", token="guess")
        self.assertIn("not the token", said)
        self.assertIn("set DNSTORM_TOKEN", self.refused(lab, 77, "words", "words", token=""))
        self.assertIn("did you mean 'counts'", self.refused(lab, 64, "words", "count"))
        said = self.refused(lab, 64, "words", "words", "--where", "color == red")
        self.assertIn("no field 'color'", said)
        self.assertIn("nobody is not alive", self.refused(lab, 64, "nobody", "words"))


if __name__ == "__main__":
    harness.main()
