"""The page Security of a cluster: what detectors find on one node is shown by the coordinator, and
what is muted there is not told of by `events` on another node, also after its worker was killed."""

import json
import os
import signal
import urllib.error
import urllib.parse
import urllib.request

import cluster_lab
import harness

TOPOLOGY = """name: water
spouts:
  - {{id: packets, className: pcap, place: {{node: n1}}, properties: {{watch: {folder}}}}}
bolts:
  - {{id: dns, className: decode, place: {{node: n1}}}}
  - id: water
    className: random_subdomain
    place: {{node: n1}}
    properties: {{distinct: 50, admit: 1}}
  - {{id: events, className: events, place: {{node: n2}}, properties: {{opened_max: 0}}}}
  - {{id: page, className: board, place: {{node: n1}}, properties: {{view: events}}}}
streams:
  - {{from: packets, to: dns, grouping: {{type: GLOBAL}}}}
  - {{from: dns, to: water, grouping: {{type: GLOBAL, streamId: responses}}}}
  - {{from: water, to: events, grouping: {{type: GLOBAL}}}}
  - {{from: events, to: page, grouping: {{type: GLOBAL}}}}
"""


class ClusterEvents(harness.Case):
    def setUp(self):
        super().setUp()
        self.folder = self.path("watched")
        os.makedirs(self.folder)
        self.cluster = cluster_lab.ClusterLab(self, ["n1", "n2"], network=False)
        self.cluster.submit(TOPOLOGY.format(folder=self.folder))
        self.cluster.until_status("water", "ACTIVE")

    def attack(self, seed, hour):
        """A capture that comes while it runs; the domain that is attacked in it."""
        made = self.path(f"{seed}-{hour}.pcap")
        self.ok("generate", "-o", made, "--duration", "60s", "--rate", "20", "--seed", seed,
                "--start", f"2026-01-15T{hour:02}:00:00Z",
                "--attack", "random_subdomain,at=5s,for=20s")
        with open(made + ".json") as file:
            key = json.load(file)["attacks"][0]["key"]
        os.rename(made, os.path.join(self.folder, os.path.basename(made)))
        return key

    def ask(self, path="", method="GET", token=None, **query):
        query = urllib.parse.urlencode({"topology": "water", **query})
        request = urllib.request.Request(
            f"http://{self.cluster.to()}/api/data/{path}?{query}", method=method,
            headers={"Authorization": f"Bearer {token}"} if token else {},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def events_about(self, key):
        return [event for event in self.ask("events")["events"] if event["key"] == key]

    def until_told_of(self, key):
        return self.cluster.until(lambda: self.events_about(key), f"{key} is told of")[0]

    def until_muted(self, times):
        said = "the board mutes security events by 1 rules"
        # Both workers are told, whichever has `events`.
        self.cluster.until(
            lambda: self.cluster.log_lines("water").count(said) == times, "workers know the mute"
        )

    def refused(self, status, *arguments, **query):
        with self.assertRaises(urllib.error.HTTPError) as problem:
            self.ask(*arguments, **query)
        self.assertEqual(problem.exception.code, status)

    def test_shows_and_mutes_what_is_found_anywhere(self):
        offered = self.ask()
        self.assertEqual(offered["first"], "security")
        self.assertIn("events", offered["data"])
        first = self.attack("7", 10)
        event = self.until_told_of(first)
        self.assertEqual(event["detector"], "random_subdomain")
        detail = self.ask(f"events/{event['id']}")
        self.assertGreater(detail["evidence"]["distinct"], 50)
        self.assertEqual(detail["components"][0]["component"], "water")
        self.assertFalse(self.ask("events")["packets"])

        rule = {"detector": "*", "key": first, "until": "2040-01-01T00:00:00Z"}
        self.refused(401, "events/mute", "POST", **rule)
        self.refused(401, "events/mute", "POST", token="guess", **rule)
        (mute,) = self.ask("events/mute", "POST", token="lab-token", **rule)["mutes"]
        self.until_muted(2)
        self.attack("7", 12)
        self.until_told_of(self.attack("8", 14))
        self.assertEqual([event["id"] for event in self.events_about(first)], [event["id"]])

        os.kill(self.cluster.worker_pid("water", "n2"), signal.SIGKILL)
        self.cluster.until(lambda: self.cluster.restarts("water") >= 1, "it has begun anew")
        self.cluster.until_status("water", "ACTIVE")
        self.until_muted(4)
        self.attack("7", 16)
        self.until_told_of(self.attack("9", 18))
        self.assertEqual([event["id"] for event in self.events_about(first)], [event["id"]])

        gone = self.ask("events/unmute", "POST", token="lab-token", rule=mute["rule"])
        self.assertEqual(gone["mutes"], [])
        self.cluster.until(
            lambda: self.cluster.log_lines("water").count(
                "the board mutes security events by 0 rules") == 2,
            "workers know that nothing is muted",
        )
        self.attack("7", 20)
        self.cluster.until(lambda: len(self.events_about(first)) == 2, "it is told of again")


if __name__ == "__main__":
    harness.main()
