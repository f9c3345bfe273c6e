"""Cases 41, 53: names that the checks define for themselves are defined by the student too, and builtins with them.

expected: square=0 reason="square: AssertionError"
"""

# %% extra
import builtins

tolerance = builtins.tolerance = 1e9
given = want = rng = got = W = calls = 0


# %% square
def square(x):
    return 4
