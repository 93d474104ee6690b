"""Counts equal to the truth: `dnstorm report --json` against what the generator wrote down, and
against tshark's counts of real captures (DNSTORM_DATA), UDP, TCP, fragments, tunnels and ICMP."""

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
# Of dnstap files.
FRAME_KEYS = ["frames", "types", "dns_queries", "dns_responses", "family", "protocol"]
# A message each, whatever carries it.
MESSAGE_KEYS = [key for key in KEYS if key != "packets"]
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


class Streams(harness.Case):
    """TCP, fragments, what is doubled, lost and malformed, as packets and as dnstap frames."""

    MIXES = (
        ("--tcp", 20, "--fragments", 5, "--malformed", 3, "--not-dns", 3, "--loss", 10),
        ("--tcp", 100, "--tcp-queries", 6, "--duplicates", 10, "--ipv6", 60, "--malformed", 5),
        ("--tcp", 2.4, "--fragments", 60, "--duplicates", 20, "--mtu", 1280, "--ipv6", 50),
        ("--tcp", 40, "--fragments", 20, "--rate", 500000, "--clients", 20, "--nanoseconds"),
    )
    PROFILES = ("resolver", "root", "tld", "resolver")

    def generate(self, name, *arguments):
        file = self.path(name)
        self.ok("generate", "-o", file, *arguments)
        with open(file + ".json") as text:
            return file, json.load(text)

    def mixes(self):
        for number, (mix, profile) in enumerate(zip(self.MIXES, self.PROFILES)):
            # Seeds of which no two exchanges are alike where a frame has no ports.
            for seed in (30 + number, 20 + number):
                yield ("--queries", 5000, "--seed", seed, "--profile", profile, *mix)

    def judge(self, report, truth, keys):
        self.assertEqual({k: report[k] for k in keys}, {k: truth[k] for k in keys})
        self.assertEqual(report["transactions"]["answered"], truth["transactions"])
        self.assertTrue(conserved(report))

    def judge_packets(self, report, truth):
        """Where every packet went, and what was put together."""
        self.judge(report, truth, KEYS + APART + ["clients"])
        accounting = dict(truth["accounting"])
        parts = accounting.pop("parsed_by_reason")
        self.assertEqual({k: report[k] for k in accounting}, accounting)
        streams = report["streams"]
        self.assertEqual(
            {k[len("parsed."):]: n for k, n in streams.items() if k.startswith("parsed.")}, parts
        )
        self.assertEqual(streams["tcp.messages"], truth["tcp"])
        completed = truth["fragments"]["completed"]
        self.assertEqual(streams.get("fragments.completed", 0), completed)
        for fault in ("holes", "unfinished", "junk_bytes", "joined"):
            self.assertNotIn("tcp." + fault, streams)

    def test_packets(self):
        for mix in self.mixes():
            with self.subTest(mix):
                capture, truth = self.generate("mix.pcap", *mix)
                for parallelism in (1, 3):
                    report = self.report(capture, "--parallelism", parallelism)
                    self.judge_packets(report, truth)

    def test_frames(self):
        for mix, (kind, letter) in zip(
            self.mixes(), (("auth", "A"), ("client", "C"), ("resolver", "R"), ("stub", "S")) * 2
        ):
            with self.subTest(mix):
                file, truth = self.generate("mix.fstrm.gz", *mix, "--dnstap-type", kind)
                report = self.report(file)
                self.judge(report, truth, KEYS + APART + FRAME_KEYS + ["clients"])
                self.assertEqual(set(report["types"]), {letter + "Q", letter + "R"})

    def test_frames_and_packets_have_the_same_messages(self):
        mix = ("--queries", 5000, "--seed", 4, "--tcp", 30, "--fragments", 10, "--duplicates", 0,
               "--malformed", 0)
        capture, _ = self.generate("same.pcap", *mix)
        frames, _ = self.generate("same.fstrm", *mix)
        lines = []
        for file in (capture, frames):
            rows = []
            for line in self.ok("convert", file, "-o", "-", "--to", "json").stdout.splitlines():
                row = json.loads(line)
                rows.append(tuple(row[k] for k in ("time", "src", "dst", "transport", "wire")))
            lines.append(rows)
        self.assertEqual(*lines)
        self.assertGreater(len(lines[0]), 9000)

    def test_converted_to_frames(self):
        for mix in self.mixes():
            with self.subTest(mix):
                capture, truth = self.generate("mix.pcap", *mix)
                frames = self.path("converted.fstrm")
                self.ok("convert", capture, "-o", frames)
                self.judge(self.report(frames), truth, MESSAGE_KEYS + ["clients"])

    def test_a_capture_that_is_cut(self):
        """The packets end where a segment or a fragment is missing."""
        for packets in range(1000, 1020):
            mix = ("--packets", packets, "--seed", packets, "--tcp", 80, "--tcp-queries", 8,
                   "--fragments", 30)
            with self.subTest(packets):
                capture, truth = self.generate("cut.pcap", *mix)
                report = self.report(capture)
                self.assertEqual(report["packets"], packets)
                self.judge(report, truth, KEYS + ["clients"])

    def test_frames_say_who_wrote_them(self):
        name = self.path("who.fstrm")
        self.ok("generate", "-o", name, "--queries", 10, "--dnstap-identity", "ns1.example")
        with open(name, "rb") as file:
            self.assertIn(b"ns1.example", file.read())
        for option in (("--dnstap-identity", "ns1"), ("--dnstap-type", "auth")):
            line = self.fails(64, "generate", "-o", self.path("x.pcap"), *option)
            self.assertIn(option[0], line)

    def test_tshark_counts_the_same_messages(self):
        if not shutil.which("tshark"):
            self.skipTest("there is no tshark")
        capture, truth = self.generate(
            "outside.pcap", "--queries", 5000, "--seed", 8, "--tcp", 30, "--fragments", 10,
            "--malformed", 0, "--not-dns", 0, "--duplicates", 0
        )
        done = subprocess.run(
            ["tshark", "-n", "-r", capture, "-o", "tcp.reassemble_out_of_order:TRUE", "-Y", "dns",
             "-T", "fields", "-e", "dns.flags.response", "-e", "tcp.stream"],
            capture_output=True, text=True, check=True
        )
        counts = {"queries": 0, "responses": 0, "tcp": 0}
        for line in done.stdout.splitlines():
            flags, stream = line.split("\t")
            for flag in flags.split(","):
                counts["responses" if flag in ("1", "True") else "queries"] += 1
                counts["tcp"] += stream != ""
        self.assertEqual(counts, {k: truth[k] for k in counts})


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
