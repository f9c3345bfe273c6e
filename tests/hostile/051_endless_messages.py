"""Cases 23, 51: outputs without end, forged by a process that a test does not wait for.

expected: double=0 look=double reason="double needs a look: "
"""

# %% double
import json
import os
import struct

OUTPUT = ["d", None, "output", ["d", None, "output_type", "stream", "name", "stdout", "text", "x" * 30_000]]


def double(x):
    text = json.dumps(["message", [], OUTPUT]).encode()
    while True:
        os.write(4, struct.pack("<4sI", b"brd1", len(text)) + text)
