"""The sink `kafka` and a cluster of brokers, read by a client that is not ours (kcat): every row is
there once; and at least once, byte for byte, if runs are killed and resumed. The brokers are those
of librdkafka, or with DNSTORM_KAFKA=HOST:PORT a real one, which makes topics when it is asked for
them. Skipped without kcat."""

import collections
import ctypes
import json
import os
import shutil
import signal
import subprocess
import unittest
import uuid

import harness

KCAT = shutil.which("kcat")

TOPOLOGY = """name: to-kafka
config:
  topology.delivery: exactly-once
  topology.state.checkpoint.interval.ms: 20
  topology.checkpoint.dir: %(folder)s/checkpoints
spouts:
  - id: packets
    className: pcap
    properties: {file: %(capture)s, speed: %(speed)s}
bolts:
  - {id: dns, className: decode}
  - {id: qtypes, className: count, properties: {by: [qtype, rcode], window: 1s}}
  - id: kafka
    className: kafka
    properties: {brokers: "%(brokers)s", topic: %(topic)s, key: [qtype], compression: zstd}
  - {id: file, className: json_lines, properties: {folder: %(folder)s/rows, rotate: 0}}
streams:
  - {from: packets, to: dns}
  - {from: dns, to: qtypes, grouping: {type: FIELDS, args: [qtype, rcode]}}
  - {from: qtypes, to: kafka, grouping: {type: GLOBAL}}
  - {from: qtypes, to: file, grouping: {type: GLOBAL}}
"""


@unittest.skipUnless(KCAT, "kcat is not installed (Debian package kcat)")
class Kafka(harness.Case):
    def setUp(self):
        super().setUp()
        self.topic = "dnstorm-" + uuid.uuid4().hex[:12]
        self.brokers = os.environ.get("DNSTORM_KAFKA") or self.start_cluster()
        self.capture = self.path("traffic.pcap")
        self.ok("generate", "-o", self.capture, "--seed", "5", "--queries", "20000")

    def start_cluster(self):
        """The brokers that librdkafka has for tests, in threads of this process."""
        library = ctypes.CDLL("librdkafka.so.1")
        for name in ("conf_new", "new", "mock_cluster_new"):
            getattr(library, "rd_kafka_" + name).restype = ctypes.c_void_p
        library.rd_kafka_mock_cluster_bootstraps.restype = ctypes.c_char_p
        producer, problem = 0, ctypes.create_string_buffer(512)
        conf = ctypes.c_void_p(library.rd_kafka_conf_new())
        handle = ctypes.c_void_p(library.rd_kafka_new(producer, conf, problem, len(problem)))
        self.assertTrue(handle, problem.value)
        self.addCleanup(library.rd_kafka_destroy, handle)
        cluster = ctypes.c_void_p(library.rd_kafka_mock_cluster_new(handle, 2))
        self.addCleanup(library.rd_kafka_mock_cluster_destroy, cluster)
        library.rd_kafka_mock_topic_create(cluster, self.topic.encode(), 3, 2)
        return library.rd_kafka_mock_cluster_bootstraps(cluster).decode()

    def topology(self, name, speed="max"):
        folder = self.path(name)
        os.makedirs(folder)
        return folder, self.write(name + ".yaml", TOPOLOGY % {
            "folder": folder, "capture": self.capture, "speed": speed,
            "brokers": self.brokers, "topic": self.topic})

    def records(self):
        """Key and value of all that is in the topic, partition by partition."""
        done = subprocess.run(
            [KCAT, "-C", "-b", self.brokers, "-t", self.topic, "-e", "-q", "-f", "%p %k %s\n"],
            capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stderr)
        out = [line.split(" ", 2) for line in done.stdout.splitlines()]
        return [(int(partition), key, value) for partition, key, value in out]

    def rows(self, folder):
        folder = os.path.join(folder, "rows")
        with open(os.path.join(folder, os.listdir(folder)[0])) as file:
            return file.read().splitlines()

    def test_every_row_is_in_the_topic_once(self):
        folder, topology = self.topology("run")
        self.ok("run", "--quiet", topology)
        records = self.records()
        rows = self.rows(folder)
        self.assertGreater(len(rows), 100)
        self.assertEqual(sorted(value for _, _, value in records), sorted(rows))
        partitions = collections.defaultdict(set)
        for partition, key, value in records:
            self.assertEqual(json.loads(value)["qtype"], key)
            partitions[key].add(partition)
        self.assertEqual({key: len(of) for key, of in partitions.items() if len(of) > 1}, {})
        # One order in each partition, that of the file.
        place = {row: number for number, row in enumerate(rows)}
        for partition in {partition for partition, _, _ in records}:
            places = [place[value] for at, _, value in records if at == partition]
            self.assertEqual(places, sorted(places))

    def test_killed_and_resumed_runs_lose_nothing(self):
        folder, topology = self.topology("killed", speed="5x")
        for killed in range(3):
            before = len(self.records()) if killed else 0
            process = subprocess.Popen(
                [harness.DNSTORM, "run", "--quiet", "--resume", topology], stderr=subprocess.PIPE)
            self.addCleanup(process.stderr.close)
            if killed < 2:
                # What is waited for is the topic; the bound is the test's time-out.
                while process.poll() is None and not self.more_than(before):
                    pass
                process.send_signal(signal.SIGKILL)
            process.wait()
            if killed < 2:
                self.assertEqual(process.returncode, -signal.SIGKILL)
        self.assertEqual(process.returncode, 0, process.stderr.read())
        rows = self.rows(folder)
        records = [value for _, _, value in self.records()]
        self.assertEqual(set(records), set(rows))
        self.assertEqual(len(rows), len(set(rows)))

    def more_than(self, before):
        try:
            return len(self.records()) > before
        except AssertionError:  # the topic is being made
            return False


if __name__ == "__main__":
    harness.main()
