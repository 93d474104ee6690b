"""DSC's datasets and files: DSC's own golden files byte for byte (DNSTORM_DATA), the published
counts of real captures, and the same files at any number of tasks and after a kill."""

import base64
import glob
import json
import os
import re
import subprocess
import xml.etree.ElementTree as ET
from collections import Counter

import harness

TOPOLOGY = """
name: dsc
config: {config}
spouts:
  - {{id: packets, className: pcap, properties: {{file: {capture}, max_disorder: 200ms}}}}
bolts:
  - {{id: dns, className: decode, parallelism: {tasks}, properties: {{detect: true}}}}
  - {{id: datasets, className: dsc, properties: {{{options}}}}}
  - {{id: files, className: dsc_file, properties: {{folder: {folder}, formats: [xml, json]}}}}
{parts}
streams:
  - {{from: packets, to: dns, grouping: {{type: FIELDS, args: [hosts]}}}}
  - {{from: dns, to: datasets, grouping: {{type: GLOBAL, streamId: packets}}}}
  - {{from: packets, to: datasets, grouping: {{type: GLOBAL, streamId: drops}}}}
  - {{from: datasets, to: files, grouping: {{type: GLOBAL, streamId: arrays}}}}
"""
ALONE = "  - {from: dns, to: datasets, grouping: {type: GLOBAL}}\n"
IN_PARTS = """
  - {from: dns, to: parts, grouping: {type: SHUFFLE}}
  - {from: parts, to: datasets, grouping: {type: GLOBAL}}
"""

# What the golden files count beside the datasets of the sample configuration.
MORE = {
    "tc_bit": "tc_bit dns All:null TC:tc_bit any",
    "client_port": "client_port dns All:null Port:dns_source_port any",
    "ip_version": "ip_version ip All:null Version:ip_version any",
    "dns_ip_version": "dns_ip_version dns All:null Version:dns_ip_version any",
    "qclass": "qclass dns All:null Class:qclass any",
    "qname": "qname dns All:null Name:qname any",
    "server": "server dns All:null IP:server any",
}

TYPES = {
    "A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "NULL": 10, "WKS": 11, "PTR": 12, "HINFO": 13, "MX": 15,
    "TXT": 16, "KEY": 25, "AAAA": 28, "LOC": 29, "SRV": 33, "NAPTR": 35, "OPT": 41, "DS": 43,
    "SSHFP": 44, "DNSKEY": 48, "NSEC3PARAM": 51, "OPENPGPKEY": 61, "SVCB": 64, "HTTPS": 65,
    "SPF": 99, "EUI48": 108, "TSIG": 250, "IXFR": 251, "AXFR": 252, "ANY": 255, "URI": 256,
    "CAA": 257, "DLV": 32769,
}
RCODES = (
    "NOERROR FORMERR SERVFAIL NXDOMAIN NOTIMP REFUSED YXDOMAIN YXRRSET NXRRSET NOTAUTH NOTZONE"
).split()
# Their counts are a guide (README of the data), or differ for a reason that truth_test tells.
NOT_JUDGED = {
    "damaged-a.pcap", "fuzz-messages-a.pcap", "suricata-forward-pointer.pcap",
    "compactor-knot-live.pcapng",
}


def number(name, names):
    match = re.fullmatch(r"(?:TYPE|RCODE)(\d+)", name)
    return match[1] if match else str(names[name])


def cells_of_xml(path):
    """{dataset: {(key1, key2): count}}, in a list by dataset."""

    def value(node):
        text = node.get("val")
        return base64.b64decode(text).decode("latin1") if node.get("base64") else text

    arrays = {}
    for array in ET.parse(path).getroot():
        cells = arrays.setdefault(array.get("name"), Counter())
        for row in array.find("data"):
            for cell in row:
                cells[value(row), value(cell)] += int(cell.get("count"))
    return arrays


def ties_in_order(text):
    """Cells of one count stand in no certain order in DSC: sorted."""
    lines = text.split("\n")
    key = lambda line: re.search(r'count"?[=:] ?"?(\d+)', line)
    out, run = [], []
    for line in lines + [""]:
        found = key(line)
        if run and (not found or key(run[0])[1] != found[1]):
            out += sorted(line.rstrip(",") for line in run)
            run = []
        if found:
            run.append(line)
        else:
            out.append(line)
    return "\n".join(out)


class Dsc(harness.Case):
    def topology(self, name, capture, options, tasks=1, parts=False, config="{}"):
        folder = self.path(name)
        bolt = ""
        if parts:
            bolt = (
                f"  - {{id: parts, className: dsc, parallelism: {tasks},"
                f" properties: {{partial: true, {options}}}}}"
            )
        text = TOPOLOGY.format(
            capture=capture, options=options, tasks=tasks, folder=folder, parts=bolt, config=config
        )
        return folder, self.write(name + ".yaml", text + (IN_PARTS if parts else ALONE))

    def files(self, folder):
        found = {}
        for path in glob.glob(folder + "/*.dscdata.*"):
            with open(path) as file:
                found[os.path.basename(path)] = file.read()
        self.assertFalse(glob.glob(folder + "/*.tmp"))
        return found

    def run_dsc(self, name, capture, options, **more):
        folder, topology = self.topology(name, capture, options, **more)
        self.ok("run", "-q", topology)
        return self.files(folder)


