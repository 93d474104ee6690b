"""Bad input: one clear line that says what and where, a proper exit code, and nothing lost that had
been counted."""

import json
import os
import socket
import sqlite3
import struct

import harness

USAGE, DATAERR, NOINPUT, UNAVAILABLE, CONFIG = 64, 65, 66, 69, 78

PCAP_HEAD = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)


def pcap_packet(data, seconds=1):
    return struct.pack("<IIII", seconds, 0, len(data), len(data)) + data


ARP = bytes.fromhex(
    "ffffffffffff02000000000108060001080006040001020000000001c0000201000000000000c0000202"
)

COUNTS = """name: counts
spouts:
  - id: packets
    className: pcap
    properties: {file: %s}
bolts:
  - id: dns
    className: decode
  - id: qtypes
    className: count
    properties: {by: [qtype], window: 10s}
  - id: out
    className: text
    properties: {file: "%s", format: lines}
streams:
  - {from: packets, to: dns}
  - {from: dns, to: qtypes, grouping: {type: FIELDS, args: [qtype]}}
  - {from: qtypes, to: out, grouping: {type: GLOBAL}}
"""


class BadInput(harness.Case):
    def generate(self, queries=2000):
        capture = self.path("traffic.pcap")
        self.ok("generate", "-o", capture, "--queries", queries, "--seed", 7)
        with open(capture + ".json") as file:
            return capture, json.load(file)

    def test_a_file_that_is_not_there(self):
        line = self.fails(NOINPUT, "report", self.path("nothing.pcap"))
        self.assertIn("nothing.pcap", line)

    def test_an_empty_file(self):
        line = self.fails(DATAERR, "report", self.write("empty.pcap", b""))
        self.assertIn("empty.pcap", line)
        self.assertIn("empty", line)

    def test_a_file_that_is_no_capture(self):
        line = self.fails(
            DATAERR, "report", self.write("text.pcap", b"hello world, this is no capture\n" * 4)
        )
        self.assertIn("text.pcap", line)

    def test_a_truncated_capture_is_counted_up_to_the_cut(self):
        capture, truth = self.generate()
        with open(capture, "rb") as file:
            whole = file.read()
        cut = self.write("cut.pcap", whole[: len(whole) - 20])
        done = harness.dnstorm("report", "--json", cut)
        self.assertEqual(done.returncode, DATAERR)
        self.assertEqual(len(done.stderr.strip().splitlines()), 1, done.stderr)
        self.assertIn("cut.pcap", done.stderr)
        self.assertEqual(json.loads(done.stdout)["packets"], truth["packets"] - 1)

    def test_a_truncated_capture_flushes_every_window(self):
        capture, truth = self.generate()
        with open(capture, "rb") as file:
            whole = file.read()
        cut = self.write("cut.pcap", whole[: len(whole) - 20])
        topology = self.write("t.yaml", COUNTS % (cut, self.path("points.txt")))
        done = harness.dnstorm("run", topology)
        self.assertEqual(done.returncode, DATAERR)
        with open(self.path("points.txt")) as file:
            total = sum(int(line.split("count=")[1].split("i")[0]) for line in file)
        self.assertIn(total, (truth["messages"], truth["messages"] - 1))

    def test_a_capture_without_dns_is_no_error(self):
        capture = self.write("arp.pcap", PCAP_HEAD + pcap_packet(ARP) * 3)
        report = self.report(capture)
        self.assertEqual((report["packets"], report["messages"], report["not_dns"]), (3, 0, 3))
        self.assertEqual(report["not_dns_by_reason"], {"not_ip": 3})
        self.assertIn("3 packets", self.ok("report", capture).stdout)

    def test_a_typo_in_a_topology(self):
        text = COUNTS.replace("window: 10s", "windw: 10s") % ("x.pcap", "-")
        line = self.fails(CONFIG, "validate", self.write("t.yaml", text))
        self.assertIn("t.yaml:11:", line)
        self.assertIn("windw", line)
        self.assertIn("did you mean 'window'", line)

    def test_broken_yaml(self):
        line = self.fails(CONFIG, "validate", self.write("t.yaml", "name: [a\nspouts: }"))
        self.assertIn("t.yaml:2:", line)

    def test_a_missing_field(self):
        text = COUNTS.replace("by: [qtype]", "by: [qtyp]") % ("x.pcap", "-")
        line = self.fails(
            CONFIG, "validate", self.write("t.yaml", text.replace("args: [qtype]", "args: [qtyp]"))
        )
        self.assertIn("t.yaml:", line)
        self.assertIn("qtyp", line)

    def test_an_unknown_operator(self):
        text = COUNTS.replace("className: count", "className: cuont") % ("x.pcap", "-")
        line = self.fails(CONFIG, "validate", self.write("t.yaml", text))
        self.assertIn("t.yaml:10:", line)
        self.assertIn("did you mean 'count'", line)

    def test_a_topology_that_is_not_there(self):
        self.assertIn("nowhere.yaml", self.fails(NOINPUT, "run", self.path("nowhere.yaml")))

    def test_an_influxdb_that_does_not_answer(self):
        capture, _ = self.generate(200)
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            port = taken.getsockname()[1]
        text = (
            (COUNTS % (capture, "-"))
            .replace("className: text", "className: influx")
            .replace(
                'properties: {file: "-", format: lines}',
                f"properties: {{url: 'http://127.0.0.1:{port}', database: dns}}",
            )
        )
        line = self.fails(UNAVAILABLE, "run", "-q", self.write("t.yaml", text))
        self.assertIn(f"127.0.0.1:{port}", line)

    def test_a_port_in_use(self):
        capture, _ = self.generate(200)
        topology = self.write("t.yaml", COUNTS % (capture, self.path("points.txt")))
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            line = self.fails(UNAVAILABLE, "run", "-q", topology, "--board", f"127.0.0.1:{port}")
        self.assertIn(str(port), line)

    def test_an_output_that_cannot_be_written(self):
        capture, _ = self.generate(200)
        topology = self.write("t.yaml", COUNTS % (capture, self.path("no/such/folder/points.txt")))
        done = harness.dnstorm("run", "-q", topology)
        self.assertNotEqual(done.returncode, 0)
        self.assertEqual(len(done.stderr.strip().splitlines()), 1, done.stderr)
        self.assertIn("points.txt", done.stderr)

    def test_an_interface_that_is_not_there(self):
        text = (COUNTS % ("x", "-")).replace("file: x", "interface: nosuchif0")
        done = harness.dnstorm("run", "-q", self.write("t.yaml", text))
        self.assertIn(done.returncode, (NOINPUT, 77), done.stderr)
        self.assertIn("nosuchif0", done.stderr)

    def test_a_bad_filter(self):
        capture, _ = self.generate(200)
        self.assertIn("prot 53", self.fails(USAGE, "report", capture, "--filter", "prot 53"))

    def test_wrong_usage(self):
        self.assertEqual(harness.dnstorm("run").returncode, USAGE)
        self.assertEqual(harness.dnstorm("rnu").returncode, USAGE)
        self.assertEqual(harness.dnstorm("operators", "cuont").returncode, USAGE)

    def test_every_command_has_help_with_an_example(self):
        for command in (
            "run",
            "validate",
            "explain",
            "operators",
            "grafana",
            "generate",
            "report",
            "test",
            "version",
            "completion",
        ):
            with self.subTest(command):
                self.assertIn("Example", self.ok(command, "--help").stdout)

    def test_a_filter_is_part_of_the_conservation(self):
        capture, truth = self.generate()
        report = self.report(capture, "--filter", "ip6")
        self.assertEqual(report["packets"], truth["packets"])
        self.assertEqual(report["messages"], report["v6"])
        self.assertGreater(report["filtered_by_reason"]["bpf"], 0)
        self.assertEqual(
            report["packets"],
            sum(report[k] for k in ("parsed", "malformed", "not_dns", "filtered")),
        )


class Store(harness.Case):
    def test_a_second_run_overwrites_the_same_points(self):
        capture = self.path("traffic.pcap")
        self.ok("generate", "-o", capture, "--queries", 5000, "--seed", 3)
        database = self.path("points.sqlite")
        contents = []
        for parallelism in (1, 4):
            self.ok(
                "run",
                "-q",
                os.path.join(harness.SOURCE, "configs/topologies/quickstart.yaml"),
                "--set",
                f"packets.file={capture}",
                "--set",
                f"store.file={database}",
                "--parallelism",
                parallelism,
            )
            with sqlite3.connect(database) as connection:
                contents.append(
                    connection.execute(
                        "select measurement, tags, time, fields"
                        " from points join series on series = series.id "
                        "order by 1, 2, 3"
                    ).fetchall()
                )
        self.assertGreater(len(contents[0]), 20)
        self.assertEqual(contents[0], contents[1])


if __name__ == "__main__":
    harness.main()
