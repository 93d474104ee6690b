"""RSSAC002's documents of generated days: counts made by hand from the messages as JSON lines and
from the generator's truth, and the same files at any number of tasks and after a kill."""

import base64
import datetime
import glob
import ipaddress
import json
import os
import re
import subprocess
from collections import Counter

import harness

TOPOLOGY = """
name: rssac002
config: {config}
spouts:
  - {{id: packets, className: pcap, properties: {{file: {capture}}}}}
bolts:
  - {{id: dns, className: decode, parallelism: {tasks}}}
  - {{id: days, className: rssac002, properties: {{service: b.root-servers.net, {days}}}}}
  - {{id: files, className: rssac002_file, properties: {{folder: {folder}}}}}
{parts}
streams:
  - {{from: packets, to: dns, grouping: {{type: FIELDS, args: [hosts]}}}}
  - {{from: days, to: files, grouping: {{type: GLOBAL}}}}
"""
ALONE = "  - {from: dns, to: days, grouping: {type: GLOBAL}}\n"
IN_PARTS = """
  - {from: dns, to: parts, grouping: {type: SHUFFLE}}
  - {from: parts, to: days, grouping: {type: GLOBAL}}
"""
METRICS = ("traffic-volume", "traffic-sizes", "rcode-volume", "unique-sources")
HEADER = re.compile(
    r"---\nversion: rssac002v(\d)\nservice: b\.root-servers\.net\n"
    r"start-period: (\d{4}-\d\d-\d\d)T00:00:00Z\nmetric: (\S+)\n"
)


def parse(text):
    """Version, day, metric, comments, {line: count}; a line of a section has its name before."""
    header = HEADER.match(text)
    comments, counts, section = [], {}, ""
    for line in text[header.end():].splitlines():
        if line.startswith("#"):
            comments.append(line)
            continue
        name, _, value = line.rpartition(":")
        if value.strip() in ("", "{}"):
            section = name + " "
        else:
            inside = name.startswith("  ")
            counts[(section if inside else "") + name.strip()] = int(value)
    return header[1], header[2], header[3], comments, counts


def by_hand(messages):
    """{day: {metric: {line: count}}}"""
    days = {}
    sources = {}
    for message in messages:
        wire = base64.b64decode(message["wire"])
        response = wire[2] & 0x80 != 0
        v6 = ":" in message["client"]
        date = datetime.datetime.fromtimestamp(
            message["time_ns"] // 10**9, datetime.timezone.utc
        ).strftime("%Y-%m-%d")
        day = days.setdefault(date, {metric: Counter() for metric in METRICS})
        transport = message["transport"]
        what = "responses-sent" if response else "queries-received"
        version = "ipv6" if v6 else "ipv4"
        day["traffic-volume"][f"dns-{transport}-{what}-{version}"] += 1
        last = 4096 if response else 288
        first = len(wire) // 16 * 16
        bin_ = f"{last}-" if first >= last else f"{first}-{first + 15}"
        kind = "response" if response else "request"
        day["traffic-sizes"][f"{transport}-{kind}-sizes {bin_}"] += 1
        if response:
            day["rcode-volume"][str(message["full_rcode"])] += 1
            continue
        found = sources.setdefault(date, {name: set() for name in ("ipv4", "ipv6", "net")})
        found[version].add(message["client"])
        if v6:
            found["net"].add(ipaddress.ip_address(message["client"]).packed[:8])
    for date, found in sources.items():
        days[date]["unique-sources"] = Counter({
            "num-sources-ipv4": len(found["ipv4"]),
            "num-sources-ipv6": len(found["ipv6"]),
            "num-sources-ipv6-aggregate": len(found["net"]),
        })
    return days


