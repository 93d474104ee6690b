"""configs/topologies/anycast.yaml: what three sites count in parts and the centre merges is what
one node counts that has all the traffic, without parts."""

import json
import os
import sqlite3
import unittest

import harness

ANYCAST = os.path.join(harness.SOURCE, "configs/topologies/anycast.yaml")

# The same results by whole counts, and every name's true count.
WHOLE = """
name: whole
spouts:
  - {id: packets, className: pcap, properties: {file: [%s], max_disorder: 200ms}}
bolts:
  - {id: dns, className: decode}
  - {id: transactions, className: match}
  - {id: rates, className: count, properties: {by: [qr, transport], window: 1s}}
  - {id: qtypes, className: count, properties: {by: [qtype], window: 1s}}
  - {id: rcodes, className: count, properties: {by: [rcode], window: 1s}}
  - {id: outcomes, className: count, properties: {by: [status], window: 1s}}
  - id: packet_classes
    className: count
    properties: {by: [outcome, reason], weight: packets, window: 10s}
  - {id: clients, className: top, properties: {of: [client], k: 20, window: 10s}}
  - {id: distinct_clients, className: distinct, properties: {of: [client], window: 10s}}
  - {id: response_times, className: quantiles, properties: {of: latency_us, window: 10s}}
  - {id: every_name, className: count, properties: {by: [qname], window: 10s}}
  - {id: store, className: store, properties: {file: %s, unbounded_tags: true}}
streams:
  - {from: packets, to: dns}
  - {from: dns, to: transactions}
  - {from: dns, to: rates}
  - {from: dns, to: qtypes, grouping: {type: SHUFFLE, streamId: queries}}
  - {from: dns, to: rcodes, grouping: {type: SHUFFLE, streamId: responses}}
  - {from: transactions, to: outcomes}
  - {from: dns, to: packet_classes, grouping: {type: SHUFFLE, streamId: packets}}
  - {from: dns, to: clients, grouping: {type: SHUFFLE, streamId: queries}}
  - {from: dns, to: distinct_clients, grouping: {type: SHUFFLE, streamId: queries}}
  - {from: transactions, to: response_times}
  - {from: dns, to: every_name, grouping: {type: SHUFFLE, streamId: queries}}
"""
RESULTS = [
    "rates",
    "qtypes",
    "rcodes",
    "outcomes",
    "packet_classes",
    "clients",
    "distinct_clients",
    "response_times",
]


def points(file, *measurements):
    """All points as text, in one order."""
    query = (
        "SELECT measurement, tags, time, end, fields FROM points JOIN series ON series = id "
        "WHERE measurement IN (%s) ORDER BY 1, 3, 2" % ", ".join("?" * len(measurements))
    )
    return sqlite3.connect(file).execute(query, measurements).fetchall()


class Anycast(harness.Case):
    def setUp(self):
        super().setUp()
        self.sites = []
        for seed in (1, 2, 3):
            self.sites.append(self.path("site-%d.pcap" % seed))
            size = ["--queries", 6000, "--rate", 400, "--seed", seed]
            more = ["--tcp", 3, "--fragments", 1, "--names", 20000]
            self.ok("generate", "-o", self.sites[-1], *size, *more)

    def run_anycast(self, nodes, *arguments):
        file = self.path("%d.sqlite" % nodes)
        settings = {
            "packets.interface": "",
            "packets.filter": "",
            "packets.file": "[%s]" % ", ".join(self.sites),
            "store.file": file,
        }
        for key, value in settings.items():
            arguments += ("--set", "%s=%s" % (key, value))
        self.ok("run", ANYCAST, "--nodes", "capture=%d" % nodes, *arguments, "--quiet")
        return file

    def run_whole(self):
        file = self.path("whole.sqlite")
        text = WHOLE % (", ".join(self.sites), file)
        for result in RESULTS + ["every_name"]:
            text += "  - {from: %s, to: store, grouping: {type: GLOBAL}}\n" % result
        self.ok("run", self.write("whole.yaml", text), "--quiet")
        return file

    def test_parts_of_sites_merge_into_whole_counts(self):
        whole = self.run_whole()
        sites = self.run_anycast(3)
        expected = points(whole, *RESULTS)
        self.assertGreater(len(expected), 200)
        self.assertEqual(points(sites, *RESULTS), expected)
        # One site alone is the same topology with one task.
        self.assertEqual(points(self.run_anycast(1), *RESULTS), expected)

        true = {}
        for _, tags, time, _, fields in points(whole, "every_name"):
            true[time, json.loads(tags).get("qname", "")] = json.loads(fields)["count"]
        names = points(sites, "names")
        self.assertGreater(len(names), 20)
        for _, _, time, _, fields in names:
            found = json.loads(fields)
            count = true[time, found["qname"]]
            self.assertLessEqual(found["count"] - found["error"], count)
            self.assertGreaterEqual(found["count"], count)
        # Whatever is estimated, the most frequent ones are found.
        for window in {time for time, _ in true}:
            counts = sorted((n, name) for (time, name), n in true.items() if time == window)
            found = {json.loads(row[4])["qname"] for row in names if row[2] == window}
            self.assertIn(counts[-1][1], found)


if __name__ == "__main__":
    unittest.main()
