"""Case 5: a segmentation fault in a function, SIGKILL in a cell.

expected: double=0 square=0 look=double,square reason="the process ended by signal 11"
"""

# %% double
import ctypes
import os
import signal


def double(x):
    return ctypes.string_at(0)


# %% square
os.kill(os.getpid(), signal.SIGKILL)


def square(x):
    return x * x
