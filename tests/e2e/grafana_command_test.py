"""`dnstorm grafana`: the files that it writes, and what it says of wrong usage and wrong lists."""

import os

import grafana_panels
import harness


class Command(harness.Case):
    """`dnstorm grafana` itself."""

    def test_boards_are_the_same_every_time(self):
        for name in ("one", "two"):
            self.ok("grafana", "--out", self.path(name), "--database", "dns",
                    "--dashboards", "/boards")
        names = os.listdir(self.path("one/dashboards"))
        self.assertEqual(len(names), 7)
        for name in ["dashboards/" + name for name in names] + [
            "provisioning/datasources/dnstorm.yaml", "provisioning/dashboards/dnstorm.yaml"
        ]:
            with open(self.path("one/" + name)) as one, open(self.path("two/" + name)) as two:
                self.assertEqual(one.read(), two.read())

    def test_provisioning_leads_to_the_boards(self):
        done = self.ok("grafana", "--out", "g", "--database", "dns", cwd=self.path(""))
        folder = os.path.realpath(self.path("g"))
        self.assertIn(f"GF_PATHS_PROVISIONING={folder}/provisioning", done.stdout)
        with open(folder + "/provisioning/dashboards/dnstorm.yaml") as file:
            self.assertIn(f"path: {folder}/dashboards\n", file.read())

    def test_a_list_of_ones_own(self):
        panels = self.write("mine.yaml", (
            "boards:\n  - {uid: mine, title: Mine, description: All mine., interval: 10s, "
            "variables: [], rows: [{title: R, panels: [{title: T, description: D, kind: stat, "
            "measurement: m, aggregation: sum}]}]}\n"
        ))
        self.ok("grafana", "--out", self.path("g"), "--database", "dns", panels)
        boards = grafana_panels.read_boards(self.path("g"))
        self.assertEqual([board["uid"] for board in boards], ["dnstorm-mine"])

    def test_wrong_usage_and_wrong_lists(self):
        out = self.path("g")
        flux = ("--language", "flux")
        for code, part, arguments in (
            (64, "InfluxQL needs --database", ()),
            (64, "Flux needs --org and --bucket", (*flux, "--org", "isp")),
            (64, "are for --language influxql",
             (*flux, "--org", "isp", "--bucket", "b", "--database", "dns")),
            (64, "are for --language flux", ("--database", "dns", "--bucket", "b")),
            (66, "nowhere.yaml: cannot be read: No such file",
             ("--database", "dns", "nowhere.yaml")),
            (78, "empty.yaml: a list of panels is a map",
             ("--database", "dns", self.write("empty.yaml", ""))),
            (78, "bad.yaml:2:1: ", ("--database", "dns", self.write("bad.yaml", "boards: [\n}"))),
        ):
            with self.subTest(part):
                self.assertIn(part, self.fails(code, "grafana", "--out", out, *arguments))
                self.assertFalse(os.path.exists(out))
        line = self.fails(74, "grafana", "--out", "/proc/none", "--database", "dns")
        self.assertIn("cannot be written", line)


if __name__ == "__main__":
    harness.main()
