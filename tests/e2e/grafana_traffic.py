"""The capture that the boards are tested with: generated traffic, and in it what the generator does
not make: forged responses that miss a query by its id, and questions that some panels are about."""

import struct

# name, type, class
QUESTIONS = (
    ("example.com", 255, 1),            # ANY
    ("version.bind", 16, 3),            # CHAOS
    ("a.root-servers.net", 28, 1),
    ("xn--bcher-kva.example", 1, 1),    # IDN
    ("localhost", 1, 1),
)
CLIENT = bytes((198, 51, 100, 7))
SERVER = bytes((192, 0, 2, 53))


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def frame(source, target, ports, payload):
    udp = struct.pack("!HHHH", *ports, 8 + len(payload), 0) + payload
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 1, 0, 64, 17, 0, source, target)
    head = head[:10] + struct.pack("!H", checksum(head)) + head[12:]
    return bytes(12) + b"\x08\x00" + head + udp


def message(number, name, qtype, qclass, response):
    flags = 0x8180 if response else 0x0100
    labels = b"".join(bytes((len(part),)) + part.encode() for part in name.split("."))
    head = struct.pack("!HHHHHH", number, flags, 1, 0, 0, 0)
    return head + labels + b"\0" + struct.pack("!HH", qtype, qclass)


def questions():
    """Frames of a query and its response each."""
    for number, question in enumerate(QUESTIONS, 1):
        port = 4000 + number
        yield frame(CLIENT, SERVER, (port, 53), message(number, *question, response=False))
        yield frame(SERVER, CLIENT, (53, port), message(number, *question, response=True))


def is_udp_response(data):
    """IPv4 without options, whole."""
    return (
        len(data) > 54 and data[12:15] == b"\x08\x00\x45" and data[23] == 17
        and data[20:22] in (b"\0\0", b"\x40\0") and data[34:36] == b"\0\x35"
    )


def forged(data):
    """The same response with another id and no checksum."""
    return data[:40] + b"\0\0" + bytes((data[42] ^ 0x55,)) + data[43:]


def enrich(path, every=40):
    """Rewrites the capture; how many responses are forged."""
    with open(path, "rb") as file:
        content = file.read()
    assert content[:4] == b"\xd4\xc3\xb2\xa1" and content[20:24] == struct.pack("<I", 1)
    records, at = [], 24
    while at < len(content):
        seconds, micros, kept, _ = struct.unpack_from("<IIII", content, at)
        records.append((seconds, micros, content[at + 16 : at + 16 + kept]))
        at += 16 + kept
    out, seen, made = [], 0, 0
    for seconds, micros, data in records:
        if is_udp_response(data):
            seen += 1
            if seen % every == 0:
                # A forger has to be first.
                out.append((seconds, max(micros - 1, 0), forged(data)))
                made += 1
        out.append((seconds, micros, data))
    last = out[-1][:2]
    out.extend((*last, data) for data in questions())
    with open(path, "wb") as file:
        file.write(content[:24])
        for seconds, micros, data in out:
            file.write(struct.pack("<IIII", seconds, micros, len(data), len(data)) + data)
    return made
