"""Plug-ins: dnstorm is installed into a folder, the example is built against it outside of the
tree, topologies run with it; and what is no plug-in of this dnstorm is refused in one line."""

import json
import os
import shutil
import subprocess
import tempfile

import harness

CONFIG = 78
BUILD = os.environ.get("DNSTORM_BUILD", "")
CMAKE = os.environ.get("CMAKE", "cmake")

WORDS = """name: words
plugins: [%s]
spouts:
  - id: words
    className: words
    properties: {words: [aaaa, abab, abcd, abcdefgh], order: cycle, limit: 8}
bolts:
  - id: random
    className: entropy
    properties: {of: word, at_least: %s}
  - id: counts
    className: count
    properties: {by: [word], window: 0s}
  - {id: out, className: text}
streams:
  - {from: words, to: random}
  - {from: random, to: counts, grouping: {type: GLOBAL}}
  - {from: counts, to: out, grouping: {type: GLOBAL}}
"""

# As PluginEntry of engine/api/plugin.hpp: the magic and plugin_api_version.
API_VERSION = 1
ENTRY = """
struct { char magic[8]; unsigned version; const char *toolchain, *digest; void (*add)(void *); }
dnstorm_plugin = {"%s", %s, "a compiler", "a digest", 0};
"""


def run(*command, **options):
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=600, **options
    )
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(command)}\n{done.stdout}")
    return done.stdout


def setUpModule():
    """Once for all tests: the installation, staged and thereby moved, and the example."""
    global folder, prefix, example, entropy, first_seen
    folder = tempfile.TemporaryDirectory(prefix="dnstorm-plugin-")
    stage = os.path.join(folder.name, "stage")
    install = {**os.environ, "DESTDIR": stage}
    run(CMAKE, "--install", BUILD, "--prefix", "/opt/dnstorm", env=install)
    prefix = os.path.join(stage, "opt", "dnstorm")
    example = os.path.join(folder.name, "example")
    shutil.copytree(os.path.join(prefix, "share", "dnstorm", "examples", "plugin"), example)
    build = os.path.join(example, "build")
    run(CMAKE, "-S", example, "-B", build, f"-DCMAKE_PREFIX_PATH={prefix}")
    run(CMAKE, "--build", build)
    entropy = os.path.join(build, "entropy.so")
    first_seen = os.path.join(build, "first_seen.so")
    harness.DNSTORM = os.path.join(prefix, "bin", "dnstorm")


def tearDownModule():
    folder.cleanup()


class Case(harness.Case):
    def words(self, plugin, at_least="1.5"):
        return self.write("words.yaml", WORDS % (plugin, at_least))

    def library(self, name, source):
        """A shared library out of C."""
        command = (
            os.environ.get("CC", "cc"),
            "-shared",
            "-fPIC",
            "-o",
            self.path(name),
            "-xc",
            "-",
        )
        run(*command, input=source)
        return self.path(name)


class Installed(Case):
    def test_headers_are_those_of_the_interface(self):
        include = os.path.join(prefix, "include", "dnstorm")
        headers = {
            os.path.relpath(os.path.join(path, name), include)
            for path, _, names in os.walk(include)
            for name in names
        }
        self.assertIn("engine/api/plugin.hpp", headers)
        self.assertIn("engine/api/digest.hpp", headers)
        others = {h for h in headers if not h.startswith(("engine/api/", "engine/base/"))}
        kit = {"engine/testkit/rows.hpp", "engine/testkit/test_topology.hpp"}
        self.assertEqual(others, kit | {"engine/telemetry/counter.hpp"})

    def test_configs_and_pages_are_there(self):
        for name in ("dnstorm/configs/topologies/quickstart.yaml", "doc/dnstorm/plugins.md"):
            self.assertTrue(os.path.exists(os.path.join(prefix, "share", name)), name)


