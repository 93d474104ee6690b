"""Matching and privacy in whole runs: forged responses whose numbers are known, at several degrees
of parallelism; captures of a laboratory (DNSTORM_DATA); and addresses that are replaced, checked by
an implementation of Crypto-PAn that is not ours (Python, with AES of the openssl command)."""

import ipaddress
import json
import os
import random
import shutil
import struct
import subprocess
import unittest

import harness

TOPOLOGY = """
name: near
spouts:
  - {id: packets, className: pcap, properties: {file: CAPTURE, max_disorder: 200ms}}
bolts:
  - {id: dns, className: decode}
  - {id: pairs, className: match, parallelism: TASKS}
  - {id: near, className: near_misses, parallelism: TASKS}
  - {id: differences, className: count, properties: {by: [difference], window: 24h}}
  - {id: outcomes, className: count, properties: {by: [status], window: 24h}}
  - {id: out, className: text}
streams:
  - {from: packets, to: dns, grouping: {type: SHUFFLE}}
  - {from: dns, to: pairs, grouping: {type: FIELDS, args: [txn]}}
  - {from: pairs, to: near, grouping: {type: FIELDS, args: [exchange]}}
  - {from: near, to: differences, grouping: {type: FIELDS, args: [difference]}}
  - {from: pairs, to: outcomes, grouping: {type: FIELDS, args: [status]}}
  - {from: differences, to: out, grouping: {type: GLOBAL}}
  - {from: outcomes, to: out, grouping: {type: GLOBAL}}
"""

PRIVATE = """
name: private
spouts:
  - {id: packets, className: pcap, properties: {file: CAPTURE}}
bolts:
  - {id: dns, className: decode}
  - {id: private, className: anonymize,
     properties: {method: cryptopan, key_file: KEY, names: [qname], name_method: hmac}}
  - {id: clients, className: count, properties: {by: [client], window: 24h}}
  - {id: names, className: count, properties: {by: [qname], window: 24h}}
  - {id: out, className: text}
streams:
  - {from: packets, to: dns, grouping: {type: SHUFFLE}}
  - {from: dns, to: private, grouping: {type: LOCAL_OR_SHUFFLE}}
  - {from: private, to: clients, grouping: {type: FIELDS, args: [client]}}
  - {from: private, to: names, grouping: {type: FIELDS, args: [qname]}}
  - {from: clients, to: out, grouping: {type: GLOBAL}}
  - {from: names, to: out, grouping: {type: GLOBAL}}
"""

CLIENT, SERVER = "192.0.2.7", "198.51.100.53"


def message(ident, name, response):
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    flags = 0x8180 if response else 0x0100
    return struct.pack(">6H", ident, flags, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">2H", 1, 1)


def packet(payload, response, client_port, server_port=53, client=CLIENT):
    ends = [(client, client_port), (SERVER, server_port)]
    (src, sport), (dst, dport) = reversed(ends) if response else ends
    udp = struct.pack(">4H", sport, dport, 8 + len(payload), 0) + payload
    header = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0)
    return (header + ipaddress.ip_address(src).packed + ipaddress.ip_address(dst).packed) + udp


