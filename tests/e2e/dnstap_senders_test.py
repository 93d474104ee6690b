"""Real servers send dnstap to dnstorm while dnsperf asks them: every frame is counted or dropped.

unbound, Knot and BIND 9 run here on free ports of the loopback interface, in a folder of their own.
DNSTORM_SENDER_SECONDS says how long each is asked (2 s; ./check --long: 60).
"""

import glob
import json
import os
import re
import shutil
import socket
import ssl
import struct
import subprocess
import time
import unittest
import urllib.request

import harness

SECONDS = int(os.environ.get("DNSTORM_SENDER_SECONDS", "2"))
# Queries a second to each server. Servers drop from queues of their own what is not read in time,
# and do not say so: on a busy machine thousands a second are too many to be compared to the frame.
RATE = int(os.environ.get("DNSTORM_SENDER_RATE", "200"))
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
logging {{ channel log {{ file "{folder}/bind.log"; }}; category default {{ log; }}; }};
zone "example" {{ type primary; file "{folder}/example.zone"; }};
"""

ZONE = """$TTL 60
@ IN SOA ns.example. root.example. 1 3600 600 86400 60
@ IN NS ns
ns IN A 192.0.2.53
* IN A 192.0.2.1
"""

QUERY = (
    struct.pack(">HHHHHH", 1, 0, 1, 0, 0, 0)
    + b"\x05probe\x07example\x00"
    + struct.pack(">HH", 1, 1)
)


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", 0))
        return udp.getsockname()[1]


def free_tcp_port():
    with socket.socket() as tcp:
        tcp.bind(("127.0.0.1", 0))
        return tcp.getsockname()[1]


def program(name):
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")
    if found is None:
        raise unittest.SkipTest(f"{name} is not installed")
    return found


class Senders(harness.Case):
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

    def listen(self, properties, senders):
        """dnstorm, which ends when so many senders have come and gone."""
        properties += f", end_after: {senders}"
        topology = self.write("taps.yaml", TOPOLOGY % (properties, self.path("types.txt")))
        self.storm = self.start(
            harness.DNSTORM,
            "run",
            topology,
            "--board",
            "127.0.0.1:0",
            "--summary",
            self.path("summary.json"),
            stderr=subprocess.PIPE,
            text=True,
        )
        self.addCleanup(self.storm.stderr.close)
        line = self.storm.stderr.readline()  # comes when the sockets are open
        self.assertIn("The board is at http://", line)
        self.board = line.split()[-1].rstrip("/")

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
        """Asks until the server answers; returns how many queries it has received."""
        asked = 0
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.connect(("127.0.0.1", port))
            udp.settimeout(PATIENCE)

            def answered():
                nonlocal asked
                try:
                    udp.send(QUERY)
                    udp.recv(512)
                except ConnectionRefusedError:
                    return False
                asked += 1
                return True

            self.until("the server answers", answered)
        return asked

    def ask(self, port):
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
            str(RATE),
            "-t",
            "30",
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def asked(self, dnsperf):
        """How many queries it sent; all of them were answered."""
        text = dnsperf.communicate(timeout=PATIENCE + SECONDS)[0]
        sent = int(re.search(r"Queries sent:\s+(\d+)", text).group(1))
        done = int(re.search(r"Queries completed:\s+(\d+)", text).group(1))
        self.assertEqual(sent, done, text)
        self.assertGreater(done, SECONDS * 100)
        return done

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
            file.write(BIND.format(folder=folder, port=port, socket=path))
        return self.start(program("named"), "-c", config, "-f", "-n", "1"), port

    def run_senders(self, makers, path):
        """All servers at once; what they were asked must be what was received."""
        program("dnsperf")
        servers = [maker(path) for maker in makers]
        queries = sum(self.until_answers(port) for _, port in servers)
        load = [self.ask(port) for _, port in servers]
        queries += sum(self.asked(dnsperf) for dnsperf in load)
        # Not every server sends what it has collected when it ends.
        self.until("all frames are there", lambda: self.received() >= 2 * queries)
        for server, _ in servers:
            server.terminate()
            server.wait(PATIENCE)
        counters = self.result()
        # A query and a response each.
        self.assertEqual(counters["frames_received"], 2 * queries)
        self.assertEqual(counters["connections"], len(servers))
        return counters

    def over_unix(self, *makers):
        path = self.path("tap.sock")
        self.listen(f"socket: {path}, socket_mode: 0666", len(makers))
        return self.run_senders(makers, path)

    def test_unbound_by_a_unix_socket(self):
        self.over_unix(self.unbound_unix)

    def test_knot_by_a_unix_socket(self):
        self.over_unix(self.knot)

    def test_bind_by_a_unix_socket(self):
        self.over_unix(self.bind)

    def test_three_servers_at_once(self):
        counters = self.over_unix(self.unbound_unix, self.knot, self.bind)
        for sender in (1, 2, 3):
            self.assertGreater(counters[f"sender.{sender}.frames"], 0)

    def tcp_port(self, extra=""):
        port = free_tcp_port()
        self.listen(f'listen: "127.0.0.1:{port}"{extra}', 1)
        return port

    def test_unbound_by_tcp(self):
        port = self.tcp_port()
        target = f'dnstap-ip: "127.0.0.1@{port}"\n  dnstap-tls: no'
        program("dnsperf")
        server, dns = self.unbound(target)
        queries = self.until_answers(dns)
        queries += self.asked(self.ask(dns))
        self.until("all frames are there", lambda: self.received() >= 2 * queries)
        server.terminate()
        server.wait(PATIENCE)
        self.assertEqual(self.result()["frames_received"], 2 * queries)

    def certificate(self):
        done = subprocess.run(
            [
                program("openssl"),
                "req",
                "-x509",
                "-newkey",
                "rsa:2048",
                "-nodes",
                "-keyout",
                self.path("key.pem"),
                "-out",
                self.path("cert.pem"),
                "-subj",
                "/CN=localhost",
                "-addext",
                "subjectAltName=IP:127.0.0.1",
            ],
            capture_output=True,
        )
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_a_sender_by_tls_with_a_certificate(self):
        self.certificate()
        cert, key = self.path("cert.pem"), self.path("key.pem")
        extra = f", tls_certificate: {cert}, tls_key: {key}, tls_client_ca: {cert}"
        port = self.tcp_port(extra)
        context = ssl.create_default_context(cafile=cert)
        with self.assertRaises((ssl.SSLError, ConnectionError)):
            with socket.create_connection(("127.0.0.1", port)) as raw:
                with context.wrap_socket(raw, server_hostname="127.0.0.1") as tls:
                    tls.sendall(b"x")
                    if tls.recv(1) == b"":
                        raise ConnectionError
        context.load_cert_chain(cert, key)
        content = b"protobuf:dnstap.Dnstap"
        typed = struct.pack(">II", 1, len(content)) + content

        def control(kind, fields=b""):
            return struct.pack(">III", 0, 4 + len(fields), kind) + fields

        message = b"\x08\x05\x52\x0c" + QUERY[:12]
        payload = b"\x72" + bytes([len(message)]) + message + b"\x78\x01"
        frame = struct.pack(">I", len(payload)) + payload
        with socket.create_connection(("127.0.0.1", port)) as raw:
            with context.wrap_socket(raw, server_hostname="127.0.0.1") as tls:
                tls.settimeout(PATIENCE)
                tls.sendall(control(4, typed))
                self.assertEqual(tls.recv(4096), control(1, typed))
                tls.sendall(control(2, typed) + frame * 50_000 + control(3))
                self.assertEqual(tls.recv(4096), control(5))
        counters = self.result()
        self.assertEqual(counters["frames_received"], 50_000)
        self.assertGreaterEqual(counters["tls_failures"], 1)


if __name__ == "__main__":
    harness.main()
