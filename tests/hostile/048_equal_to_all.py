"""Cases 48, 49: objects that equal everything, subclasses of arrays, and arrays of other things than numbers.

expected: double=0 square=0 scale=0 twice=0 reason="scale: "
"""


# %% double
class Equal:
    __eq__ = __le__ = __ge__ = lambda self, other: True
    __float__ = lambda self: 4.0
    __array__ = lambda self, *_, **__: np.float64(4)
    __array_ufunc__ = __array_function__ = lambda self, *_, **__: True
    __hash__ = None


def double(x):
    return Equal()


# %% square
class Number(float):
    __eq__ = lambda self, other: True
    __hash__ = None


def square(x):
    return Number(0)


# %% scale
class Same(np.ndarray):
    def __array_ufunc__(self, *_, **__):
        return np.True_

    __eq__ = lambda self, other: np.ones(other.shape, bool)


def scale(W, rng):
    return np.zeros(W.shape).view(Same)


# %% twice
def twice(f, x):
    return np.array([Equal()], dtype=object)
