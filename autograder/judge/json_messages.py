"""JSON messages over a pipe between nbgrader's process and the examiner: each preceded by its length in eight bytes."""

from __future__ import annotations

import json
import struct
from typing import IO, Any

_LENGTH = struct.Struct("<Q")


def read_message(stream: IO[bytes]) -> Any:
    """Read a JSON value.

    Parameters
    ----------
    stream : binary file

    Returns
    -------
    object
        None where the stream has ended, even in the middle of a message.
    """
    prefix = stream.read(_LENGTH.size)
    if len(prefix) < _LENGTH.size:
        return None
    (size,) = _LENGTH.unpack(prefix)
    text = stream.read(size)
    return json.loads(text) if len(text) == size else None


def write_message(stream: IO[bytes], value: Any) -> None:
    """Write a JSON value and flush the stream.

    Parameters
    ----------
    stream : binary file
    value : object
        Anything that ``json.dumps`` takes.
    """
    text = json.dumps(value).encode()
    stream.write(_LENGTH.pack(len(text)) + text)
    stream.flush()
