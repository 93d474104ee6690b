"""The board of a cluster: the same walls, tables and series, and the same account of every packet,
as that of one process over the same captures; also when a worker is killed on the way."""

import copy
import json
import os
import signal
import sqlite3
import time
import urllib.error
import urllib.request

import cluster_lab
import cluster_traffic
import harness

VIEWS = ("wall", "table", "series", "totals")
PACKETS = ("captured", "parsed", "malformed", "not_dns", "filtered", "in_flight")


def with_boards(text, file):
    """The topology with a board sink of each view, on the third node. A series has few lines.
    Tops are made in parts on two nodes, and put together on one; a store keeps them in `file`."""
    sinks = (
        "  - {id: names_part, className: top, parallelism: 2, place: {apart: [names_part]},"
        " properties: {of: [qname], k: 20, window: 1s}}\n"
        "  - {id: names, className: top, place: {node: n2},"
        " properties: {of: [qname], k: 20, merge: true}}\n"
        f"  - {{id: kept, className: store, place: {{node: n3}}, properties: {{file: {file}}}}}\n"
        "  - {id: rcodes, className: count, place: {node: n2},"
        " properties: {by: [rcode], window: 1s}}\n"
        "  - {id: minutes, className: count, place: {node: n2}, properties: {window: 1m}}\n"
        "  - {id: load, className: board, place: {node: n3},"
        " properties: {view: series, panel: load}}\n"
    )
    sinks += "".join(
        f"  - {{id: {view}, className: board, place: {{node: n3}},"
        f" properties: {{view: {view}, panel: {view}, title: Types}}}}\n"
        for view in VIEWS
    )
    edges = "".join(
        f"  - {{from: dns-{node}, to: rcodes, grouping: {{type: FIELDS, args: [rcode]}}}}\n"
        for node in cluster_traffic.NODES
    )
    edges += "".join(
        f"  - {{from: dns-{node}, to: minutes, grouping: {{type: GLOBAL}}}}\n"
        for node in cluster_traffic.NODES
    )
    edges += "".join(
        f"  - {{from: dns-{node}, to: names_part, grouping: {{type: FIELDS, args: [qname]}}}}\n"
        for node in cluster_traffic.NODES
    )
    edges += "".join(
        f"  - {{from: {one}, to: {other}, grouping: {{type: GLOBAL}}}}\n"
        for one, other in (
            ("minutes", "load"), ("names_part", "names"), ("names", "kept"), ("rcodes", "kept")
        )
    )
    edges += "".join(
        f"  - {{from: {'rcodes' if view == 'series' else 'types'}, to: {view},"
        f" grouping: {{type: GLOBAL}}}}\n"
        for view in VIEWS
    )
    return text.replace("streams:\n", sinks + "streams:\n") + edges


def points_in(file):
    """All that is kept in a file of the store; None while there is no such file."""
    try:
        with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as points:
            return points.execute(
                'SELECT measurement, tags, time, "end", fields FROM points'
                " JOIN series ON series.id = points.series ORDER BY 3, 1, 2"
            ).fetchall()
    except sqlite3.OperationalError:
        return None


def shown(state):
    """What does not depend on when it was looked at: panels, and where every packet went. Cells
    have no order of their own."""
    panels = {}
    for panel in copy.deepcopy(state["panels"]):
        panels[panel["id"]] = panel
        if wall := panel.get("wall"):
            wall["slots"] = sorted(filter(None, wall["slots"]))
    return panels, {name: state["honesty"][name] for name in PACKETS}


