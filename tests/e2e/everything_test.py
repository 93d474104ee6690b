"""configs/topologies/everything.yaml: each page of its board has data, a real attack (DNSTORM_DATA)
is the event that insight.yaml makes of it, and `dnstorm board` shows what was kept."""

import glob
import json
import os
import sqlite3
import unittest

import harness

TOPOLOGIES = os.path.join(harness.SOURCE, "configs/topologies")


def kept(path, sql):
    with sqlite3.connect(path) as store:
        return store.execute(sql).fetchall()


class Everything(harness.Case):
    def run_topology(self, name, capture):
        """Its folder; files are named as in the topology."""
        folder = self.path(name)
        os.mkdir(folder)
        self.ok("run", "--quiet", os.path.join(TOPOLOGIES, name + ".yaml"), "--set",
                f"packets.file={capture}", cwd=folder)
        return os.path.join(folder, "build", name)

    def events(self, folder):
        rows = []
        for name in sorted(glob.glob(os.path.join(folder, "*.jsonl"))):
            with open(name, encoding="utf-8") as file:
                rows += [json.loads(line) for line in file]
        return [(row["rule.name"], row["event.action"], row["dnstorm.key"]) for row in rows]

    def test_each_page_has_data(self):
        capture = self.path("made.pcap")
        self.ok("generate", "-o", capture, "--duration", "3m", "--rate", "100", "--seed", "3",
                "--attack", "random_subdomain,at=60s,for=50s")
        with open(capture + ".json", encoding="utf-8") as file:
            truth = json.load(file)
        folder = self.run_topology("everything", capture)
        self.assertIn(("random_subdomain", "opened", truth["attacks"][0]["key"]),
                      self.events(folder))
        total = ("SELECT sum(fields ->> 'count') FROM points JOIN series ON id = series "
                 "WHERE measurement = '{}'")
        queries = kept(os.path.join(folder, "traffic.sqlite"),
                       total.format("rates") + " AND tags ->> 'qr' = 'query'")
        self.assertEqual(queries, kept(os.path.join(folder, "minutes.sqlite"),
                                       total.format("minutes")))
        self.assertGreater(queries[0][0], 18000)
        measurements = {row[0] for row in kept(os.path.join(folder, "traffic.sqlite"),
                                               "SELECT DISTINCT measurement FROM series")}
        self.assertEqual(measurements - {"drops", "packets_drops"},
                         {"rates", "qtypes", "rcodes", "transports", "outcomes", "latency_us",
                          "packet_classes", "names", "failing", "top_domains", "top_tlds",
                          "top_clients"})

    @unittest.skipUnless(harness.DATA, "DNSTORM_DATA is not set")
    def test_a_real_attack_is_the_event_that_insight_makes_of_it(self):
        capture = os.path.join(harness.DATA, "captures", "lab-torture-clients.pcap")
        events = self.events(self.run_topology("everything", capture))
        self.assertIn(("random_subdomain", "opened", "victim-shop.com"), events)
        self.assertEqual(events, self.events(self.run_topology("insight", capture)))


if __name__ == "__main__":
    harness.main()
