"""Counts equal to the truth: `dnstorm report --json` against what the generator wrote down, against
tshark's counts of real captures (DNSTORM_DATA), and against tshark itself for the UDP part of
captures that also hold TCP or fragments."""

import collections
import json
import os
import shutil
import subprocess
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
# DNS in a tunnel is not decoded: its packets count as UDP on another port.
TUNNELS = {"zeek-gre-over-udp-4754.pcap"}
# Differences in one count, with packet and reason.
DIFFERENCES = {
    # Packet 1 has two questions, the first named by a pointer forward, which RFC 1035 4.1.4 does
    # not allow: the message is malformed, its question types are not taken.
    "suricata-forward-pointer.pcap": {"qtypes": {}},
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
        for parallelism in (1, 2, 4):
            report = self.report(capture, "--parallelism", parallelism)
            for key in KEYS:
                self.assertEqual(report[key], truth[key], f"{key} with {parallelism} executors")
            self.assertTrue(conserved(report))

    def test_resolver(self):
        self.check("--queries", 20000, "--seed", 1)

    def test_root(self):
        self.check("--queries", 20000, "--seed", 2, "--profile", "root")

    def test_tld(self):
        self.check("--queries", 20000, "--seed", 3, "--profile", "tld")


def tshark_udp(path):
    """The same counts from tshark for the UDP part of a capture without its fragments."""
    fields = [
        "dns.flags.response",
        "dns.flags.opcode",
        "dns.flags.rcode",
        "dns.qry.name",
        "dns.qry.type",
        "dns.flags.truncated",
    ]
    command = [
        "tshark",
        "-n",
        "-r",
        path,
        "-o",
        "ip.defragment:FALSE",
        "-o",
        "ipv6.defragment:FALSE",
        "-Y",
        "dns && udp && !icmp && !icmpv6 && !mdns && !llmnr && !tcp"
        " && !(ip.flags.mf == 1) && !(ip.frag_offset > 0) && !ipv6.fraghdr",
        "-T",
        "fields",
        "-E",
        "separator=/t",
        "-E",
        "occurrence=a",
        "-E",
        "aggregator=\x01",
    ]
    for field in fields:
        command += ["-e", field]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    count = collections.Counter()
    names = set()
    for line in text.splitlines():
        response, opcode, _, name, _, truncated = line.split("\t")
        count["messages"] += 1
        count["responses" if response in ("1", "True") else "queries"] += 1
        count["opcode " + opcode] += 1
        count["tc"] += truncated in ("1", "True")
        names.update(part.lower() for part in name.split("\x01") if part)
    return count, names


class Captures(harness.Case):
    """Every capture of DNSTORM_DATA."""

    def setUp(self):
        super().setUp()
        self.folder = os.path.join(harness.DATA, "captures")
        if not harness.DATA or not os.path.exists(os.path.join(self.folder, "counts.jsonl")):
            self.skipTest("DNSTORM_DATA names no folder with captures/counts.jsonl")
        with open(os.path.join(self.folder, "counts.jsonl")) as file:
            self.rows = [json.loads(line) for line in file]

    def test_captures_of_whole_udp_datagrams_have_the_published_counts(self):
        judged = 0
        for row in self.rows:
            name = row["file"]
            if row["tcp"] or name in GUIDES or name in TUNNELS:
                continue
            report = self.report(os.path.join(self.folder, name))
            self.assertTrue(conserved(report), name)
            if "fragment" in report["filtered_by_reason"]:
                continue
            with self.subTest(name):
                expected = {k: row[k] for k in KEYS} | DIFFERENCES.get(name, {})
                self.assertEqual({k: report[k] for k in KEYS}, expected)
                judged += 1
        self.assertGreater(judged, 60)

    def test_the_rest_without_segments_and_fragments_is_what_tshark_finds(self):
        if not shutil.which("tshark"):
            self.skipTest("tshark is not installed")
        judged = 0
        for row in self.rows:
            name = row["file"]
            path = os.path.join(self.folder, name)
            report = self.report(path)
            if not row["tcp"] and "fragment" not in report["filtered_by_reason"]:
                continue
            with self.subTest(name):
                count, names = tshark_udp(path)
                self.assertEqual(report["messages"], count["messages"])
                self.assertEqual(report["queries"], count["queries"])
                self.assertEqual(report["responses"], count["responses"])
                self.assertEqual(report["tc"], count["tc"])
                # tshark prints every byte that is not UTF-8 alike.
                if all(name.isascii() for name in names):
                    self.assertEqual(report["qnames"], len(names))
                self.assertTrue(conserved(report))
                judged += 1
        self.assertGreater(judged, 20)

    def test_nothing_is_unaccounted_for_in_damaged_captures(self):
        for name in sorted(GUIDES):
            report = self.report(os.path.join(self.folder, name))
            self.assertTrue(conserved(report), name)
            self.assertGreater(report["messages"], 0)


if __name__ == "__main__":
    harness.main()