class Gold(Dsc):
    """What DSC 2.15 wrote of the same captures."""

    def setUp(self):
        super().setUp()
        self.folder = os.path.join(harness.DATA, "captures")
        if not harness.DATA or not os.path.isdir(os.path.join(self.folder, "gold")):
            self.skipTest("DNSTORM_DATA names no folder with captures/gold")

    def check(self, gold, capture, stop, options):
        with open(os.path.join(self.folder, "gold", gold)) as file:
            expected = file.read()
        form = "json" if expected.startswith("[") else "xml"
        # Its datasets, the last declared first, behind the numbers of packets.
        names = re.findall(r'"name": "(\w+)"|<array name="(\w+)"', expected)
        names = ["".join(pair) for pair in names]
        self.assertEqual(names.pop(0), "pcap_stats")
        datasets = json.dumps([MORE.get(name, name) for name in reversed(names)])
        options = f"compat: exact, datasets: {datasets}, {options}"
        got = self.run_dsc("gold", os.path.join(self.folder, capture), options)
        self.assertEqual(set(got), {f"{stop}.dscdata.xml", f"{stop}.dscdata.json"})
        self.assertEqual(
            ties_in_order(got[f"{stop}.dscdata.{form}"]), ties_in_order(expected), gold
        )

    def test_udp(self):
        tlds = self.write("tlds", "google.se\n")
        self.check(
            "dsc-1458044657.json_gold", "dsc-1458044657.pcap", 1458044657,
            f"interface: ./1458044657.pcap.dist, tld_list: {tlds}, client_mask_v4: 32,"
            ' local_address: ["127.0.0.1", "::1"]',
        )

    def test_ipv6(self):
        self.check(
            "dsc-dns6.gold", "dnscap-dns6.pcap", 1543333920,
            "interface: ./dns6.pcap.dist, local_address: [127.0.0.1]",
        )


class Captures(Dsc):
    """Every capture of DNSTORM_DATA."""

    def test_captures_have_the_published_counts(self):
        folder = os.path.join(harness.DATA, "captures")
        if not harness.DATA or not os.path.exists(os.path.join(folder, "counts.jsonl")):
            self.skipTest("DNSTORM_DATA names no folder with captures/counts.jsonl")
        with open(os.path.join(folder, "counts.jsonl")) as file:
            rows = [json.loads(line) for line in file]
        lines = ["qtype", "rcode"] + [
            f"{name} dns All:null X:{indexer} any"
            for name, indexer in {
                "opcodes": "opcode", "transports": "transport", "versions": "ip_version",
                "edns": "edns_version", "do": "do_bit", "tc": "tc_bit", "ecs": "edns_ecs",
                "packets": "qr_aa_bits",
            }.items()
        ] + ["reply_types dns All:null X:qtype replies-only"]
        judged = 0
        for row in rows:
            name = row["file"]
            if name in NOT_JUDGED:
                continue
            with self.subTest(name):
                options = f"interval: 24h, datasets: {json.dumps(lines)}"
                self.run_dsc(name, os.path.join(folder, name), options)
                counts = {}
                for path in glob.glob(self.path(name) + "/*.xml"):
                    for dataset, cells in cells_of_xml(path).items():
                        total = counts.setdefault(dataset, Counter())
                        for (_, key), count in cells.items():
                            total[key] += count
                self.judge(row, counts)
                judged += 1
        self.assertGreater(judged, 100)

    def judge(self, row, counts):
        of = lambda dataset: +counts.get(dataset, Counter())
        # Of a capture without queries, the types are those of the responses. Messages without a
        # question stand under type 0.
        asked = "queries" if row["queries"] else "responses"
        no_question = row[asked] - sum(row["qtypes"].values())
        types = Counter({number(t, TYPES): n for t, n in row["qtypes"].items()})
        types["0"] += max(no_question, 0)
        self.assertEqual(of("qtype" if row["queries"] else "reply_types"), +types)
        codes = {name: i for i, name in enumerate(RCODES)}
        self.assertEqual(of("rcode"), {number(c, codes): n for c, n in row["rcodes"].items()})
        self.assertEqual(of("opcodes"), row["opcodes"])
        self.assertEqual(of("transports")["tcp"], row["tcp"])
        self.assertEqual(of("versions")["IPv6"], row["v6"])
        self.assertEqual(sum(of("edns").values()) - of("edns")["none"], row["edns"])
        self.assertEqual(of("do")["set"], row["do"])
        self.assertEqual(of("tc")["set"], row["tc"])
        self.assertEqual(of("ecs")["yes"], row["ecs"])
        bits = of("packets")
        self.assertEqual(bits["qr=0,aa=0"] + bits["qr=0,aa=1"], row["queries"])
        self.assertEqual(bits["qr=1,aa=0"] + bits["qr=1,aa=1"], row["responses"])


