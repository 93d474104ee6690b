"""dnstorm keygen: what it writes, what it refuses."""

import os
import stat
import unittest

from harness import Case, dnstorm


class Keygen(Case):
    def key(self, name):
        with open(self.path("keys/" + name)) as file:
            return file.read()

    def test_writes_a_pair_for_each_name(self):
        done = self.ok("keygen", "--keys", self.path("keys"), "coordinator", "fra1")
        self.assertIn("fra1.key (secret: for fra1 alone)", done.stdout)
        self.assertEqual(
            sorted(os.listdir(self.path("keys"))),
            ["coordinator.key", "coordinator.pub", "fra1.key", "fra1.pub"],
        )
        self.assertEqual(stat.S_IMODE(os.stat(self.path("keys/fra1.key")).st_mode), 0o600)
        self.assertEqual(len({self.key(n) for n in os.listdir(self.path("keys"))}), 4)
        for name in os.listdir(self.path("keys")):
            self.assertRegex(self.key(name), r"^[0-9a-zA-Z.:+=^!/*?&<>()\[\]{}@%$#-]{40}\n$")

    def test_replaces_nothing_unasked(self):
        keys = self.path("keys")
        self.ok("keygen", "--keys", keys, "a")
        before = self.key("a.key")
        line = self.fails(64, "keygen", "--keys", keys, "b", "a")
        self.assertIn("a.key: is there already, nothing was written", line)
        self.assertEqual(sorted(os.listdir(keys)), ["a.key", "a.pub"])
        self.assertEqual(self.key("a.key"), before)
        self.ok("keygen", "--keys", keys, "--force", "b", "a")
        self.assertNotEqual(self.key("a.key"), before)

    def test_says_what_it_cannot_do(self):
        self.assertIn("is no name", self.fails(64, "keygen", "--keys", self.path("k"), "a/b"))
        self.assertIn("/proc/none", self.fails(74, "keygen", "--keys", "/proc/none", "a"))
        self.assertEqual(dnstorm("keygen", "--keys", self.path("k")).returncode, 64)
        self.assertIn("keygen --keys keys coordinator", self.ok("keygen", "--help").stdout)


if __name__ == "__main__":
    unittest.main()
