"""Real servers send dnstap to dnstorm while dnsperf asks them: every query gives two frames.

Few queries, as a busy machine makes servers drop; dnstap_load_test.py has many.
"""

import os
import socket
import ssl
import struct
import subprocess

import dnstap_servers
import harness
from dnstap_servers import PATIENCE, free_tcp_port, program, query

RATE = int(os.environ.get("DNSTORM_SENDER_RATE", "200"))  # queries a second to each server


class Senders(dnstap_servers.Case):
    def run_senders(self, makers, path):
        """All servers at once; what they were asked must be what was received."""
        program("dnsperf")
        servers = [maker(path) for maker in makers]
        queries = sum(self.until_answers(port) for _, port in servers)
        load = [self.ask(port, RATE) for _, port in servers]
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
        queries += self.asked(self.ask(dns, RATE))
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

        message = b"\x08\x05\x52\x0c" + query(1)[:12]
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
