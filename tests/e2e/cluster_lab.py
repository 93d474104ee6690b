"""A cluster of real processes for a test: coordinators, nodes and what they use, each in a host of
its own (net_lab) or all on the loopback interface.

    cluster = ClusterLab(case, nodes=["n1", "n2"])            # started, all nodes have joined
    cluster.submit(text, name); cluster.until_status(name, "FINISHED")
    cluster.node["n1"].kill(); cluster.start_node("n1")
"""

import contextlib
import json
import os
import subprocess
import time

import cluster_servers
import dnstap_servers
import harness
import net_lab

CONFIG = """cluster: lab
coordinators: [{coordinators}]
api: {api}
state: {state}
{zookeeper}{redis}checkpoints: {checkpoints}
keys: {keys}
tokens: {{lab: {{file: {token}}}}}
timeouts: {{absence: 300s}}
node: {{folder: {folder}}}
"""


class Existing:
    """A process of somebody else, who may end it meanwhile."""

    def __init__(self, pid):
        self.pid = pid

    def signal(self, number):
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, number)


class ClusterLab:
    def __init__(self, case, nodes, coordinators=("c1",), hosts=(), network=True, zookeeper=None,
                 redis=None, labels=None, small_disk=None, wrap=None, later=()):
        """hosts: further ones of the network, for servers. zookeeper, redis: functions of this lab
        that start one on a host, called when the network is there. labels: of nodes, beside their
        names and `all`. small_disk: what of the lab lies on one (self.disk): coordinator, node,
        sink. wrap: what a node's command goes behind. later: nodes that are not started yet."""
        self.case, self.labels, self.wrap = case, labels or {}, wrap or {}
        self.disk = None
        if small_disk:
            folder = {"coordinator": coordinators[0], "node": nodes[-2], "sink": "sink"}[small_disk]
            self.disk = cluster_servers.Tmpfs(case, case.path(folder))
            case.output = case.path("sink/cluster.lp") if small_disk == "sink" else case.output
        self.net = net_lab.NetLab([*coordinators, *nodes, *hosts]) if network else None
        if self.net:
            case.addCleanup(self.net.close)
        self.zookeeper_server = zookeeper(self) if zookeeper else None
        self.redis_server = redis(self) if redis else None
        self.api_port = 7371 if network else dnstap_servers.free_tcp_port()
        self.control_port = 7370 if network else dnstap_servers.free_tcp_port()
        self.keys = case.path("keys")
        case.ok("keygen", "--keys", self.keys, *coordinators, *nodes)
        self.token = case.write("token", "lab-token\n")
        os.chmod(self.token, 0o600)
        self.coordinator = {name: self._coordinator(name, coordinators) for name in coordinators}
        self.node = {name: self._node(name) for name in nodes}
        for process in [*self.coordinator.values(), *self.node.values()]:
            case.addCleanup(process.stop)
            if process.name not in later:
                process.start()
        started = sorted(set(nodes) - set(later))
        self.until(lambda: self.alive() == started, "all nodes have joined")

    def address(self, host):
        return self.net.address[host] if self.net else "127.0.0.1"

    def popen(self, host, command, **options):
        return self.net.popen(host, command, **options) if self.net else subprocess.Popen(
            list(map(str, command)), **options
        )

    def run(self, host, command, **options):
        options = {"capture_output": True, "text": True, **options}
        command = list(map(str, command))
        return self.net.run(host, command, **options) if self.net else subprocess.run(
            command, **options
        )

    def _config(self, name, coordinators):
        addresses = ", ".join(
            f'{{name: {c}, endpoint: "tcp://{self.address(c)}:{self.control_port}"}}'
            for c in coordinators
        )
        server = self.zookeeper_server
        zookeeper = f"zookeeper: {self.address(server.host)}:2181/lab\n" if server else ""
        redis, checkpoints = "", self.case.path("checkpoints")
        if self.redis_server:
            checkpoints = f"redis://{self.address(self.redis_server.host)}:6379/3"
            redis = f"redis_password: {{file: {self.redis_server.secret}}}\n"
        for folder in ("checkpoints", name):
            os.makedirs(self.case.path(folder), exist_ok=True)
        return self.case.write(
            name + ".yaml",
            CONFIG.format(
                coordinators=addresses,
                api=f"{self.address(name)}:{self.api_port}",
                state=self.case.path(name),
                zookeeper=zookeeper,
                redis=redis,
                checkpoints=checkpoints,
                keys=self.keys,
                token=self.token,
                folder=self.case.path(name),
            ),
        )

    def _coordinator(self, name, coordinators):
        config = self._config(name, coordinators)
        command = [harness.DNSTORM, "coordinator", "--config", config, "--name", name]
        return cluster_servers.Process(self, name, command)

    def _node(self, name):
        config = self._config(name, self.coordinator)
        command = [
            *(harness.DNSTORM, "node", "--config", config, "--name", name),
            *("--bind", self.address(name), "--label", name, "--label", "all"),
        ]
        for label in self.labels.get(name, []):
            command += ["--label", label]
        return cluster_servers.Process(self, name, self.wrap.get(name, []) + command)

    # -- what a user does

    def ask(self, *arguments, host=None):
        """A verb of the command line, at a coordinator's host; its standard output."""
        host = host or self.leader_host()
        to = self.to(host)
        environment = {**os.environ, "DNSTORM_TOKEN": "lab-token"}
        done = self.run(
            host, [harness.DNSTORM, *arguments, "--to", to], env=environment, timeout=60
        )
        self.case.assertEqual(done.returncode, 0, f"{arguments}: {done.stderr}")
        return done.stdout

    def to(self, host=None):
        return f"{self.address(host or self.leader_host())}:{self.api_port}"

    def leader_host(self):
        """That of the coordinator that leads; any while none says so."""
        if len(self.coordinator) == 1:
            return next(iter(self.coordinator))
        for host in self.coordinator:
            nimbuses = (self.get("nimbus/summary", host) or {"nimbuses": []})["nimbuses"]
            # The first is the one that was asked; one that waits tells of the one that leads, too.
            if nimbuses and nimbuses[0]["status"] == "Leader":
                return host
        return next(iter(self.coordinator))

    def get(self, path, host=None):
        """The API's answer, or None while it does not answer."""
        host = host or self.leader_host()
        url = f"http://{self.address(host)}:{self.api_port}/api/v1/{path}"
        done = self.run(host, ["curl", "-s", "-f", "--max-time", "5", url])
        return json.loads(done.stdout) if done.returncode == 0 else None

    def alive(self):
        summary = self.get("supervisor/summary")
        return sorted(node["id"] for node in summary["supervisors"]) if summary else []

    def submit(self, text, *options):
        return self.ask("submit", self.case.write("submitted.yaml", text), *options)

    def topology(self, name):
        summary = self.get("topology/summary") or {"topologies": []}
        found = [t for t in summary["topologies"] if t["name"] == name]
        return found[0] if found else None

    def status(self, name):
        found = self.topology(name)
        return found["status"] if found else None

    def detail(self, name):
        found = self.topology(name)
        return self.get(f"topology/{found['id']}") if found else None

    def worker_pid(self, name, node):
        workers = self.detail(name)["workers"]
        return next(w["pid"] for w in workers if w["supervisorId"] == node)

    def node_of(self, name, component):
        workers = self.detail(name)["workers"]
        return next(w["supervisorId"] for w in workers if component in w["componentNumTasks"])

    def counted(self, name):
        """Rows that the topology has emitted so far; None while nobody says."""
        try:
            return self.emitted(name)
        except (KeyError, TypeError):
            return None

    def restarts(self, name):
        found = self.topology(name)
        return found["restarts"] if found else 0

    def emitted(self, name):
        detail = self.detail(name)
        return sum(spout["emitted"] or 0 for spout in detail["spouts"]) if detail else 0

    def log_lines(self, name):
        return [line["text"] for line in self.get(f"logs?topology={name}&limit=1000")["lines"]]

    # -- waiting

    def until(self, holds, what, seconds=60):
        end = time.monotonic() + seconds
        while not (found := holds()):
            if time.monotonic() > end:
                self.case.fail(f"after {seconds} s it is not so that {what}\n" + self.logs())
            time.sleep(0.1)
        return found

    def until_status(self, name, wanted, seconds=60):
        self.until(
            lambda: self.status(name) == wanted, f"{name} is {wanted}: {self.status(name)}", seconds
        )

    def until_counted(self, name, rows=1):
        """It runs, and rows have been emitted."""
        self.until(lambda: self.emitted(name) >= rows, f"{name} has emitted {rows} rows")

    def logs(self):
        text = ""
        for process in [*self.coordinator.values(), *self.node.values()]:
            text += f"--- {process.name}\n{process.said()[-3000:]}"
        return text
