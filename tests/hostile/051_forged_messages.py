"""Case 51: well-formed messages of the student's own: an early reply, the end of the test, one more start.

expected: double=0 square=0 twice=0 look=double,square,twice reason="double needs a look: "
"""

# %% double
import json
import os
import struct


def say(kind, body):
    text = json.dumps([kind, [], body]).encode()
    os.write(4, struct.pack("<4sI", b"brd1", len(text)) + text)


def dictionary(key, value):
    return ["d", None, key, value]


def double(x):
    for _ in range(3):
        say("message", dictionary("ended", 0))
    return 2 * x


# %% square
def square(x):
    say("message", dictionary("began", True))
    return x * x


# %% twice
def twice(f, x):
    say("call", ["__import__", [], []])
    say("call", [7, [], []])
    return f(f(x))
