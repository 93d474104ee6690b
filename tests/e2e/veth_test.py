"""Live capture to the packet: what tcpreplay sent over a veth pair is what was counted and what was
dropped, at increasing speed, on several interfaces, with several capture threads, and through a
spool over a kill -9. In a network namespace of the test's own; needs root.

  --long    more packets and more rounds
"""

import ctypes
import datetime
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import unittest
import urllib.request

import harness

CLONE_NEWNET = 0x40000000

TOPOLOGY = """name: veth
config: {{topology.delivery: {delivery}, topology.state.checkpoint.interval.ms: 50,
         topology.checkpoint.dir: {folder}/checkpoints}}
spouts:
  - {{id: packets, className: pcap, parallelism: {tasks}, properties: {{interface: [{interfaces}],
      max_disorder: 100ms{more}}}}}
bolts:
  - {{id: dns, className: decode}}
  - {{id: types, className: count, properties: {{by: [qtype], window: 1s}}}}
  - id: lost
    className: count
    properties: {{by: [interface, reason], window: 1s, weight: packets}}
  - {{id: text, className: text, properties: {{file: {folder}/lost.txt}}}}
  - {{id: store, className: store, properties: {{file: {folder}/points.sqlite}}}}
streams:
  - {{from: packets, to: dns, grouping: {{type: LOCAL_OR_SHUFFLE}}}}
  - {{from: dns, to: types, grouping: {{type: FIELDS, args: [qtype]}}}}
  - {{from: packets, to: lost, grouping: {{type: GLOBAL, streamId: drops}}}}
  - {{from: lost, to: text, grouping: {{type: GLOBAL}}}}
  - {{from: types, to: store, grouping: {{type: GLOBAL}}}}
"""


def ip(*arguments):
    return subprocess.run(["ip", *arguments], check=True, capture_output=True, text=True).stdout


def enter_namespace():
    """Whether this process now has a network namespace of its own with two veth pairs."""
    if os.geteuid() != 0 or not shutil.which("ip") or not shutil.which("tcpreplay"):
        return False
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET) != 0:
        return False
    try:
        ip("link", "set", "lo", "up")
        for number in "01":
            ip("link", "add", "send" + number, "type", "veth", "peer", "name", "take" + number)
            for end in ("send", "take"):
                # No packet of the kernel's own: addresses, neighbours, multicast.
                with open(f"/proc/sys/net/ipv6/conf/{end}{number}/disable_ipv6", "w") as file:
                    file.write("1")
                ip("link", "set", end + number, "arp", "off", "up")
        return True
    except (OSError, subprocess.CalledProcessError):
        return False


NAMESPACE = enter_namespace()