class Plugin(Case):
    def test_a_plugin_shows_nothing_but_its_entry_point(self):
        symbols = [
            line.split()[-1] for line in run("nm", "-D", "--defined-only", entropy).splitlines()
        ]
        self.assertEqual(symbols, ["dnstorm_plugin"])

    def test_its_operator_works_in_a_topology(self):
        def words(at_least):
            lines = self.ok("run", "-q", self.words(entropy, at_least)).stdout.splitlines()
            return [line.split("word=")[1].split()[:2] for line in lines]

        self.assertEqual(words(1.5), [["abcd", "count=2i"], ["abcdefgh", "count=2i"]])
        self.assertEqual(words(3), [["abcdefgh", "count=2i"]])

    def test_state_by_key_goes_on_with_other_numbers_of_tasks(self):
        checkpoints = self.path("checkpoints")

        def topology(tasks):
            return self.write(
                "seen.yaml",
                f"""name: seen
plugins: [{first_seen}]
config:
  topology.delivery: exactly-once
  topology.state.checkpoint.interval.ms: 20
  topology.checkpoint.dir: {checkpoints}
spouts:
  - {{id: words, className: words, properties: {{limit: 20000, rate: 20000}}}}
bolts:
  - {{id: fresh, className: first_seen, parallelism: {tasks}, properties: {{of: [word]}}}}
  - {{id: counts, className: count, properties: {{by: [word], window: 0s}}}}
  - {{id: out, className: text, properties: {{file: {self.path("out.txt")}}}}}
streams:
  - {{from: words, to: fresh, grouping: {{type: FIELDS, args: [word]}}}}
  - {{from: fresh, to: counts, grouping: {{type: GLOBAL}}}}
  - {{from: counts, to: out, grouping: {{type: GLOBAL}}}}
""",
            )

        process = subprocess.Popen([harness.DNSTORM, "run", "-q", topology(2)])
        while not (
            os.path.isdir(checkpoints)
            and any(name.startswith("checkpoint-") for name in os.listdir(checkpoints))
        ):
            self.assertIsNone(process.poll())
        process.kill()
        process.wait()
        self.assertIn("Going on", self.ok("run", "--resume", topology(5)).stderr)
        with open(self.path("out.txt")) as out:
            lines = out.read().splitlines()
        self.assertEqual(len(lines), 5)
        self.assertTrue(all("count=1i" in line for line in lines), lines)

    def test_the_example_gives_the_same_at_any_parallelism(self):
        capture = self.path("sample.pcap")
        self.ok("generate", "-o", capture, "--queries", 5000, "--seed", 5)
        outputs = [
            self.ok(
                "run",
                "-q",
                os.path.join(example, "random_names.yaml"),
                "--set",
                f"packets.file={capture}",
                "--parallelism",
                parallelism,
            ).stdout
            for parallelism in (1, 3)
        ]
        self.assertIn("client", outputs[0])
        self.assertEqual(outputs[0], outputs[1])

    def test_its_options_are_checked_as_those_of_others(self):
        line = self.fails(CONFIG, "validate", self.words(entropy, "9"))
        self.assertIn("words.yaml:10:", line)
        self.assertIn("at_least", line)

    def test_its_grouping_chooses_the_task(self):
        topology = WORDS.replace(
            "  - {from: words, to: random}",
            "  - from: words\n    to: random\n    grouping:\n      type: CUSTOM\n"
            "      customClass: {className: long_names, constructorArgs: [word, %s]}",
        )
        topology = topology.replace("className: entropy", "className: entropy\n    parallelism: 3")
        long_names = self.write("long.yaml", topology % (entropy, 0, 8))
        plan = self.ok("explain", long_names).stdout
        self.assertIn("<- words/default CUSTOM long_names {of: word, at_least: 8}", plan)
        self.ok("run", "-q", long_names, "--summary", self.path("summary.json"))
        with open(self.path("summary.json"), encoding="utf-8") as file:
            tasks = json.load(file)["tasks"]
        executed = [t["executed"] for t in tasks if t["component"] == "random"]
        self.assertEqual((executed[2], sum(executed)), (2, 8), "abcdefgh, twice")
        wrong = self.write("wrong.yaml", topology % (entropy, 0, 300))
        self.assertIn("(long_names): option 'at_least'", self.fails(CONFIG, "validate", wrong))

    def test_its_operator_has_a_page(self):
        self.assertIn("entropy", self.ok("operators", "--plugin", entropy).stdout)
        self.assertIn("Grouping: ", self.ok("operators", "--plugin", entropy).stdout)
        grouping = self.ok("operators", "--plugin", entropy, "long_names").stdout
        self.assertIn("long_names (grouping): Rows with a long text", grouping)
        page = self.ok("operators", "--plugin", entropy, "entropy").stdout
        self.assertIn("Shannon entropy, in bits a byte (number, at most 8; default 3.5)", page)

    def test_it_may_be_named_twice(self):
        shutil.copy(entropy, self.path("entropy.so"))
        os.symlink("entropy.so", self.path("link.so"))
        self.ok(
            "validate",
            self.words("entropy.so, ./entropy.so, link.so"),
            "--plugin",
            self.path("link.so"),
        )


class Tested(Case):
    def test_the_example_is_tested_with_the_installed_test_kit(self):
        build = self.path("build")
        options = (f"-DCMAKE_PREFIX_PATH={prefix}", "-DENTROPY_TESTS=ON")
        run(CMAKE, "-S", example, "-B", build, *options)
        run(CMAKE, "--build", build)
        self.assertIn("[  PASSED  ] 2 tests.", run(os.path.join(build, "entropy_test")))

    def test_its_test_file_passes(self):
        done = self.ok("test", os.path.join(example, "entropy_words.yaml"))
        self.assertEqual(
            done.stdout,
            "ok      only what looks random is passed on (20 runs)\n1 passed, 0 failed\n",
        )


