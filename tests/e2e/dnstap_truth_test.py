"""dnstorm report on real dnstap files against the counts that their notes tell.

The files are those of the folder dnstap/ of DNSTORM_DATA; its counts.jsonl was made by a reader of
its own.
"""

import gzip
import json
import os
import shutil
import subprocess

import harness

KEYS = (
    "frames",
    "types",
    "dns_queries",
    "dns_responses",
    "family",
    "protocol",
    "qtypes",
    "rcodes",
    "qnames",
)


class DnstapFiles(harness.Case):
    """Every file of DNSTORM_DATA/dnstap."""

    def setUp(self):
        super().setUp()
        self.folder = os.path.join(harness.DATA, "dnstap")
        if not harness.DATA or not os.path.exists(os.path.join(self.folder, "counts.jsonl")):
            self.skipTest("DNSTORM_DATA names no folder with dnstap/counts.jsonl")
        with open(os.path.join(self.folder, "counts.jsonl")) as file:
            self.rows = [json.loads(line) for line in file]

    def judge(self, row, path):
        """What was read before a fault is told; the fault is one line and an exit code."""
        whole = "cut" not in row["control"] and row["content_type"] == "protobuf:dnstap.Dnstap"
        done = harness.dnstorm("report", "--json", path)
        self.assertEqual(done.returncode, 0 if whole else 65, done.stderr)
        self.assertEqual(len(done.stderr.splitlines()), 0 if whole else 1, done.stderr)
        report = json.loads(done.stdout)
        self.assertEqual({k: report[k] for k in KEYS}, {k: row[k] for k in KEYS})
        self.assertEqual(
            report["frames"], sum(report[k] for k in ("parsed", "malformed", "not_dns", "filtered"))
        )
        undecodable = row["bad"].get("undecodable frame", 0)
        reasons = report["malformed_by_reason"]
        found = sum(n for reason, n in reasons.items() if reason.startswith("dnstap_"))
        self.assertEqual(found, undecodable)
        return report

    def test_files_have_the_published_counts(self):
        for row in self.rows:
            with self.subTest(row["file"]):
                self.judge(row, os.path.join(self.folder, row["file"]))

    def test_compressed_files_and_pipes_give_the_same(self):
        row = next(row for row in self.rows if row["file"] == "lab-silent.fstrm")
        plain = os.path.join(self.folder, row["file"])
        for tool in ("gzip", "xz", "zstd"):
            try:
                packed = subprocess.run([tool, "-c", plain], capture_output=True, check=True).stdout
            except FileNotFoundError:
                continue
            with self.subTest(tool):
                self.judge(row, self.write("packed", packed))
        with open(plain, "rb") as file:
            done = self.ok("report", "--json", "-", stdin=file)
        self.assertEqual(json.loads(done.stdout)["frames"], row["frames"])

    def test_text_of_the_real_programs_has_the_same_counts(self):
        """dnstap-read writes whole seconds and leaves out what it cannot read (files without)."""
        tools = {"dnstap-ldns": ["-y", "-r"], "dnstap-read": ["-y"]}
        there = {tool: shutil.which(tool) for tool in tools}
        if not all(there.values()):
            self.skipTest("dnstap-ldns and dnstap-read are not both installed")
        alone = {"file", "first_ns", "last_ns", "response_time_us", "transactions"}
        for row in self.rows:
            if not row["file"].startswith("lab-") or row["file"] == "lab-mix.fstrm":
                continue
            binary = os.path.join(self.folder, row["file"])
            want = self.report(binary)
            for tool, arguments in tools.items():
                with self.subTest(row["file"], tool=tool):
                    text = self.path("frames.yaml")
                    with open(text, "wb") as out:
                        subprocess.run([tool, *arguments, binary], stdout=out, check=True)
                    found = self.judge(row, text)
                    for key in want.keys() - alone:
                        self.assertEqual(found[key], want[key], key)
                    again = self.path("again.fstrm")
                    self.ok("convert", "-q", text, "-o", again)
                    found = self.report(again)
                    self.assertEqual({k: found[k] for k in KEYS}, {k: row[k] for k in KEYS})

    def test_text_is_taken_compressed_and_from_a_pipe(self):
        if not shutil.which("dnstap-ldns"):
            self.skipTest("dnstap-ldns is not installed")
        row = next(row for row in self.rows if row["file"] == "lab-mix.fstrm")
        binary = os.path.join(self.folder, row["file"])
        text = subprocess.run(
            ["dnstap-ldns", "-y", "-r", binary], stdout=subprocess.PIPE, check=True
        ).stdout
        self.judge(row, self.write("frames.yaml.gz", gzip.compress(text, 1)))
        with open(self.write("frames.yaml", text), "rb") as file:
            done = self.ok("report", "--json", "-", stdin=file)
        self.assertEqual(json.loads(done.stdout)["frames"], row["frames"])

    def test_responses_find_their_queries_though_ports_are_wrong(self):
        for row in self.rows:
            if not row["file"].startswith("lab-"):
                continue
            with self.subTest(row["file"]):
                report = self.report(os.path.join(self.folder, row["file"]))
                found = report["transactions"]
                self.assertEqual(found["answered"], row["dns_responses"])
                self.assertEqual(
                    found.get("unanswered", 0), row["dns_queries"] - row["dns_responses"]
                )

    def test_any_degree_of_parallelism_gives_the_same(self):
        path = os.path.join(self.folder, "lab-mix.fstrm")
        one, three = (self.report(path, "--parallelism", n) for n in (1, 3))
        for report in (one, three):
            # Equal counts stand in the order of the tasks.
            for key in ("top_names", "top_domains", "top_clients"):
                report[key].sort(key=lambda entry: (-entry["count"], entry["item"]))
        # The last places are shared by many of the same count.
        for key in ("top_names", "top_domains"):
            last = one[key][-1]["count"]
            for report in (one, three):
                report[key] = [entry for entry in report[key] if entry["count"] > last]
        self.assertEqual(one, three)


if __name__ == "__main__":
    harness.main()
