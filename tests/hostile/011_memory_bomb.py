"""Case 11: a giant array, a list that grows, and memory that no limit per process counts.

expected: double=0 square=0 twice=0 look=twice reason="MemoryError"
"""


# %% double
def double(x):
    return np.zeros(100 * 2**30 // 8) + x


# %% square
def square(x):
    grown = [0] * 1000
    while True:
        grown = grown + grown


# %% twice
import mmap


def twice(f, x):
    held = [mmap.mmap(-1, 50 * 2**20) for _ in range(20)]
    for one in held:
        for place in range(0, len(one), 4096):
            one[place] = 1
    return f(f(x))
