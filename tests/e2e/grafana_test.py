"""Every panel of the Grafana boards against a real InfluxDB: a known capture goes through
configs/topologies/grafana.yaml, then each panel's query is asked in InfluxQL and in Flux and has to
give what was counted by hand. A panel without a check is a failure."""

import calendar
import json
import math
import os
import shutil
import time

import grafana_panels
import grafana_traffic
import harness
import influx
from grafana_checks import CHECKS
from grafana_truth import DAY, MINUTE, Truth

START = "2026-01-15T12:00:05Z"
START_SECOND = 1768478405
ROWS = {
    "messages": (
        "dns", "default",
        "time, qr, transport, ip_version, size, qtype, rcode, opcode, rd, do, edns, tc, qname, "
        "domain, tld, client",
    ),
    "transactions": ("transactions", "default", "time, status, latency_us, qname"),
    "near": ("near", "default", "time, difference, qname"),
    "packets": ("dns", "packets", "time, outcome, reason, packets, bytes"),
    "events": ("events", "default", "time, detector, state, severity, key"),
    "dsc": ("dsc", "default", "window, dataset, key1, key2, count"),
    "rssac002": ("rssac002", "default", "window, metric, section, item, count"),
}
DETECTORS = ("random_subdomain", "nxdomain_networks", "amplification", "tunnel")
# A file loses nothing; what a live capture would have lost is written as the sink would write it.
DROPS = (
    {"t": START_SECOND + 10, "interface": "eth0", "reason": "kernel", "packets": 7},
    {"t": START_SECOND + 70, "interface": "eth1", "reason": "interface", "packets": 5},
)
# Where nothing is to be seen: what these count has not happened.
NOTHING = {
    "engine / Roots failed", "engine / Roots timed out", "engine / Roots replayed",
}
# Where it depends on the machine whether there is anything.
PERHAPS = {"engine / Blocked", "capacity / Blocked tasks"}
SUMMARIES = {"overview / Response time": 0.01, "capacity / Slow responses": 0.01}


def source():
    with open(os.path.join(harness.SOURCE, "configs", "topologies", "grafana.yaml")) as file:
        return file.read()


def seconds_of(moment):
    """2026-01-15T12:00:05.123456Z"""
    whole, _, rest = moment.rstrip("Z").partition(".")
    return calendar.timegm(time.strptime(whole, "%Y-%m-%dT%H:%M:%S")) + float("0." + (rest or "0"))


def number(value):
    """To be compared: databases write the same number as 3, 3.0 or 0.30000000000000004."""
    return round(float(value), 9)


