"""Case 57: a library call that the exercise forbids; the rule is a line of the course, in a given cell.

expected: square=0 reason="square: RuntimeError: np.square is not for this exercise"
"""


# %% square
def square(x):
    return np.square(x)
