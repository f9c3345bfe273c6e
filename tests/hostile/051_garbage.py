"""Case 51: bytes that are no message, the beginning of a giant one, and a closed channel, instead of an answer.

expected: double=0 square=0 twice=0 look=double,square,twice reason="it broke the protocol"
"""

# %% double
import os
import struct


def double(x):
    os.write(4, b"garbage" * 1000)
    return 2 * x


# %% square
def square(x):
    os.write(4, struct.pack("<4sI", b"brd1", 2**32 - 1) + b"[" * 60_000)
    return x * x


# %% twice
def twice(f, x):
    os.close(3)
    os.close(4)
    return f(f(x))