class Boards(harness.Case):
    """Runs the topology into a database of its own; once for all tests of a class."""

    program = None

    @classmethod
    def setUpClass(cls):
        if not cls.program:
            return
        cls.case = harness.Case()
        harness.Case.setUp(cls.case)
        cls.addClassCleanup(cls.case.doCleanups)
        cls.server = influx.Server(cls.program, cls.case.path("influx"))
        cls.addClassCleanup(cls.server.stop)
        cls.server.influxql("", "CREATE DATABASE dns")
        cls.capture = cls.case.path("capture.pcap")
        cls.case.ok(
            "generate", "-o", cls.capture, "--queries", 4000, "--rate", 25, "--start", START,
            "--tcp", 5, "--loss", 5, "--duplicates", 2, "--malformed", 2, "--not-dns", 2,
            "--fragments", 2, "--ipv6", 30, "--seed", 5,
            "--attack", "random_subdomain,at=62s,for=15s,rate=80",
        )
        cls.forged = grafana_traffic.enrich(cls.capture)
        cls.began = math.floor(time.time())
        cls.run_into_database("exactly-once")
        cls.run_into_database("at-least-once")
        cls.ended = math.ceil(time.time()) + 1
        cls.server.write("dns", "".join(
            f"drops,interface={d['interface']},reason={d['reason']},server=ns1 "
            f"count={d['packets']}i {d['t']}000000000\n" for d in DROPS
        ))
        cls.truth = Truth({**cls.rows(), "drops": DROPS}, cls.points)
        cls.boards = cls.write_boards()
        cls.panels = grafana_panels.panels_of(cls.boards)

    def setUp(self):
        if not self.program:
            self.skipTest(self.missing)
        super().setUp()

    @classmethod
    def run_into_database(cls, delivery):
        """As it comes, but for the file, the place of the database and the promise."""
        text = source().replace("http://127.0.0.1:8086", cls.server.url)
        text = text.replace("build/sample.pcap", cls.capture)
        text = text.replace("bucket.size.secs: 10", "bucket.size.secs: 1")
        text = text.replace("\nname: grafana\n", f"\nname: {delivery}\n")
        text = text.replace("\nconfig:\n", (
            f"\nconfig:\n  topology.delivery: {delivery}\n"
            f"  topology.checkpoint.dir: {cls.case.path('checkpoints')}\n"
        ))
        topology = cls.case.write(delivery + ".yaml", text)
        # Slow enough for several looks at the numbers of the engine.
        cls.case.ok("run", "-q", "--speed", "40x", topology, cwd=cls.case.path(""))

    @classmethod
    def rows(cls):
        """The rows before they are counted: the topology without what counts them."""
        text = source()[: source().index("\nconfig:\n")] + "\n"
        spouts, streams = source().split("\nspouts:\n")[1].split("\nstreams:\n")
        kept = {"packets", *DETECTORS} | {component for component, _, _ in ROWS.values()}
        parts = spouts.replace("build/sample.pcap", cls.capture).split("\n  - id: ")
        bolts = [part for part in parts if part.split("\n")[0].strip() in kept]
        lines = [
            line for line in streams.splitlines()
            if line and line.split("to: ")[1].split(",")[0] in kept
        ]
        folder = cls.case.path("rows")
        for name, (component, stream, fields) in ROWS.items():
            bolts.append(
                f"rows_{name}\n    className: json_lines\n    properties:"
                f" {{folder: {folder}, name: {name}, rotate: \"0\", fields: [{fields}]}}"
            )
            lines.append(
                f"  - {{from: {component}, to: rows_{name},"
                f" grouping: {{type: GLOBAL, streamId: {stream}}}}}"
            )
        spout = "spouts:\n  - id: packets\n    className: pcap\n    properties: " + (
            f"{{file: {cls.capture}}}\nbolts:\n"
        )
        text += spout + "".join(f"  - id: {bolt.rstrip()}\n" for bolt in bolts)
        text += "streams:\n" + "\n".join(lines) + "\n"
        cls.case.ok("run", "-q", cls.case.write("rows.yaml", text))
        rows = {}
        for name in ROWS:
            rows[name] = []
            files = [file for file in os.listdir(folder) if file.startswith(name + "-")]
            for file in sorted(files):
                with open(os.path.join(folder, file)) as lines:
                    rows[name].extend(map(json.loads, lines))
            for row in rows[name]:
                row["t"] = seconds_of(row.pop("time", None) or row.pop("window"))
        rows["rssac002"] = cls.newest_of_the_day(rows["rssac002"])
        return rows

    @staticmethod
    def newest_of_the_day(rows):
        """A line of a document comes again while the day goes on, and only grows."""
        lines = {}
        for row in sorted(rows, key=lambda row: row["count"]):
            lines[row["t"], row["metric"], row["section"], row["item"]] = row
        return list(lines.values())

    @classmethod
    def points(cls, measurement):
        for tags, columns, values in cls.server.influxql(
            "dns", f'SELECT * FROM "{measurement}" GROUP BY *'
        ):
            for value in values:
                fields = dict(zip(columns, value))
                yield tags, fields.pop("time") / 1000, fields

    def range_of(self, panel):
        if "dnstorm_" in panel.query:
            return grafana_panels.Range(self.began, self.ended, interval=1)
        width = max(panel.interval, MINUTE)
        start = START_SECOND // width * width
        return grafana_panels.Range(start, start + max(DAY if width == DAY else 0, 10 * MINUTE))

    # -- comparing ---------------------------------------------------------------------------------

    def compare_lines(self, panel, got, expected):
        near = SUMMARIES.get(str(panel), 1e-9)
        shown = {name for name, line in got.items() if any(line.values())}
        self.assertEqual(shown, {name for name, line in expected.items() if any(line.values())})
        for name in shown:
            for at in {*got[name], *expected[name]}:
                value, wanted = got[name].get(at, 0), expected[name].get(at, 0)
                self.assertTrue(
                    math.isclose(value, wanted, rel_tol=near, abs_tol=1e-12),
                    f"{name} at {at}: {value}, not {wanted}",
                )
        return bool(shown)

    def compare_rows(self, panel, got, expected):
        """Of rows with the same number any may stand at the end of a list that is cut."""
        value = self.value_of(panel, expected)
        order = sorted((row[value] for row in expected), reverse=True)[: panel.limit]
        self.assertEqual([number(row[value]) for row in got], [number(v) for v in order])
        known = {self.key_of(row) for row in expected}
        for row in got:
            self.assertIn(self.key_of(row), known)
        return bool(got)

    @staticmethod
    def value_of(panel, expected):
        return next(
            name for row in expected for name, cell in row.items() if not isinstance(cell, str)
        )

    @staticmethod
    def key_of(row):
        return tuple(sorted(
            (name, cell if isinstance(cell, str) else number(cell)) for name, cell in row.items()
        ))

    def check(self, panel, got):
        expected = CHECKS[str(panel)](self.truth, panel)
        compare = self.compare_lines if panel.over_time else self.compare_rows
        return compare(panel, got, expected)

    # -- tests -------------------------------------------------------------------------------------

    def judge_every_panel(self):
        self.assertEqual({str(panel) for panel in self.panels}, set(CHECKS))
        for panel in self.panels:
            with self.subTest(str(panel)):
                shows = self.check(panel, self.ask(panel, self.range_of(panel)))
                if str(panel) not in PERHAPS:
                    self.assertEqual(shows, str(panel) not in NOTHING)

    def judge_the_annotations(self):
        """Every board marks the event, at the time and with the words of its row."""
        opened = self.truth.of("events", {"state": "opened"})
        expected = [(row["t"], row["key"], [row["detector"], row["severity"]]) for row in opened]
        with open(self.capture + ".json") as file:
            attack = json.load(file)["attacks"][0]
        self.assertIn((attack["kind"], attack["key"]), [(w[0], key) for _, key, w in expected])
        over = grafana_panels.Range(START_SECOND, START_SECOND + DAY)
        for board in self.boards:
            for annotation in board["annotations"]["list"]:
                with self.subTest(board["title"], annotation=annotation["name"]):
                    self.assertEqual(sorted(self.marks(annotation, over)), sorted(expected))
            chooses = any(v["name"] == "server" for v in board["templating"]["list"])
            self.assertEqual([] if chooses else sorted(expected),
                             sorted(self.marks(board["annotations"]["list"][0], over, "ns2")))

    def judge_the_choice(self):
        """One server, none, and the list of them."""
        panel = next(p for p in self.panels if str(p) == "overview / Query types in all")
        over = self.range_of(panel)
        every = self.ask(panel, over)
        self.assertEqual(self.ask(panel, over, "ns1"), every)
        self.assertEqual(self.ask(panel, over, "ns2"), [])

    def judge_the_variables(self):
        for board in self.boards:
            for variable in board["templating"]["list"]:
                values = self.values(variable["query"])
                with self.subTest(board["title"], variable=variable["name"]):
                    if variable["name"] == "topology":
                        self.assertEqual(values, {"exactly-once", "at-least-once"})
                    elif variable["name"] == "component":
                        self.assertLess({"packets", "dns", "database"}, values)
                    else:
                        self.assertEqual(values, {"ns1"})