class Rssac002(harness.Case):
    DAYS = "whole_days: true"

    def setUp(self):
        super().setUp()
        self.capture = self.path("capture.pcap")

    def generate(self, queries=60000):
        """About 33 hours over three days."""
        self.ok(
            "generate", "-o", self.capture, "--profile", "root", "--queries", queries,
            "--rate", queries / 120000, "--start", "2026-01-30T20:00:00Z", "--tcp", "10",
            "--ipv6", "25", "--malformed", "1", "--clients", "3000",
        )

    def topology(self, name, days, tasks=1, parts=None, config="{}"):
        bolt = ""
        if parts is not None:
            bolt = (
                f"  - {{id: parts, className: rssac002, parallelism: {tasks},"
                f" properties: {{partial: true{parts}}}}}"
            )
        text = TOPOLOGY.format(
            capture=self.capture, days=days, tasks=tasks, folder=self.path(name), parts=bolt,
            config=config,
        )
        wiring = ALONE if parts is None else IN_PARTS
        return self.path(name), self.write(name + ".yaml", text + wiring)

    def files(self, folder):
        found = {}
        for path in glob.glob(folder + "/**/*.*", recursive=True):
            with open(path) as file:
                found[os.path.relpath(path, folder)] = file.read()
        self.assertFalse([name for name in found if name.endswith(".tmp")])
        return found

    def run_days(self, name, days=DAYS, **more):
        folder, topology = self.topology(name, days, **more)
        self.ok("run", "-q", topology)
        return self.files(folder)

    def documents(self, files):
        """{day: {metric: {line: count}}} of files with the published names."""
        days = {}
        for name, text in files.items():
            version, day, metric, comments, counts = parse(text)
            date = day.replace("-", "")
            self.assertEqual(
                name, f"{day[:4]}/{day[5:7]}/{metric}/b-root-{date}-{metric}.yaml", text
            )
            self.assertEqual((version, comments), ("5", []))
            days.setdefault(day, {})[metric] = counts
        return days

    def messages(self):
        lines = self.path("messages.jsonl")
        self.ok("convert", "-q", self.capture, "-o", lines)
        with open(lines) as file:
            return [json.loads(line) for line in file]

    def test_days_are_those_counted_by_hand(self):
        self.generate()
        expected = by_hand(m for m in self.messages() if not m["malformed"])
        self.assertEqual(list(expected), ["2026-01-30", "2026-01-31", "2026-02-01"])
        got = self.documents(self.run_days("days"))
        self.assertEqual(list(sorted(got)), list(expected))
        for day, metrics in expected.items():
            for metric, counts in metrics.items():
                self.assertEqual(+Counter(got[day][metric]), counts, f"{day} {metric}")
        self.assertEqual(len(got["2026-01-31"]["traffic-volume"]), 8)

    def test_sums_are_the_truth(self):
        self.generate()
        days = self.documents(self.run_days("days", self.DAYS + ", malformed: true"))
        with open(self.capture + ".json") as file:
            truth = json.load(file)
        volume, rcodes = Counter(), Counter()
        for metrics in days.values():
            volume.update(metrics["traffic-volume"])
            rcodes.update(metrics["rcode-volume"])
        total = lambda *words: sum(n for name, n in volume.items() if all(w in name for w in words))
        self.assertEqual(total("queries-received"), truth["queries"])
        self.assertEqual(total("responses-sent"), truth["responses"])
        self.assertEqual(total("-tcp-"), truth["tcp"])
        self.assertEqual(total("-ipv6"), truth["v6"])
        self.assertGreater(min(truth["tcp"], truth["v6"]), 10000)
        names = {"NOERROR": "0", "FORMERR": "1", "SERVFAIL": "2", "NXDOMAIN": "3", "NOTIMP": "4",
                 "REFUSED": "5"}
        self.assertEqual(rcodes, {names[name]: n for name, n in truth["rcodes"].items()})

    def test_the_server_is_told_by_its_addresses(self):
        self.generate()
        messages = [m for m in self.messages() if not m["malformed"]]
        server = Counter(m["server"] for m in messages).most_common(1)[0][0]
        expected = by_hand(m for m in messages if m["server"] == server)
        self.assertLess(
            sum(sum(day["rcode-volume"].values()) for day in expected.values()), len(messages) / 3
        )
        days = self.run_days("days", f"{self.DAYS}, server_addresses: ['{server}']")
        for day, metrics in self.documents(days).items():
            for metric, counts in metrics.items():
                self.assertEqual(+Counter(counts), expected[day][metric], f"{day} {metric}")

    def test_files_are_the_same_at_any_number_of_tasks(self):
        self.generate()
        for number, kind in enumerate(("", ", sources: estimated", ", exact_max: 1000")):
            expected = self.run_days(f"alone-{number}", self.DAYS + kind)
            self.assertEqual(len(expected), 12)
            for tasks in (1, 2, 4):
                for every in ("", ", every: 1h"):
                    name = f"{number}-{tasks}-{len(every)}"
                    got = self.run_days(name, self.DAYS + kind, tasks=tasks, parts=kind + every)
                    self.assertEqual(got, expected, f"{tasks} tasks{kind}{every}")

    def test_estimates_are_near_and_say_so(self):
        self.generate()
        exact = self.run_days("exact")
        estimated = self.run_days("estimated", self.DAYS + ", sources: estimated, precision: 14")
        for name, text in estimated.items():
            if "unique-sources" not in name:
                self.assertEqual(text, exact[name])
                continue
            *_, comments, counts = parse(text)
            self.assertEqual(len(comments), 3, text)
            self.assertIn("relative standard error 0.81 %", comments[0])
            for line, count in parse(exact[name])[4].items():
                self.assertAlmostEqual(counts[line], count, delta=0.04 * count + 1)

    def test_a_day_that_is_not_whole_is_marked(self):
        self.generate()
        whole = self.run_days("whole")
        first = self.messages()[0]["time"]
        for name, more in {"alone": {}, "p": {"tasks": 2, "parts": ", every: 1h"}}.items():
            files = self.run_days(name, "every: 1h", **more)
            self.assertEqual(len(files), len(whole))
            for file, text in files.items():
                # The capture begins and ends within a day; the one between is as ever.
                if "20260131" in file:
                    self.assertEqual(text, whole[file])
                    continue
                self.assertTrue(file.endswith(".yaml.incomplete"), file)
                comment = re.search(r"# incomplete: counted from (\S+) until (\S+)\n", text)
                begins, ends = comment[1], comment[2]
                if "20260130" in file:
                    self.assertEqual((begins, ends), (first, "2026-01-31T00:00:00Z"))
                else:
                    self.assertEqual(begins, "2026-02-01T00:00:00Z")
                    self.assertRegex(ends, "^2026-02-01T0[3-5]:")
                whole_text = whole[file.removesuffix(".incomplete")]
                self.assertEqual(text.replace(comment[0], ""), whole_text)

    def test_a_killed_run_goes_on_to_the_same_files(self):
        self.generate(400000)
        expected = self.run_days("undisturbed")
        checkpoints = self.path("checkpoints")
        config = (
            "{topology.delivery: exactly-once, topology.state.checkpoint.interval.ms: 10,"
            f" topology.checkpoint.dir: {checkpoints}}}"
        )
        # What comes out of days so far leaves nothing behind.
        days = self.DAYS + ", every: 1h"
        for number, parts in enumerate((None, "", ", every: 1h")):
            more = {"parts": parts, "config": config}
            name = f"killed-{number}"
            tasks = 1 if parts is None else 2
            folder, topology = self.topology(name, days, tasks=tasks, **more)
            process = subprocess.Popen([harness.DNSTORM, "run", "-q", topology])
            while process.poll() is None and not glob.glob(checkpoints + "/checkpoint-*"):
                pass
            process.kill()
            self.assertNotEqual(process.wait(), 0, "it ended before its first checkpoint")
            _, topology = self.topology(name, days, tasks=tasks + (parts is not None), **more)
            done = self.ok("run", "--resume", topology)
            self.assertIn("Going on from checkpoint", done.stderr)
            self.assertEqual(self.files(folder), expected, name)


if __name__ == "__main__":
    harness.main()
