"""The fault matrix: what happens to a topology with exactly-once while a worker, a node, a
coordinator, the leading one of two, a link, InfluxDB or ZooKeeper is killed, stopped, cut off,
slow, lossy, or has a full disk. The points are those of a run without a fault, each time.
Needs root, network namespaces and /dev/net/tun.

  --long        all cases; each tells how long it stood still, and why it began anew
  --only TEXT   cases whose name has this text
  --part N/M    of these the N-th of M parts
"""

import argparse
import os
import signal
import sys
import time
import unittest

import cluster_lab
import cluster_servers
import cluster_traffic
import harness
import net_lab

CENTRES = ["n4", "n5"]
ALWAYS = {"worker kill", "node kill", "link cut 5 s", "leader kill"}  # in the normal run
PAUSE = 4  # seconds of running before the fault


class Faults:
    """What is done to a target; each returns the seconds until the topology went on, counted from
    the fault or, where nothing could go on before, from its end."""

    def __init__(self, case):
        self.case = case
        self.cluster = case.cluster

    # -- how a fault is applied -------------------------------------------------------------------

    def kill(self, process):
        process.kill()
        began = time.monotonic()
        time.sleep(2)  # as a service manager restarts it
        process.start()
        return began

    def stop(self, process, seconds=30):
        process.signal(signal.SIGSTOP)
        began = time.monotonic()
        self.hold(seconds)
        process.signal(signal.SIGCONT)
        return began

    def cut(self, host, seconds):
        self.cluster.net.cut(host)
        return self.healed_after(seconds)

    def disturb(self, host, loss=0.0, delay=0.0, seconds=10):
        self.cluster.net.disturb(host, loss, delay)
        return self.healed_after(seconds)

    def healed_after(self, seconds):
        began = time.monotonic()
        self.hold(seconds)
        self.cluster.net.heal()
        return began

    def hold(self, seconds):
        """The fault lasts; meanwhile it is noted when rows are counted again."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.case.note_progress()
            time.sleep(0.2)


class FaultMatrix(harness.Case):
    def setUp(self):
        super().setUp()
        self.folder = self._folder.name
        self.name = getattr(self, self._testMethodName).case
        # Longer than what is done to it.
        rate = 250 if "60" in self.name or "30" in self.name else 1000
        cluster_traffic.make_captures(self.folder, 20000, rate)
        self.output = self.path("cluster.lp")
        self.progress = []  # (time, bytes written)

    def note_progress(self):
        """By what comes out at the end: the API may be what is disturbed."""
        try:
            size = os.path.getsize(self.output)
        except FileNotFoundError:
            return
        if not self.progress or size != self.progress[-1][1]:
            self.progress.append((time.monotonic(), size))

    def start(self, coordinators=("c1",), hosts=(), zookeeper=None, influx=False, tmpfs=None,
              redis=None, delivery="exactly-once"):
        lab = cluster_lab.ClusterLab(
            self, [*cluster_traffic.NODES, *CENTRES], coordinators, hosts, zookeeper=zookeeper,
            redis=redis,
            labels=dict.fromkeys(CENTRES, ["centre"]), small_disk=tmpfs,
        )
        self.cluster = lab
        self.influx = cluster_servers.Influx(lab, "s", ["lab", "expected"]) if influx else None
        options = {"centre": "centre", "delivery": delivery}
        if self.influx:
            for database in ("lab", "expected"):
                os.makedirs(self.path("spool-" + database))
            expected = cluster_traffic.topology(
                self.folder, self.path("single.lp"), speed="max", influx=self.influx.url,
                database="expected", **options,
            )
            single = self.write("single.yaml", expected)
            done = lab.run("n1", [harness.DNSTORM, "run", single, "-q"])
            self.assertEqual(done.returncode, 0, done.stderr)
            self.expected = cluster_traffic.lines_of(self.path("single.lp"))
        else:
            self.expected = cluster_traffic.count_in_one_process(self, self.folder, **options)
        lab.submit(
            cluster_traffic.topology(
                self.folder, self.output, influx=self.influx.url if influx else None, **options
            )
        )
        lab.until_counted("lab", 1000)
        self.faults = Faults(self)
        self.faults.hold(PAUSE)

    def finish(self, began):
        """Waits for the end, compares, and tells how long it stood still at most."""
        asked = 0
        while asked % 10 or self.cluster.status("lab") != "FINISHED":
            asked += 1
            self.note_progress()
            time.sleep(0.1)
            self.assertLess(time.monotonic() - began, 240, self.cluster.logs())
        self.assertEqual(cluster_traffic.lines_of(self.output), self.expected)
        if self.influx:
            self.influx.until_answers()
            self.assertGreater(len(self.influx.points("expected")), 100)
            self.assertEqual(self.influx.points("lab"), self.influx.points("expected"))
        times = [at for at, _ in self.progress if at >= began]
        stood = max((b - a for a, b in zip([began, *times], times)), default=0.0)
        lines = self.cluster.log_lines("lab")
        why = [line for line in lines if "is ended" in line]
        print(f"{self.name:32} stood still {stood:5.1f} s, {len(why)} restarts", flush=True)
        for line in why:
            print("    " + line, flush=True)

    def centre(self):
        return self.cluster.node_of("lab", "datasets")


def worker(case):
    return cluster_lab.Existing(case.cluster.worker_pid("lab", case.centre()))


def node(case):
    return case.cluster.node[case.centre()]


def coordinator(case):
    return case.cluster.coordinator[case.cluster.leader_host()]


def leader_options():
    return {
        "coordinators": ("c1", "c2"), "hosts": ("z",),
        "zookeeper": lambda lab: cluster_servers.start_zookeeper(lab, "z"),
    }


def host_faults(host, seconds=(5, 60)):
    """What a network can do to a host; `host` says which, of a case."""
    cases = {f"cut {s} s": lambda c, s=s: c.faults.cut(host(c), s) for s in seconds}
    cases["5 % loss"] = lambda c: c.faults.disturb(host(c), loss=0.05)
    cases["200 ms delay"] = lambda c: c.faults.disturb(host(c), delay=0.2)
    return cases


def link_faults():
    def cut(case, seconds):
        case.cluster.net.cut("n1", *CENTRES)
        return case.faults.healed_after(seconds)

    cases = {f"cut {s} s": lambda c, s=s: cut(c, s) for s in (5, 60)}
    cases["5 % loss"] = lambda c: c.faults.disturb("n1", loss=0.05)
    cases["200 ms delay"] = lambda c: c.faults.disturb("n1", delay=0.2)
    return cases


def process_faults(process):
    return {
        "kill": lambda c: c.faults.kill(process(c)),
        "stop 30 s": lambda c: c.faults.stop(process(c)),
    }


def kill_worker(case):
    worker(case).signal(signal.SIGKILL)
    return time.monotonic()


def kill_for_good(case):
    node(case).kill()
    return time.monotonic()


def fill_disk(case):
    case.cluster.disk.fill()
    began = time.monotonic()
    case.faults.hold(8)
    case.cluster.disk.empty()
    return began


def matrix():
    """{name: (options of start, fault)}"""
    zookeeper = lambda case: case.cluster.zookeeper_server  # noqa: E731
    influx = lambda case: case.influx  # noqa: E731
    leader_host = lambda case: case.cluster.leader_host()  # noqa: E731
    groups = {
        "worker": ({}, {"kill": kill_worker,
                        "stop 30 s": lambda c: c.faults.stop(worker(c))}),
        "node": ({}, {**process_faults(node), "kill for good": kill_for_good,
                      **host_faults(lambda c: c.centre())}),
        "capture node": ({}, {**process_faults(lambda c: c.cluster.node["n1"]),
                              **host_faults(lambda c: "n1", (5, 20))}),
        "coordinator": ({}, {**process_faults(coordinator), **host_faults(leader_host)}),
        "leader": (leader_options(), {**process_faults(coordinator), **host_faults(leader_host)}),
        "link": ({}, link_faults()),
        "InfluxDB": ({"hosts": ("s",), "influx": True},
                     {**process_faults(influx), **host_faults(lambda c: "s")}),
        "ZooKeeper": (leader_options(), {**process_faults(zookeeper),
                                         **host_faults(lambda c: "z")}),
        # Checkpoints lie in it.
        "Redis": ({"hosts": ("r",), "redis": lambda lab: cluster_servers.Redis(lab, "r")},
                  {**process_faults(lambda case: case.cluster.redis_server),
                   **host_faults(lambda c: "r", (5,)), "worker kill": kill_worker,
                   "coordinator kill": lambda c: c.faults.kill(coordinator(c))}),
    }
    # All is read again from its beginning, and comes to the same points.
    groups["at-least-once"] = ({"delivery": "at-least-once"}, {
        "worker kill": kill_worker, "node kill": lambda c: c.faults.kill(node(c)),
        "link cut 5 s": link_faults()["cut 5 s"],
    })
    for target in ("coordinator", "node", "sink"):
        groups[target + " disk"] = ({"tmpfs": target}, {"full": fill_disk})
    return {
        f"{target} {fault}": (options, apply)
        for target, (options, faults) in groups.items() for fault, apply in faults.items()
    }


def add_case(name, options, apply):
    def test(self):
        self.start(**options)
        self.finish(apply(self))

    test.case = name
    setattr(FaultMatrix, "test_" + "_".join(name.split()), test)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--long", action="store_true")
    parser.add_argument("--only", default="")
    parser.add_argument("--part", default="1/1")
    arguments = parser.parse_args()
    sys.argv[1:] = []
    part, parts = map(int, arguments.part.split("/"))
    for number, (case, (options, apply)) in enumerate(matrix().items()):
        chosen = arguments.only in case if arguments.only else arguments.long or case in ALWAYS
        if "leader" in case or "ZooKeeper" in case:
            chosen = chosen and cluster_servers.zookeeper_available()
        if "Redis" in case:
            chosen = chosen and cluster_servers.redis_available()
        if "InfluxDB" in case:
            chosen = chosen and cluster_servers.influx_available()
        if chosen and number % parts == part - 1:
            add_case(case, options, apply)
    if not net_lab.available():
        FaultMatrix = unittest.skip("needs root, network namespaces and /dev/net/tun")(FaultMatrix)
    harness.main()
