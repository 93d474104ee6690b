"""unbound, Knot and BIND 9 as they send dnstap to dnstorm, dnsperf that asks them, and dnstorm.

Servers run on free ports of the loopback interface, in folders of their own.
DNSTORM_SENDER_SECONDS says how long each is asked (2 s; ./check --long: 60).
"""

import glob
import json
import os
import random
import re
import shutil
import socket
import struct
import subprocess
import time
import unittest
import urllib.request

import harness

SECONDS = int(os.environ.get("DNSTORM_SENDER_SECONDS", "2"))
PATIENCE = 120  # seconds until a test gives up

TOPOLOGY = """name: senders
spouts:
  - id: taps
    className: dnstap
    properties: {%s}
bolts:
  - id: dns
    className: decode
  - id: types
    className: count
    properties: {by: [dnstap_type], window: 0s}
  - id: out
    className: text
    properties: {file: %s}
streams:
  - {from: taps, to: dns}
  - {from: dns, to: types, grouping: {type: FIELDS, args: [dnstap_type]}}
  - {from: types, to: out, grouping: {type: GLOBAL}}
"""

UNBOUND = """server:
  directory: "{folder}"
  chroot: ""
  username: ""
  use-syslog: no
  logfile: "{folder}/unbound.log"
  pidfile: "{folder}/unbound.pid"
  interface: 127.0.0.1@{port}
  do-daemonize: no
  num-threads: 1
  local-zone: "example." redirect
  local-data: "example. 60 IN A 192.0.2.1"
remote-control:
  control-enable: no
dnstap:
  dnstap-enable: yes
  dnstap-bidirectional: yes
  {target}
  dnstap-send-identity: yes
  dnstap-send-version: yes
  dnstap-identity: "unbound"
  dnstap-log-client-query-messages: yes
  dnstap-log-client-response-messages: yes
"""

KNOT = """server:
  rundir: "{folder}"
  listen: 127.0.0.1@{port}
database:
  storage: "{folder}"
log:
  - target: "{folder}/knot.log"
    any: info
mod-dnstap:
  - id: tap
    sink: "unix:{socket}"
    identity: "knot"
template:
  - id: default
    storage: "{folder}"
    global-module: mod-dnstap/tap
zone:
  - domain: example.
    file: "example.zone"
"""

BIND = """options {{
  directory "{folder}";
  listen-on port {port} {{ 127.0.0.1; }};
  listen-on-v6 {{ none; }};
  pid-file none;
  session-keyfile none;
  recursion no;
  notify no;
  dnstap {{ client; auth; }};
  dnstap-output unix "{socket}";
  dnstap-identity "bind";
}};
controls {{ }};
statistics-channels {{ inet 127.0.0.1 port {statistics} allow {{ 127.0.0.1; }}; }};
logging {{ channel log {{ file "{folder}/bind.log"; }}; category default {{ log; }}; }};
zone "example" {{ type primary; file "{folder}/example.zone"; }};
"""

ZONE = """$TTL 60
@ IN SOA ns.example. root.example. 1 3600 600 86400 60
@ IN NS ns
ns IN A 192.0.2.53
* IN A 192.0.2.1
"""

QUESTION = b"\x05probe\x07example\x00" + struct.pack(">HH", 1, 1)


def query(number):
    return struct.pack(">HHHHHH", number, 0, 1, 0, 0, 0) + QUESTION


def first_ephemeral_port():
    with open("/proc/sys/net/ipv4/ip_local_port_range") as file:
        return int(file.read().split()[0])


_reserved = []  # sockets whose names say which ports are taken, until this process ends


def free_port(kind=socket.SOCK_DGRAM):
    """A port for a server to be. The kernel gives it to no client, and no other test takes it.

    Knot and BIND share a port with whoever has it already: each would see part of the queries."""
    for port in random.sample(range(10000, first_ephemeral_port()), 1000):
        name = socket.socket(socket.AF_UNIX)
        try:
            name.bind(f"\0dnstorm-test-port-{port}")
            with socket.socket(socket.AF_INET, kind) as probe:
                probe.bind(("127.0.0.1", port))
        except OSError:
            name.close()
            continue
        _reserved.append(name)
        return port
    raise OSError("no free port")


def free_tcp_port():
    return free_port(socket.SOCK_STREAM)


def program(name):
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")
    if found is None:
        raise unittest.SkipTest(f"{name} is not installed")
    return found


