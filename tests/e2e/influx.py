"""A real InfluxDB of one's own: influxd in a folder of its own, on a port that it picks itself."""

import csv
import io
import json
import os
import re
import subprocess
import urllib.error
import urllib.parse
import urllib.request

CONFIG = """reporting-disabled = true
bind-address = "127.0.0.1:0"
[meta]
dir = "{folder}/meta"
[data]
dir = "{folder}/data"
wal-dir = "{folder}/wal"
[monitor]
store-enabled = false
[http]
bind-address = "{http}"
log-enabled = false
flux-enabled = true
"""


class Server:
    def __init__(self, program, folder):
        config = os.path.join(folder, "influxdb.conf")
        os.makedirs(folder, exist_ok=True)
        with open(config, "w") as file:
            file.write(CONFIG.format(folder=folder, http="127.0.0.1:0"))
        # Its log goes on in a file, which nobody has to read.
        self.log = os.path.join(folder, "log")
        with open(self.log, "w") as out:
            self.process = subprocess.Popen(
                [program, "run", "-config", config], stdout=out, stderr=subprocess.STDOUT
            )
        self.url = "http://" + self._address()

    def _address(self):
        """influxd says in its log where it listens."""
        follow = subprocess.Popen(
            ["tail", "-n", "+1", "-f", "--pid", str(self.process.pid), self.log],
            stdout=subprocess.PIPE, text=True,
        )
        try:
            for line in follow.stdout:
                found = re.search(r"Listening on HTTP.*addr=(\S+)", line)
                if found:
                    return found[1]
            raise RuntimeError("influxd has ended: " + open(self.log).read())
        finally:
            follow.kill()
            follow.wait()
            follow.stdout.close()

    def stop(self):
        self.process.kill()
        self.process.wait()

    def _ask(self, path, body=None, **headers):
        request = urllib.request.Request(self.url + path, data=body, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return answer.read().decode()
        except urllib.error.HTTPError as refused:
            raise RuntimeError(f"{refused.code}: {refused.read().decode()}") from None

    def influxql(self, database, text):
        """[(tags, columns, values)], as InfluxDB gives series; times in ms."""
        words = urllib.parse.urlencode({"db": database, "epoch": "ms", "q": text})
        result = json.loads(self._ask("/query", words.encode()))["results"][0]
        if "error" in result:
            raise RuntimeError(result["error"] + ": " + text)
        return [
            (series.get("tags", {}), series["columns"], series["values"])
            for series in result.get("series", [])
        ]

    def write(self, database, lines):
        self._ask("/write?precision=ns&db=" + urllib.parse.quote(database), lines.encode())

    def flux(self, text):
        """Tables of the answer, each a list of rows; cells are of their column's type."""
        body = {"query": text, "dialect": {"annotations": ["group", "datatype", "default"]}}
        answer = self._ask(
            "/api/v2/query", json.dumps(body).encode(), **{"Content-Type": "application/json"}
        )
        return tables_of(answer)


TYPES = {
    "long": int, "unsignedLong": int, "double": float, "boolean": lambda text: text == "true"
}


def tables_of(answer):
    tables = {}
    for number, block in enumerate(answer.replace("\r\n", "\n").split("\n\n")):
        lines = list(csv.reader(io.StringIO(block)))
        marks = {line[0]: line for line in lines if line and line[0].startswith("#")}
        rows = [line for line in lines if line and not line[0].startswith("#")]
        if not rows:
            continue
        names = rows[0]
        if names[1] == "error":
            raise RuntimeError(answer)
        types = marks["#datatype"]
        for row in rows[1:]:
            cells = {}
            for name, kind, cell in list(zip(names, types, row))[1:]:
                convert = TYPES.get(kind, str)
                cells[name] = None if cell == "" and convert is not str else convert(cell)
            place = (number, cells.pop("table"))
            cells.pop("result")
            tables.setdefault(place, []).append(cells)
    return list(tables.values())
