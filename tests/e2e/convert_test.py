"""dnstorm convert: there and back through every format, nothing counted otherwise.

Captures from outside are those of the folder captures/ of DNSTORM_DATA; the others are generated.
"""

import collections
import json
import os
import shutil
import subprocess

import harness

KEYS = ("queries", "responses", "qtypes", "rcodes", "qnames")
# What a report of a C-DNS file says as that of the capture it was made of: not mDNS, LLMNR and what
# ICMP quotes, which the format has no place for.
STORED_KEYS = ("messages", "queries", "responses", "tcp", "v6", "edns", "do", "ecs", "tc", "qnames",
               "clients", "opcodes", "qtypes", "rcodes", "transactions", "top_names", "top_clients")
WAYS = (".cdns", ".json", ".fstrm", ".pcapng", ".cdns.zst")


class Case(harness.Case):
    """With files of its own."""

    def convert(self, source, target, *more):
        return self.ok("convert", source, "-o", target, *more)


class Convert(Case):
    """Formats, streams, exit codes."""

    def setUp(self):
        super().setUp()
        self.sample = self.path("sample.pcap")
        self.ok("generate", "-o", self.sample, "--queries", "3000", "--malformed", "1",
                "--not-dns", "1", "--seed", "3", "--nanoseconds")

    def lines(self, path):
        done = self.ok("convert", path, "-o", "-", "--to", "json")
        return done.stdout.splitlines()

    def test_nothing_changes_there_and_back(self):
        before = self.report(self.sample)
        for way in WAYS:
            with self.subTest(way):
                there, back = self.path("there" + way), self.path("back.pcap")
                self.convert(self.sample, there)
                self.convert(there, back)
                after = self.report(back)
                self.assertEqual({k: after[k] for k in KEYS}, {k: before[k] for k in KEYS})

    def test_json_and_pcapng_keep_every_byte(self):
        before = self.lines(self.sample)
        for way in (".json", ".json.gz", ".pcapng", ".pcap"):
            with self.subTest(way):
                there = self.path("same" + way)
                self.convert(self.sample, there)
                after = self.lines(there)
                cut = [line for line in before if '"cut":true' in line]
                if way in (".pcap", ".pcapng") and cut:
                    self.assertEqual(len(after), len(before))
                else:
                    self.assertEqual(after, before)

    def test_cdns_keeps_header_questions_and_records(self):
        there = self.path("there.cdns")
        self.convert(self.sample, there)

        def seen(path):
            rows = []
            for line in self.lines(path):
                row = json.loads(line)
                for key in ("wire", "size", "cut", "malformed", "malformed_by"):
                    row.pop(key, None)
                if row.get("questions") is not None:
                    rows.append(json.dumps(row, sort_keys=True))
            return collections.Counter(rows)

        whole = seen(self.sample)
        kept = seen(there)
        # Malformed messages keep their bytes, but not their hop limit: the format has no place.
        missing = sum((whole - kept).values())
        self.assertLessEqual(missing, self.report(self.sample)["malformed"])

    def test_streams_and_formats_by_option(self):
        with open(self.sample, "rb") as file:
            packed = subprocess.run([harness.DNSTORM, "convert", "-", "-o", "-", "--to", "cdns"],
                                    stdin=file, capture_output=True, check=True)
        self.assertEqual(packed.stdout[:7], b"\x83\x65C-DNS")
        there = self.write("unnamed", packed.stdout)
        self.assertEqual(len(self.lines(there)), len(self.lines(self.sample)))

    def test_a_report_of_cdns_is_that_of_the_capture(self):
        before = self.report(self.sample)
        for there in ("there.cdns", "there.cdns.gz", "there.cdns.zst"):
            with self.subTest(there):
                self.convert(self.sample, self.path(there))
                for tasks in ("1", "3"):
                    after = self.report(self.path(there), "--parallelism", tasks)
                    self.assertEqual({k: after[k] for k in STORED_KEYS},
                                     {k: before[k] for k in STORED_KEYS})
                    self.assertEqual(after["packets"], after["parsed"] + after["malformed"])
        with open(self.path("there.cdns"), "rb") as file:
            done = subprocess.run([harness.DNSTORM, "report", "--json", "-"], stdin=file,
                                  capture_output=True, check=True)
        self.assertEqual(json.loads(done.stdout)["queries"], before["queries"])

    def test_a_report_of_cut_cdns_tells_what_comes_before_the_cut(self):
        self.convert(self.sample, self.path("there.cdns"))
        with open(self.path("there.cdns"), "rb") as file:
            cut = self.write("cut.cdns", file.read()[:-100])
        done = harness.dnstorm("report", "--json", cut)
        self.assertEqual(done.returncode, 65, done.stderr)
        self.assertIn("damaged C-DNS", done.stderr)
        report = json.loads(done.stdout)
        self.assertEqual(report["packets"], report["parsed"] + report["malformed"])

    def test_counts_add_up(self):
        done = self.convert(self.sample, self.path("x.cdns"))
        first = done.stderr.splitlines()[0].split()
        into, out, lost = int(first[1]), int(first[5]), int(first[8])
        self.assertEqual(into, out + lost)
        self.assertEqual(into, len(self.lines(self.sample)))

    def test_exit_codes(self):
        cases = (
            (64, ("convert", self.sample, "-o", self.path("x.txt"))),
            (64, ("convert", self.sample, "-o", self.path("x.pcap"), "--from", "tar")),
            (64, ("convert", self.sample, "-o", self.sample)),
            (66, ("convert", self.path("none.pcap"), "-o", self.path("x.json"))),
            (65, ("convert", self.write("text", b"hello"), "-o", self.path("x.json"))),
            (65, ("convert", self.write("cut.cdns", b"\x83\x65C-DNS\xa1\x00"), "-o",
                  self.path("x.json"))),
        )
        for code, arguments in cases:
            with self.subTest(arguments=arguments[1:]):
                done = harness.dnstorm(*arguments)
                self.assertEqual(done.returncode, code, done.stderr)
                self.assertTrue(done.stderr)
        self.assertEqual(len(self.lines(self.sample)), len(self.lines(self.sample)))

    def test_a_cut_file_gives_its_whole_blocks(self):
        big, there = self.path("big.pcap"), self.path("big.cdns")
        self.ok("generate", "-o", big, "--queries", "15000", "--seed", "5")
        self.convert(big, there)
        with open(there, "rb") as file:
            data = file.read()
        cut = self.write("cut.cdns", data[:-100])
        done = harness.dnstorm("convert", cut, "-o", self.path("cut.json"))
        self.assertEqual(done.returncode, 65, done.stderr)
        with open(self.path("cut.json")) as file:
            self.assertGreater(sum(1 for _ in file), 10000)


