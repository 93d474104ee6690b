"""A live interface: packets on loopback are captured, counted and shown; Ctrl-C ends the run.
Needs the right to capture (root)."""

import json
import os
import signal
import socket
import struct
import unittest
import urllib.request

import harness

TOPOLOGY = """name: live
spouts:
  - id: packets
    className: pcap
    properties: {interface: lo, filter: "udp port %d", max_disorder: 50ms}
bolts:
  - id: dns
    className: decode
    properties: {ports: [%d]}
  - id: types
    className: count
    properties: {by: [qtype], window: 200ms}
  - id: wall
    className: board
    properties: {view: wall, panel: qtypes, title: Types}
streams:
  - {from: packets, to: dns}
  - {from: dns, to: types, grouping: {type: FIELDS, args: [qtype]}}
  - {from: types, to: wall, grouping: {type: GLOBAL}}
"""

QUERY = (
    struct.pack(">HHHHHH", 1, 0x0100, 1, 0, 0, 0)
    + b"\x07example\x03com\x00"
    + struct.pack(">HH", 28, 1)
)


@unittest.skipUnless(os.geteuid() == 0, "capturing needs root")
class Live(harness.Case):
    def start(self, port):
        topology = self.write("live.yaml", TOPOLOGY % (port, port))
        return self.run_with_board(topology, "--summary", self.path("summary.json"))

    def captured(self, address):
        with urllib.request.urlopen(address + "/api/honesty", timeout=10) as answer:
            return json.load(answer)

    def test_packets_on_loopback_are_counted_and_ctrl_c_ends_the_run(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server, socket.socket(
            socket.AF_INET, socket.SOCK_DGRAM
        ) as client:
            server.bind(("127.0.0.1", 0))
            port = server.getsockname()[1]
            process, address = self.start(port)
            for _ in range(500):
                client.sendto(QUERY, ("127.0.0.1", port))
            client.sendto(b"short", ("127.0.0.1", port))
            # What is waited for is the program's own count; the bound is the test's time-out.
            while self.captured(address)["captured"] < 501:
                self.assertIsNone(process.poll())
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(timeout=60), 0)
        with open(self.path("summary.json")) as file:
            summary = json.load(file)
        self.assertEqual(
            (summary["captured"], summary["parsed"], summary["malformed"]), (501, 500, 1)
        )
        self.assertEqual(summary["dropped_kernel"], 0)


if __name__ == "__main__":
    harness.main()