class InfluxQL(Boards):
    program = shutil.which("influxd")
    missing = "there is no influxd (Debian package influxdb)"

    @classmethod
    def write_boards(cls):
        folder = cls.case.path("grafana")
        cls.case.ok("grafana", "--out", folder, "--database", "dns")
        return grafana_panels.read_boards(folder)

    def ask(self, panel, over, chosen=grafana_panels.ALL):
        return grafana_panels.influxql_result(panel, self.server, "dns", over, chosen)

    def marks(self, annotation, over, chosen=grafana_panels.ALL):
        return grafana_panels.influxql_marks(annotation, self.server, "dns", over, chosen)

    def values(self, query):
        return {row[1] for _, _, rows in self.server.influxql("dns", query) for row in rows}

    def test_the_capture_is_what_the_generator_says(self):
        with open(self.capture + ".json") as file:
            truth = json.load(file)
        extra = len(grafana_traffic.QUESTIONS)
        self.assertGreater(self.forged, 50)
        self.assertEqual(len(self.truth.of("messages", {"qr": "query"})), truth["queries"] + extra)
        self.assertEqual(
            len(self.truth.of("messages", {"qr": "response"})),
            truth["responses"] + extra + self.forged,
        )
        answered = self.truth.of("transactions", {"status": "answered"})
        self.assertEqual(len(answered), truth["transactions"] + extra)
        # Some of those that were copied answered nothing.
        near = len(self.truth.of("near", {"difference": "id"}))
        self.assertTrue(self.forged * 0.8 < near <= self.forged, f"{near} of {self.forged}")
        packets = sum(row["packets"] for row in self.truth.rows["packets"])
        self.assertEqual(packets, truth["packets"] + 2 * extra + self.forged)
        for dataset, qr in (("qtype", "query"), ("rcode", "response")):
            cells = self.truth.of("dsc", {"dataset": dataset})
            self.assertEqual(
                sum(cell["count"] for cell in cells), len(self.truth.of("messages", {"qr": qr}))
            )

    def test_every_panel_shows_what_was_counted_by_hand(self):
        self.judge_every_panel()

    def test_security_events_are_marked(self):
        self.judge_the_annotations()

    def test_panels_show_the_server_that_is_chosen(self):
        self.judge_the_choice()

    def test_variables_have_their_values(self):
        self.judge_the_variables()


