"""What the end-to-end tests share: the program under test and a folder of their own."""

import json
import os
import subprocess
import sys
import tempfile
import unittest

DNSTORM = os.environ.get("DNSTORM", "dnstorm")
SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DATA = os.environ.get("DNSTORM_DATA", "")


def dnstorm(*arguments, timeout=300, **options):
    """Runs the program; returns CompletedProcess with text output."""
    return subprocess.run(
        [DNSTORM, *map(str, arguments)], capture_output=True, text=True, timeout=timeout, **options
    )


class Case(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self._folder = tempfile.TemporaryDirectory(prefix="dnstorm-e2e-")
        self.addCleanup(self._folder.cleanup)

    def path(self, name):
        return os.path.join(self._folder.name, name)

    def write(self, name, content):
        with open(self.path(name), "wb" if isinstance(content, bytes) else "w") as file:
            file.write(content)
        return self.path(name)

    def ok(self, *arguments, **options):
        done = dnstorm(*arguments, **options)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done

    def fails(self, code, *arguments, **options):
        """The single line of standard error."""
        done = dnstorm(*arguments, **options)
        self.assertEqual(done.returncode, code, done.stderr)
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        self.assertEqual(len(lines), 1, done.stderr)
        return lines[0]

    def run_with_board(
        self, topology, *arguments, host="127.0.0.1", preexec_fn=None, **environment
    ):
        """A run that goes on, with its board: the process and the board's address. Devices, files
        and sockets are open then."""
        process = subprocess.Popen(
            [DNSTORM, "run", topology, "--board", host + ":0", *map(str, arguments)],
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **environment},
            preexec_fn=preexec_fn,
        )
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        told = ""
        for line in process.stderr:
            if line.startswith("The board is at http://"):
                return process, line.split()[-1].rstrip("/")
            told += line
        self.fail("dnstorm has ended: " + told)

    def report(self, file, *arguments):
        return json.loads(self.ok("report", "--json", file, *arguments).stdout)


def main():
    """Runs the tests of the calling file; the last line is what CI counts."""
    program = unittest.main(module="__main__", exit=False, argv=[sys.argv[0], *sys.argv[1:]])
    result = program.result
    # Several subtests may fail in one test.
    failed = len(
        {getattr(case, "test_case", case).id() for case, _ in result.failures + result.errors}
    )
    skipped = len(result.skipped)
    print(f"{result.testsRun - failed - skipped} passed, {failed} failed, {skipped} skipped")
    if failed == 0 and skipped == result.testsRun:
        sys.exit(77)
    sys.exit(1 if failed else 0)
