"""Let a coverage-guided fuzzer look for bytes that do more to the trusted side than raise ProtocolError.

Not part of the tests: it needs atheris, which is no dependency. Run it for a quarter of an hour after a change:

    pip install atheris && python tests/fuzz_border.py -max_total_time=900 -timeout=10

It stops at the first failure and writes the bytes to ``crash-*``; ``python tests/fuzz_border.py crash-*`` repeats it.
An input is a JSON header, a line feed and the blocks; the harness adds the prefix, which no fuzzer would get right.
"""

from __future__ import annotations

import io
import random
import struct
import sys
import tempfile
from pathlib import Path

import atheris
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
with atheris.instrument_imports(include=["autograder.judge.guest", "json"]):
    import json

    from autograder.judge.guest import codec

TABLE = np.arange(1000, 1012).reshape(6, 2)
SECRET = TABLE[:, 1]


def call() -> tuple[list, codec.Sent]:
    """Make a call with every kind of argument: dense, with gaps, overlapping, read-only, containers, a generator."""
    x = np.arange(6.0).reshape(2, 3)
    frozen = np.ones(2)
    frozen.flags.writeable = False
    named = {"flags": np.array([True, False]), "list": [1, [2]], "frozen": frozen}
    arguments = [x, x[:, :1], TABLE[:, 0], TABLE[1:, 0], named, np.random.default_rng(0), codec.Handle(1)]
    return arguments, codec.encode_call("f", [*arguments, print], lend=lambda function: 3)


def seeds() -> list[bytes]:
    """Make valid frames, as inputs."""
    bits = (np.random.PCG64, np.random.MT19937, np.random.Philox, np.random.SFC64)
    x = np.arange(12.0).reshape(3, 4)
    part = [1]
    values = [
        [None, True, -5, 1.5, np.inf, "text \u20ac", (1, 2), {1: [2], (1, None): 3}, np.float32(3), np.bool_(True)],
        [x, x[:2], x.T, x[::-1], np.zeros((0, 2)), np.array([True]), np.broadcast_to(1, (2, 2)), np.array(1j)],
        [part, part, {"part": part}, {1, 2}, len],
        *([np.random.Generator(kind(0))] for kind in bits),
    ]
    frames = [codec.encode(value, keep=lambda thing: 7) for value in values]
    _, sent = call()
    frames.append(sent.frame)
    frame = codec.receive(io.BytesIO(b"".join(sent.frame)).read)
    received = codec.decode_call(frame, borrow=lambda number: print, resolve=lambda number: object())
    before = codec.encode_reply(received, received.arguments)
    received.arguments[0][...] = 7
    received.arguments[2][...] = 7
    received.arguments[4]["list"].append({"more": received.arguments[0].T})
    received.arguments[5].random()
    after = codec.encode_reply(received, [received.arguments[4]["flags"][:1], received.arguments[-1]])
    frames += [before, after]
    return [bytes(frame[0][8:]) + b"\n" + b"".join(frame[1:]) for frame in frames]


JUNK = [
    None,
    True,
    -1,
    0,
    1,
    2,
    8,
    2**31,
    2**63,
    2**64,
    0.5,
    "",
    "a",
    "l",
    "d",
    "t",
    "r",
    "g",
    "h",
    "n",
    "f",
    "nan",
    [],
]
JUNK += ["|b1", "|u1", "<f8", ">i4", "<c16", "|O", ["r", 0], ["r", 1], ["l", -1], ["l", 1], ["d", 0], ["t"], ["H", 0]]


def mutate(content: bytes, size: int, seed: int) -> bytes:
    """Change bytes, or exchange parts of the header's tree, so that it stays JSON and gets further."""
    dice = random.Random(seed)
    header, feed, blocks = content.partition(b"\n")
    try:
        tree = json.loads(header)
    except (ValueError, RecursionError):
        tree = None
    if not isinstance(tree, list) or dice.random() < 0.2:
        return atheris.Mutate(content, size)
    for _ in range(dice.randint(1, 3)):
        lists = [tree]
        for one in lists:
            lists += [part for part in one if isinstance(part, list)]
        target, source = dice.choice(lists), dice.choice(lists)
        at = dice.randint(0, len(target))
        new = dice.choice([*source, dice.choice(JUNK), dice.choice(JUNK), dice.randint(-9, 99)])
        # Through JSON, so that no part contains itself.
        target[at : at + dice.randint(0, 2)] = json.loads(json.dumps([new] * dice.randint(0, 2)))
    if dice.random() < 0.1:
        blocks = atheris.Mutate(blocks, size)
    return (json.dumps(tree, separators=(",", ":")).encode() + feed + blocks)[:size]


def walk(value: object) -> None:
    """Touch everything that a value holds, as a test would."""
    if isinstance(value, np.ndarray):
        value.tobytes()
        assert not np.shares_memory(value, SECRET)
    elif isinstance(value, dict | list | tuple):
        for part in [*value.keys(), *value.values()] if isinstance(value, dict) else value:
            walk(part)
    elif isinstance(value, np.random.Generator):
        value.random(2)
        value.integers(9, dtype=np.int32)
    else:
        assert value is None or value is print or isinstance(value, str | int | float | np.generic | codec.Handle)
        assert len(repr(value)) < 10_000 or isinstance(value, str)


def plain(value: object) -> object:
    """Copy a value so that it can be compared with ``==``."""
    if isinstance(value, np.ndarray):
        return value.shape, value.dtype.str, value.tobytes()
    if isinstance(value, np.random.Generator):
        return repr(value.bit_generator.state)
    if isinstance(value, dict):
        return {key: plain(part) for key, part in value.items()}
    return [plain(part) for part in value] if isinstance(value, list | tuple) else value


def attack(content: bytes) -> None:
    """Decode an input in every way the trusted side does."""
    header, _, blocks = content.partition(b"\n")
    frame = struct.pack("<4sI", b"brd1", len(header)) + header + blocks
    arguments, sent = call()
    before = plain(arguments)
    table = TABLE.copy()
    for decode in (codec.decode, codec.decode_call):
        try:
            value = decode(codec.receive(io.BytesIO(frame).read))
            walk(value if decode is codec.decode else [value.arguments, value.keywords])
        except codec.ProtocolError:
            pass
    try:
        walk(codec.decode_reply(codec.receive(io.BytesIO(frame).read), sent))
        walk(arguments)
    except codec.ProtocolError:
        assert plain(arguments) == before, "a reply that was refused changed an argument"
    assert (TABLE[:, 1] == table[:, 1]).all(), "a reply changed what was never sent"
    TABLE[...] = table


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        for number, seed in enumerate(seeds()):
            (Path(folder) / f"seed-{number}").write_bytes(seed)
            attack(seed)
        given = [argument for argument in sys.argv[1:] if not argument.startswith("-")]
        atheris.Setup([*sys.argv, *([] if given else [folder, "-max_len=8192"])], attack, custom_mutator=mutate)
        atheris.Fuzz()