class Flux(Boards):
    program = os.environ.get("DNSTORM_FLUX_INFLUXD")
    missing = "DNSTORM_FLUX_INFLUXD names no influxd that speaks Flux (InfluxDB 1.8)"

    @classmethod
    def write_boards(cls):
        folder = cls.case.path("grafana")
        cls.case.ok("grafana", "--out", folder, "--language", "flux", "--org", "isp",
                    "--bucket", "dns/autogen")
        return grafana_panels.read_boards(folder)

    def ask(self, panel, over, chosen=grafana_panels.ALL):
        return grafana_panels.flux_result(panel, self.server, "dns/autogen", over, chosen)

    def marks(self, annotation, over, chosen=grafana_panels.ALL):
        return grafana_panels.flux_marks(annotation, self.server, "dns/autogen", over, chosen)

    def values(self, query):
        over = grafana_panels.Range(START_SECOND - DAY, self.ended)
        text = grafana_panels.flux_text(query, 60, over, "dns/autogen")
        return {row["_value"] for table in self.server.flux(text) for row in table}

    def test_every_panel_shows_what_was_counted_by_hand(self):
        self.judge_every_panel()

    def test_security_events_are_marked(self):
        self.judge_the_annotations()

    def test_panels_show_the_server_that_is_chosen(self):
        self.judge_the_choice()

    def test_variables_have_their_values(self):
        self.judge_the_variables()


if __name__ == "__main__":
    harness.main()
