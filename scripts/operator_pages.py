#!/usr/bin/env python3
"""The reference of the operators: each hand-written page of operators/, and below it what the code
declares (`dnstorm operators --markdown NAME`): options with defaults and limits, fields, example.

    scripts/operator_pages.py DNSTORM OUT      DNSTORM: the program; OUT: a folder

`cmake --build BUILD --target docs` does it into BUILD/docs/operators, an installation into its own
documentation, where ../ are the other pages.
"""
import os
import re
import subprocess
import sys

SOURCE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def hand_written():
    """{path: text}"""
    pages = {}
    for folder, _, names in sorted(os.walk(os.path.join(SOURCE, "operators"))):
        for name in sorted(names):
            if name.endswith(".md") and name != "README.md":
                path = os.path.join(folder, name)
                with open(path, encoding="utf-8") as file:
                    pages[os.path.relpath(path, SOURCE)] = file.read()
    return pages


def operators_of(text):
    """The names in the heading: "# json_lines, csv", "# pcap (spout)"."""
    return re.findall(r"\w+", text.split("\n", 1)[0].split("(")[0])


def relinked(path, text, pages):
    """Links as they are where all pages lie in one folder; to what does not lie there: none."""
    def link(found):
        label, target = found[1], found[2]
        if "://" in target or target.startswith("#"):
            return found[0]
        file, mark, place = target.partition("#")
        file = os.path.normpath(os.path.join(os.path.dirname(path), file))
        if file in pages:
            return f"[{label}]({os.path.basename(file)}{mark}{place})"
        if file.startswith("docs/") and file.endswith(".md"):
            return f"[{label}](../{file.removeprefix('docs/')}{mark}{place})"
        return label
    return re.sub(r"\[([^\]]+)\]\(([^)\s]+)\)", link, text)


def declared(dnstorm, name):
    return subprocess.run(
        [dnstorm, "operators", "--markdown", name], check=True, capture_output=True, text=True
    ).stdout


def main(dnstorm, out):
    pages = hand_written()
    os.makedirs(out, exist_ok=True)
    index = ["# Operators", ""]
    for path, text in pages.items():
        page = relinked(path, text, pages) + "\n## As declared\n"
        for name in operators_of(text):
            declaration = declared(dnstorm, name)
            page += "\n" + declaration
            index.append(f"- [{name}]({os.path.basename(path)}): "
                         + declaration.split("\n", 1)[0].split(": ", 1)[1])
        with open(os.path.join(out, os.path.basename(path)), "w", encoding="utf-8") as file:
            file.write(page)
    with open(os.path.join(out, "README.md"), "w", encoding="utf-8") as file:
        file.write("\n".join(index) + "\n")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
