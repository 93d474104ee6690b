"""What Prometheus scrapes: the engine's metrics and those of the sink `prometheus` in one answer,
in the exposition format to the letter, with the numbers that are in the capture. Asks promtool,
too, where it is installed."""

import re
import shutil
import signal
import subprocess
import unittest
import urllib.request

import harness

TOPOLOGY = """name: scraped
spouts:
  - {id: packets, className: pcap, properties: {file: %s}}
bolts:
  - {id: dns, className: decode}
  - {id: qtypes, className: count, properties: {by: [qtype, rcode], window: 1s}}
  - {id: clients, className: distinct, properties: {of: [client], window: 1s}}
  - {id: names, className: top, properties: {of: [qname], k: 3, window: 1h}}
  - {id: sums, className: prometheus, properties: {tags: [server=ns1], gauges: [distinct]}}
  - {id: tops, className: prometheus, properties: {type: gauge, labels: [qname]}}
  - {id: points, className: text, properties: {file: %s, format: json}}
streams:
  - {from: packets, to: dns}
  - {from: dns, to: qtypes, grouping: {type: FIELDS, args: [qtype, rcode]}}
  - {from: dns, to: clients, grouping: {type: GLOBAL}}
  - {from: dns, to: names, grouping: {type: FIELDS, args: [qname]}}
  - {from: qtypes, to: sums, grouping: {type: GLOBAL}}
  - {from: clients, to: sums, grouping: {type: GLOBAL}}
  - {from: names, to: tops, grouping: {type: GLOBAL}}
  - {from: qtypes, to: points, grouping: {type: GLOBAL}}
"""

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\\\|\\"|\\n)*"'
SAMPLE = re.compile(rf"({NAME})(?:\{{({LABEL}(?:,{LABEL})*)\}})? (\S+)")
SUFFIXES = {"summary": ("", "_sum", "_count"), "counter": ("",), "gauge": ("",)}


def parse(text):
    """Samples by family, in the text format 0.0.4; what is not to the letter is an error."""
    families, types, samples = {}, {}, set()
    current = None
    if not text.endswith("\n"):
        raise ValueError("the last line has no end")
    for line in text[:-1].split("\n"):
        if head := re.fullmatch(rf"# HELP ({NAME}) (?:[^\\\n]|\\\\|\\n)*", line):
            current = head[1]
            if current in families:
                raise ValueError(f"{current} comes twice")
            families[current] = {}
        elif head := re.fullmatch(rf"# TYPE ({NAME}) (counter|gauge|summary)", line):
            if head[1] != current or current in types or families[current]:
                raise ValueError(f"the type of {head[1]} is in a wrong place")
            types[current] = head[2]
        else:
            sample = SAMPLE.fullmatch(line)
            if sample is None:
                raise ValueError(f"no sample: {line!r}")
            if sample[1] not in [current + suffix for suffix in SUFFIXES[types[current]]]:
                raise ValueError(f"{sample[1]} stands below {current}")
            key = (sample[1], frozenset(re.findall(LABEL, sample[2] or "")))
            if key in samples:
                raise ValueError(f"a series comes twice: {line!r}")
            samples.add(key)
            families[current][sample[1] + "{" + (sample[2] or "") + "}"] = float(sample[3])
    return families, types


class Prometheus(harness.Case):
    def scrape(self, address):
        with urllib.request.urlopen(address + "/metrics", timeout=10) as answer:
            self.assertEqual(answer.headers["Content-Type"], "text/plain; version=0.0.4")
            return answer.read().decode()

    def finished(self, address):
        """The metrics once the run has come to its end; the bound is the test's time-out."""
        while True:
            with urllib.request.urlopen(address + "/api/honesty", timeout=10) as answer:
                if b'"finished"' in answer.read():
                    return self.scrape(address)

    def test_the_counters_are_what_the_windows_add_up_to(self):
        capture, points = self.path("traffic.pcap"), self.path("points.json")
        self.ok("generate", "-o", capture, "--seed", "7", "--queries", "5000")
        topology = self.write("scraped.yaml", TOPOLOGY % (capture, points))
        process, address = self.run_with_board(topology, "--keep-board")
        text = self.finished(address)
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(timeout=60), 0)

        families, types = parse(text)
        self.assertIn("dnstorm_task_executed_rows_total", families)
        self.assertEqual(types["dns_qtypes_count_total"], "counter")
        self.assertEqual(types["dns_clients_distinct"], "gauge")
        self.assertEqual(len(families["dns_names_count_last"]), 3)
        self.assertEqual(families["dns_qtypes_count_total"], self.sums(points))
        if promtool := shutil.which("promtool"):
            # 3: it would name something otherwise; 1: it cannot be read.
            done = subprocess.run([promtool, "check", "metrics"], input=text, text=True,
                                  capture_output=True, timeout=60)
            self.assertIn(done.returncode, (0, 3), done.stderr)
            self.assertEqual([line for line in done.stderr.splitlines() if "dns_" in line and
                              not line.startswith("dnstorm_")], [])

    def sums(self, points):
        """The same by the points of every window."""
        all_sums = {}
        with open(points) as file:
            for line in file:
                point = harness.json.loads(line)
                labels = {**point["tags"], "server": "ns1"}
                text = ",".join(f'{name}="{labels[name]}"' for name in sorted(labels))
                series = "dns_qtypes_count_total{" + text + "}"
                all_sums[series] = all_sums.get(series, 0) + point["fields"]["count"]
        self.assertGreater(len(all_sums), 3)
        return all_sums

    def test_a_run_without_a_board_says_that_nobody_can_scrape(self):
        capture = self.path("traffic.pcap")
        self.ok("generate", "-o", capture, "--seed", "7", "--queries", "10")
        topology = self.write("scraped.yaml", TOPOLOGY % (capture, self.path("points.json")))
        done = self.ok("run", topology, "--quiet")
        self.assertIn("nobody can scrape 'sums': start the run with --board", done.stderr)

    def test_two_sinks_with_one_metric_are_refused(self):
        topology = self.write(
            "twice.yaml",
            """name: twice
spouts:
  - {id: words, className: words}
bolts:
  - {id: count, className: count, properties: {by: [], window: 1s, clock: processing}}
  - {id: one, className: prometheus}
  - {id: two, className: prometheus}
streams:
  - {from: words, to: count}
  - {from: count, to: one, grouping: {type: GLOBAL}}
  - {from: count, to: two, grouping: {type: GLOBAL}}
""",
        )
        line = self.fails(78, "run", topology, "--board", "127.0.0.1:0")
        self.assertIn("the metric dns_count_count_total is one of", line)


class Parser(unittest.TestCase):
    def test_refuses_what_is_not_to_the_letter(self):
        head = "# HELP a b\n# TYPE a gauge\n"
        parse(head + 'a{x="y\\"\\\\\\n"} 1\n')
        for text in ('a{x="y"} 1', 'a{x="y\\t"} 1\n', "a{} 1\n", "b 1\n", "a 1\na 2\n", "a  1\n",
                     'a{x="y",} 1\n', head):
            with self.assertRaises(ValueError, msg=text):
                parse(head + text)


if __name__ == "__main__":
    harness.main()
