"""An InfluxDB that is killed, comes back, becomes read-only, fails for one measurement and refuses
the points of another, while dnstorm writes to it and is killed itself: in the end every point is
there once, and what was refused is listed with its reason.

DNSTORM_OUTAGE_SECONDS says how long InfluxDB is away (./check --long: 300); 0: until points wait.
"""

import http.client
import http.server
import json
import os
import re
import signal
import subprocess
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

import harness
from dnstap_servers import free_tcp_port, program
from influx import CONFIG

OUTAGE_S = float(os.environ.get("DNSTORM_OUTAGE_SECONDS", "0"))
PATIENCE = 240  # seconds until a test gives up
SPEED = 200  # times as fast as the capture was

# The windows are of the capture's time: at that speed, thousands of points a second.
TOPOLOGY = """name: outage
config:
  topology.delivery: exactly-once
  topology.state.checkpoint.interval.ms: 100
  topology.checkpoint.dir: {folder}/checkpoints
spouts:
  - id: packets
    className: pcap
    properties: {{file: {folder}/capture.pcap, max_disorder: 1s, speed: {speed}x}}
bolts:
  - {{id: dns, className: decode}}
  - {{id: qtypes, className: count, properties: {{by: [qtype, qr], window: 1s}}}}
  - {{id: rcodes, className: count, properties: {{by: [rcode, qr], window: 1s}}}}
  - {{id: refused, className: count, properties: {{by: [opcode], window: 5s}}}}
  - id: database
    className: influx
    properties:
      url: {url}
      database: dns
      wait: true
      spool: {folder}
      drain_timeout: 100s
  - {{id: truth, className: text, properties: {{file: {folder}/truth.lp}}}}
streams:
  - {{from: packets, to: dns, grouping: {{type: GLOBAL}}}}
  - {{from: dns, to: qtypes, grouping: {{type: GLOBAL}}}}
  - {{from: dns, to: rcodes, grouping: {{type: GLOBAL}}}}
  - {{from: dns, to: refused, grouping: {{type: GLOBAL}}}}
{sinks}
"""
SINKS = "".join(
    f"  - {{from: {source}, to: {sink}, grouping: {{type: GLOBAL}}}}\n"
    for source in ("qtypes", "rcodes", "refused")
    for sink in ("database", "truth")
)

