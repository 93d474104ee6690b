#!/usr/bin/env python3
"""The house rules that a machine can check: who includes whom, sizes, words, what belongs together.

    tests/tidy/tidy.py [ROOT]      prints one line a finding, ends with 1 if there is one

Rules and their exceptions are data: edges.txt and exemptions.txt beside this file.
"""
import os
import re
import sys
from collections import namedtuple

Finding = namedtuple("Finding", "rule path line what")

COLUMNS_MAX = 100
FUNCTION_LINES_MAX = 70
FILE_LINES_MAX = 400
SKIPPED_FOLDERS = {".git", "build", "node_modules", "dist", "out", "__pycache__", "corpus"}
CPP = (".cpp", ".hpp")
TEXT = CPP + (".py", ".cmake", ".txt", ".md", ".yaml", ".yml", ".json", ".sh", ".ts", ".tsx",
              ".css", ".html", ".service")
# The program's own code, as opposed to tests and benchmarks.
PROGRAM = ("engine", "capture", "operators", "cluster", "board", "cli")
LIBRARIES = ("engine", "capture", "operators", "cluster", "board")
EVERYTHING = ("tests", "benchmarks")

# word, what to do instead, endings of the files, top folders (none: all)
BANNED = [
    (r"std::w?regex\b", "it is slow and may recurse without bound", CPP, ()),
    (r"\b(sleep_for|sleep_until|usleep|nanosleep)\s*\(", "wait for the event, not for time", CPP,
     ()),
    (r"\bstd::cout\b", "libraries do not print; return the text", CPP, LIBRARIES),
    # Spelt in pieces, so that this file does not find itself.
    (r"\b(TO" r"DO|FIX" r"ME|XX" r"X)\b", "an issue is the place for work left to do", TEXT, ()),
    (r"/wo" r"rk/", "a path of one machine", TEXT, ()),
    (r"/ho" r"me/", "a path of one machine", TEXT, ()),
]


class Tree:
    """The files below root, read once."""

    def __init__(self, root):
        self.root = root
        self.paths = sorted(self._walk())
        self._lines = {}

    def _walk(self):
        for folder, folders, names in os.walk(self.root):
            folders[:] = [f for f in folders
                          if f not in SKIPPED_FOLDERS and not f.startswith("build-")]
            for name in names:
                yield os.path.relpath(os.path.join(folder, name), self.root)

    def with_ending(self, *endings):
        return [p for p in self.paths if p.endswith(endings)]

    def exists(self, path):
        return os.path.exists(os.path.join(self.root, path))

    def lines(self, path):
        if path not in self._lines:
            with open(os.path.join(self.root, path), encoding="utf-8", errors="replace") as file:
                self._lines[path] = file.read().split("\n")
        return self._lines[path]

    def text(self, path):
        return "\n".join(self.lines(path))


def top(path):
    return path.split("/", 1)[0]


def home(path):
    """The folder a file belongs to for others: detail/ is part of its parent."""
    folder = os.path.dirname(path)
    return folder[: -len("/detail")] if folder.endswith("/detail") else folder


# -- who includes whom -----------------------------------------------------------------------------


class Edges:
    def __init__(self, lines):
        self.allowed = {}
        self.libraries = {}
        for line in lines:
            line = line.split("#", 1)[0].strip()
            if not line:
                continue
            left, right = line.split(":", 1)
            table = self.libraries if left.startswith("library ") else self.allowed
            table[left.removeprefix("library ").strip()] = right.split()

    def may_include(self, path, target):
        """None: the folder of `path` is not in the table."""
        if home(path) == target:
            return True
        allowed = self.allowed.get(path, self.allowed.get(home(path)))
        if allowed is None:
            return None
        return any(target == folder or (folder.endswith("/*") and target.startswith(folder[:-1]))
                   for folder in allowed)


def check_includes(tree, edges):
    pattern = re.compile(r'^\s*#\s*include\s*([<"])([^">]+)[">]')
    for path in tree.with_ending(*CPP):
        for number, line in enumerate(tree.lines(path), 1):
            match = pattern.match(line)
            if not match:
                continue
            quoted, header = match.group(1) == '"', match.group(2)
            what = (check_own(tree, edges, path, header) if quoted
                    else check_system(edges, path, header))
            if what:
                yield Finding("include", path, number, what)


