"""A data lake: what several servers have seen at the same time, cut into files of several kinds, in
folders. And the same as one capture."""

import os
import shutil
import subprocess
import unittest

SERVERS = ("ams", "fra", "sin")


def run(*command):
    subprocess.run(command, check=True, capture_output=True)


def need_tools():
    for tool in ("editcap", "mergecap", "zstd", "xz", "gzip"):
        if not shutil.which(tool):
            raise unittest.SkipTest(f"{tool} is not installed")


def pack(path, number):
    """Every other file, in turns."""
    if number % 2 == 0:
        return
    tool = ("gzip", "zstd", "xz")[number // 2 % 3]
    options = ["-q", "--rm"] if tool == "zstd" else []
    run(tool, *options, path)


def captures(case, packets):
    """One of each server: the same ten minutes, other traffic. With connections that are cut where
    the files are."""
    made = []
    for seed, server in enumerate(SERVERS):
        path = case.path(server + ".pcap")
        case.ok("generate", "-o", path, "--packets", packets // len(SERVERS), "--seed", seed + 1,
                "--rate", 100, "--tcp", 10, "--duplicates", 1, "--truth", path + ".json")
        made.append(path)
    return made


def fill(case, folder, packets, merged=None):
    """Pieces of captures (pcap and pcapng) in folder/SERVER/HOUR/; what `merged` holds is the same,
    made by others."""
    need_tools()
    for capture in captures(case, packets):
        server = os.path.basename(capture)[: -len(".pcap")]
        cut = case.path(server + "-cut")
        os.makedirs(cut)
        form = "pcapng" if server == "fra" else "pcap"
        run("editcap", "-F", form, "-c", str(packets // 40), capture,
            os.path.join(cut, "x." + form))
        for number, name in enumerate(sorted(os.listdir(cut))):
            # The order of the names is not that of the times.
            hour = os.path.join(folder, server, f"{number * 7 % 10:02}")
            os.makedirs(hour, exist_ok=True)
            path = os.path.join(hour, name)
            os.rename(os.path.join(cut, name), path)
            pack(path, number)
    if merged:
        run("mergecap", "-F", "pcap", "-w", merged,
            *(case.path(server + ".pcap") for server in SERVERS))
