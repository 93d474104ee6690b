"""A small network of this test's own: hosts in network namespaces, and a switch between them that
can cut, delay and lose packets.

    lab = NetLab(["c", "n1", "n2"])      # 10.88.0.1, 10.88.0.2, ... ; needs root and /dev/net/tun
    lab.popen("n1", ["program", ...])    # as subprocess.Popen, in that host
    lab.cut("n1"); lab.heal()            # from everybody; lab.cut("n1", "n2"): from each other
    lab.disturb("n1", loss=0.05, delay=0.2)
    lab.close()

The switch is a process that holds a TUN device of each host. The kernel's netem does the same and
better, but it is a module that not every kernel has.
"""

import atexit
import ctypes
import fcntl
import heapq
import os
import random
import selectors
import shutil
import signal
import struct
import subprocess
import sys
import time

CLONE_NEWNET = 0x40000000
TUNSETIFF = 0x400454CA
IFF_TUN, IFF_NO_PI = 0x0001, 0x1000
# Large, so that a switch in Python keeps up: few packets for many bytes.
MTU = 16000
# What waits for its time in the switch; what comes beyond is lost, as in a router.
QUEUE_PACKETS = 5000


def libc():
    return ctypes.CDLL(None, use_errno=True)


def available():
    """Whether such a network can be made here."""
    if os.geteuid() != 0 or not shutil.which("ip") or not os.path.exists("/dev/net/tun"):
        return False
    name = f"dnstorm-probe-{os.getpid()}"
    if subprocess.run(["ip", "netns", "add", name], capture_output=True).returncode != 0:
        return False
    made = subprocess.run(
        ["ip", "netns", "exec", name, "ip", "tuntap", "add", "dev", "t0", "mode", "tun"],
        capture_output=True,
    )
    subprocess.run(["ip", "netns", "del", name], capture_output=True)
    return made.returncode == 0


def open_tun(namespace, address):
    """The descriptor of a TUN device in that namespace, up and with that address."""
    own = os.open("/proc/self/ns/net", os.O_RDONLY)
    other = os.open(f"/run/netns/{namespace}", os.O_RDONLY)
    try:
        if libc().setns(other, CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")
        descriptor = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        fcntl.ioctl(descriptor, TUNSETIFF, struct.pack("16sH", b"lab0", IFF_TUN | IFF_NO_PI))
    finally:
        libc().setns(own, CLONE_NEWNET)
        os.close(own)
        os.close(other)
    inside = ["ip", "-n", namespace]
    subprocess.run([*inside, "link", "set", "lo", "up"], check=True)
    subprocess.run([*inside, "addr", "add", f"{address}/24", "dev", "lab0"], check=True)
    subprocess.run([*inside, "link", "set", "lab0", "mtu", str(MTU), "up"], check=True)
    return descriptor


class Switch:
    """The process that moves packets. Commands come as lines, each is answered when it holds:
    cut A B | heal | disturb A LOSS DELAY."""

    def __init__(self, hosts, commands, answers):
        self.tuns = {name: open_tun(namespace, address) for name, namespace, address in hosts}
        self.by_address = {
            bytes(int(part) for part in address.split(".")): name for name, _, address in hosts
        }
        self.cuts = set()
        self.loss = dict.fromkeys(self.tuns, 0.0)
        self.delay = dict.fromkeys(self.tuns, 0.0)
        self.random = random.Random(1)
        self.waiting = []  # (due, number, host, packet)
        self.number = 0
        self.commands = commands
        self.answers = answers

    def run(self):
        selector = selectors.DefaultSelector()
        for name, tun in self.tuns.items():
            selector.register(tun, selectors.EVENT_READ, name)
        selector.register(self.commands, selectors.EVENT_READ, None)
        self.answers.write("ready\n")
        self.answers.flush()
        while True:
            timeout = max(0, self.waiting[0][0] - time.monotonic()) if self.waiting else None
            for key, _ in selector.select(timeout):
                if key.data is None:
                    line = self.commands.readline()
                    if not line:
                        return
                    self.command(line.split())
                else:
                    self.take(key.data, key.fd)
            while self.waiting and self.waiting[0][0] <= time.monotonic():
                _, _, host, packet = heapq.heappop(self.waiting)
                self.give(host, packet)

    def command(self, words):
        if words[0] == "cut":
            self.cuts.add(frozenset(words[1:]))
        elif words[0] == "heal":
            self.cuts.clear()
            self.loss = dict.fromkeys(self.tuns, 0.0)
            self.delay = dict.fromkeys(self.tuns, 0.0)
        elif words[0] == "disturb":
            self.loss[words[1]] = float(words[2])
            self.delay[words[1]] = float(words[3])
        self.answers.write("done\n")
        self.answers.flush()

    def take(self, source, tun):
        for _ in range(64):
            try:
                packet = os.read(tun, MTU + 64)
            except BlockingIOError:
                return
            target = self.by_address.get(packet[16:20]) if packet[0] >> 4 == 4 else None
            if target is None or frozenset((source, target)) in self.cuts:
                continue
            if self.random.random() < max(self.loss[source], self.loss[target]):
                continue
            delay = max(self.delay[source], self.delay[target])
            if not delay:
                self.give(target, packet)
            elif len(self.waiting) < QUEUE_PACKETS:
                self.number += 1
                item = (time.monotonic() + delay, self.number, target, packet)
                heapq.heappush(self.waiting, item)

    def give(self, host, packet):
        try:
            os.write(self.tuns[host], packet)
        except (BlockingIOError, OSError):
            pass  # the device's queue is full: lost, as on a real link


class NetLab:
    def __init__(self, names):
        self.names = list(names)
        self.prefix = f"dnstorm-{os.getpid()}-"
        self.address = {name: f"10.88.0.{i + 1}" for i, name in enumerate(self.names)}
        atexit.register(self.close)
        for name in self.names:
            subprocess.run(["ip", "netns", "add", self.prefix + name], check=True)
        hosts = [f"{name},{self.prefix + name},{self.address[name]}" for name in self.names]
        self.switch = subprocess.Popen(
            [sys.executable, os.path.abspath(__file__), *hosts],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        if self.switch.stdout.readline() != "ready\n":
            raise RuntimeError("the switch of the test's network has not started")

    def argv(self, host, command):
        return ["ip", "netns", "exec", self.prefix + host, *map(str, command)]

    def popen(self, host, command, **options):
        return subprocess.Popen(self.argv(host, command), **options)

    def run(self, host, command, **options):
        return subprocess.run(self.argv(host, command), **options)

    def tell(self, *words):
        self.switch.stdin.write(" ".join(map(str, words)) + "\n")
        self.switch.stdin.flush()
        self.switch.stdout.readline()

    def cut(self, host, *others):
        for other in others or self.names:
            if other != host:
                self.tell("cut", host, other)

    def disturb(self, host, loss=0.0, delay=0.0):
        self.tell("disturb", host, loss, delay)

    def heal(self):
        self.tell("heal")

    def close(self):
        atexit.unregister(self.close)
        self.switch.stdin.close()
        self.switch.wait()
        self.switch.stdout.close()
        for name in self.names:
            subprocess.run(["ip", "netns", "del", self.prefix + name], capture_output=True)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Switch([host.split(",") for host in sys.argv[1:]], sys.stdin, sys.stdout).run()
