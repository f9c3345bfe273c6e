"""Case 60: changing the arguments, returning them, and answering otherwise the second time.

expected: double=0 scale=0 twice=0 reason="scale: AssertionError"
"""

# %% double
asked = []


def double(x):
    asked.append(x)
    return 2 * x if len(asked) == 1 else 0


# %% scale
def scale(W, rng):
    W *= 0
    return W


# %% twice
def twice(f, x):
    return f
