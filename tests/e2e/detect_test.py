"""Attacks that `dnstorm generate` lays over traffic are found by their detectors, soon, and nothing
else is told of: a short run of benchmarks/detect/inject."""

import json
import os
import subprocess
import sys

import harness

INJECT = os.path.join(harness.SOURCE, "benchmarks", "detect", "inject")


class Inject(harness.Case):
    def test_finds_every_attack_of_normal_strength(self):
        out = self.path("found.json")
        done = subprocess.run(
            [
                sys.executable, INJECT, "--dnstorm", harness.DNSTORM, "--rate", "200", "--out", out,
                "--warm", "420", "--length", "60", "--pause", "150", "--clean", "0",
                "--strengths", "normal",
            ],
            capture_output=True,
            text=True,
            timeout=800,
        )
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        with open(out) as file:
            result = json.load(file)
        self.assertTrue(result["found"])
        self.assertEqual(result["false"], [])
        for found in result["found"]:
            self.assertLessEqual(found["windows"], 3, found)


if __name__ == "__main__":
    harness.main()
