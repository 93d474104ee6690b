"""A folder of files as a source: the same results as of one capture that mergecap has made of it,
with any number of threads and tasks; damaged files; every format; progress."""

import os
import resource

import harness
import lake
import resume_test


class Lake(harness.Case):
    packets = 60000

    def setUp(self):
        super().setUp()
        self.lake = self.path("lake")
        self.merged = self.path("merged.pcap")

    def fill(self):
        lake.fill(self, self.lake, self.packets, self.merged)

    def files(self):
        return sorted(
            os.path.join(folder, name) for folder, _, names in os.walk(self.lake) for name in names
        )

    def results(self, name, source, tasks, *options):
        folder = self.path(name)
        os.makedirs(folder)
        text = resume_test.TOPOLOGY.format(
            folder=folder, spout="pcap", files=source, speed="max", sinks=resume_test.SINKS,
            tasks=tasks,
        )
        self.ok("run", "-q", self.write(name + ".yaml", text), *options)
        with open(os.path.join(folder, "points.txt")) as file:
            text = file.read()
        points = resume_test.points_of(os.path.join(folder, "points.sqlite"))
        return text, points, resume_test.rows_of(os.path.join(folder, "rows"))

    def test_results_are_those_of_one_merged_capture(self):
        self.fill()
        self.assertGreater(len(self.files()), 30)
        expected = self.results("merged", self.merged, 1)
        self.assertGreater(len(expected[1]), 100)
        for readers, tasks in ((0, 1), (1, 3), (3, 2)):
            got = self.results(
                f"lake-{readers}-{tasks}", self.lake, tasks, "--set", f"packets.readers={readers}"
            )
            self.assertEqual(got[0], expected[0], f"text with {readers} readers")
            self.assertEqual(got[1], expected[1], f"store with {readers} readers")
            self.assertTrue(got[2] == expected[2], f"rows with {readers} readers")

    def test_report_of_a_folder_is_that_of_the_merged_capture(self):
        self.fill()
        expected, got = self.report(self.merged), self.report(self.lake)
        self.assertEqual(got.pop("files"), {"all": len(self.files()), "damaged": 0})
        del expected["file"], got["file"]
        self.assertEqual(got, expected)
        some = self.report(self.lake, "--pattern", "ams/*/*")
        alone = self.report(self.path("ams.pcap"))
        self.assertEqual(some["messages"], alone["messages"])
        self.assertEqual(some["qtypes"], alone["qtypes"])

    def test_more_files_than_may_be_open(self):
        self.fill()
        expected = self.report(self.merged)

        def few_files():
            resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))

        done = harness.dnstorm("report", "--json", self.lake, preexec_fn=few_files)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(f'"packets": {expected["packets"]},', done.stdout)

    def test_every_format_is_an_input(self):
        """UDP alone: of a connection, a message is where the other formats have it, and of captures
        where its last segment is."""
        for number, ending in enumerate(
            (".pcap", ".json.gz", ".cdns.zst", ".fstrm", ".json", ".pcapng", ".fstrm.gz")
        ):
            capture = self.path("capture.pcap")
            self.ok("generate", "-o", capture, "--queries", 3000, "--seed", number, "--start",
                    f"2026-01-0{7 - number}T00:00:00Z", "--not-dns", 0, "--malformed", 0)
            folder = os.path.join(self.lake, str(number))
            os.makedirs(folder)
            self.ok("convert", "-q", capture, "-o", os.path.join(folder, "x" + ending))
        files = self.files()
        whole = self.report(self.lake)
        parts = [self.report(file) for file in files]
        self.assertEqual(whole["files"], {"all": 7, "damaged": 0})
        for count in ("packets", "messages", "queries", "responses", "edns", "do", "v6", "tc"):
            self.assertEqual(whole[count], sum(part[count] for part in parts), count)
        for counts in ("qtypes", "rcodes", "transactions"):
            sums = {}
            for part in parts:
                for key, count in part[counts].items():
                    sums[key] = sums.get(key, 0) + count
            self.assertEqual(whole[counts], sums, counts)
        self.assertEqual(whole["first_ns"], min(part["first_ns"] for part in parts))
        self.assertEqual(whole["last_ns"], max(part["last_ns"] for part in parts))

    def test_lines_of_json_count_as_the_capture_that_they_were_made_of(self):
        capture = self.path("capture.pcap")
        self.ok("generate", "-o", capture, "--queries", 5000, "--not-dns", 0, "--malformed", 0)
        lines = self.path("lines.json")
        self.ok("convert", "-q", capture, "-o", lines)
        expected = self.report(capture)
        with open(lines, "a") as file:
            file.write("no JSON\n{}\n")
        got = self.report(lines)
        self.assertEqual(got.pop("malformed_by_reason"), {"json_line": 2})
        self.assertEqual(got["packets"], expected["packets"] + 2)
        for same in ("messages", "queries", "responses", "qtypes", "rcodes", "transactions",
                     "response_time_us", "top_names", "top_clients", "first_ns"):
            self.assertEqual(got[same], expected[same], same)

    def test_damaged_files_are_named_counted_and_left(self):
        self.fill()
        files = self.files()
        plain = [file for file in files if file.endswith(".pcap")]
        with open(plain[3], "r+b") as file:
            file.truncate(os.path.getsize(plain[3]) - 1)
        with open(os.path.join(self.lake, "README"), "w") as file:
            file.write("What lies here.\n" * 9)
        done = harness.dnstorm("report", "--json", self.lake)
        self.assertEqual(done.returncode, 65, done.stderr)
        self.assertIn(f"left: {plain[3]}: cut off in packet", done.stderr)
        self.assertIn("README: is a text file", done.stderr)
        self.assertIn(f"2 of {len(files) + 1} files are damaged", done.stderr)
        self.assertIn(f'"packets": {self.report(self.merged)["packets"] - 1},', done.stdout)
        topology = self.write(
            "stop.yaml",
            "name: stop\n"
            f"spouts: [{{id: packets, className: pcap, properties: {{file: {self.lake}}}}}]\n"
            "bolts: [{id: end, className: discard}]\n"
            "streams: [{from: packets, to: end, grouping: {type: SHUFFLE}}]\n",
        )
        told = self.fails(65, "run", "-q", topology)
        self.assertIn("README: is a text file", told)
        self.assertIn("`damaged: leave`", told)


if __name__ == "__main__":
    harness.main()