class ClusterBoard(harness.Case):
    queries = 6000

    def setUp(self):
        super().setUp()
        self.folder = self._folder.name
        cluster_traffic.make_captures(self.folder, self.queries)

    def topology(self, output="cluster.lp", **options):
        text = cluster_traffic.topology(self.folder, self.path(output), **options)
        return with_boards(text, self.path(output + ".sqlite"))

    def of_one_process(self):
        topology = self.write("single.yaml", self.topology("single.lp", speed="max"))
        process, url = self.run_with_board(topology, "--keep-board")
        try:
            state = self.until_finished(url)
            self.traffic = self.traffic_of(url)
            return state
        finally:
            process.send_signal(signal.SIGINT)
            self.assertEqual(process.wait(60), 0)

    def snapshot(self, url, topology=None):
        query = f"?topology={topology}" if topology else ""
        try:
            with urllib.request.urlopen(f"{url}/api/snapshot{query}", timeout=10) as answer:
                return json.load(answer)
        except urllib.error.HTTPError:
            return None

    def until_finished(self, url, topology=None):
        end = time.monotonic() + 120
        while time.monotonic() < end:
            state = self.snapshot(url, topology)
            if state and state["honesty"]["state"] == "finished":
                return state
            time.sleep(0.1)
        self.fail(f"the board has not finished: {state}")

    def lab(self):
        cluster = cluster_lab.ClusterLab(self, cluster_traffic.NODES, network=False)
        return cluster, f"http://{cluster.to()}"

    def test_shows_what_one_process_shows(self):
        expected = self.of_one_process()
        cluster, url = self.lab()
        self.assertIsNone(self.snapshot(url, "lab"))
        cluster.submit(self.topology(speed="max"))
        cluster.until_status("lab", "FINISHED", 120)
        state = self.until_finished(url, "lab")
        self.assertEqual(shown(state), shown(expected))
        self.assertEqual(state["notes"], [])
        self.assertEqual(state["title"], "lab")
        # The one that runs, or ran last, is shown to who does not choose.
        self.assertEqual(shown(self.snapshot(url)), shown(state))
        self.tasks_are_where_they_ran(url)
        self.history_is_what_the_series_showed(url, state)
        self.until_all_is_kept(cluster)
        self.assertEqual(self.traffic_of(url), self.traffic)
        self.the_rest_is_as_of_a_run(url)

    def data(self, url, path, **headers):
        request = urllib.request.Request(
            f"{url}/api/data/{path}{'&' if '?' in path else '?'}topology=lab", headers=headers
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def history_is_what_the_series_showed(self, url, state):
        """It is written about once a second: looked at until it has all."""
        (series,) = [panel["series"] for panel in state["panels"] if panel["id"] == "series"]
        # A point of the page: start, end, a value for each line that there was.
        sums = {line["name"]: 0 for line in series["lines"]}
        for _, _, *values in series["points"]:
            for name, value in zip(sums, values):
                sums[name] += value or 0
        self.assertGreater(sum(sums.values()), 0)
        end = time.monotonic() + 60
        while time.monotonic() < end:
            history = self.data(url, "history/points?last=600000&store=board")
            kept = {
                line["tags"]["rcode"]: line["total"]
                for chart in history.get("charts", [])
                if chart["measurement"] == "series" and chart["field"] == "count"
                for line in chart["lines"]
            }
            if kept == sums:
                break
            time.sleep(0.1)
        self.assertEqual(kept, sums)
        # The same windows by the minute, counted by the command that the page Capacity names.
        capacity = self.data(url, "capacity")
        store = self.path("c1/boards/minutes/lab.sqlite")
        self.assertIn(f"dnstorm advise {store} --measurement load", capacity["command"])
        with sqlite3.connect(store) as minutes:
            (all,) = minutes.execute("SELECT sum(fields ->> 'count') FROM points").fetchone()
        self.assertEqual(all, sum(sums.values()))

    def the_rest_is_as_of_a_run(self, url):
        self.assertEqual(
            set(self.data(url, "")["data"]),
            {"capacity", "cluster", "explain", "history", "source", "walls"},
        )
        (source,) = self.data(
            url, "source?component=wall", Authorization="Bearer lab-token"
        )["parts"][:1]
        self.assertIn("id: wall, className: board", source["text"])
        with self.assertRaises(urllib.error.HTTPError) as refused:
            self.data(url, "source?component=wall")
        self.assertEqual(refused.exception.code, 401)

    def traffic_of(self, url):
        """What the page Traffic is told, of whatever store it is told unasked."""
        answers = {
            path: self.data(url, f"history/{path}") for path in ("points", "tops", "tops?limit=200")
        }
        (names,) = answers["tops"]["lists"]
        self.assertEqual(names["measurement"], "names")
        self.assertGreater(names["items"][0]["low"], 10)
        return answers

    def until_all_is_kept(self, cluster):
        """The coordinator has the points that the sink on n3 has written, and these are those of
        one process."""
        sink = points_in(self.path("cluster.lp.sqlite"))
        self.assertEqual(sink, points_in(self.path("single.lp.sqlite")))
        self.assertGreater(len(sink), 100)
        file = self.path("c1/boards/history/lab.kept.sqlite")
        cluster.until(
            lambda: points_in(file) == sink, f"{file} has {len(points_in(file) or [])} points"
        )

    def tasks_are_where_they_ran(self, url):
        with urllib.request.urlopen(f"{url}/api/topology?topology=lab", timeout=10) as answer:
            topology = json.load(answer)
        self.assertTrue(topology["finished"])
        tasks = {c["id"]: c["tasks"] for c in topology["components"]}
        for node in cluster_traffic.NODES:
            (task,) = tasks[f"packets-{node}"]
            self.assertEqual(task["node"], node)
        self.assertEqual(len(tasks["types"]), 2)
        self.assertIsNone(topology["stall"])
        self.assertEqual(topology["errors"], [])
        top = json.loads(self.ok("top", url, "--json").stdout)
        self.assertEqual(
            {(edge["from"], edge["to"], edge["rows"]) for edge in top["edges"]},
            {(edge["from"], edge["to"], edge["rows"]) for edge in topology["edges"]},
        )
        (packets,) = tasks["packets-n1"]
        self.assertEqual(packets["counters"]["captured"], packets["emitted"])
        for edge in topology["edges"]:
            self.assertLessEqual(edge["blocked"], 1)
            if edge["from"].startswith("packets-"):
                emitted = sum(task["emitted"] for task in tasks[edge["from"]])
                self.assertEqual(edge["rows"], emitted, edge)

    def test_stays_exact_when_workers_are_killed(self):
        expected = self.of_one_process()
        cluster, url = self.lab()
        cluster.submit(self.topology())
        for restart, node in enumerate(("n3", "n1"), 1):
            self.until_shown(cluster, url, restart)
            os.kill(cluster.worker_pid("lab", node), signal.SIGKILL)
            cluster.until(lambda: cluster.restarts("lab") >= restart, "it has begun anew")
            cluster.until_status("lab", "ACTIVE")
        cluster.until_status("lab", "FINISHED", 120)
        state = self.until_finished(url, "lab")
        panels, _ = shown(state)
        wanted, _ = shown(expected)
        self.assertEqual(panels, wanted)
        self.assertTrue(any(note.startswith("restarted at ") for note in state["notes"]))
        self.until_all_is_kept(cluster)

    def until_shown(self, cluster, url, windows):
        """The wall has cells of so many windows at least."""

        def holds():
            state = self.snapshot(url, "lab")
            panels = state["panels"] if state else []
            series = [panel["series"]["points"] for panel in panels if "series" in panel]
            return series and len(series[0]) >= windows

        cluster.until(holds, "the board shows something")

    def test_another_coordinator_says_since_when_it_shows_and_lacks_nothing_that_is_kept(self):
        self.of_one_process()
        cluster, url = self.lab()
        cluster.submit(self.topology(speed="0.5x"))
        self.until_shown(cluster, url, 1)
        # Whatever it had not written yet comes again, because it was not confirmed.
        file = self.path("c1/boards/history/lab.kept.sqlite")
        for _ in range(2):
            before = len(points_in(file) or [])
            cluster.until(lambda: len(points_in(file) or []) > before, "more is kept")
            cluster.coordinator["c1"].kill()
            cluster.coordinator["c1"].start()
        cluster.until_status("lab", "FINISHED", 120)
        state = self.until_finished(url, "lab")
        notes = state["notes"]
        self.assertTrue(any(note.startswith("shown since ") for note in notes), notes)
        self.until_all_is_kept(cluster)


if __name__ == "__main__":
    harness.main()