class Captures(Case):
    """Every capture of DNSTORM_DATA."""

    def setUp(self):
        super().setUp()
        self.captures = os.path.join(harness.DATA or "", "captures")
        if not harness.DATA or not os.path.isdir(self.captures):
            self.skipTest("DNSTORM_DATA names no folder with captures/")
        self.files = sorted(
            os.path.join(self.captures, name)
            for name in os.listdir(self.captures)
            if ".pcap" in name
        )

    def counts(self, path):
        done = harness.dnstorm("report", "--json", path)
        report = json.loads(done.stdout)
        return {k: report[k] for k in KEYS}

    def faults(self, path):
        done = subprocess.run(
            ["tshark", "-r", path, "-n", "-o", "ip.check_checksum:TRUE",
             "-o", "udp.check_checksum:TRUE", "-Y",
             "_ws.malformed or udp.checksum.status == 0 or ip.checksum.status == 0",
             "-T", "fields", "-e", "frame.number"], capture_output=True, text=True)
        return len(done.stdout.split())

    def test_every_capture_keeps_its_counts(self):
        for path in self.files:
            if harness.dnstorm("report", "--json", path).returncode not in (0, 65):
                continue
            before = self.counts(path)
            for way in (".cdns", ".json", ".fstrm"):
                with self.subTest(file=os.path.basename(path), way=way):
                    there, back = self.path("there" + way), self.path("back.pcap")
                    for pair in ((path, there), (there, back)):
                        done = harness.dnstorm("convert", pair[0], "-o", pair[1])
                        self.assertIn(done.returncode, (0, 65), done.stderr)
                    self.assertEqual(self.counts(back), before)

    def test_a_report_of_cdns_is_that_of_the_capture(self):
        for path in self.files:
            before = harness.dnstorm("report", "--json", path)
            if before.returncode not in (0, 65) or not before.stdout:
                continue
            with self.subTest(os.path.basename(path)):
                there = self.path("there.cdns.zst")
                done = harness.dnstorm("convert", path, "-o", there)
                self.assertIn(done.returncode, (0, 65), done.stderr)
                after, before = self.report(there), json.loads(before.stdout)
                self.assertEqual({k: after[k] for k in STORED_KEYS},
                                 {k: before[k] for k in STORED_KEYS})

    def test_tshark_finds_no_new_faults(self):
        if not shutil.which("tshark"):
            self.skipTest("there is no tshark")
        for path in self.files:
            if os.path.getsize(path) > 4 << 20:
                continue
            with self.subTest(os.path.basename(path)):
                there, back = self.path("there.cdns"), self.path("back.pcap")
                if harness.dnstorm("convert", path, "-o", there).returncode not in (0, 65):
                    continue
                self.convert(there, back)
                self.assertLessEqual(self.faults(back), self.faults(path))


if __name__ == "__main__":
    harness.main()
