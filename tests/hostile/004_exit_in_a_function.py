"""Cases 4, 51: os._exit(0) in the middle of a call.

expected: double=0 look=double reason="the process ended with exit code 0"
"""

# %% double
import os


def double(x):
    os._exit(0)
