"""Panels of the boards that `dnstorm grafana` writes, asked as Grafana asks: it puts time, interval
and what was chosen into the query, names series by alias or display name, and goes through the
transformations. There is no Grafana in it."""

import datetime
import glob
import json
import os
import re

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
ALL = ".*"


class Range:
    """From `start` on and before `stop`, in seconds; `interval` in place of the panel's own."""

    def __init__(self, start, stop, interval=None):
        self.start, self.stop, self.interval = start, stop, interval


class Panel:
    def __init__(self, board, panel):
        self.board = board["uid"].removeprefix("dnstorm-")
        self.json = panel
        self.title = panel["title"]
        self.kind = panel["type"]
        self.query = panel["targets"][0]["query"]
        width = re.fullmatch(r"(\d+)([smhd])", panel["interval"])
        self.interval = int(width[1]) * UNITS[width[2]]

    def __str__(self):
        return f"{self.board} / {self.title}"

    @property
    def over_time(self):
        return self.kind == "timeseries"

    @property
    def limit(self):
        """How many rows are shown at most: Grafana cuts InfluxQL's, Flux does it itself."""
        cuts = [step["options"]["limitField"] for step in self.json["transformations"]
                if step["id"] == "limit"]
        cuts += map(int, re.findall(r"limit\(n: (\d+)\)", self.query))
        return cuts[0] if cuts else None


def read_boards(folder):
    boards = []
    for path in sorted(glob.glob(os.path.join(folder, "dashboards", "*.json"))):
        with open(path) as file:
            boards.append(json.load(file))
    return boards


def panels_of(boards):
    return [
        Panel(board, panel) for board in boards for panel in board["panels"]
        if panel["type"] != "row"
    ]


# -- InfluxQL --------------------------------------------------------------------------------------


def influxql_text(query, width, over, chosen=ALL):
    text = query.replace(
        "$timeFilter", f"time >= {over.start * 1000}ms and time <= {over.stop * 1000 - 1}ms"
    )
    text = text.replace("$__interval_ms", str(width * 1000)).replace("$__interval", f"{width}s")
    return re.sub(r"/\^\$\w+\$/", f"/^{chosen}$/", text)


def influxql_result(panel, server, database, over, chosen=ALL):
    width = over.interval or panel.interval
    series = server.influxql(database, influxql_text(panel.query, width, over, chosen))
    if not panel.over_time:
        rows = []
        for tags, columns, values in series:
            for row in values:
                named = dict(zip(columns, row))
                rows.append({"Time": named.pop("time"), **tags, **named})
        return transformed(panel, rows)
    lines = {}
    for tags, columns, values in series:
        for place, column in enumerate(columns):
            if column == "time":
                continue
            alias = panel.json["targets"][0]["alias"].replace("$col", column)
            for tag, value in tags.items():
                alias = re.sub(rf"\$tag_{tag}\b", lambda _: value, alias)
            line = lines.setdefault(alias, {})
            for row in values:
                if row[place] is not None:
                    line[row[0] // 1000] = row[place]
    return lines


def influxql_marks(annotation, server, database, over, chosen=ALL):
    """[(second, text, words)], by the columns that the annotation names."""
    target = annotation["target"]
    words = target["tagsColumn"].split(",")
    marks = []
    for _, columns, values in server.influxql(
        database, influxql_text(target["query"], 60, over, chosen)
    ):
        for row in values:
            named = dict(zip(columns, row))
            marks.append((
                named["time"] / 1000, named[target["textColumn"]],
                [word for column in words for word in named[column].split(",")],
            ))
    return marks


# -- Flux ------------------------------------------------------------------------------------------


def rfc3339(seconds):
    moment = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{round(seconds % 1 * 1000):03}Z"


def seconds_of(text):
    return int(datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp())


def flux_text(query, width, over, bucket, chosen=ALL):
    words = {
        "timeRangeStart": rfc3339(over.start),
        "timeRangeStop": rfc3339(over.stop - 0.001),
        "windowPeriod": f"{width}s",
        "bucket": f'"{bucket}"',
        "defaultBucket": f'"{bucket}"',
        "organization": '"org"',
    }
    # Whatever stands before the dot: so does Grafana.
    text = re.sub(
        r"([a-zA-Z]+)\.([a-zA-Z]+)", lambda found: words.get(found[2], found[0]), query
    )
    text = text.replace("$__interval_ms", str(width * 1000)).replace("$__interval", f"{width}s")
    return re.sub(r"\$\{\w+:regex\}", chosen, text)


def flux_result(panel, server, bucket, over, chosen=ALL):
    width = over.interval or panel.interval
    tables = server.flux(flux_text(panel.query, width, over, bucket, chosen))
    if not panel.over_time:
        # A frame a table; boards show one.
        assert len(tables) <= 1, tables
        return transformed(panel, [row for table in tables for row in table])
    lines = {}
    for table in tables:
        for row in table:
            labels = {k: v for k, v in row.items() if not k.startswith("_")}
            name = panel.json["fieldConfig"]["defaults"].get("displayName", row["_field"])
            name = name.replace("${__field.name}", row["_field"])
            for label, value in labels.items():
                name = name.replace("${__field.labels.%s}" % label, value)
            if row["_value"] is not None:
                lines.setdefault(name, {})[seconds_of(row["_time"])] = row["_value"]
    return lines


def flux_marks(annotation, server, bucket, over, chosen=ALL):
    """The same, by the names of columns that Grafana knows."""
    text = flux_text(annotation["target"]["query"], 60, over, bucket, chosen)
    return [
        (seconds_of(row["_time"]), row["text"], row["tags"].split(","))
        for table in server.flux(text) for row in table
    ]


# -- transformations -------------------------------------------------------------------------------


def group_by(rows, options):
    groups = {}
    fields = options["fields"]
    by = [name for name, how in fields.items() if how["operation"] == "groupby"]
    for row in rows:
        group = groups.setdefault(tuple(row[name] for name in by), dict.fromkeys(
            f"{name} ({how['aggregations'][0]})" for name, how in fields.items()
            if how["operation"] == "aggregate"
        ))
        for name in group:
            group[name] = (group[name] or 0) + row[name.removesuffix(" (sum)")]
    return [{**dict(zip(by, key)), **group} for key, group in groups.items()]


def sort_by(rows, options):
    how = options["sort"][0]
    return sorted(rows, key=lambda row: row[how["field"]], reverse=how["desc"])


def limit(rows, options):
    return rows[: options["limitField"]]


def organize(rows, options):
    hidden = {name for name, gone in options["excludeByName"].items() if gone}
    renamed = options["renameByName"]
    return [
        {renamed.get(name, name): cell for name, cell in row.items() if name not in hidden}
        for row in rows
    ]


STEPS = {"groupBy": group_by, "sortBy": sort_by, "limit": limit, "organize": organize}


def transformed(panel, rows):
    for step in panel.json["transformations"]:
        rows = STEPS[step["id"]](rows, step["options"])
    # A stat shows the last row's numbers.
    if panel.kind == "stat":
        rows = [{name: cell for name, cell in row.items() if name != "Time"} for row in rows]
    return rows
