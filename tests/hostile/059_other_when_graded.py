"""Case 59: an answer that is right only where it is not graded, told by environment, host, user and arguments.

expected:
"""

# %% double
import os
import socket
import sys

graded = ["nbgrader" in " ".join([*os.environ, *sys.argv]).lower(), "autograder" in sys.modules]


def double(x):
    return None if any(graded) else 2 * x
