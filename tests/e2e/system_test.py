"""Hooks and system streams in a run: what the engine says of itself is what has happened."""

import json
import socket

import harness

TOPOLOGY = """name: system
config: {topology.auto.task.hooks: [trace], topology.delivery: at-least-once}
workerHooks:
  - {id: systemd, className: systemd_notify, constructorArgs: [counting words]}
spouts:
  - {id: words, className: words, properties: {rate: 10000, limit: 12000}}
  - {id: engine, className: system, properties: {tick: 1s, metrics: 200ms}}
bolts:
  - {id: counts, className: running_count, properties: {by: [word]}}
  - {id: out, className: discard}
  - {id: numbers, className: log, properties: {file: %s}}
streams:
  - {from: words, to: counts, grouping: {type: FIELDS, args: [word]}}
  - {from: counts, to: out, grouping: {type: SHUFFLE}}
  - {from: words, to: out, grouping: {type: GLOBAL, streamId: __system}}
  - {from: engine, to: numbers, grouping: {type: SHUFFLE, streamId: __metrics}}
  - {from: engine, to: numbers, grouping: {type: SHUFFLE, streamId: __tick}}
"""


class System(harness.Case):
    def test_hooks_and_system_streams_tell_what_has_happened(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
            systemd.bind(self.path("notify"))
            systemd.settimeout(60)
            log = self.path("numbers.log")
            done = self.ok(
                "run",
                self.write("system.yaml", TOPOLOGY % log),
                "--summary",
                self.path("s"),
                env={**harness.os.environ, "NOTIFY_SOCKET": self.path("notify")},
            )
            self.assertEqual(systemd.recv(500), b"READY=1\nSTATUS=counting words\n")
            self.assertEqual(systemd.recv(500), b"STOPPING=1\n")
        self.assertIn("trace: out/0 has ended: 12000 rows worked off, 0 emitted", done.stderr)
        self.assertIn("trace: words/0 emits ", done.stderr)
        with open(self.path("s")) as file:
            tasks = {task["component"]: task for task in json.load(file)["tasks"]}
        self.assertEqual(tasks["out"]["executed"], 12000)
        with open(log) as file:
            lines = file.read().splitlines()
        self.assertEqual(tasks["numbers"]["executed"], len(lines))
        ticks = [line for line in lines if line.startswith("engine/__tick:")]
        self.assertGreaterEqual(len(ticks), 1)
        told = [
            int(line.split('value="')[1].rstrip('"'))
            for line in lines
            if 'component="out"' in line and 'name="executed"' in line
        ]
        self.assertGreaterEqual(len(told), 3)
        self.assertEqual(told, sorted(told), "numbers only grow")
        self.assertLessEqual(told[-1], 12000)
        self.assertGreater(told[-1], 0)

    def test_what_is_not_there_is_named(self):
        topology = self.write(
            "wrong.yaml",
            "name: t\nconfig: {topology.auto.task.hooks: [trance]}\n"
            "workerHooks: [{id: a, className: systemd_notfy}]\n"
            "spouts: [{id: words, className: words}]\n"
            "bolts: [{id: out, className: discard}]\nstreams: [{from: words, to: out}]\n",
        )
        done = harness.dnstorm("validate", topology)
        self.assertEqual(done.returncode, 78)
        self.assertIn("no task hook is called 'trance', did you mean 'trace'?", done.stderr)
        self.assertIn(
            "no worker hook is called 'systemd_notfy', did you mean 'systemd_notify'?", done.stderr
        )


if __name__ == "__main__":
    harness.main()
