"""A cluster of real processes on hosts of its own: what three nodes count together is, line for
line, what one process counts of all their captures; and stays so when parts of it die."""

import json
import os
import shutil
import signal

import cluster_lab
import cluster_servers
import cluster_traffic
import harness
import net_lab

NETWORK = net_lab.available()


class Cluster(harness.Case):
    queries = 6000

    def setUp(self):
        super().setUp()
        self.folder = self._folder.name
        cluster_traffic.make_captures(self.folder, self.queries)
        self.expected = cluster_traffic.count_in_one_process(self, self.folder)
        self.output = self.path("cluster.lp")

    def lab(self, **options):
        return cluster_lab.ClusterLab(self, cluster_traffic.NODES, network=NETWORK, **options)

    def topology(self, **options):
        return cluster_traffic.topology(self.folder, self.output, **options)

    def finish(self, cluster):
        cluster.until_status("lab", "FINISHED", 120)
        self.assertEqual(cluster_traffic.lines_of(self.output), self.expected)

    def test_three_nodes_count_what_one_process_counts(self):
        cluster = self.lab()
        plan = cluster.submit(self.topology(speed="max"), "--dry-run")
        self.assertIn("datasets", plan)
        self.assertIsNone(cluster.topology("lab"))
        cluster.submit(self.topology(speed="max"))
        self.finish(cluster)
        cluster.ask("kill", "lab", "--wait", "0s")
        cluster.until(lambda: cluster.topology("lab") is None, "it is gone")

    def test_goes_on_when_workers_and_the_coordinator_are_killed(self):
        cluster = self.lab()
        cluster.submit(self.topology())
        cluster.until_status("lab", "ACTIVE")
        cluster.until_counted("lab")
        os.kill(cluster.worker_pid("lab", "n2"), signal.SIGKILL)
        cluster.until(lambda: cluster.restarts("lab") >= 1, "it has begun anew")
        cluster.until_status("lab", "ACTIVE")
        cluster.coordinator["c1"].kill()
        cluster.coordinator["c1"].start()
        self.finish(cluster)
        restarts = [line for line in cluster.log_lines("lab") if "incarnation 2 begins" in line]
        self.assertEqual(len(restarts), 0, "the coordinator has begun an incarnation anew")

    def test_a_node_that_dies_comes_back(self):
        cluster = self.lab()
        cluster.submit(self.topology())
        cluster.until_counted("lab")
        cluster.node["n1"].kill()
        cluster.until(lambda: cluster.status("lab") != "ACTIVE", "the loss is seen")
        cluster.node["n1"].start()
        self.finish(cluster)

    def test_killed_after_a_wait_it_has_written_all_that_it_read(self):
        cluster = self.lab()
        cluster.submit(self.topology())
        cluster.until_counted("lab")
        cluster.ask("kill", "lab", "--wait", "1s")
        cluster.until(lambda: cluster.topology("lab") is None, "it is gone", 60)
        lines = cluster_traffic.lines_of(self.output)
        self.assertGreater(len(lines), 10)

    def test_what_is_wrong_is_told_in_a_line(self):
        cluster = self.lab()
        bad = self.topology().replace("className: dsc,", "className: dcs,")
        done = cluster.run(
            "c1", [harness.DNSTORM, "submit", self.write("bad.yaml", bad), "--to", cluster.to()],
            env={**os.environ, "DNSTORM_TOKEN": "lab-token"},
        )
        self.assertEqual(done.returncode, 78, done.stderr)
        self.assertIn("did you mean 'dsc'", done.stderr)
        wrong = cluster.run(
            "c1", [harness.DNSTORM, "kill", "lab", "--to", cluster.to()],
            env={**os.environ, "DNSTORM_TOKEN": "guess"},
        )
        self.assertEqual(wrong.returncode, 77, wrong.stderr)
        self.assertEqual(len(wrong.stderr.splitlines()), 1, wrong.stderr)
        there = json.dumps(cluster.get("topology/summary"))
        self.assertIn('"topologies": []', there)

    def test_strangers_are_told_and_stay_out(self):
        cluster = self.lab()
        foreign = self.path("foreign")
        self.ok("keygen", "--keys", foreign, "n9")
        shutil.copy(os.path.join(cluster.keys, "c1.pub"), foreign)
        with open(self.path("n1.yaml")) as file:
            config = file.read().replace(cluster.keys, foreign).replace("/n1", "/n9")
        command = [harness.DNSTORM, "node", "--config", self.write("n9.yaml", config)]
        stranger = cluster_servers.Process(
            cluster, "n1", [*command, "--name", "n9", "--bind", cluster.address("n1")]
        )
        stranger.log = self.path("n9.log")
        self.addCleanup(stranger.stop)
        stranger.start()
        cluster.until(lambda: "c1: " in stranger.said(), "the stranger is told why")
        self.assertEqual(cluster.alive(), cluster_traffic.NODES)

    def test_a_second_coordinator_on_the_same_port_says_so(self):
        cluster = self.lab()
        state = self.path("second")
        done = cluster.run(
            "c1", [*cluster.coordinator["c1"].command, "--state", state], timeout=60
        )
        self.assertEqual(done.returncode, 69, done.stderr)
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        self.assertIn("in use", done.stderr)


if __name__ == "__main__":
    harness.main()