def pcap(packets):
    """Raw IP; packets are (nanoseconds, bytes)."""
    out = [struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 65535, 101)]
    for time, data in packets:
        out.append(struct.pack("<4I", time // 10**9, time % 10**9, len(data), len(data)) + data)
    return b"".join(out)


def forged_traffic(queries=4000, forged=3):
    """Queries that are answered after 20 ms, and before that forged responses to every tenth."""
    dice = random.Random(11)
    packets, truth = [], {"id": 0, "client_port": 0, "question": 0, "answered": queries}
    for i in range(queries):
        time = 1_700_000_000 * 10**9 + i * 1_000_000
        ident, port, name = dice.randrange(65536), 1024 + i, f"host{i}.example"
        packets.append((time, packet(message(ident, name, False), False, port)))
        packets.append((time + 20_000_000, packet(message(ident, name, True), True, port)))
        if i % 10 != 0:
            continue
        for n in range(forged):
            when = time + (n + 1) * 1_000_000 + 1
            kind = ("id", "client_port", "question")[(i // 10 + n) % 3]
            truth[kind] += 1
            other_id = (ident + 1 + n) % 65536 if kind == "id" else ident
            # No port of another query.
            other_port = 60000 - n if kind == "client_port" else port
            other_name = f"other{n}.example" if kind == "question" else name
            packets.append((when, packet(message(other_id, other_name, True), True, other_port)))
    return sorted(packets), truth


def counts(text, measurement, key):
    found = {}
    for line in text.splitlines():
        if line.startswith(measurement + ","):
            label = line.split(f"{key}=")[1].split(" ")[0].split(",")[0]
            found[label] = int(line.split("count=")[1].split("i")[0])
    return found


class Forged(harness.Case):
    def test_every_forged_response_is_found_whatever_the_number_of_tasks(self):
        packets, truth = forged_traffic()
        capture = self.write("forged.pcap", pcap(packets))
        outputs = set()
        for tasks in (1, 2, 4):
            text = TOPOLOGY.replace("CAPTURE", json.dumps(capture)).replace("TASKS", str(tasks))
            done = self.ok("run", "--quiet", self.write("near.yaml", text))
            outputs.add(done.stdout)
            status = counts(done.stdout, "outcomes", "status")
            self.assertEqual(status["answered"], truth["answered"])
            self.assertEqual(status["mismatched"], truth["question"])
            self.assertEqual(status["unsolicited"], truth["id"] + truth["client_port"])
            self.assertEqual(
                counts(done.stdout, "differences", "difference"),
                {kind: truth[kind] for kind in ("id", "client_port", "question")},
            )
        self.assertEqual(len(outputs), 1)


@unittest.skipUnless(harness.DATA, "DNSTORM_DATA is not set")
class Laboratory(harness.Case):
    # queries, responses, and responses that belong to no query of the capture (the README of the
    # data says why there are four late ones).
    TRUTH = {
        "lab-mix-clients.pcap": (2512, 2437, 4),
        "lab-torture-clients.pcap": (2010, 2008, None),
        "lab-silent-clients.pcap": (330, 210, None),
    }

    def test_queries_and_responses_all_end(self):
        for name, (queries, responses, stray) in self.TRUTH.items():
            capture = os.path.join(harness.DATA, "captures", name)
            if not os.path.exists(capture):
                self.skipTest(f"{name} is not there")
            text = TOPOLOGY.replace("CAPTURE", json.dumps(capture)).replace("TASKS", "1")
            summary = self.path("summary.json")
            self.ok("run", "--quiet", self.write("lab.yaml", text), "--summary", summary)
            with open(summary) as file:
                n = counters(json.load(file), "pairs")
            with self.subTest(name):
                # Messages over TCP are no part of it yet where they are not decoded.
                self.assertLessEqual(n["queries"], queries)
                self.assertLessEqual(n["responses"], responses)
                self.assertEqual(
                    n["queries"],
                    total(n, "retransmissions", "answered", "unanswered", "given_up"),
                )
                self.assertEqual(
                    n["responses"],
                    total(n, "answered", "duplicates", "unsolicited", "mismatched"),
                )
                if stray is not None:
                    self.assertEqual(n["unsolicited"], stray)


def total(numbers, *names):
    return sum(numbers.get(name, 0) for name in names)


def counters(tree, component):
    """Of all tasks of a component, wherever the summary has them."""
    found = {}

    def walk(node, inside):
        if isinstance(node, list):
            for one in node:
                walk(one, inside)
        if not isinstance(node, dict):
            return
        inside = inside or component in (node.get("component"), node.get("id"))
        if inside and isinstance(node.get("counters"), dict):
            for name, value in node["counters"].items():
                found[name] = found.get(name, 0) + value
            return
        for key, value in node.items():
            walk(value, inside or key == component)

    walk(tree, False)
    return found


def aes_blocks(key, blocks):
    done = subprocess.run(
        ["openssl", "enc", "-aes-128-ecb", "-nopad", "-K", key.hex()],
        input=b"".join(blocks), capture_output=True, check=True,
    ).stdout  # fmt: skip
    return [done[i : i + 16] for i in range(0, len(done), 16)]


def crypto_pan(key, addresses):
    """All of one family."""
    pad = int.from_bytes(aes_blocks(key[:16], [key[16:]])[0], "big")
    bits = addresses[0].max_prefixlen
    blocks = []
    for address in addresses:
        whole = int(address) << (128 - bits)
        for length in range(bits):
            low = (1 << (128 - length)) - 1
            blocks.append(((whole & ~low) | (pad & low)).to_bytes(16, "big"))
    flips = [block[0] >> 7 for block in aes_blocks(key[:16], blocks)]
    mapped = []
    for i, address in enumerate(addresses):
        flip = int("".join(map(str, flips[i * bits : (i + 1) * bits])), 2)
        mapped.append(type(address)(int(address) ^ flip))
    return mapped


@unittest.skipUnless(shutil.which("openssl"), "there is no openssl command")
class Private(harness.Case):
    def test_no_true_address_or_name_comes_out_and_another_program_agrees(self):
        capture = self.path("traffic.pcap")
        self.ok("generate", "-o", capture, "--seed", 5, "--packets", 20000, "--clients", 300)
        key = bytes(range(100, 132))
        key_file = self.write("key", key.hex() + "\n")
        os.chmod(key_file, 0o600)
        text = PRIVATE.replace("CAPTURE", json.dumps(capture)).replace("KEY", json.dumps(key_file))
        done = self.ok("run", "--quiet", self.write("private.yaml", text))
        properties = text[text.index("{method") : text.index("hmac}") + len("hmac}")]
        plain = text.replace(properties, "{v4: 32, v6: 128}")
        true = self.ok("run", "--quiet", self.write("plain.yaml", plain))
        clients = counts(true.stdout, "clients", "client")
        self.assertGreater(len(clients), 100)
        expected = {}
        for version in (4, 6):
            family = [ip for ip in map(ipaddress.ip_address, clients) if ip.version == version]
            if family:
                expected.update(zip(map(str, family), map(str, crypto_pan(key, family))))
        self.assertEqual(
            counts(done.stdout, "clients", "client"),
            {expected[ip]: count for ip, count in clients.items()},
        )
        names = counts(true.stdout, "names", "qname")
        hashes = counts(done.stdout, "names", "qname")
        self.assertEqual(sorted(names.values()), sorted(hashes.values()))
        for name in names:
            if len(name) > 4:
                self.assertNotIn(name, done.stdout)

    def test_a_key_that_others_may_read_is_refused(self):
        capture = self.path("traffic.pcap")
        self.ok("generate", "-o", capture, "--packets", 100)
        key_file = self.write("key", "ab" * 32)
        os.chmod(key_file, 0o644)
        text = PRIVATE.replace("CAPTURE", json.dumps(capture)).replace("KEY", json.dumps(key_file))
        line = self.fails(77, "run", "--quiet", self.write("private.yaml", text))
        self.assertIn("chmod 600", line)


if __name__ == "__main__":
    harness.main()
