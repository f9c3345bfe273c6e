"""Cases 16, 36, 51: functions that run where the judge forks: one ends the fork, one computes, one answers for it.

expected: square=0 twice=0 look=square,twice reason="square needs a look: the process ended with exit code 0"
"""

# %% double
import os
import sys
import threading
import time

main = os.getpid()
sys.setswitchinterval(1000)
os.register_at_fork(before=lambda: sum(range(10_000)), after_in_parent=lambda: os.environ.pop("LANG", None))


def double(x):
    return 2 * x


# %% square
os.register_at_fork(after_in_child=lambda: os.getppid() == main and os._exit(0))


def square(x):
    return x * x


# %% scale
def end_no_more():
    os._exit = lambda code: None


os.register_at_fork(before=end_no_more)


def scale(W, rng):
    return W * rng.standard_normal(W.shape)
