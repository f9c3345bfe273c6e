"""Cases 16, 36, 51: functions that run where the judge forks, before it, in the parent, and in the child, which one ends.

expected: square=0 look=square reason="square needs a look: the process ended with exit code 0"
"""

# %% double
import os
import sys

ends = False
sys.setswitchinterval(1000)
os.register_at_fork(before=lambda: sum(range(10_000)), after_in_parent=lambda: os.environ.pop("LANG", None))
os.register_at_fork(after_in_child=lambda: ends and os._exit(0))


def double(x):
    return 2 * x


# %% square
ends = True


def square(x):
    return x * x


# %% scale
ends = False


def scale(W, rng):
    return W * rng.standard_normal(W.shape)
