"""Cases 49, 61: masked and structured arrays, NaN, a generator, a function where numbers are asked for.

expected: double=0 square=0 scale=0 twice=0 reason="square: AssertionError"
"""


# %% double
def double(x):
    yield 2 * x


# %% square
def square(x):
    return lambda: x * x


# %% scale
def scale(W, rng):
    return np.ma.masked_all(W.shape)


# %% twice
def twice(f, x):
    return np.array([(2.0, 1)], dtype=[("a", "f8"), ("b", "i4")])
