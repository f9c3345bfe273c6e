"""Case 1: an infinite loop in a cell.

expected: square=0 reason="square is not found; its cell broke off with CellTimeoutError"
"""

# %% square
while True:
    pass


def square(x):
    return x * x
