"""Case 18: recursion without end, and one that ends in a crash.

expected: double=0 twice=0 look=twice reason="double: RecursionError"
"""


# %% double
def double(x):
    return double(x)


# %% twice
import ctypes
import resource
import sys


def twice(f, x):
    """The C stack is used up, before any Python counts its levels: it is small, and each goes through C."""
    resource.setrlimit(resource.RLIMIT_STACK, (2**18, 2**18))
    sys.setrecursionlimit(10**9)
    again = ctypes.CFUNCTYPE(None)(lambda: again())
    again()
