"""Servers that a cluster uses, on hosts of the lab: ZooKeeper and InfluxDB of Debian."""

import json
import os
import shutil
import signal
import subprocess
import time
import urllib.parse

import influx

ZOOKEEPER_JAR = "/usr/share/java/zookeeper.jar"
ZOO_CONFIG = """tickTime=1000
initLimit=10
syncLimit=5
dataDir={folder}
clientPort=2181
clientPortAddress=0.0.0.0
admin.enableServer=false
"""


def zookeeper_available():
    return bool(shutil.which("java")) and os.path.exists(ZOOKEEPER_JAR)


def redis_available():
    return bool(shutil.which("redis-server"))


def influx_available():
    return bool(shutil.which("influxd"))


class Process:
    """A daemon on a host of the lab, which can be killed and started again over its files; what it
    says goes on in a file."""

    def __init__(self, lab, host, command, log=None):
        self.lab, self.name, self.command = lab, host, command
        self.log = lab.case.path((log or host) + ".log")
        self.process = None

    def start(self):
        with open(self.log, "a") as out:
            self.process = self.lab.popen(self.name, self.command, stdout=out, stderr=out)
        return self

    def signal(self, number):
        self.process.send_signal(number)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGCONT)
        self.process.terminate()
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.kill()

    def said(self):
        with open(self.log) as file:
            return file.read()


class Server(Process):
    """One that is there from the beginning to the end of the test."""

    def __init__(self, lab, host, log, command):
        super().__init__(lab, host, command, log)
        lab.case.addCleanup(self.stop)
        self.start()

    @property
    def host(self):
        return self.name


def start_zookeeper(lab, host):
    folder = lab.case.path("zookeeper")
    os.makedirs(folder, exist_ok=True)
    config = lab.case.write("zoo.cfg", ZOO_CONFIG.format(folder=folder))
    return Server(
        lab, host, "zookeeper",
        ["java", "-Xmx128m", "-XX:TieredStopAtLevel=1", "-cp", ZOOKEEPER_JAR,
         "org.apache.zookeeper.server.quorum.QuorumPeerMain", config],
    )


class Redis(Server):
    """With a password; what it was told it writes down before it answers."""

    def __init__(self, lab, host):
        folder = lab.case.path("redis")
        os.makedirs(folder, exist_ok=True)
        self.secret = lab.case.write("redis.secret", "lab-redis\n")
        os.chmod(self.secret, 0o600)
        super().__init__(lab, host, "redis", [
            "redis-server", "--bind", "0.0.0.0", "--port", "6379", "--requirepass", "lab-redis",
            "--dir", folder, "--appendonly", "yes", "--appendfsync", "always",
        ])
        while lab.run(host, ["redis-cli", "-a", "lab-redis", "ping"]).stdout != "PONG\n":
            time.sleep(0.1)


class Influx(Server):
    def __init__(self, lab, host, databases):
        folder = lab.case.path("influxdb")
        os.makedirs(folder, exist_ok=True)
        text = influx.CONFIG.format(folder=folder, http="0.0.0.0:8086")
        config = lab.case.write("influxdb.conf", text)
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
