"""Case 64: each test sees the cells above it: a later redefinition changes nothing, a later helper is not there.

expected: square=0 look=square reason="square needs a look: later is defined only below the test"
"""


# %% square
def double(x):
    return 0


def square(x):
    return later(x)


# %% scale
def later(x):
    return x * x


def scale(W, rng):
    return W * rng.standard_normal(W.shape)