class Generated(Dsc):
    OPTIONS = (
        "interval: 5s, local_address: [198.51.100.0/24], datasets: [default, qr_aa_bits,"
        " second_ld_vs_rcode, label_count, 'qname dns All:null Q:qname any max-cells=20']"
    )

    def setUp(self):
        super().setUp()
        self.capture = self.path("capture.pcap")
        self.ok("generate", "-o", self.capture, "--packets", "100000", "--seed", "5")

    def test_files_are_the_same_at_any_number_of_tasks(self):
        expected = self.run_dsc("alone", self.capture, self.OPTIONS)
        self.assertGreater(len(expected), 4)
        for tasks in (1, 2, 4):
            got = self.run_dsc(f"p{tasks}", self.capture, self.OPTIONS, tasks=tasks, parts=True)
            self.assertEqual(got, expected, f"{tasks} tasks")

    def test_both_forms_say_the_same(self):
        files = self.run_dsc("alone", self.capture, self.OPTIONS)
        for name in files:
            if not name.endswith(".xml"):
                continue
            arrays = {}
            for array in json.loads(files[name.replace(".xml", ".json")]):
                cells = arrays.setdefault(array["name"], Counter())
                first, second = array["dimensions"]
                for row in array["data"]:
                    text = lambda v, c: base64.b64decode(v).decode("latin1") if c else v
                    for cell in row[second]:
                        key = text(row[first], row.get("base64"))
                        cells[key, text(cell["val"], cell.get("base64"))] += cell["count"]
            self.assertEqual(cells_of_xml(self.path("alone/" + name)), arrays)

    def test_a_killed_run_goes_on_to_the_same_files(self):
        self.ok("generate", "-o", self.capture, "--packets", "400000", "--seed", "6")
        expected = self.run_dsc("undisturbed", self.capture, self.OPTIONS)
        checkpoints = self.path("checkpoints")
        config = (
            "{topology.delivery: exactly-once, topology.state.checkpoint.interval.ms: 10,"
            f" topology.checkpoint.dir: {checkpoints}}}"
        )
        more = {"tasks": 2, "parts": True, "config": config}
        folder, topology = self.topology("killed", self.capture, self.OPTIONS, **more)
        process = subprocess.Popen([harness.DNSTORM, "run", "-q", topology])
        while process.poll() is None and not glob.glob(checkpoints + "/checkpoint-*"):
            pass
        process.kill()
        self.assertNotEqual(process.wait(), 0, "it ended before its first checkpoint")
        _, topology = self.topology("killed", self.capture, self.OPTIONS, **(more | {"tasks": 3}))
        done = self.ok("run", "--resume", topology)
        self.assertIn("Going on from checkpoint", done.stderr)
        self.assertEqual(self.files(folder), expected)


class Import(Dsc):
    def test_a_configuration_becomes_a_topology_that_counts_the_same(self):
        capture = self.path("capture.pcap")
        self.ok("generate", "-o", capture, "--packets", "20000", "--seed", "7")
        config = self.write(
            "dsc.conf",
            f"run_dir \"{self.path('imported')}\";\nminfree_bytes 5000000;\n"
            f"local_address 198.51.100.0 24;\ninterface {capture};\n"
            "statistics_interval 5;\noutput_format XML;\noutput_format JSON;\n"
            "qname_filter odd ^[a-m] ;\n"
            "dataset qtype dns All:null Qtype:qtype queries-only;\n"
            "dataset direction_vs_ipproto ip Direction:ip_direction IPProto:ip_proto any;\n"
            "dataset half dns Rcode:rcode Qname:qname odd max-cells=5;\n"
            "dataset response_time dns All:null ResponseTime:response_time any;\n",
        )
        topology = self.path("imported.yaml")
        done = self.ok("dsc", "import", config, "-o", topology)
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        self.assertIn(f"{config}:2: minfree_bytes: ", done.stderr)
        self.ok("run", "-q", topology)
        imported = self.files(self.path("imported"))
        options = (
            f"interval: 5s, local_address: [198.51.100.0/24], interface: {capture},"
            " qname_filters: ['odd ^[a-m]'], datasets: [qtype, direction_vs_ipproto,"
            " 'half dns Rcode:rcode Qname:qname odd max-cells=5']"
        )
        by_hand = self.run_dsc("by_hand", capture, options)
        # Queries that time out after the last packet make an interval of their own.
        self.assertLessEqual(set(by_hand), set(imported))
        for name, text in by_hand.items():
            if name.endswith(".json"):
                arrays = json.loads(imported[name])
                with_times = [a for a in arrays if a["name"] == "response_time"]
                self.assertGreater(sum(len(a["data"]) for a in with_times), 0)
                self.assertEqual(
                    [a for a in arrays if a["name"] != "response_time"], json.loads(text)
                )

    def test_says_which_line_is_wrong(self):
        config = self.write("dsc.conf", "interface eth0;\ndataset x dns A:null B:qtpe any;\n")
        error = self.fails(78, "dsc", "import", config)
        self.assertIn("dsc.conf:2: dataset 'x", error)
        self.assertIn("did you mean 'qtype'?", error)
        self.assertIn("cannot be read", self.fails(66, "dsc", "import", self.path("none")))


if __name__ == "__main__":
    harness.main()
