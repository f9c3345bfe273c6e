"""Case 18: recursion without end, and one that ends in a crash.

expected: double=0 twice=0 look=twice reason="double: RecursionError"
"""


# %% double
def double(x):
    return double(x)


# %% twice
import ctypes
import sys


def twice(f, x):
    """The C stack is used up: it goes through C at each level."""
    sys.setrecursionlimit(10**9)
    again = ctypes.CFUNCTYPE(None)(lambda: again())
    again()
