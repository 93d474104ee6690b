"""VictoriaMetrics behind the influx sink: what was counted is what it gives back, also when it was
written twice, and after an outage."""

import json
import os
import subprocess
import urllib.error
import urllib.parse
import urllib.request

import harness
from dnstap_servers import free_tcp_port, program

PATIENCE = 120  # seconds until a test gives up

TOPOLOGY = """name: victoria
spouts:
  - {{id: packets, className: pcap, properties: {{file: {folder}/capture.pcap, max_disorder: 1s}}}}
bolts:
  - {{id: dns, className: decode}}
  - {{id: qtypes, className: count, properties: {{by: [qtype, qr], window: 1s}}}}
  - {{id: sizes, className: count, properties: {{by: [rcode], sums: [size], window: 10s}}}}
  - id: database
    className: influx
    properties: {{url: "{url}", database: dns, spool: {folder}, tags: [server=ns1], {options}}}
  - {{id: truth, className: text, properties: {{file: {folder}/truth.lp, tags: [server=ns1]}}}}
streams:
  - {{from: packets, to: dns, grouping: {{type: GLOBAL}}}}
  - {{from: dns, to: qtypes, grouping: {{type: GLOBAL}}}}
  - {{from: dns, to: sizes, grouping: {{type: GLOBAL}}}}
{sinks}
"""
SINKS = "".join(
    f"  - {{from: {source}, to: {sink}, grouping: {{type: GLOBAL}}}}\n"
    for source in ("qtypes", "sizes")
    for sink in ("database", "truth")
)


class Victoria(harness.Case):
    def setUp(self):
        super().setUp()
        self.program = program("victoria-metrics")
        self.port = free_tcp_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.ok("generate", "-o", self.path("capture.pcap"), "--packets", "20000")

    def start(self):
        # A second copy of a sample is a second sample, but for -dedup.minScrapeInterval.
        process = subprocess.Popen(
            [
                self.program,
                f"-httpListenAddr=127.0.0.1:{self.port}",
                f"-storageDataPath={self.path('data')}",
                "-retentionPeriod=100y",
                "-dedup.minScrapeInterval=1ms",
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        while not self.listens():
            self.assertIsNone(process.poll(), "it has ended")

    def listens(self):
        try:
            return self.get("/health") == "OK"
        except (urllib.error.URLError, ConnectionError):
            return False

    def get(self, path, **parameters):
        url = f"{self.url}{path}?{urllib.parse.urlencode(parameters)}"
        with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
            return answer.read().decode()

    def samples(self):
        """{(name, tags, time in ms): value}"""
        self.get("/internal/force_flush")
        found = {}
        for line in self.get("/api/v1/export", **{"match[]": '{db="dns"}'}).splitlines():
            series = json.loads(line)
            tags = dict(series["metric"])
            name = tags.pop("__name__")
            self.assertEqual(tags.pop("db"), "dns")
            for moment, value in zip(series["timestamps"], series["values"]):
                key = name, tuple(sorted(tags.items())), moment
                self.assertNotIn(key, found)
                found[key] = value
        return found

    def truth(self):
        """What the text sink has written, as VictoriaMetrics names it: measurement_field."""
        expected = {}
        with open(self.path("truth.lp")) as file:
            for line in file:
                series, fields, moment = line.split()
                measurement, *tags = series.split(",")
                tags = tuple(sorted(tuple(tag.split("=")) for tag in tags))
                for field in fields.split(","):
                    name, value = field.split("=")
                    key = f"{measurement}_{name}", tags, int(moment) // 1_000_000
                    expected[key] = int(value.removesuffix("i"))
        self.assertGreater(len(expected), 100)
        return expected

    def topology(self, options="gzip: auto"):
        text = TOPOLOGY.format(folder=self.path(""), url=self.url, sinks=SINKS, options=options)
        return self.write("victoria.yaml", text)

    def test_holds_what_was_counted(self):
        self.start()
        for gzip in ("off", "on"):
            self.ok("run", "-q", self.topology(f"gzip: {gzip}"))
            self.assertEqual(self.samples(), self.truth())

    def test_holds_it_after_an_outage(self):
        without = self.topology("wait: true, drain_timeout: 0s")
        self.assertEqual(harness.dnstorm("run", "-q", without).returncode, 69)
        expected = self.truth()
        self.assertTrue(os.listdir(self.path("dnstorm-spool-victoria-database")))
        self.start()
        self.ok("run", "-q", self.topology())
        self.assertEqual(self.samples(), expected)
        self.assertFalse(os.path.exists(self.path("dnstorm-spool-victoria-database")))


if __name__ == "__main__":
    harness.main()
