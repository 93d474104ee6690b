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
  - {id: rebinding, className: rebinding}
  - {id: out, className: json_lines, properties: {folder: FOLDER, rotate: "0"}}
streams:
  - {from: packets, to: dns, grouping: {type: SHUFFLE}}
  - {from: dns, to: pairs, grouping: {type: FIELDS, args: [txn]}}
  - {from: pairs, to: near, grouping: {type: FIELDS, args: [exchange]}}
  - {from: near, to: poisoning, grouping: {type: GLOBAL}}
  - {from: pairs, to: doubles, grouping: {type: LOCAL_OR_SHUFFLE}}
  - {from: doubles, to: poisoning, grouping: {type: GLOBAL}}
  - {from: pairs, to: slow, grouping: {type: FIELDS, args: [server]}}
  - {from: dns, to: backscatter, grouping: {type: FIELDS, streamId: icmp, args: [dst]}}
  - {from: dns, to: bogus, grouping: {type: FIELDS, streamId: responses, args: [domain]}}
  - {from: dns, to: flux, grouping: {type: FIELDS, streamId: records, args: [qname]}}
  - {from: dns, to: lame, grouping: {type: FIELDS, streamId: responses, args: [domain, server]}}
  - {from: dns, to: loops, grouping: {type: FIELDS, streamId: queries, args: [domain]}}
  - {from: dns, to: rebinding, grouping: {type: GLOBAL, streamId: records}}
"""
DETECTORS = "backscatter bogus flux lame slow loops poisoning rebinding".split()


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
        opened = [row for row in runs[0] if row["state"] == "opened"]
        self.assertEqual([row["detector"] for row in opened], ["poisoning"])
        self.assertGreaterEqual(json.loads(opened[0]["evidence"])["other_id"], 100)
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
                self.assertEqual(self.events(name), [])


if __name__ == "__main__":
    harness.main()
