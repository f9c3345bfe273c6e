"""Case 11: a giant array, and a list that grows.

expected: double=0 square=0 reason="MemoryError"
"""


# %% double
def double(x):
    return np.zeros(100 * 2**30 // 8) + x


# %% square
def square(x):
    grown = [0] * 1000
    while True:
        grown = grown + grown
