"""The pages of the operators that are made of their declarations: all of them, with links that lead
somewhere."""

import os
import re
import subprocess
import sys

import harness


class OperatorPages(harness.Case):
    def setUp(self):
        super().setUp()
        self.out = self.path("docs/operators")
        script = os.path.join(harness.SOURCE, "scripts", "operator_pages.py")
        subprocess.run([sys.executable, script, harness.DNSTORM, self.out], check=True)
        self.pages = {}
        for name in os.listdir(self.out):
            with open(os.path.join(self.out, name)) as file:
                self.pages[name] = file.read()

    def test_every_operator_has_its_declaration_on_one_page(self):
        for line in self.ok("operators").stdout.splitlines():
            name = line.split()[0]
            with self.subTest(name):
                found = [
                    page for page, text in self.pages.items()
                    if re.search(rf"^`{name}` \([a-z ]+\): ", text, re.MULTILINE)
                ]
                self.assertEqual(len(found), 1)
                self.assertIn(f"- [{name}]({found[0]}): ", self.pages["README.md"])
                self.assertIn(self.ok("operators", "--markdown", name).stdout,
                              self.pages[found[0]])

    def test_links_lead_somewhere(self):
        judged = 0
        for page, text in self.pages.items():
            for target in re.findall(r"\]\(([^)\s#]+)(?:#[^)]*)?\)", text):
                if "://" in target:
                    continue
                judged += 1
                with self.subTest(page, target=target):
                    if target.startswith("../"):
                        docs = os.path.join(harness.SOURCE, "docs", target[3:])
                        self.assertTrue(os.path.exists(docs))
                    else:
                        self.assertIn(target, self.pages)
        self.assertGreater(judged, 50)


if __name__ == "__main__":
    harness.main()