class Search(Case):
    def test_a_bare_name_is_looked_for_beside_in_the_path_and_installed(self):
        topology = self.words("entropy.so")
        line = self.fails(CONFIG, "validate", topology)
        self.assertIn("words.yaml:2:11: there is no plug-in 'entropy.so'; looked for ", line)
        self.assertIn(f"{prefix}/lib/dnstorm/plugins/entropy.so", line)
        path = {**os.environ, "DNSTORM_PLUGIN_PATH": f"/nowhere:{os.path.dirname(entropy)}"}
        self.ok("validate", topology, env=path)
        self.ok("operators", "--plugin", "entropy.so", "entropy", env=path)
        # Staged, so that a wrong dnstorm_PLUGIN_DIR puts nothing outside of the test.
        installed = os.path.join(prefix, "lib", "dnstorm", "plugins", "entropy.so")
        stage = {**os.environ, "DESTDIR": self.path("stage")}
        run(CMAKE, "--install", os.path.join(example, "build"), env=stage)
        os.makedirs(os.path.dirname(installed))
        shutil.move(self.path("stage") + installed, installed)
        self.addCleanup(os.remove, installed)
        self.ok("validate", topology)
        os.makedirs(self.path("sub"))
        shutil.move(topology, self.path("sub/words.yaml"))
        self.write("sub/entropy.so", "no library, but nearer")
        self.assertIn(
            "is not a shared library", self.fails(CONFIG, "validate", self.path("sub/words.yaml"))
        )

    def test_a_plugin_of_an_included_file_is_beside_that(self):
        os.makedirs(self.path("common"))
        shutil.copy(entropy, self.path("common/entropy.so"))
        self.write("common/words.yaml", WORDS % ("entropy.so", 1))
        top = self.write("t.yaml", "name: t\nincludes: [{file: common/words.yaml}]\n")
        self.ok("validate", top)
        os.remove(self.path("common/entropy.so"))
        self.assertIn(
            "common/words.yaml:2:11: there is no plug-in", self.fails(CONFIG, "validate", top)
        )


class Refused(Case):
    def refusal(self, name):
        """What `validate` says behind the place; --plugin says the same."""
        line = self.fails(CONFIG, "validate", self.words("./" + name))
        place, said = line.split("words.yaml:2:11: ")
        self.assertTrue(place.startswith("dnstorm: "), line)
        self.assertTrue(said.startswith("plug-in '"), line)
        option = self.fails(CONFIG, "operators", "--plugin", self.path(name))
        self.assertEqual(option.split("' ", 1)[1], said.split("' ", 1)[1])
        return said.split("' ", 1)[1]

    def test_a_text_file(self):
        self.write("text.so", "name: not a library\n")
        self.assertEqual(self.refusal("text.so"), "is not a shared library")

    def test_a_library_that_is_cut_off(self):
        with open(entropy, "rb") as file:
            self.write("cut.so", file.read(5000))
        self.assertEqual(self.refusal("cut.so"), "is cut off")

    def test_a_library_without_an_entry_point(self):
        self.library("other.so", "int nothing;")
        self.assertIn("has no entry point; DNSTORM_PLUGIN belongs", self.refusal("other.so"))

    def test_a_library_that_lacks_a_function(self):
        self.library("lacks.so", "int nowhere(void); int f(void) { return nowhere(); }")
        self.assertIn("cannot be loaded: undefined symbol: nowhere", self.refusal("lacks.so"))

    def test_another_version_of_the_interface(self):
        self.library("old.so", ENTRY % ("dnstorm", 999))
        self.assertIn("built against version 999 of the plug-in interface", self.refusal("old.so"))

    def test_another_compiler(self):
        self.library("other.so", ENTRY % ("dnstorm", API_VERSION))
        self.assertIn(
            "was built with a compiler and this dnstorm with C++ ABI", self.refusal("other.so")
        )

    def test_somebody_elses_symbol(self):
        self.library("magic.so", ENTRY % ("storm", API_VERSION))
        self.assertIn("that DNSTORM_PLUGIN did not make", self.refusal("magic.so"))

    def test_a_name_that_is_taken(self):
        shutil.copy(entropy, self.path("a.so"))
        shutil.copy(entropy, self.path("b.so"))
        line = self.fails(CONFIG, "validate", self.words("./a.so, ./b.so"))
        self.assertIn("words.yaml:2:19: plug-in '", line)
        self.assertIn("b.so' has an operator 'entropy', and that name is taken by plug-in '", line)
        self.assertIn("a.so'", line)

    def test_every_bad_one_is_told(self):
        self.write("text.so", "x")
        done = harness.dnstorm("validate", self.words("./text.so, ./nowhere.so"))
        self.assertEqual(done.returncode, CONFIG)
        self.assertEqual([":2:11: " in done.stderr, ":2:22: " in done.stderr], [True, True])
        self.assertEqual(len(done.stderr.splitlines()), 2, done.stderr)


if __name__ == "__main__":
    harness.main()
