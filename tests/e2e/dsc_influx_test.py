"""The influx sink with `naming: dsc` writes the lines that dsc-datatool makes of DSC's files: those
that dsc_file writes of the same run are the reference, read by dsc-datatool's rules."""

import glob
import http.server
import os
import re
import threading
import xml.etree.ElementTree as ET

import harness
from dnstap_servers import free_tcp_port

TOPOLOGY = """name: dsc
spouts:
  - {{id: packets, className: pcap, properties: {{file: {folder}/capture.pcap, max_disorder: 1s}}}}
bolts:
  - {{id: dns, className: decode}}
  - id: datasets
    className: dsc
    properties: {{datasets: [default, qr_aa_bits, servfail_qname], compat: {compat}}}
  - {{id: files, className: dsc_file, properties: {{folder: {folder}/{compat}, formats: [xml]}}}}
  - id: database
    className: influx
    properties:
      url: {url}
      database: dsc
      naming: dsc
      tags: [server=ns1, node=amsterdam]
      unbounded_tags: true
      spool: {folder}
streams:
  - {{from: packets, to: dns, grouping: {{type: GLOBAL}}}}
  - {{from: dns, to: datasets, grouping: {{type: GLOBAL}}}}
  - {{from: dns, to: datasets, grouping: {{type: GLOBAL, streamId: packets}}}}
  - {{from: packets, to: datasets, grouping: {{type: GLOBAL, streamId: drops}}}}
  - {{from: datasets, to: files, grouping: {{type: GLOBAL, streamId: arrays}}}}
  - {{from: datasets, to: database, grouping: {{type: GLOBAL, streamId: arrays}}}}
"""


class Taking(http.server.BaseHTTPRequestHandler):
    """Says yes to every write and keeps its lines."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.lines += body.decode().splitlines()
        self.send_response(204)
        self.send_header("Content-Length", "0")
        self.end_headers()


def escaped(text):
    return re.sub(r"([,=\\\s])", r"\\\1", text)


def value(text):
    return escaped(text) or '""'


def lines_of(file):
    for array in ET.parse(file).getroot().iter("array"):
        first, second = (dimension.get("type") for dimension in array.iter("dimension"))
        start = int(array.get("start_time")) * 10**9
        for row in array.iter(first):
            tags = f"{escaped(array.get('name').lower())},server=ns1,node=amsterdam"
            if (first, row.get("val")) != ("All", "ALL"):
                tags += f",{escaped(first.lower())}={value(row.get('val'))}"
            for cell in row.iter(second):
                tag = f"{escaped(second.lower())}={value(cell.get('val'))}"
                yield f"{tags},{tag} value={cell.get('count')} {start}"


class DscInflux(harness.Case):
    def test_lines_are_those_of_dsc_datatool(self):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", free_tcp_port()), Taking)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        url = f"http://127.0.0.1:{server.server_port}"
        self.ok("generate", "-o", self.path("capture.pcap"), "--duration", "3m", "--rate", "300")
        for compat in ("correct", "exact"):
            server.lines = []
            os.mkdir(self.path(compat))
            text = TOPOLOGY.format(folder=self.path(""), url=url, compat=compat)
            self.ok("run", "-q", self.write("dsc.yaml", text))
            files = glob.glob(self.path(compat + "/*.xml"))
            self.assertGreater(len(files), 2)
            expected = [line for file in files for line in lines_of(file)]
            self.assertGreater(len(expected), 1000)
            self.assertTrue(any("qr_aa_bits," in line for line in expected))
            self.assertEqual(sorted(server.lines), sorted(expected))


if __name__ == "__main__":
    harness.main()
