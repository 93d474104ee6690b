"""Whole topologies as data: tests/golden/NAME.golden holds how to make the input, the topology and
the points that must come out. Each is run with 1, 2 and 4 executors per component, twice each: the
points must be identical, byte for byte.

  --update   writes what comes out into the files; read the diff before you commit it
"""

import glob
import os
import sys

import harness

FOLDER = os.path.join(harness.SOURCE, "tests", "golden")
RULE = "----\n"


class Golden(harness.Case):
    update = False

    def run_one(self, name, head):
        settings = dict(
            line.split(": ", 1) for line in head.splitlines() if line and not line.startswith("#")
        )
        capture = self.path(name + ".pcap")
        self.ok("generate", "-o", capture, *settings["generate"].split())
        outputs = set()
        for parallelism in (1, 2, 4):
            for _ in range(2):
                output = self.path("points.txt")
                self.ok(
                    "run",
                    "-q",
                    os.path.join(harness.SOURCE, settings["topology"]),
                    "--set",
                    f"packets.file={capture}",
                    "--set",
                    f"out.file={output}",
                    "--parallelism",
                    parallelism,
                )
                with open(output) as file:
                    outputs.add(file.read())
        self.assertEqual(len(outputs), 1, f"{name}: the points depend on the parallelism")
        return outputs.pop()

    def test_all(self):
        files = sorted(glob.glob(os.path.join(FOLDER, "*.golden")))
        self.assertGreater(len(files), 0)
        for path in files:
            name = os.path.basename(path)[: -len(".golden")]
            with self.subTest(name):
                with open(path) as file:
                    head, _, expected = file.read().partition(RULE)
                points = self.run_one(name, head)
                if Golden.update:
                    with open(path, "w") as file:
                        file.write(head + RULE + points)
                else:
                    self.assertEqual(points, expected)


if __name__ == "__main__":
    if "--update" in sys.argv:
        sys.argv.remove("--update")
        Golden.update = True
    harness.main()
