#!/usr/bin/env python3
"""Breaks each house rule in a small tree, to see that tidy.py notices."""
import os
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import tidy  # noqa: E402

GOOD = {
    "tests/tidy/edges.txt": "engine/base:\nengine/api: engine/base\nlibrary caf/: engine/runtime\n"
                            "operators/catalog.cpp: operators/*\noperators/count: engine/api\n",
    "tests/tidy/exemptions.txt": "# none\n",
    "engine/base/CMakeLists.txt": "x\n",
    "engine/base/a.hpp": "// What it is.\n#pragma once\n",
    "engine/base/a.cpp": '#include "engine/base/a.hpp"\nint a() { return 1; }\n',
    "engine/base/detail/b.hpp": "// Private.\n#pragma once\n",
    "engine/api/CMakeLists.txt": "x\n",
    "engine/api/c.cpp": '#include "engine/base/a.hpp"\n',
    "operators/CMakeLists.txt": "x\n",
    "operators/catalog.cpp": '#include "operators/count/count.hpp"\n',
    "operators/count/count.hpp": "// Counts.\n#pragma once\n",
    "operators/count/count.md": "# count\n",
    "tests/unit/operators/count/count_test.cpp": "int main() {}\n",
    "tests/unit/operators/units.cmake": "dnstorm_unit_test(operators/count USES x)\n",
}


def findings(changes):
    with tempfile.TemporaryDirectory() as root:
        for path, text in {**GOOD, **changes}.items():
            if text is None:
                continue
            full = os.path.join(root, path)
            os.makedirs(os.path.dirname(full), exist_ok=True)
            with open(full, "w", encoding="utf-8") as file:
                file.write(text)
        return [f"{f.path}:{f.line}: {f.rule}: {f.what}" for f in tidy.check(root)]


class TidyTest(unittest.TestCase):
    def expect(self, changes, *parts):
        found = findings(changes)
        self.assertEqual(len(found), 1, found)
        for part in parts:
            self.assertIn(part, found[0])

    def test_a_good_tree_has_no_findings(self):
        self.assertEqual(findings({}), [])

    def test_edges(self):
        self.expect({"engine/base/a.cpp": '#include "operators/count/count.hpp"\n'},
                    "engine/base/a.cpp:1: include: engine/base may not include operators/count")
        self.expect({"engine/api/c.cpp": '#include "engine/base/detail/b.hpp"\n'},
                    "private to engine/base")
        self.expect({"engine/api/c.cpp": "\n#include <caf/all.hpp>\n"},
                    ":2:", "engine/runtime only")
        self.expect({"engine/new/d.cpp": '#include "engine/base/a.hpp"\n',
                     "engine/new/CMakeLists.txt": "x\n"}, "engine/new is not in edges.txt")
        self.expect({"engine/base/a.cpp": '#include "a.hpp"\n'}, "from the root")

    def test_tests_may_include_everything(self):
        self.assertEqual(findings({"tests/unit/operators/count/count_test.cpp":
                                   '#include <caf/all.hpp>\n#include "engine/base/a.hpp"\n'}), [])

    def test_columns(self):
        self.expect({"engine/base/a.cpp": "//" + "x" * 99 + "\n"}, "101 columns")

    def test_file_length(self):
        self.expect({"engine/base/a.cpp": "\n" * 401}, "file-length: 401 lines")

    def test_function_length(self):
        body = "  call();\n" * 68
        self.assertEqual(findings({"engine/base/a.cpp": "void f() {\n" + body + "}\n"}), [])
        self.expect({"engine/base/a.cpp": "void f() {\n" + body + "  if (x) {}\n}\n"},
                    "engine/base/a.cpp:f:1: function-length: 71 lines")
        inside = "namespace x {\nclass Y : Z {\n  int g(int a) const {\n" + body + "\n\n}\n};\n}\n"
        self.expect({"engine/base/a.cpp": inside}, "a.cpp:g:3:")

    def test_function_length_is_not_fooled_by_text_and_scopes(self):
        text = "const char* a = \"{\"; // {\nchar b = '{';\nint c = 10'000;\n#define D {\n"
        filler = "namespace x {\n" + "int y;\n" * 80 + "}\n"
        filler += "enum class E {\n" + "e,\n" * 80 + "};\n"
        self.assertEqual(findings({"engine/base/a.cpp": text + filler}), [])

    def test_words(self):
        self.expect({"engine/base/a.cpp": "std::regex r;\n"}, "std::regex")
        self.expect({"engine/base/a.cpp": "// TO" "DO: later\n"}, "word")
        self.expect({"engine/base/a.cpp": "std::cout << 1;\n"}, "libraries do not print")
        self.expect({"docs/a.md": "see /wo" "rk/shared\n"}, "one machine")
        self.assertEqual(findings({"cli/CMakeLists.txt": "", "cli/a.cpp": "std::cout << 1;\n"}), [])

    def test_headers(self):
        self.expect({"engine/base/a.hpp": "#pragma once\n"}, "begins with a comment")
        self.expect({"engine/base/a.hpp": "// a\n"}, "pragma once")
        self.expect({"engine/base/a.hpp": "// a\n#pragma once\nusing namespace std;\n"}, ":3:")

    def test_what_is_not_built(self):
        self.expect({"engine/api/CMakeLists.txt": None}, "no CMakeLists.txt in engine/api")
        self.expect({"tests/unit/operators/count/x.cpp": "\n"}, "end in _test.cpp")
        self.expect({"tests/unit/operators/units.cmake": "dnstorm_unit_test(operators/coun)\n"},
                    "no dnstorm_unit_test(operators/count")

        self.expect({"tests/unit/operators/units.cmake": "dnstorm_unit_test(operators USES x)\n",
                     "tests/unit/operators/gone/x_test.cpp": "\n"}, "there is no operators/gone")

    def test_operators_have_a_page_and_a_test(self):
        self.expect({"operators/count/count.md": None}, "count.md, its page, is missing")
        self.expect({"tests/unit/operators/count/count_test.cpp": None},
                    "count_test.cpp is missing")

    def test_exemptions(self):
        wide = {"engine/base/a.cpp": "//" + "x" * 99 + "\n"}
        exempt = "columns engine/base/a.cpp a table that is read across\n"
        self.assertEqual(findings({**wide, "tests/tidy/exemptions.txt": exempt}), [])
        self.expect({"tests/tidy/exemptions.txt": exempt}, "not needed any more")
        self.expect({**wide, "tests/tidy/exemptions.txt": "columns engine/base/a.cpp\n"},
                    "no reason given")


if __name__ == "__main__":
    unittest.main()
