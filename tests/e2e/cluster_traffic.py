"""What the tests of clusters run: captures replayed at three nodes, counted as by DSC at a fourth
place, and the same in one process for comparison."""

import os
import subprocess

import harness

NODES = ["n1", "n2", "n3"]

HEAD = """name: {name}
config: {{topology.delivery: {delivery}, topology.state.checkpoint.interval.ms: 300,
         topology.checkpoint.dir: {folder}/single.checkpoints}}
spouts:
"""
SPOUT = """  - {{id: packets-{node}, className: pcap, place: {{node: {node}}},
      properties: {{file: {folder}/{node}.pcap, speed: {speed}}}}}
"""
DECODE = "  - {{id: dns-{node}, className: decode, place: {{node: {node}}}}}\n"
CENTRE = """  - {{id: datasets, className: dsc, place: {{label: {centre}}},
      properties: {{local_address: ["127.0.0.1", "::1"], interval: 5s}}}}
  - {{id: types, className: count, parallelism: 2, place: {{label: {centre}}},
      properties: {{by: [qtype, rcode], window: 1s}}}}
  - {{id: text, className: text, place: {{label: {centre}}}, properties: {{file: {output}}}}}
"""
INFLUX = """  - {{id: influx, className: influx, place: {{label: {centre}}},
      properties: {{url: "{influx}", database: {database}, unbounded_tags: true,
                   spool: {folder}/spool-{database}}}}}
"""
EDGES = """  - {{from: packets-{node}, to: dns-{node}, grouping: {{type: LOCAL_OR_SHUFFLE}}}}
  - {{from: dns-{node}, to: datasets, grouping: {{type: GLOBAL}}}}
  - {{from: dns-{node}, to: datasets, grouping: {{type: GLOBAL, streamId: packets}}}}
  - {{from: dns-{node}, to: types, grouping: {{type: FIELDS, args: [qtype]}}}}
"""
SINK = "  - {{from: {bolt}, to: {sink}, grouping: {{type: GLOBAL}}}}\n"


def topology(folder, output, name="lab", speed="1x", delivery="exactly-once", influx=None,
             database="lab", centre="all"):
    values = locals()
    text = HEAD.format(**values)
    for node in NODES:
        text += SPOUT.format(node=node, **values)
    text += "bolts:\n"
    for node in NODES:
        text += DECODE.format(node=node)
    text += CENTRE.format(**values) + (INFLUX.format(**values) if influx else "")
    text += "streams:\n"
    for node in NODES:
        text += EDGES.format(node=node)
    for sink in ["text", "influx"] if influx else ["text"]:
        for bolt in ("datasets", "types"):
            text += SINK.format(bolt=bolt, sink=sink)
    return text


def make_captures(folder, queries=20000, rate=1000):
    """One for each node, of different traffic in the same time."""
    for number, node in enumerate(NODES):
        subprocess.run(
            [harness.DNSTORM, "generate", "-o", os.path.join(folder, node + ".pcap"),
             "--queries", str(queries), "--rate", str(rate), "--seed", str(number + 1)],
            check=True, capture_output=True,
        )


def count_in_one_process(case, folder, **options):
    """The lines that a single process writes of the same captures."""
    output = os.path.join(folder, "single.lp")
    text = topology(folder, output, speed="max", **options)
    case.ok("run", case.write("single.yaml", text), "-q")
    return lines_of(output)


def lines_of(path):
    with open(path) as file:
        return file.read().splitlines()
