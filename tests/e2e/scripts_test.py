"""./quickstart, ./check and what they are made of: options, refusals, counting."""

import glob
import os
import shutil
import subprocess
import unittest

import harness

QUICKSTART_SETS = {
    "a capture": ["packets.file=my.pcap", "packets.speed=max"],
    "a strange name": ["packets.file='/tmp/it''s: [1] #2.pcap'", "packets.speed=10x"],
    "the sample": ["packets.file=build/sample.pcap", "packets.speed=1x"],
    "an interface": ["packets.file=", "packets.interface=lo"],
}

CTEST_REPORT = """<?xml version="1.0"?>
<testsuite name="x">
  <testcase name="unit_a" status="run"/>
  <testcase name="unit_b" status="fail"><failure message=""/></testcase>
  <testcase name="script" status="run"><system-out>3 passed, 0 failed, 2 skipped
</system-out></testcase>
  <testcase name="plain" status="run"/>
  <testcase name="absent" status="notrun"><skipped message="SKIP_RETURN_CODE=77"/></testcase>
  <testcase name="crashed" status="fail"><failure message=""/><system-out>one
Segmentation fault
</system-out></testcase>
</testsuite>"""

CASES = """<?xml version="1.0"?>
<testsuites><testsuite name="S">
  <testcase name="A" status="run" classname="S"/>
  <testcase name="B" status="run" classname="S">{}</testcase>
  <testcase name="Off" status="notrun" classname="S"/>
</testsuite></testsuites>"""


def script(name, *arguments):
    return subprocess.run(
        [os.path.join(harness.SOURCE, name), *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        cwd="/",
    )


class Quickstart(harness.Case):
    def refused(self, code, words, *arguments):
        done = script("quickstart", *arguments)
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        self.assertIn(words, done.stderr)

    def test_help(self):
        done = script("quickstart", "--help")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        for word in ("my.pcap", "-i eth0", "--port", "--no-board", "--speed", "--everything"):
            self.assertIn(word, done.stdout)

    def test_refusals(self):
        self.refused(64, "'--boards'", "--boards")
        self.refused(64, "-i wants", "-i")
        self.refused(64, "one capture at a time", harness.SOURCE + "/quickstart", "b")
        self.refused(
            64, "either a capture or an interface", "-i", "lo", harness.SOURCE + "/quickstart"
        )
        self.refused(66, "/nowhere.pcap", "nowhere.pcap")
        self.refused(66, "no interface 'nope0'", "-i", "nope0")

    def test_topology_takes_what_is_set(self):
        for what, sets in QUICKSTART_SETS.items():
            with self.subTest(what):
                arguments = [word for one in sets for word in ("--set", one)]
                self.ok(
                    "validate", harness.SOURCE + "/configs/topologies/quickstart.yaml", *arguments
                )
        sets = ["packets.file=", "packets.interface=eth0", "out.folder=build/live"]
        stores = ("traffic", "capacity", "history")
        sets += [f"{store}.file=build/live/x.sqlite" for store in stores]
        arguments = [word for one in sets for word in ("--set", one)]
        self.ok("validate", harness.SOURCE + "/configs/topologies/everything.yaml", *arguments)


class Check(harness.Case):
    def test_help_and_refusal(self):
        self.assertEqual(script("check", "--help").returncode, 0)
        done = script("check", "--fast")
        self.assertEqual(
            (done.returncode, done.stderr),
            (64, "check: unknown option '--fast' (./check --help)\n"),
        )

    def test_counts(self):
        self.write("ctest.xml", CTEST_REPORT)
        self.write(
            "unit_a.xml", CASES.format('<skipped message="where&#10;DNSTORM_DATA is not set"/>')
        )
        self.write("unit_b.xml", CASES.format('<failure message="wrong"/>'))
        done = script("scripts/count-tests", self.path("ctest.xml"), self.path(""))
        lines = done.stdout.splitlines()
        self.assertEqual(lines[0], "6 2 4")
        self.assertIn("  skipped: unit_a: S.B: DNSTORM_DATA is not set", lines)
        self.assertIn("  failed: unit_b: S.B", lines)
        self.assertIn("  failed: crashed", lines)
        self.assertEqual(
            lines[-5:],
            ["  unit_b said:", "  | wrong", "  crashed said:", "  | one", "  | Segmentation fault"],
        )

    @unittest.skipUnless(shutil.which("shellcheck"), "shellcheck is not installed")
    def test_shellcheck(self):
        scripts = [
            "quickstart",
            "check",
            ".ci/run",
            *glob.glob("scripts/*.sh", root_dir=harness.SOURCE),
        ]
        done = subprocess.run(
            ["shellcheck", "-x", *scripts], cwd=harness.SOURCE, capture_output=True, text=True
        )
        self.assertEqual(done.returncode, 0, done.stdout)


if __name__ == "__main__":
    harness.main()
