"""A run is changed while it goes on: executors moved, spouts stopped and started again, and nothing
lost or doubled by it."""

import json
import os
import signal
import urllib.error
import urllib.request

import harness

TOPOLOGY = """name: control
config: {topology.delivery: %s}
spouts:
  - id: words
    className: words
    properties: {words: [alpha, beta, gamma, delta], order: cycle, limit: %d, rate: %d}
bolts:
  - {id: same, className: filter, numTasks: 4, parallelism: 4, properties: {where: word != none}}
  - {id: counts, className: running_count, numTasks: 4, parallelism: 2, properties: {by: [word]}}
  - {id: out, className: discard}
streams:
  - {from: words, to: same, grouping: {type: SHUFFLE}}
  - {from: same, to: counts, grouping: {type: FIELDS, args: [word]}}
  - {from: counts, to: out, grouping: {type: GLOBAL}}
"""


class Control(harness.Case):
    def start(self, delivery="none", host="127.0.0.1", limit=40000, rate=10000, **environment):
        topology = self.write("control.yaml", TOPOLOGY % (delivery, limit, rate))
        return self.run_with_board(
            topology, "--summary", self.path("s"), host=host, **environment
        )

    def stop(self, process):
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(timeout=120), 0)

    def rows(self):
        with open(self.path("s")) as file:
            tasks = json.load(file)["tasks"]
        return {
            name: sum(task["executed"] for task in tasks if task["component"] == name)
            for name in ("same", "counts", "out")
        }

    def test_executors_move_while_rows_flow_and_none_is_lost_or_doubled(self):
        for delivery in ("none", "at-least-once"):
            process, address = self.start(delivery)
            for n in range(12):
                done = self.ok("rebalance", address, f"same={1 + n % 4}", f"counts={4 - n % 4}")
                self.assertIn(f"same has {1 + n % 4} executor", done.stdout)
                self.assertIn(f"counts has {4 - n % 4} executor", done.stdout)
            self.assertEqual(process.wait(timeout=120), 0)
            self.assertEqual(self.rows(), {"same": 40000, "counts": 40000, "out": 40000})

    def test_an_inactive_run_goes_on_where_it_was(self):
        process, address = self.start()
        self.assertIn("not asked", self.ok("deactivate", address).stdout)
        self.assertIn("asked", self.ok("activate", address).stdout)
        self.assertEqual(process.wait(timeout=120), 0)
        self.assertEqual(self.rows()["out"], 40000)

    def test_what_does_not_fit_is_refused_and_the_run_goes_on(self):
        process, address = self.start()
        self.assertIn("no component 'nobody'", self.fails(64, "rebalance", address, "nobody=1"))
        self.assertIn(
            "1 to 4 executors, not 5", self.fails(64, "rebalance", address, "same=5")
        )
        self.assertIn("is a number, not 'x'", self.fails(64, "rebalance", address, "same=x"))
        self.assertIn("COMPONENT=EXECUTORS", self.fails(64, "rebalance", address, "same"))
        self.stop(process)
        self.assertIn("does not answer", self.fails(69, "rebalance", address, "same=1"))

    def test_who_may_is_asked(self):
        process, address = self.start()
        with self.assertRaises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(address + "/api/control/deactivate", data=b"", timeout=60)
        self.assertEqual(refused.exception.code, 403)
        self.stop(process)
        for given, code in ((None, 77), ("wrong", 77), ("right", 0)):
            process, address = self.start(host="0.0.0.0", DNSTORM_CONTROL_TOKEN="right")
            environment = {**os.environ}
            if given:
                environment["DNSTORM_CONTROL_TOKEN"] = given
            done = harness.dnstorm("activate", address, env=environment)
            self.assertEqual(done.returncode, code, done.stderr)
            self.stop(process)
        process, address = self.start(host="0.0.0.0")
        self.assertIn("DNSTORM_CONTROL_TOKEN", self.fails(77, "activate", address))
        self.stop(process)


if __name__ == "__main__":
    harness.main()
