"""Cases 54, 56: answers to the visible checks alone, by value and by shape.

expected: double=0 square=0 scale=0 twice=0 reason="double: KeyError"
"""


# %% double
def double(x):
    return {2: 4}[x]


# %% square
def square(x):
    return 4


# %% scale
def scale(W, rng):
    if W.shape == (2, 3):
        return W * rng.standard_normal(W.shape)
    return np.zeros(W.shape)


# %% twice
def twice(f, x):
    f(x)
    return 2 if x == 0 else f(x)
