"""The commands that drive a cluster, against a coordinator and two nodes on this machine."""

import json
import os
import re
import ssl
import subprocess
import urllib.error
import urllib.request

import cluster_lab
import harness

TOPOLOGY = """name: %s
spouts:
  - id: words
    className: words
    properties: {words: [alpha, beta], order: cycle, limit: 100000000, rate: 2000}
bolts:
  - {id: counts, className: running_count, numTasks: 2, parallelism: 2, properties: {by: [word]}}
  - {id: out, className: discard}
streams:
  - {from: words, to: counts, grouping: {type: FIELDS, args: [word]}}
  - {from: counts, to: out, grouping: {type: GLOBAL}}
"""
DOCS = os.path.join(harness.SOURCE, "docs", "cluster-api.md")


class Verbs(harness.Case):
    def lab(self):
        return cluster_lab.ClusterLab(self, nodes=["n1", "n2"], network=False)

    def refused(self, lab, code, *arguments, token="lab-token"):
        environment = {**os.environ, "DNSTORM_TOKEN": token}
        return self.fails(
            code, *arguments, "--to", f"127.0.0.1:{lab.api_port}", env=environment
        )

    def test_a_topology_from_its_submission_to_its_end(self):
        lab = self.lab()
        self.assertEqual(lab.ask("list"), "no topologies\n")
        file = self.write("mine.yaml", TOPOLOGY % "mine")

        def plan_with_nodes():
            plan = lab.ask("submit", file, "--dry-run")
            return re.search(r"(?m)^words.*/0 +\d+  n[12]$", plan) and plan

        plan = lab.until(plan_with_nodes, "the nodes may be given work")
        self.assertRegex(plan, r"(?m)^EXECUTOR +TASKS  NODE$")
        self.assertIn("nothing of that name runs", plan)
        self.assertEqual(lab.ask("list"), "no topologies\n")

        self.assertRegex(lab.ask("submit", file), r"^mine is submitted as mine-\d+-\d+\n$")
        lab.until_status("mine", "ACTIVE")
        self.assertIn("is there already", self.refused(lab, 64, "submit", file))
        self.assertRegex(lab.ask("list"), r"(?m)^mine +ACTIVE")

        changed = self.write("mine.yaml", (TOPOLOGY % "mine").replace("numTasks: 2", "numTasks: 3"))
        plan = lab.ask("submit", changed, "--dry-run")
        self.assertRegex(plan, r"(?m)^replaces mine-\d+-\d+$")
        self.assertRegex(plan, r"(?m)^changed: counts$")
        self.assertRegex(plan, r"executors stay where they are")

        status = lab.ask("status", "mine")
        self.assertRegex(status, r"(?m)^counts +bolt +2 +2 ")
        self.assertRegex(status, r"(?m)^n1 +running")
        whole = json.loads(lab.ask("status", "--json"))
        self.assertEqual(len(whole["supervisors"]), 2)
        self.assertEqual(whole["nimbuses"][0]["status"], "Leader")

        self.assertIn("not asked", lab.ask("deactivate", "mine"))
        lab.until_status("mine", "INACTIVE")
        self.assertIn("asked for rows", lab.ask("activate", "mine"))
        lab.until_status("mine", "ACTIVE")
        self.assertIn("placed anew", lab.ask("rebalance", "mine", "counts=1"))
        lab.until(
            lambda: re.search(r"(?m)^counts +bolt +1 +2 ", lab.ask("status", "mine")),
            "counts has one executor",
        )

        self.assertIn("gets no more work", lab.ask("drain", "n2"))
        lab.until(
            lambda: re.search(r"(?m)^n2 +draining", lab.ask("status")), "n2 is drained"
        )
        self.assertIn("gets work again", lab.ask("drain", "n2", "--undo"))

        self.assertRegex(lab.ask("kill", "mine", "--wait", "0s"), r"^mine-.* is being killed")
        lab.until(lambda: lab.topology("mine") is None, "mine is gone")
        logs = lab.ask("logs", "--topology", "mine")
        self.assertRegex(logs, r"(?m)^\d{4}-\S+Z info +coordinator mine-\d+-\d+: submitted$")
        lines = lab.ask("logs", "--json", "--limit", "3").splitlines()
        self.assertEqual(len([json.loads(line)["number"] for line in lines]), 3)

    def test_rates_are_shown(self):
        lab = self.lab()
        lab.ask("submit", self.write("mine.yaml", TOPOLOGY % "mine"))

        def rows():
            page = json.loads(lab.ask("top", "--json"))
            found = [c for c in page["components"] if c["component"] == "counts"]
            return found and found[0]["in_per_s"] > 0

        lab.until(rows, "rows are counted")
        self.assertRegex(lab.ask("top", "--once"), r"(?m)^mine +counts +bolt +2 ")
        nodes = "|".join(lab.node)
        tasks = lab.ask("top", "--once", "--show", "tasks")
        for task in (0, 1):
            self.assertRegex(tasks, rf"(?m)^mine +({nodes}) +counts +{task} ")
        edges = lab.ask("top", "--once", "--show", "edges")
        self.assertRegex(edges, r"(?m)^mine +words +default +counts ")
        page = lab.get("topology/mine")
        self.assertGreater(page["bolts"][0]["executed"], 0)

    def test_what_is_refused_is_one_line(self):
        lab = self.lab()
        file = self.write("mine.yaml", TOPOLOGY % "mine")
        self.assertIn("wants its token", self.refused(lab, 77, "submit", file, token=""))
        self.assertIn("not the token", self.refused(lab, 77, "submit", file, token="wrong"))
        for verb in ("kill", "activate", "deactivate", "rebalance"):
            self.assertEqual(self.refused(lab, 64, verb, "none"), "dnstorm: none is not alive")
        for verb in ("drain", "forget"):
            self.assertIn("no node none", self.refused(lab, 64, verb, "none"))
        self.assertIn("not 'soon'", self.refused(lab, 64, "kill", "none", "--wait", "soon"))
        self.assertIn("a level is", self.refused(lab, 64, "logs", "--level", "loud"))
        wrong = self.write("wrong.yaml", (TOPOLOGY % "wrong").replace("discard", "nothing"))
        self.assertIn("nothing", self.refused(lab, 78, "submit", wrong))
        self.assertIn("none.yaml", self.refused(lab, 66, "submit", self.path("none.yaml")))
        self.assertIn(
            "does not answer", self.fails(69, "list", "--to", "127.0.0.1:1,127.0.0.1:2")
        )
        self.assertIn("no token in it", self.fails(66, "list", "--token-file", "/dev/null"))
        # The first address is nobody's; looking wants no token.
        self.ok("list", "--to", f"127.0.0.1:1,127.0.0.1:{lab.api_port}")

    def test_looking_is_free_and_changing_is_not(self):
        lab = self.lab()
        base = f"http://127.0.0.1:{lab.api_port}/api/v1"
        with urllib.request.urlopen(base + "/openapi.yaml", timeout=60) as answer:
            self.assertIn(b"/topology/summary", answer.read())
        with self.assertRaises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(base + "/node/n1/drain", data=b"", timeout=60)
        self.assertEqual(refused.exception.code, 401)
        self.assertEqual(json.load(refused.exception)["error"], "AuthorizationException")
        refused.exception.close()

    def test_over_tls(self):
        certificate, key = self.path("api.crt"), self.path("api.key")
        subprocess.run(
            [
                *"openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes".split(),
                *("-days", "2", "-subj", "/CN=localhost", "-keyout", key, "-out", certificate),
                *("-addext", "subjectAltName=IP:127.0.0.1"),
            ],
            check=True,
            capture_output=True,
        )
        config = self.write("tls.yaml", "tls: {certificate: %s, key: %s}\n" % (certificate, key))
        lab = self.lab()
        lab.coordinator["c1"].stop()
        lab.coordinator["c1"].command += ["--config", config]
        lab.coordinator["c1"].start()
        to = ("--to", f"127.0.0.1:{lab.api_port}")
        lab.until(
            lambda: harness.dnstorm("list", *to, "--insecure").returncode == 0, "HTTPS is served"
        )
        self.ok("list", *to, "--ca-file", certificate)
        self.ok("status", "--to", f"https://127.0.0.1:{lab.api_port}", "--insecure")
        self.fails(69, "list", *to)
        self.fails(69, "list", "--to", f"https://127.0.0.1:{lab.api_port}")
        context = ssl.create_default_context(cafile=certificate)
        url = f"https://127.0.0.1:{lab.api_port}/api/v1/cluster/summary"
        with urllib.request.urlopen(url, context=context, timeout=60) as answer:
            self.assertEqual(json.load(answer)["supervisors"] >= 0, True)

    def test_top_shows_a_run_with_a_board(self):
        process, address = self.run_with_board(self.write("run.yaml", TOPOLOGY % "run"))
        self.assertRegex(self.ok("top", address, "--once").stdout, r"(?m)^run +words +spout +1 ")
        self.assertEqual(
            json.loads(self.ok("top", address, "--json").stdout)["topologies"][0]["topology"], "run"
        )
        process.terminate()
        process.wait()
        self.assertIn("does not answer", self.fails(69, "top", address, "--once"))

    def test_every_command_of_the_docs_has_its_help_with_an_example(self):
        with open(DOCS) as file:
            commands = set(re.findall(r"`dnstorm ([a-z]+)", file.read()))
        self.assertGreaterEqual(len(commands), 11)
        for command in sorted(commands):
            text = self.ok(command, "--help").stdout
            self.assertRegex(text, r"Examples?:\n(.*\n)* +.*dnstorm " + command, command)


if __name__ == "__main__":
    harness.main()
