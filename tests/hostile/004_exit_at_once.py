"""Case 4: os._exit(0) in a cell, which took all grades of a class with it.

expected: square=0 look=square reason="square needs a look: its cell broke off .* it ended itself, with exit code 0"
"""

# %% square
import os

os._exit(0)


def square(x):
    return x * x
