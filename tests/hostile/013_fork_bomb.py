"""Case 13: a fork bomb.

expected: double=0 look=double reason="it started more processes than it may"
"""

# %% double
import os


def double(x):
    while True:
        try:
            os.fork()
        except OSError:
            pass
