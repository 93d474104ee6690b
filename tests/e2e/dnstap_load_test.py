"""Real servers under load: what they wrote is what dnstorm counted and dropped, to the frame.

A server drops from queues of its own what is not read in time, and only BIND says so. So what it
wrote is counted between it and dnstorm, by a relay. DNSTORM_SENDER_FAST_RATE: queries a second.
"""

import os
import re
import select
import socket
import struct
import threading
import urllib.request

import dnstap_servers
import harness
from dnstap_servers import PATIENCE, program

RATE = int(os.environ.get("DNSTORM_SENDER_FAST_RATE", "5000"))

# Takes some rows a second, and little is on its way: what else comes has no room.
SLOW = """name: slow
config: {topology.edge.credits: 4, topology.edge.bytes: 65536}
spouts:
  - id: taps
    className: dnstap
    properties: {%s}
bolts:
  - {id: dns, className: decode}
  - {id: slow, className: discard, properties: {rate: 2000}}
streams:
  - {from: taps, to: dns}
  - {from: dns, to: slow, grouping: {type: GLOBAL}}
"""


class Relay(threading.Thread):
    """Hands on what one sender and dnstorm say to each other, and counts the data frames."""

    def __init__(self, path, target):
        super().__init__()
        self.frames = 0
        self.failure = None
        self._quiet = threading.Event()
        self._left = b""
        self._target = target
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(path)
        os.chmod(path, 0o666)
        self._listener.listen(1)

    def wait_quiet(self):
        """Until the sender has sent nothing for longer than any server collects frames."""
        self._quiet.clear()
        return self._quiet.wait(PATIENCE)

    def run(self):
        try:
            with self._listener, socket.socket(socket.AF_UNIX) as storm:
                sender = self._listener.accept()[0]
                with sender:
                    storm.connect(self._target)
                    self._pump(sender, storm)
        except (OSError, ValueError) as failure:
            self.failure = failure

    def _pump(self, sender, storm):
        while True:
            ready = select.select([sender, storm], [], [], 3)[0]
            if not ready:
                self._quiet.set()
            for end in ready:
                data = end.recv(1 << 20)
                if not data:
                    return
                if end is sender:
                    self._count(data)
                (storm if end is sender else sender).sendall(data)

    def _count(self, data):
        """A length and a frame each; the length 0 says that a control frame comes with its own."""
        data = self._left + data
        at = 0
        while len(data) - at >= 8:
            size, control = struct.unpack_from(">II", data, at)
            whole = 8 + control if size == 0 else 4 + size
            if len(data) - at < whole:
                break
            self.frames += size != 0
            at += whole
        self._left = data[at:]

class Load(dnstap_servers.Case):
    def relayed(self, makers, extra="", topology=None):
        """All servers at once, each through a relay of its own; the counters of dnstorm."""
        program("dnsperf")
        target = self.path("tap.sock")
        self.listen(f"socket: {target}, socket_mode: 0666{extra}", len(makers), topology)
        relays, servers = [], []
        for maker in makers:
            path = self.path(f"relay-{maker.__name__}")
            relays.append(Relay(path, target))
            relays[-1].start()
            servers.append(maker(path))
        probes = [self.until_answers(port) for _, port in servers]
        load = [self.ask(port, RATE) for _, port in servers]
        told = [self.told(dnsperf) for dnsperf in load]
        for relay in relays:
            self.assertTrue(relay.wait_quiet(), relay.failure)
        bind = self.bind_statistics() if self.bind in makers else None
        for (server, _), relay in zip(servers, relays):
            server.terminate()
            server.wait(PATIENCE)
            relay.join(PATIENCE)
            self.assertIsNone(relay.failure)
        counters = self.result()
        wrote = [relay.frames for relay in relays]
        for maker, frames, (sent, done), asked in zip(makers, wrote, told, probes):
            # A query and a response each; one that dnsperf waits for in vain may have been seen.
            least, most = 2 * (done + asked), 2 * (sent + asked)
            self.assertLessEqual(frames, most)
            print(
                f"{maker.__name__}: {sent} queries, {done} answered; {frames} frames written, "
                f"{max(least - frames, 0)} to {most - frames} dropped by the server"
            )
            if maker == self.bind:
                made = bind["DNSTAPsuccess"] + bind["DNSTAPdropped"]
                self.assertTrue(least <= made <= most, (least, bind, most))
                self.assertEqual(bind["DNSTAPsuccess"], frames)
        dropped = counters.get("dropped_frames", 0)
        print(f"dnstorm: {sum(wrote)} frames = {counters['captured']} counted + {dropped} dropped")
        self.assertEqual(sum(wrote), counters["captured"] + dropped)
        return counters

    def bind_statistics(self):
        """What BIND says of its dnstap: none are told while they are 0."""
        address = f"http://127.0.0.1:{self.statistics}/xml/v3/server"
        with urllib.request.urlopen(address, timeout=PATIENCE) as answer:
            text = answer.read().decode()
        found = dict(re.findall(r'<counter name="(DNSTAP\w+)">(\d+)<', text))
        return {k: int(found.get(k, 0)) for k in ("DNSTAPsuccess", "DNSTAPdropped")}

    def test_what_three_fast_servers_wrote_is_counted(self):
        self.relayed([self.unbound_unix, self.knot, self.bind])

    def test_what_a_slow_topology_drops_is_counted(self):
        for maker in (self.unbound_unix, self.knot, self.bind):
            with self.subTest(maker.__name__):
                counters = self.relayed([maker], ", queue: 256Ki", SLOW)
                self.assertGreater(counters["dropped_frames"], 0)


if __name__ == "__main__":
    harness.main()