def check_own(tree, edges, path, header):
    if not tree.exists(header):
        # Headers made by the build are included by name only; all others from the root.
        beside = os.path.normpath(os.path.join(os.path.dirname(path), header))
        if not tree.exists(beside):
            return None
        return f'"{header}" is included from the root of the tree: "{beside}"'
    if "/detail/" in header and home(path) != home(header):
        return f'"{header}" is private to {home(header)}'
    if top(path) in EVERYTHING:
        return None
    if top(header) in EVERYTHING:
        return f'"{header}": the program includes no tests'
    allowed = edges.may_include(path, home(header))
    if allowed is None:
        return f"folder {home(path)} is not in edges.txt"
    if allowed:
        return None
    return f"{home(path)} may not include {home(header)} (tests/tidy/edges.txt)"


def check_system(edges, path, header):
    if top(path) in EVERYTHING:
        return None
    for prefix, folders in edges.libraries.items():
        if header.startswith(prefix) and home(path) not in folders:
            return f"<{header}> is for {', '.join(folders)} only"
    return None


# -- sizes -----------------------------------------------------------------------------------------


def check_columns(tree):
    for path in tree.with_ending(".cpp", ".hpp", ".py"):
        for number, line in enumerate(tree.lines(path), 1):
            if len(line) > COLUMNS_MAX:
                yield Finding("columns", path, number,
                              f"{len(line)} columns; {COLUMNS_MAX} are allowed")


def check_file_length(tree):
    for path in tree.with_ending(".cpp", ".hpp", ".py"):
        length = len(tree.lines(path)) - 1
        if length > FILE_LINES_MAX:
            yield Finding("file-length", path, 1, f"{length} lines; {FILE_LINES_MAX} are allowed")


TOKEN = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"(?P<mark>[^\s()\\]{0,16})\(.*?\)(?P=mark)"|"(?:\\.|[^"\\\n])*"'
    r"|'(?:\\.|[^'\\\n])+'|^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", re.S | re.M)


def without_literals(text):
    """The text without comments, strings and preprocessor lines; line numbers stay."""
    # A digit separator is no quote: 10'000.
    text = re.sub(r"(?<=[0-9a-fA-F])'(?=[0-9a-fA-F])", " ", text)
    return TOKEN.sub(lambda m: "\n" * m.group(0).count("\n"), text)


def kind_of(head):
    """What a brace opens, told by the text before it: 'scope', 'function' or 'other'."""
    head = re.sub(r"^(\s*template\s*<[^{};]*>)+", "", head).strip()
    if re.match(r"(inline\s+)?namespace\b|extern\s*$", head):
        return "scope"
    if re.match(r"(typedef\s+)?(class|struct|union)\b", head):
        return "scope"
    if head.startswith("enum") or head.endswith("=") or "(" not in head:
        return "other"
    return "function"


def functions(text):
    """Yields (name, first line, number of lines) of each outermost function body."""
    stack, head, line, head_line = [], "", 1, None
    for char in without_literals(text):
        if char == "\n":
            line += 1
        inside = any(kind == "function" for kind, _, _ in stack)
        if char == "{":
            stack.append(("other" if inside else kind_of(head), head_line or line, head))
            head, head_line = "", None
        elif char == "}":
            if stack:
                kind, first, opened = stack.pop()
                if kind == "function":
                    name = re.search(r"([\w:~]+)\s*\(", opened)
                    yield (name.group(1) if name else "lambda", first, line - first + 1)
            head, head_line = "", None
        elif char == ";":
            head, head_line = "", None
        else:
            if head_line is None and not char.isspace():
                head_line = line
            head += char


def check_function_length(tree):
    for path in tree.with_ending(*CPP):
        for name, first, length in functions(tree.text(path)):
            if length > FUNCTION_LINES_MAX:
                yield Finding("function-length", f"{path}:{name}", first,
                              f"{length} lines; {FUNCTION_LINES_MAX} are allowed")


# -- words and habits ------------------------------------------------------------------------------


def check_words(tree):
    for pattern, why, endings, folders in BANNED:
        word = re.compile(pattern)
        for path in tree.with_ending(*endings):
            if folders and top(path) not in folders:
                continue
            for number, line in enumerate(tree.lines(path), 1):
                match = word.search(line)
                if match:
                    yield Finding("word", path, number, f"'{match.group(0).strip()}': {why}")


