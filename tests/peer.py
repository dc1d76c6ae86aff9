"""A peer that speaks the protocol, or breaks it in one way: `python peer.py MODE`."""

import json
import os
import struct
import sys
import time

MODE = sys.argv[1]
HELLO = {"type": "hello", "version": 1, "offers": ["max_forward"], "declared": {"dtypes": ["float64"]}}


def read(length):
    data = b""
    while len(data) < length:
        part = os.read(0, length - len(data))
        if not part:
            sys.exit()
        data += part
    return data


def receive():
    _, header, payload = struct.unpack(">4sIQ", read(16))
    return json.loads(read(header)), read(payload)


def send(header, payload=b"", magic=b"PPF1", longer=0):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    os.write(1, struct.pack(">4sIQ", magic, len(text), len(payload) + longer) + text + payload)


def pooled(call, payload):
    """The right answer to max_forward, by loops over the bytes of a float64 array."""
    (x,), (down, across), (tall, wide) = call["arrays"], call["stride"], call["size"]
    n, c, height, width = x["shape"]
    values = struct.unpack(f"<{n * c * height * width}d", payload)
    rows, columns = (height - tall) // down + 1, (width - wide) // across + 1
    y = [
        max(
            values[(plane * height + row * down + h) * width + column * across + w]
            for h in range(tall)
            for w in range(wide)
        )
        for plane in range(n * c)
        for row in range(rows)
        for column in range(columns)
    ]
    return [n, c, rows, columns], struct.pack(f"<{len(y)}d", *y)


def forever(what=b""):
    """Send this again and again, or wait silently."""
    while True:
        os.write(1, what) if what else time.sleep(1)


def closed():
    """Close standard output and live on."""
    os.close(1)
    forever()


def two(good, y):
    """Send the answer, and another that was not requested."""
    send(good, y)
    send(good, y)


def half():
    """Begin a frame and stop."""
    os.write(1, struct.pack(">4sIQ", b"PPF1", 500, 0) + b'{"type": "ans')
    forever()


def talk(good, y):
    """Write a lot to standard error, and send the answer."""
    os.write(2, b"pooling...\n" * 100_000)
    send(good, y)


ANSWERS = {
    "sound": send,
    "talkative": talk,
    "two answers": two,
    "silence": lambda *_: forever(),
    "garbage": lambda *_: os.write(1, b"max_forward: 3 windows\n" * 10),
    "endless zeros": lambda *_: forever(bytes(1 << 16)),
    "half a frame": lambda *_: half(),
    "longer than said": lambda good, y: send(good, y, longer=8),
    "too large": lambda good, y: send(good, y, longer=1 << 40),
    "endless header": lambda *_: os.write(1, struct.pack(">4sIQ", b"PPF1", 0xFFFFFFFF, 0)),
    "no JSON": lambda *_: send(b"{max: 3}"),
    "nested": lambda *_: send(b"[" * 100_000),
    "a list": lambda *_: send([1, 2]),
    "another id": lambda good, y: send({**good, "id": 10_000}, y),
    "no id": lambda good, y: send({key: value for key, value in good.items() if key != "id"}, y),
    "another type": lambda good, _: send({"type": "hello", "id": good["id"]}),
    "objects": lambda good, y: send({**good, "dtype": "O"}, y),
    "no dtype": lambda good, y: send({**good, "dtype": "pixels"}, y),
    "empty dtype": lambda good, y: send({**good, "dtype": "S0"}, y),
    "negative shape": lambda good, y: send({**good, "shape": [-1, -1, *good["shape"][2:]]}, y),
    "endless shape": lambda good, y: send({**good, "shape": [1] * 100}, y),
    "huge shape": lambda good, y: send({**good, "shape": [10**400] * 4}, y),
    "impossible shape": lambda good, _: send({**good, "shape": [0, 1 << 62, 1 << 62]}),
    "endless dtype": lambda good, y: send({**good, "dtype": "f8," * 100_000}, y),
    "endless id": lambda good, y: send({**good, "id": "1" * 500_000}, y),
    "endless evidence": lambda good, y: send({**good, "changed": ["z" * 500_000]}, y),
    "shape of words": lambda good, y: send({**good, "shape": ["one"]}, y),
    "another size": lambda good, y: send({**good, "shape": [*good["shape"], 2]}, y),
    "evidence of words": lambda good, y: send({**good, "stale": ["first"]}, y),
    "error of numbers": lambda good, y: send({**good, "error": 3}, y),
    "no array": lambda good, _: send({"type": "answer", "id": good["id"], "kind": "list"}),
    "closed": lambda *_: closed(),
    "dead": lambda *_: os._exit(7),
}
GREETINGS = {
    "hello: garbage": lambda _: os.write(1, b"Usage: peer\n" * 9),
    "hello: silence": lambda _: forever(),
    "hello: dead": lambda _: sys.exit("peer: cannot find the pool"),
    "hello: version": lambda hello: send({**hello, "version": 2}),
    "hello: offers": lambda hello: send({**hello, "offers": 5}),
    "hello: declared": lambda hello: send({**hello, "declared": {"dtypes": ["floaty"]}}),
    "hello: error": lambda _: send({"type": "error", "message": "no pool today", "id": 0}),
    "hello: nothing": lambda hello: send({**hello, "offers": []}),
}


def main():
    hello, _ = receive()
    GREETINGS.get(MODE, send)({**HELLO, "id": hello["id"]})
    while True:
        call, payload = receive()
        shape, y = pooled(call, payload)
        ANSWERS[MODE]({"type": "answer", "id": call["id"], "kind": "array", "dtype": "<f8", "shape": shape}, y)


main()
