"""The detectors of names on captures of a laboratory and of others (DNSTORM_DATA): what is a
tunnel or an infected client raises an event about the right key, all else none; the same at any
parallelism."""

import json
import os
import re
import unittest

import harness

TOPOLOGY = """
name: names
spouts:
  - {id: packets, className: pcap, properties: {file: CAPTURE}}
bolts:
  - {id: dns, className: decode}
  - {id: tunnels, className: tunnel, parallelism: TASKS}
  - {id: infected, className: dga, parallelism: TASKS}
  - {id: doubles, className: typosquat, parallelism: TASKS, properties: {protect: [safemove.com]}}
  - {id: out, className: text}
streams:
  - {from: packets, to: dns, grouping: {type: SHUFFLE}}
  - {from: dns, to: tunnels, grouping: {type: FIELDS, streamId: responses, args: [domain]}}
  - {from: dns, to: infected, grouping: {type: FIELDS, streamId: responses, args: [client]}}
  - {from: dns, to: doubles, grouping: {type: FIELDS, streamId: responses, args: [domain]}}
  - {from: tunnels, to: out, grouping: {type: GLOBAL}}
  - {from: infected, to: out, grouping: {type: GLOBAL}}
  - {from: doubles, to: out, grouping: {type: GLOBAL}}
"""

LAB = "example-lab.net"
# What must be found: detector and key. Of all other captures: nothing.
FOUND = {
    "lab-dns2tcp-txt-clients.pcap": {f"tunnel {LAB} 10.77.1.10"},
    "lab-dns2tcp-txt-upstream.pcap": {f"tunnel {LAB} 10.77.2.1"},
    "lab-exfil-clients.pcap": {f"tunnel {LAB} 10.77.1.25"},
    "lab-exfil-upstream.pcap": {f"tunnel {LAB} 10.77.2.1", f"tunnel {LAB} fd77:2::1"},
    # The same packets with forged answers among them.
    "forged-answers-a.pcap": {f"tunnel {LAB} 10.77.2.1", f"tunnel {LAB} fd77:2::1"},
    "lab-iodine-null-direct.pcap": {f"tunnel {LAB} 10.77.1.10"},
    "lab-iodine-txt-clients.pcap": {f"tunnel {LAB} 10.77.1.10"},
    "lab-iodine-txt-upstream.pcap": {f"tunnel {LAB} 10.77.2.1"},
    "ndpi-bad-dns-traffic.pcap": {"tunnel skullseclabs.org 192.168.43.91"},
    "suricata-bug-1158-txt.pcap": {"tunnel tunnel.com 10.30.28.90"},
    "lab-hosts-clients.pcap": {"dga 10.77.1.32", "dga 10.77.1.33"},
    # The resolver asks for both infected clients.
    "lab-hosts-upstream.pcap": {"dga 10.77.2.1", "dga fd77:2::1"},
}
# Damaged on purpose: what they hold is nothing to be right about.
DAMAGED = re.compile(r"^(damaged|fuzz)-")


def opened(text):
    return {
        match.group(1) + " " + match.group(2)
        for match in re.finditer(r'detector=(\w+),.*?state=opened .*?,key="([^"]*)"', text)
    }


@unittest.skipUnless(harness.DATA, "DNSTORM_DATA is not set")
class Captures(harness.Case):
    def events(self, capture, tasks):
        text = TOPOLOGY.replace("CAPTURE", json.dumps(capture)).replace("TASKS", str(tasks))
        return self.ok("run", "--quiet", self.write("names.yaml", text)).stdout

    def test_what_is_hidden_in_names_is_found_and_nothing_else(self):
        folder = os.path.join(harness.DATA, "captures")
        if not os.path.isdir(folder):
            self.skipTest("DNSTORM_DATA names no folder with captures/")
        for name in sorted(os.listdir(folder)):
            if not name.endswith((".pcap", ".pcapng")) or DAMAGED.match(name):
                continue
            with self.subTest(capture=name):
                found = opened(self.events(os.path.join(folder, name), 2))
                self.assertEqual(found, FOUND.get(name, set()))

    def test_the_number_of_tasks_does_not_show(self):
        for name in ("lab-exfil-clients.pcap", "lab-hosts-clients.pcap"):
            capture = os.path.join(harness.DATA, "captures", name)
            with self.subTest(capture=name):
                outputs = {self.events(capture, tasks) for tasks in (1, 2, 4)}
                self.assertEqual(len(outputs), 1)


if __name__ == "__main__":
    harness.main()