def check_headers(tree):
    for path in tree.with_ending(".hpp"):
        lines = tree.lines(path)
        if not lines[0].startswith("//"):
            yield Finding("header", path, 1, "a header begins with a comment: what it is for")
        if "#pragma once" not in lines:
            yield Finding("header", path, 1, "no '#pragma once'")
        for number, line in enumerate(lines, 1):
            if re.match(r"\s*using\s+namespace\b", line):
                yield Finding("header", path, number, "'using namespace' in a header")


# -- what belongs together -------------------------------------------------------------------------


def check_built(tree):
    """Every .cpp belongs to a target, every unit test to a program."""
    for path in tree.with_ending(".cpp"):
        if path.startswith("tests/unit/"):
            yield from check_unit_test(tree, path)
        elif top(path) in PROGRAM and not belongs(tree, path):
            yield Finding("built", path, 1, f"no CMakeLists.txt in {home(path)} takes it")


def belongs(tree, path):
    folder = home(path)
    if tree.exists(f"{folder}/CMakeLists.txt"):
        return True
    parent, name = os.path.split(folder)
    cmake = f"{parent}/CMakeLists.txt"
    return tree.exists(cmake) and f"{name}/{os.path.basename(path)}" in tree.text(cmake)


def check_unit_test(tree, path):
    if not path.endswith("_test.cpp"):
        yield Finding("built", path, 1, "files of unit tests end in _test.cpp; this is not built")
    folder = os.path.dirname(path)[len("tests/unit/"):]
    if not tree.exists(folder):
        yield Finding("built", path, 1, f"tests/unit mirrors the tree; there is no {folder}")
    cmake = (tree.text(p) for p in tree.with_ending(".cmake") if p.startswith("tests/unit/"))
    programs = re.findall(r"dnstorm_unit_test\(([\w/]+)", "\n".join(cmake))
    if not any((folder + "/").startswith(program + "/") for program in programs):
        yield Finding("built", path, 1, f"no dnstorm_unit_test({folder} ...) in tests/unit")


def check_operators(tree):
    """Every operator of the catalogue has a page beside its code and a test."""
    catalog = "operators/catalog.cpp"
    if not tree.exists(catalog):
        return
    for number, line in enumerate(tree.lines(catalog), 1):
        match = re.match(r'#include "(operators/\w+/(\w+))\.hpp"', line)
        if not match:
            continue
        base, name = match.groups()
        if not tree.exists(f"{base}.md"):
            yield Finding("operator", catalog, number, f"{base}.md, its page, is missing")
        if not any(p.endswith(f"/{name}_test.cpp") for p in tree.paths
                   if p.startswith("tests/unit/operators/")):
            yield Finding("operator", catalog, number,
                          f"{name}_test.cpp is missing in tests/unit/operators")


# -- all of it -------------------------------------------------------------------------------------


def read_exemptions(lines):
    exemptions = {}
    for number, line in enumerate(lines, 1):
        words = line.split("#", 1)[0].split(None, 2)
        if words:
            exemptions[tuple(words[:2])] = (number, words[2] if len(words) == 3 else "")
    return exemptions


def check(root):
    """All findings of the tree, those exempted left out."""
    tree = Tree(root)
    edges = Edges(tree.lines("tests/tidy/edges.txt"))
    exemptions = read_exemptions(tree.lines("tests/tidy/exemptions.txt"))
    used, findings = set(), []
    for found in (check_includes(tree, edges), check_columns(tree), check_file_length(tree),
                  check_function_length(tree), check_words(tree), check_headers(tree),
                  check_built(tree), check_operators(tree)):
        for finding in found:
            key = (finding.rule, finding.path)
            if key in exemptions:
                used.add(key)
            else:
                findings.append(finding)
    for key, (number, reason) in exemptions.items():
        where = ("exemption", "tests/tidy/exemptions.txt", number)
        if key not in used:
            findings.append(Finding(*where, f"{' '.join(key)}: not needed any more"))
        elif not reason:
            findings.append(Finding(*where, f"{' '.join(key)}: no reason given"))
    return findings


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    root = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.dirname(here))
    findings = check(root)
    for finding in findings:
        path, _, function = finding.path.partition(":")
        within = f" in {function}()" if function else ""
        print(f"{path}:{finding.line}: {finding.rule}{within}: {finding.what}")
    print(f"tidy: {len(findings)} findings" if findings else "tidy: all house rules hold")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
