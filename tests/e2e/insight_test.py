"""configs/topologies/insight.yaml: captures of attacks (DNSTORM_DATA) raise the right events, those
of ordinary load none; and a flood that is made here is one event."""

import glob
import json
import os
import random
import struct
import unittest

import harness

INSIGHT = os.path.join(harness.SOURCE, "configs/topologies/insight.yaml")


def name_on_wire(name):
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"


def response(ident, name, client, rcode):
    dns = struct.pack(">6H", ident, 0x8180 | rcode, 1, 0, 0, 0) + name_on_wire(name)
    dns += struct.pack(">2H", 1, 1)
    udp = struct.pack(">4H", 53, 4000 + ident % 5000, 8 + len(dns), 0) + dns
    header = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0)
    return header + bytes([198, 51, 100, 53]) + bytes([192, 0, 2, client]) + udp


def pcap(packets):
    out = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101)]
    for micros, data in packets:
        out.append(struct.pack("<4I", *divmod(micros, 10**6), len(data), len(data)) + data)
    return b"".join(out)


def torture(seconds=60):
    """Answers for a site, and from the twentieth second on, for ten, names that do not exist."""
    dice = random.Random(5)
    packets = []
    for second in range(seconds):
        for i in range(200):
            micros = (1_700_000_000 + second) * 10**6 + i * 4000
            name = f"www{dice.randrange(50)}.shop.example"
            packets.append((micros, response(dice.randrange(65536), name, i % 200, 0)))
            if 20 <= second < 30:
                name = f"{dice.getrandbits(60):x}.victim.example"
                packets.append((micros + 1, response(dice.randrange(65536), name, i % 200, 3)))
    return packets


class InsightCase(harness.Case):
    def events(self, capture, *arguments):
        """Rows of the topology's events, in the order of the file."""
        folder = self.path(f"events-{len(os.listdir(self._folder.name))}")
        self.ok("run", "--quiet", INSIGHT, "--set", f"packets.file={capture}",
                "--set", f"out.folder={folder}", "--set", f"history.file={folder}.db",
                "--set", f"events.mute_file={folder}/none", "--set",
                f"events.allow_file={folder}/none", *arguments)
        rows = []
        for name in sorted(glob.glob(os.path.join(folder, "*.jsonl"))):
            with open(name, encoding="utf-8") as file:
                rows += [json.loads(line) for line in file]
        return rows

    def found(self, capture, *arguments):
        """(detector, key) of the events that were opened."""
        return {(row["rule.name"], row["dnstorm.key"]) for row in self.events(capture, *arguments)
                if row["event.action"] == "opened"}


class Made(InsightCase):
    def test_an_attack_is_one_event_that_opens_and_closes(self):
        rows = self.events(self.write("torture.pcap", pcap(torture())))
        self.assertEqual([(r["rule.name"], r["event.action"], r["dnstorm.key"]) for r in rows],
                         [("random_subdomain", "opened", "victim.example"),
                          ("random_subdomain", "closed", "victim.example")])
        self.assertEqual(rows[0]["event.id"], rows[1]["event.id"])
        self.assertEqual(rows[0]["event.start"], "2023-11-14T22:13:40Z")
        evidence = json.loads(rows[0]["dnstorm.evidence"])
        self.assertAlmostEqual(evidence["distinct"], 1951, delta=150)
        self.assertIn("victim.example A NXDOMAIN", json.loads(rows[0]["dnstorm.samples"])[0])


@unittest.skipUnless(harness.DATA, "DNSTORM_DATA is not set")
class Laboratory(InsightCase):
    def lab(self, name):
        # Its servers have private addresses, and so has much of what is asked for there.
        return self.found(os.path.join(harness.DATA, "captures", name), "--set",
                          'rebinding.networks=[127.0.0.1, "::1", 169.254.0.0/16]')

    def test_water_torture(self):
        for side in ("clients", "upstream"):
            self.assertIn(("random_subdomain", "victim-shop.com"),
                          self.lab(f"lab-torture-{side}.pcap"))

    def test_amplification(self):
        for name in ("lab-amplification.pcap", "lab-amplification-victim-view.pcap"):
            self.assertEqual(self.lab(name), {("amplification", "10.77.1.0/24")})

    def test_a_walk_over_nsec(self):
        self.assertEqual(self.lab("lab-nsecwalk.pcap"), {("zone_scan", "10.77.1.10")})

    def test_ordinary_load_raises_nothing(self):
        self.assertEqual(self.lab("lab-mix-clients.pcap"), set())
        # A server there refuses a domain that is delegated to it.
        self.assertEqual(self.lab("lab-mix-upstream.pcap"),
                         {("lame_delegation", "lame-refused.org 10.77.2.4")})


if __name__ == "__main__":
    harness.main()
