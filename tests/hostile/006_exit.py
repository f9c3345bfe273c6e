"""Case 6: sys.exit and exit(), which are ordinary errors.

expected: double=0 reason="double: RuntimeError: SystemExit: 0"
"""

# %% double
import sys


def double(x):
    sys.exit(0)


# %% square
def square(x):
    return x * x


exit()
