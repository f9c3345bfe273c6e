"""Case 71: a function of another name, and one of another signature.

expected: double=0 square=0 reason="double is not found; did you mean dubble"
"""


# %% double
def dubble(x):
    return 2 * x


# %% square
def square():
    return 4
