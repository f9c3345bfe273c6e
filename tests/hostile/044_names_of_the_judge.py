"""Cases 44, 51: errors with the names of the judge's and of test runners' own, written past it into the channel.

expected: double=0 square=0 twice=0 look=double,square,twice reason="double needs a look: it broke the protocol"
"""

# %% extra
import os

from guest import codec


def say(value):
    codec.send(codec.encode(value), lambda buffer: os.write(4, buffer))


def raise_there(name, base, message):
    say({"raised": [name, base, message]})


# %% double
def double(x):
    if x == 2:
        return 4
    raise_there("OutOfTime", "BaseException", "its checks computed for longer than they may")
    return 2 * x


# %% square
def square(x):
    if x == 2:
        return 4
    raise_there("MemoryError", "MemoryError", "")


# %% twice
class Skipped(Exception):
    __module__ = "builtins"


def twice(f, x):
    if x == 0:
        return f(f(x))
    for name in ("GraderFault", "SandboxDied", "KeyboardInterrupt", "SystemExit", "SkipTest", "StopIteration"):
        raise_there(name, name, "")
    raise Skipped
