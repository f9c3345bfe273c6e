"""Cases 51, 100: a message that is one text without an end, full of quotes, at which a search would begin again.

expected: double=0 look=double reason="double needs a look: it broke the protocol"
"""

# %% double
import os
import struct


def double(x):
    text = b'["message", [], "' + rb"\"" * 2_000_000
    left = memoryview(struct.pack("<4sI", b"brd1", len(text)) + text)
    while left:
        left = left[os.write(4, left) :]
    return 2 * x
