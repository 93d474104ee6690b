"""Servers that a cluster uses, on hosts of the lab: ZooKeeper and InfluxDB of Debian."""

import json
import os
import shutil
import subprocess
import time
import urllib.parse

ZOOKEEPER_JAR = "/usr/share/java/zookeeper.jar"
ZOO_CONFIG = """tickTime=1000
initLimit=10
syncLimit=5
dataDir={folder}
clientPort=2181
clientPortAddress=0.0.0.0
admin.enableServer=false
"""
INFLUX_CONFIG = """reporting-disabled = true
bind-address = "127.0.0.1:0"
[meta]
dir = "{folder}/meta"
[data]
dir = "{folder}/data"
wal-dir = "{folder}/wal"
[monitor]
store-enabled = false
[http]
bind-address = "0.0.0.0:8086"
log-enabled = false
"""


def zookeeper_available():
    return bool(shutil.which("java")) and os.path.exists(ZOOKEEPER_JAR)


def influx_available():
    return bool(shutil.which("influxd"))


class Server:
    """A process on a host of the lab that can be killed and started again over its files."""

    def __init__(self, lab, host, name, command):
        self.lab, self.host, self.command = lab, host, command
        self.log = lab.case.path(name + ".log")
        self.process = None
        lab.case.addCleanup(self.stop)
        self.start()

    def start(self):
        with open(self.log, "a") as out:
            self.process = self.lab.popen(self.host, self.command, stdout=out, stderr=out)

    def signal(self, number):
        self.process.send_signal(number)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        if self.process.poll() is None:
            self.kill()


def start_zookeeper(lab, host):
    folder = lab.case.path("zookeeper")
    os.makedirs(folder, exist_ok=True)
    config = lab.case.write("zoo.cfg", ZOO_CONFIG.format(folder=folder))
    return Server(
        lab, host, "zookeeper",
        ["java", "-Xmx128m", "-XX:TieredStopAtLevel=1", "-cp", ZOOKEEPER_JAR,
         "org.apache.zookeeper.server.quorum.QuorumPeerMain", config],
    )


class Influx(Server):
    def __init__(self, lab, host, databases):
        folder = lab.case.path("influxdb")
        os.makedirs(folder, exist_ok=True)
        config = lab.case.write("influxdb.conf", INFLUX_CONFIG.format(folder=folder))
        super().__init__(lab, host, "influxdb", ["influxd", "run", "-config", config])
        self.url = f"http://{lab.address(host)}:8086"
        self.until_answers()
        for database in databases:
            self.ask("/query", "-d", f"q=CREATE DATABASE {database}")

    def until_answers(self):
        for _ in range(300):
            if self.ask("/ping") is not None:
                return
            time.sleep(0.1)
        raise RuntimeError("influxd does not answer")

    def ask(self, path, *options):
        done = self.lab.run(self.host, ["curl", "-s", "-f", "--max-time", "20", *options,
                                        "http://127.0.0.1:8086" + path])
        return done.stdout if done.returncode == 0 else None

    def points(self, database):
        """All of them, each once, as sorted lines."""
        words = urllib.parse.urlencode(
            {"db": database, "epoch": "ns", "q": "SELECT * FROM /.*/ GROUP BY *"}
        )
        answer = json.loads(self.ask("/query?" + words) or '{"results": [{}]}')
        lines = []
        for series in answer["results"][0].get("series", []):
            tags = sorted(series.get("tags", {}).items())
            for values in series["values"]:
                fields = {
                    name: value for name, value in zip(series["columns"], values)
                    if value is not None
                }
                lines.append(json.dumps([series["name"], tags, fields], sort_keys=True))
        return sorted(lines)


class Tmpfs:
    """A small disk, mounted over a folder."""

    def __init__(self, case, folder, size="4m"):
        self.folder = folder
        os.makedirs(folder, exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], check=True)
        case.addCleanup(subprocess.run, ["umount", "-l", folder], capture_output=True)

    def fill(self):
        file = os.open(os.path.join(self.folder, "filler"), os.O_WRONLY | os.O_CREAT)
        try:
            while True:
                os.write(file, b"x" * 4096)
        except OSError:
            os.close(file)

    def empty(self):
        os.remove(os.path.join(self.folder, "filler"))
