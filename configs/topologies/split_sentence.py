"""A bolt of Storm's multilang protocol without a library: one word of a line a tuple.

With pystorm or streamparse the same is a class with one method; see docs/multilang.md.
"""

import json
import os
import sys


def read():
    """The next message, or the end of the program with that of the input."""
    lines = []
    for line in sys.stdin:
        if line == "end\n":
            return json.loads("".join(lines))
        lines.append(line)
    sys.exit(0)


def send(message):
    sys.stdout.write(json.dumps(message) + "\nend\n")
    sys.stdout.flush()


hello = read()
open(os.path.join(hello["pidDir"], str(os.getpid())), "w").close()
send({"pid": os.getpid()})

while True:
    message = read()
    if message["stream"] == "__heartbeat":
        send({"command": "sync"})
        continue
    if message["comp"] != "__system":
        for word in message["tuple"][0].split():
            send({"command": "emit", "tuple": [word], "anchors": [message["id"]],
                  "need_task_ids": False})
    send({"command": "ack", "id": message["id"]})
