"""The sink `webhook` and a real HTTP server: every row arrives, though the server is busy at first,
in the order and form in which a file has them; and a server that does not want them is told of."""

import http.server
import json
import os
import threading

import harness

TOPOLOGY = """name: hooked
spouts:
  - {id: packets, className: pcap, properties: {file: %(capture)s}}
bolts:
  - {id: dns, className: decode}
  - {id: rcodes, className: count, properties: {by: [rcode], window: 1s}}
  - id: hook
    className: webhook
    properties: {url: "%(url)s", token: "env:HOOK_TOKEN", batch: %(batch)d, constants: [origin=ns1]}
  - {id: file, className: json_lines, properties: {folder: %(folder)s, rotate: 0}}
streams:
  - {from: packets, to: dns}
  - {from: dns, to: rcodes, grouping: {type: FIELDS, args: [rcode]}}
  - {from: rcodes, to: hook, grouping: {type: GLOBAL}}
  - {from: rcodes, to: file, grouping: {type: GLOBAL}}
"""


class Receiver(http.server.ThreadingHTTPServer):
    """Keeps what is POSTed. The first `busy` requests are answered with 503, the others with
    `status`."""

    daemon_threads = True

    def __init__(self, busy=0, status=204):
        super().__init__(("127.0.0.1", 0), Handler)
        self.busy, self.status = busy, status
        self.asked, self.bodies, self.tokens = 0, [], set()
        self.url = f"http://127.0.0.1:{self.server_port}/hook?key=secret"
        self.thread = threading.Thread(target=self.serve_forever)
        self.thread.start()

    def end(self):
        self.shutdown()
        self.thread.join()
        self.server_close()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        server = self.server
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        server.asked += 1
        status = 503 if server.asked <= server.busy else server.status
        if status // 100 == 2:
            server.bodies.append(body)
            server.tokens.add(self.headers["Authorization"])
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class Webhook(harness.Case):
    def hooked(self, receiver, batch):
        """The finished run, and the rows as the file has them."""
        self.addCleanup(receiver.end)
        capture, folder = self.path("traffic.pcap"), self.path("rows")
        self.ok("generate", "-o", capture, "--seed", "3", "--queries", "2000")
        topology = self.write("hooked.yaml", TOPOLOGY % {
            "capture": capture, "folder": folder, "url": receiver.url, "batch": batch})
        done = harness.dnstorm("run", topology, env={**os.environ, "HOOK_TOKEN": "let me in"})
        with open(os.path.join(folder, os.listdir(folder)[0])) as file:
            rows = [{"origin": "ns1", **json.loads(line)} for line in file]
        self.assertGreater(len(rows), 3)
        return done, rows

    def test_every_row_arrives_once_and_in_order(self):
        for batch in (1, 4):
            with self.subTest(batch=batch):
                receiver = Receiver(busy=2)
                done, rows = self.hooked(receiver, batch)
                self.assertEqual(done.returncode, 0, done.stderr)
                got = receiver.bodies
                if batch > 1:
                    self.assertTrue(all(len(body) <= batch for body in got))
                    got = [row for body in got for row in body]
                self.assertEqual(got, rows)
                self.assertEqual(receiver.tokens, {"Bearer let me in"})
                self.assertEqual(receiver.asked, len(receiver.bodies) + 2)
                self.assertIn("answers again", done.stderr)
                self.assertNotIn("secret", done.stderr)

    def test_a_server_that_wants_none_is_told_of(self):
        receiver = Receiver(status=403)
        done, rows = self.hooked(receiver, 1)
        self.assertEqual(done.returncode, 69, done.stderr)
        self.assertIn(f"webhook: {len(rows)} rows could not be delivered to ", done.stderr)
        self.assertIn("HTTP 403", done.stderr)
        self.assertEqual(receiver.asked, 1)


if __name__ == "__main__":
    harness.main()