class Case(harness.Case):
    """dnstorm listens, servers connect, dnsperf asks."""

    def setUp(self):
        super().setUp()
        self.write("queries", "".join(f"name-{i}.example A\n" for i in range(500)))
        self.write("example.zone", ZONE)

    def start(self, *command, **options):
        process = subprocess.Popen(command, **options)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def listen(self, properties, senders, text=None):
        """dnstorm, which ends when so many senders have come and gone; `text`: its topology."""
        properties += f", end_after: {senders}"
        text = text % properties if text else TOPOLOGY % (properties, self.path("types.txt"))
        topology = self.write("taps.yaml", text)
        self.storm, self.board = self.run_with_board(
            topology, "--summary", self.path("summary.json")
        )

    def received(self):
        with urllib.request.urlopen(self.board + "/api/honesty", timeout=PATIENCE) as answer:
            honesty = json.load(answer)
        return honesty["captured"] + honesty["dropped_queue"]

    def until(self, what, condition):
        end = time.monotonic() + PATIENCE
        while not condition():
            self.assertLess(time.monotonic(), end, what)
            self.assertIsNone(self.storm.poll(), "dnstorm has ended")

    def until_answers(self, port):
        """Asks until the server answers; returns how many queries it has answered.

        One that starts has its socket before it looks at it and may lose what comes until then."""
        number, answers = 1, 0
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.connect(("127.0.0.1", port))
            udp.settimeout(5)

            def answered():
                nonlocal number, answers
                try:
                    udp.send(query(number))
                    while struct.unpack(">H", udp.recv(512)[:2])[0] != number:
                        answers += 1
                except ConnectionRefusedError:
                    return False
                except TimeoutError:
                    number += 1
                    return False
                answers += 1
                return True

            self.until("the server answers", answered)
        return answers

    def ask(self, port, rate):
        """dnsperf at the port, in the background."""
        return self.start(
            program("dnsperf"),
            "-s",
            "127.0.0.1",
            "-p",
            str(port),
            "-d",
            self.path("queries"),
            "-l",
            str(SECONDS),
            "-Q",
            str(rate),
            "-t",
            "30",
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def asked(self, dnsperf):
        """How many queries it sent; all of them were answered."""
        sent, done = self.told(dnsperf)
        self.assertEqual(sent, done)
        return done

    def told(self, dnsperf):
        """How many queries it sent, and how many were answered."""
        text = dnsperf.communicate(timeout=PATIENCE + SECONDS)[0]
        sent = int(re.search(r"Queries sent:\s+(\d+)", text).group(1))
        done = int(re.search(r"Queries completed:\s+(\d+)", text).group(1))
        self.assertGreater(done, SECONDS * 100)
        return sent, done

    def result(self):
        """The counters of the spout, and the rows by type."""
        _, error = self.storm.communicate(timeout=PATIENCE)
        self.assertEqual(self.storm.returncode, 0, error)
        with open(self.path("summary.json")) as file:
            summary = json.load(file)
        counters = next(t["counters"] for t in summary["tasks"] if t["component"] == "taps")
        self.assertEqual(
            counters["frames_received"], counters["captured"] + counters.get("dropped_frames", 0)
        )
        self.assertEqual(
            summary["captured"],
            sum(summary[k] for k in ("parsed", "malformed", "not_dns", "filtered")),
        )
        return counters

    # Servers. Each has a folder of its own, as they name files alike.

    def folder(self, name):
        os.makedirs(self.path(name))
        shutil.copy(self.path("example.zone"), self.path(name))
        return self.path(name)

    def unbound(self, target):
        folder, port = self.folder("unbound"), free_port()
        path = os.path.join(folder, "unbound.conf")
        with open(path, "w") as file:
            file.write(UNBOUND.format(folder=folder, port=port, target=target))
        return self.start(program("unbound"), "-d", "-p", "-c", path), port

    def unbound_unix(self, path):
        return self.unbound(f'dnstap-socket-path: "{path}"')

    def knot(self, path):
        if not glob.glob("/usr/lib/*/knot/modules-*/dnstap.so"):
            self.skipTest("knot-module-dnstap is not installed")
        folder, port = self.folder("knot"), free_port()
        config = os.path.join(folder, "knot.conf")
        with open(config, "w") as file:
            file.write(KNOT.format(folder=folder, port=port, socket=path))
        return self.start(program("knotd"), "-c", config, stderr=subprocess.DEVNULL), port

    def bind(self, path):
        folder, port = self.folder("bind"), free_port()
        config = os.path.join(folder, "named.conf")
        with open(config, "w") as file:
            self.statistics = free_tcp_port()
            file.write(
                BIND.format(folder=folder, port=port, socket=path, statistics=self.statistics)
            )
        return self.start(program("named"), "-c", config, "-f", "-n", "1"), port