class Influx:
    """Debian's influxd in a folder of its own."""

    def __init__(self, case):
        self._program = program("influxd")
        self._case = case
        self._port = free_tcp_port()
        self._process = None
        self.address = f"127.0.0.1:{self._port}"
        folder = case.path("influxdb")
        config = CONFIG.format(folder=folder, http=self.address)
        self._config = case.write("influxdb.conf", config)

    def start(self):
        self._process = subprocess.Popen(
            [self._program, "run", "-config", self._config],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._case.addCleanup(self._process.wait)
        self._case.addCleanup(self._process.kill)
        self._case.until("influxd listens", self._listens)

    def kill(self):
        self._process.kill()
        self._process.wait()

    def _listens(self):
        try:
            with urllib.request.urlopen(f"http://{self.address}/ping", timeout=PATIENCE):
                return True
        except (urllib.error.URLError, ConnectionError):
            return False

    def query(self, text):
        parameters = urllib.parse.urlencode({"db": "dns", "epoch": "ns", "q": text})
        request = urllib.request.Request(f"http://{self.address}/query?{parameters}", method="POST")
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return json.load(answer)["results"][0].get("series", [])

    def write(self, lines):
        request = urllib.request.Request(
            f"http://{self.address}/write?db=dns&precision=ns", lines.encode()
        )
        urllib.request.urlopen(request, timeout=PATIENCE).close()

    def points(self, measurement):
        """As in line protocol: {("qtypes,qr=query,qtype=A", time): count}."""
        found = {}
        for series in self.query(f'SELECT "count" FROM "{measurement}" GROUP BY *'):
            tags = sorted(series["tags"].items())
            name = ",".join([measurement, *(f"{tag}={value}" for tag, value in tags if value)])
            for moment, count in series["values"]:
                found[name, moment] = count
        return found


class Proxy(http.server.ThreadingHTTPServer):
    """Between dnstorm and InfluxDB; `answer`, if set, is asked what to say instead of passing a
    body on: (status, text), or None."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, case, target):
        super().__init__(("127.0.0.1", free_tcp_port()), Passing)
        self.target = target
        self.answer = None
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}).start()
        case.addCleanup(self.server_close)
        case.addCleanup(self.shutdown)


class Passing(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        answer = self.server.answer
        status, text = (answer and answer(body)) or self.passed_on(body)
        if status == 0:
            self.close_connection = True
            return
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def passed_on(self, body):
        connection = http.client.HTTPConnection(self.server.target, timeout=PATIENCE)
        try:
            connection.request("POST", self.path, body)
            answer = connection.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException):
            return 0, b""
        finally:
            connection.close()


def points_in(path):
    """{(series, time): count} of a file in line protocol, and {line: reason} of its comments."""
    points, reasons, reason = {}, {}, None
    with open(path) as file:
        for line in file:
            if line.startswith("#"):
                reason = line[1:].strip()
                continue
            series, count, moment = line.split()
            points[series, int(moment)] = int(re.fullmatch(r"count=(\d+)i", count)[1])
            reasons[line] = reason
    return points, reasons


class Outage(harness.Case):
    def until(self, what, condition):
        end = time.monotonic() + PATIENCE
        while not condition():
            self.assertLess(time.monotonic(), end, what)

    def counter(self, name):
        with urllib.request.urlopen(self.board + "/metrics", timeout=PATIENCE) as answer:
            text = answer.read().decode()
        pattern = rf'dnstorm_operator_counter{{[^}}]*counter="{name}"[^}}]*}} (\d+)'
        lines = [line for line in text.splitlines() if 'component="database"' in line]
        found = [m[1] for m in map(lambda line: re.match(pattern, line), lines) if m]
        self.assertEqual(len(found), 1, name)
        return int(found[0])

    def until_counter(self, name, fits):
        def condition():
            self.assertIsNone(self.storm.poll(), "dnstorm has ended")
            return fits(self.counter(name))

        self.until(name, condition)

    def start_storm(self):
        topology = TOPOLOGY.format(
            folder=self.path(""),
            url=f"http://127.0.0.1:{self.proxy.server_port}",
            sinks=SINKS,
            speed=SPEED,
        )
        path = self.write("outage.yaml", topology)
        self.storm, self.board = self.run_with_board(path, "--resume")

    def out_of_order(self, answer):
        """Points wait while the proxy answers so, and go when it passes them on again."""
        self.until_counter("spool_points", lambda points: points == 0)
        self.proxy.answer = answer
        self.until_counter("spool_points", lambda points: points > 100)
        self.proxy.answer = None
        self.until_counter("spool_points", lambda points: points == 0)

    def test_every_point_is_there_once(self):
        influx = Influx(self)
        influx.start()
        influx.query("CREATE DATABASE dns")
        # The field has another type already, in the one shard that the capture is in.
        influx.write('refused,opcode=other count="text" 1767225600000000000\n')
        self.proxy = Proxy(self, influx.address)
        hours = 6 + int((OUTAGE_S + PATIENCE) * SPEED / 3600)
        capture = self.path("capture.pcap")
        self.ok("generate", "-o", capture, "--duration", f"{hours}h", "--rate", "5")
        self.start_storm()
        self.until_counter("points_written", lambda points: points > 1000)

        influx.kill()
        self.until_counter("spool_points", lambda points: points > 500)
        end = time.monotonic() + OUTAGE_S / 2
        self.until_counter("spool_points", lambda _: time.monotonic() >= end)
        self.storm.kill()
        self.storm.wait()
        self.start_storm()
        waiting = self.counter("spool_points")
        self.assertGreater(waiting, 0)  # all but what was being written
        end += OUTAGE_S / 2
        self.until_counter(
            "spool_points", lambda points: points > waiting + 500 and time.monotonic() >= end
        )
        influx.start()
        self.until_counter("points_drained", lambda points: points >= waiting)

        self.out_of_order(lambda _: (403, b'{"error":"read only"}'))
        self.out_of_order(lambda body: (500, b'{"error":"x"}') if b"rcodes," in body else None)
        self.until_counter("rejected_type_conflict", lambda points: points > 10)

        self.storm.send_signal(signal.SIGINT)
        _, errors = self.storm.communicate(timeout=PATIENCE)
        self.assertEqual(self.storm.returncode, 65, errors)
        self.assertIn("they are listed in", errors)
        self.check(influx)

    def check(self, influx):
        truth, _ = points_in(self.path("truth.lp"))
        for measurement in ("qtypes", "rcodes"):
            expected = {
                point: count for point, count in truth.items() if point[0].startswith(measurement)
            }
            self.assertGreater(len(expected), 1000)
            self.assertEqual(influx.points(measurement), expected)
        refused, reasons = points_in(self.path("dnstorm-spool-outage-database/rejected.lp"))
        self.assertEqual(
            refused, {point: n for point, n in truth.items() if point[0].startswith("refused")}
        )
        for reason in reasons.values():
            self.assertIn("field type conflict", reason)
        left = os.listdir(self.path("dnstorm-spool-outage-database"))
        self.assertEqual(left, ["rejected.lp"])
        print(f"{len(truth)} points, {len(refused)} of them refused")


if __name__ == "__main__":
    harness.main()