@unittest.skipUnless(NAMESPACE, "needs root, network namespaces, ip and tcpreplay")
class Veth(harness.Case):
    packets = 20000
    rounds = 1

    def setUp(self):
        super().setUp()
        self.capture = self.path("capture.pcap")
        self.ok("generate", "-o", self.capture, "--packets", str(self.packets), "--seed", "5")

    def topology(self, interfaces="take0", tasks=1, delivery="none", more=""):
        return self.write(
            "veth.yaml",
            TOPOLOGY.format(
                folder=os.path.dirname(self.capture),
                interfaces=interfaces,
                tasks=tasks,
                delivery=delivery,
                more=more,
            ),
        )

    def start(self, topology, *options, preexec_fn=None):
        return self.run_with_board(
            topology, "--summary", self.path("summary.json"), *options, preexec_fn=preexec_fn
        )

    def send(self, number, *speed):
        done = subprocess.run(
            ["tcpreplay", "-q", "-i", f"send{number}", *speed, self.capture],
            check=True,
            capture_output=True,
            text=True,
        )
        return int(re.search(r"Successful packets:\s+(\d+)", done.stdout + done.stderr).group(1))

    def received(self, number):
        """By the interface's own counters: packets, and those that it could not take."""
        link = json.loads(ip("-s", "-j", "link", "show", f"take{number}"))[0]["stats64"]["rx"]
        return link["packets"], link["dropped"]

    def wait_for(self, process, address, packets):
        """What is waited for is the program's own count; the bound is the test's time-out."""
        while True:
            with urllib.request.urlopen(address + "/api/honesty", timeout=30) as answer:
                honesty = json.load(answer)
            if honesty["captured"] + honesty["dropped_kernel"] >= packets:
                return
            self.assertIsNone(process.poll())

    def stop(self, process):
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(timeout=120), 0, process.stderr.read())
        with open(self.path("summary.json")) as file:
            return json.load(file)

    def test_loss_is_told_to_the_packet_at_increasing_speed(self):
        process, address = self.start(self.topology(more=", buffer: 64Ki"))
        before, before_dropped = self.received(0)
        sent = 0
        for speed in (["--pps=20000"], ["--pps=100000"], ["--topspeed"]):
            for _ in range(self.rounds):
                sent += self.send(0, *speed)
                self.wait_for(process, address, sent)
        # One that does not read for a while loses for certain.
        process.send_signal(signal.SIGSTOP)
        sent += self.send(0, "--topspeed")
        process.send_signal(signal.SIGCONT)
        self.wait_for(process, address, sent)
        packets, dropped = self.received(0)
        summary = self.stop(process)
        self.assertEqual(packets - before, sent, "the interface took what was sent")
        self.assertEqual(dropped - before_dropped, summary["dropped_interface"])
        self.assertEqual(summary["captured"] + summary["dropped_kernel"], sent)
        self.assertGreater(summary["dropped_kernel"], 0)
        print(f"sent {sent}, counted {summary['captured']}, lost {summary['dropped_kernel']}")
        with open(self.path("lost.txt")) as file:
            self.assertIn("take0", file.read())

    def test_two_interfaces_at_once(self):
        process, address = self.start(self.topology("take0, take1"))
        sent = [self.send(0, "--pps=50000"), self.send(1, "--pps=50000")]
        self.wait_for(process, address, sum(sent))
        summary = self.stop(process)
        self.assertEqual(summary["captured"] + summary["dropped_kernel"], sum(sent))

    def test_two_threads_share_the_packets(self):
        process, address = self.start(self.topology(tasks=2))
        sent = self.send(0, "--pps=50000")
        self.wait_for(process, address, sent)
        summary = self.stop(process)
        self.assertEqual(summary["captured"] + summary["dropped_kernel"], sent)
        shares = [
            task["counters"]["captured"]
            for task in summary["tasks"]
            if task["component"] == "packets"
        ]
        self.assertEqual(sum(shares), summary["captured"])
        self.assertTrue(all(share > 0 for share in shares), shares)

    def test_an_interface_that_goes_down_comes_back(self):
        process, address = self.start(self.topology())
        sent = self.send(0, "--pps=50000")
        self.wait_for(process, address, sent)
        ip("link", "set", "take0", "down")
        ip("link", "set", "take0", "up")
        sent += self.send(0, "--pps=50000")
        self.wait_for(process, address, sent)
        self.assertEqual(self.stop(process)["captured"], sent)

    def test_privileges_are_gone_once_all_is_open(self):
        os.chmod(os.path.dirname(self.capture), 0o777)
        process, address = self.start(self.topology(), "--user", "nobody")
        for thread in os.listdir(f"/proc/{process.pid}/task"):
            with open(f"/proc/{process.pid}/task/{thread}/status") as file:
                status = dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)
            self.assertNotIn("0", status["Uid"].split())
            for kind in ("CapPrm", "CapEff", "CapInh", "CapAmb"):
                self.assertEqual(int(status[kind], 16), 0, kind)
            self.assertEqual(status["NoNewPrivs"], "1")
            self.assertEqual(status["Seccomp"], "2")
        sent = self.send(0, "--pps=50000")
        self.wait_for(process, address, sent)
        self.assertEqual(self.stop(process)["captured"], sent)

    def test_a_spool_that_cannot_be_written_is_told(self):
        def small_files():
            resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 19, 1 << 19))

        spool = self.path("spool")
        process, address = self.start(
            self.topology(more=f", spool: {spool}"), preexec_fn=small_files
        )
        sent = self.send(0, "--pps=50000")
        self.wait_for(process, address, sent)
        process.send_signal(signal.SIGINT)
        errors = process.stderr.read()
        self.assertEqual(process.wait(timeout=120), 0, errors)
        with open(self.path("summary.json")) as file:
            summary = json.load(file)
        unwritten = summary["spool_unwritten"]
        self.assertGreater(unwritten, 0)
        self.assertEqual(summary["captured"], sent, "what is not written is counted all the same")
        told = [line for line in errors.splitlines() if "cannot write the spool" in line]
        self.assertEqual(len(told), 1, errors)
        self.assertIn("File too large", told[0])
        self.assertIn("not written to the spool", errors)
        with open(self.path("lost.txt")) as file:
            self.assertIn("spool", file.read())
        done = self.ok("spool", "extract", "--dir", spool, "-o", self.path("all.pcap"))
        self.assertIn(f"{sent - unwritten} of {sent - unwritten} packets", done.stderr)

    def test_a_killed_run_goes_on_from_the_spool(self):
        spool = self.path("spool")
        topology = self.topology(
            delivery="exactly-once", more=f", spool: {spool}, spool_bytes: 256Mi"
        )
        process, address = self.start(topology, "--resume")
        sent = self.send(0, "--pps=50000")
        checkpoints = self.path("checkpoints")
        self.wait_for(process, address, sent)
        while not any(n.startswith("checkpoint-") for n in os.listdir(checkpoints)):
            self.assertIsNone(process.poll())
        process.kill()
        process.wait()
        process, address = self.start(topology, "--resume")
        sent += self.send(0, "--pps=50000")
        self.wait_for(process, address, sent)
        summary = self.stop(process)
        self.assertEqual(summary["captured"], sent)
        done = self.ok("spool", "extract", "--dir", spool, "-o", self.path("all.pcap"))
        self.assertIn(f"{sent} of {sent} packets", done.stderr)
        self.ok("spool", "list", "--dir", spool)
        some = self.path("some.pcap")
        self.ok("spool", "extract", "--dir", spool, "--match", "qtype=AAAA", "-o", some)
        self.assertEqual(list(self.report(some)["qtypes"]), ["AAAA"])
        self.check_event(spool, self.report(self.path("all.pcap")))

    def check_event(self, spool, everything):
        """The packets of an event about the first half of what a domain was asked."""
        domain = everything["top_domains"][0]["item"]
        half = (everything["first_ns"] + everything["last_ns"]) // 2
        start, end = (
            datetime.datetime.fromtimestamp(ns // 10**9, datetime.timezone.utc).isoformat()[:-6]
            + f".{ns % 10**9:09}Z"
            for ns in (everything["first_ns"], half)
        )
        row = {"id": 7, "key_kind": "domain", "key": domain, "start": start, "end": start}
        rows = [row, {**row, "id": 8}, {**row, "end": end}]
        events = self.write("events.jsonl", "".join(json.dumps(one) + "\n" for one in rows))
        cut, same = self.path("cut.pcap"), self.path("same.pcap")
        extract = ("spool", "extract", "--dir", spool)
        self.assertIn("choose one by --id: 7, 8", self.fails(64, *extract, "--event", events,
                                                             "-o", cut))
        self.ok(*extract, "--event", events, "--id", "7", "--margin", "0s", "-o", cut)
        self.ok(*extract, "--match", f"name={domain}", "--to", end, "-o", same)
        got, expected = self.report(cut), self.report(same)
        del got["file"], expected["file"]
        self.assertGreater(got["queries"], 0)
        self.assertEqual(got, expected)


if __name__ == "__main__":
    if "--long" in sys.argv:
        sys.argv.remove("--long")
        Veth.packets, Veth.rounds = 200000, 5
    harness.main()
