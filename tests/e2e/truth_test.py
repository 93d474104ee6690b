"""Counts equal to the truth: `dnstorm report --json` against what the generator wrote down, and
against tshark's counts of real captures (DNSTORM_DATA), UDP, TCP, fragments, tunnels and ICMP."""

import json
import os
import unittest

import harness

KEYS = [
    "packets",
    "messages",
    "queries",
    "responses",
    "tcp",
    "v6",
    "edns",
    "do",
    "ecs",
    "tc",
    "qnames",
    "opcodes",
    "qtypes",
    "rcodes",
]
# The README of the data calls their counts a guide: another sound decoder may differ.
GUIDES = {"damaged-a.pcap", "fuzz-messages-a.pcap"}
# Counted apart from the messages.
APART = ["mdns", "llmnr", "embedded"]
# TCP, fragments, ICMP errors, a tunnel.
MANY_TASKS = [
    "compactor-knot-live.pcapng",
    "lab-amplification.pcap",
    "lab-odd.pcap",
    "zeek-gre-over-udp-4754.pcap",
]
# Differences in one count, with packet and reason.
DIFFERENCES = {
    # Packet 1 has two questions, the first named by a pointer forward, which RFC 1035 4.1.4 does
    # not allow: the message is malformed, its question types are not taken.
    "suricata-forward-pointer.pcap": {"qtypes": {}},
    # Packets 9148 and 11804 ask (AAAA) for a name of more than 255 bytes, which tshark prints as
    # "<Name too long>" and counts as a name: to us the questions are malformed. Type 38 is A6.
    "compactor-knot-live.pcapng": {
        "qnames": 7329,
        "qtypes": {
            "A": 4881, "AAAA": 1844, "NS": 366, "PTR": 349, "SRV": 266, "DS": 221, "SOA": 146,
            "TXT": 60, "MX": 50, "ANY": 43, "NAPTR": 19, "CNAME": 7, "DNSKEY": 4, "SPF": 4, "A6": 3,
        },
    },
}


def conserved(report):
    return report["packets"] == sum(
        report[k] for k in ("parsed", "malformed", "not_dns", "filtered")
    )


class Generated(harness.Case):
    def check(self, *arguments):
        capture = self.path("traffic.pcap")
        self.ok("generate", "-o", capture, *arguments)
        with open(capture + ".json") as file:
            truth = json.load(file)
        alone = self.report(capture, "--parallelism", 1)
        for parallelism in (1, 2, 4):
            report = self.report(capture, "--parallelism", parallelism)
            self.assertEqual(report, alone, f"with {parallelism} executors")
            for key in KEYS:
                self.assertEqual(report[key], truth[key], f"{key} with {parallelism} executors")
            self.assertTrue(conserved(report))

    def test_resolver(self):
        self.check("--queries", 20000, "--seed", 1)

    def test_root(self):
        self.check("--queries", 20000, "--seed", 2, "--profile", "root")

    def test_tld(self):
        self.check("--queries", 20000, "--seed", 3, "--profile", "tld")


class Captures(harness.Case):
    """Every capture of DNSTORM_DATA."""

    def setUp(self):
        super().setUp()
        self.folder = os.path.join(harness.DATA, "captures")
        if not harness.DATA or not os.path.exists(os.path.join(self.folder, "counts.jsonl")):
            self.skipTest("DNSTORM_DATA names no folder with captures/counts.jsonl")
        with open(os.path.join(self.folder, "counts.jsonl")) as file:
            self.rows = [json.loads(line) for line in file]

    def test_captures_have_the_published_counts(self):
        judged = 0
        for row in self.rows:
            name = row["file"]
            if name in GUIDES:
                continue
            with self.subTest(name):
                report = self.report(os.path.join(self.folder, name))
                self.assertTrue(conserved(report), name)
                expected = {k: row[k] for k in KEYS + APART} | DIFFERENCES.get(name, {})
                self.assertEqual({k: report[k] for k in KEYS + APART}, expected)
                judged += 1
        self.assertGreater(judged, 100)

    def test_streams_and_fragments_do_not_depend_on_the_number_of_tasks(self):
        for name in MANY_TASKS:
            path = os.path.join(self.folder, name)
            one = self.counts(self.report(path))
            for parallelism in (2, 3, 4):
                with self.subTest(name, parallelism=parallelism):
                    several = self.counts(self.report(path, "--parallelism", parallelism))
                    self.assertEqual(several, one)

    def counts(self, report):
        """Without the tops, which list one task's after the other's."""
        return {k: v for k, v in report.items() if not k.startswith("top_")}

    def test_nothing_is_unaccounted_for_in_damaged_captures(self):
        for name in sorted(GUIDES):
            report = self.report(os.path.join(self.folder, name))
            self.assertTrue(conserved(report), name)
            self.assertGreater(report["messages"], 0)


if __name__ == "__main__":
    harness.main()
