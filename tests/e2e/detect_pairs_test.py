"""The detectors of transactions, records and errors over whole captures (DNSTORM_DATA): an attack
raises the right event, whatever the number of tasks; ordinary traffic of a laboratory and of a root
server raises none."""

import json
import os
import unittest

import harness

TOPOLOGY = """
name: detectors
spouts:
  - {id: packets, className: pcap, properties: {file: CAPTURE, max_disorder: 200ms}}
bolts:
  - {id: dns, className: decode}
  - {id: pairs, className: match, parallelism: TASKS}
  - {id: near, className: near_misses, parallelism: TASKS}
  - {id: backscatter, className: backscatter, parallelism: TASKS}
  - {id: bogus, className: dnssec_failure, parallelism: TASKS}
  - {id: flux, className: fast_flux, parallelism: TASKS}
  - {id: lame, className: lame_delegation, parallelism: TASKS}
  - {id: slow, className: latency_degradation, parallelism: TASKS}
  - {id: loops, className: loops, parallelism: TASKS}
  - {id: doubles, className: filter, properties: {where: differs == true}}
  - {id: poisoning, className: poisoning}
  - {id: poisoned, className: poisoning, properties: {by: client}}
  # The laboratory's servers have private addresses, and so has much of what is asked for there.
  - id: rebinding
    className: rebinding
    properties: {networks: [127.0.0.1, "::1", 169.254.0.0/16]}
  - {id: out, className: json_lines, properties: {folder: FOLDER, rotate: "0"}}
streams:
  - {from: packets, to: dns, grouping: {type: SHUFFLE}}
  - {from: dns, to: pairs, grouping: {type: FIELDS, args: [txn]}}
  - {from: pairs, to: near, grouping: {type: FIELDS, args: [exchange]}}
  - {from: near, to: poisoning, grouping: {type: GLOBAL}}
  - {from: pairs, to: doubles, grouping: {type: LOCAL_OR_SHUFFLE}}
  - {from: doubles, to: poisoning, grouping: {type: GLOBAL}}
  - {from: near, to: poisoned, grouping: {type: GLOBAL}}
  - {from: pairs, to: slow, grouping: {type: FIELDS, args: [server]}}
  - {from: dns, to: backscatter, grouping: {type: FIELDS, streamId: icmp, args: [dst]}}
  - {from: dns, to: bogus, grouping: {type: FIELDS, streamId: responses, args: [domain]}}
  - {from: dns, to: flux, grouping: {type: FIELDS, streamId: responses, args: [qname]}}
  - {from: dns, to: lame, grouping: {type: FIELDS, streamId: responses, args: [domain, server]}}
  - {from: dns, to: loops, grouping: {type: FIELDS, streamId: queries, args: [domain]}}
  - {from: dns, to: rebinding, grouping: {type: FIELDS, streamId: responses, args: [domain]}}
"""
DETECTORS = "backscatter bogus flux lame slow loops poisoning poisoned rebinding".split()


# The laboratory has a server that refuses a domain that is delegated to it.
LAME = "lame-refused.org 10.77.2.4"


def unexpected(events):
    return [row for row in events if row["key"] != LAME]


@unittest.skipUnless(harness.DATA, "DNSTORM_DATA is not set")
class Captures(harness.Case):
    def events(self, name, tasks=1):
        capture = os.path.join(harness.DATA, "captures", name)
        if not os.path.exists(capture):
            self.skipTest(f"{name} is not there")
        folder = self.path(f"events-{name}-{tasks}")
        text = TOPOLOGY.replace("CAPTURE", json.dumps(capture)).replace("TASKS", str(tasks))
        text = text.replace("FOLDER", json.dumps(folder))
        for detector in DETECTORS:
            text += f"  - {{from: {detector}, to: out, grouping: {{type: GLOBAL}}}}\n"
        self.ok("run", "--quiet", self.write("detectors.yaml", text))
        rows = []
        for file in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
            with open(os.path.join(folder, file)) as lines:
                rows += [json.loads(line) for line in lines]
        return rows

    def test_forged_answers_are_an_attempt_to_poison(self):
        runs = [self.events("forged-answers-a.pcap", tasks) for tasks in (1, 2, 4)]
        opened = [row for row in unexpected(runs[0]) if row["state"] == "opened"]
        self.assertEqual({row["detector"] for row in opened}, {"poisoning"})
        # The addresses of the laboratory's resolver: the forgeries are about names of all kinds.
        clients = [row for row in opened if row["key_kind"] == "client"]
        self.assertTrue(clients)
        for row in clients:
            self.assertTrue(row["key"].startswith(("10.77.2.1", "fd77:2::1")), row)
            self.assertGreaterEqual(json.loads(row["evidence"])["after_the_answer"], 20)
        self.assertEqual(runs[1], runs[0])
        self.assertEqual(runs[2], runs[0])

    def test_ordinary_traffic_raises_none(self):
        for name in (
            "lab-mix-clients.pcap",
            "lab-mix-upstream.pcap",
            "lab-exfil-upstream.pcap",
            "lab-silent-clients.pcap",
            "lab-silent-upstream.pcap",
            "compactor-knot-live.pcapng",
            "wrccdc-rebuilt-first-7min.pcap",
        ):
            with self.subTest(name):
                self.assertEqual(unexpected(self.events(name)), [])

    def test_a_server_without_its_zone_is_lame(self):
        for name in ("lab-mix-upstream.pcap", "lab-torture-upstream.pcap"):
            found = [row for row in self.events(name) if row["state"] == "opened"]
            self.assertEqual([row["key"] for row in found], [LAME])


if __name__ == "__main__":
    harness.main()
