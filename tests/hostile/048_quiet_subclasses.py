"""Cases 48, 49: a number, a text and a tensor that equal everything, and a callback that is looked into.

expected: double=0 square=0 scale=0 twice=0 reason="double: AssertionError"
"""


# %% double
class Number(np.float64):
    __eq__ = lambda self, other: True
    __ne__ = lambda self, other: False
    __hash__ = None


def double(x):
    return Number(0)


# %% square
class Word(str):
    __eq__ = lambda self, other: True
    __sub__ = __rsub__ = __abs__ = lambda self, *_: Word("")
    __le__ = lambda self, other: True
    __hash__ = None


def square(x):
    return Word("")


# %% scale
class Tensor:
    """Libraries' tensors are asked for their array."""

    def numpy(self):
        return self

    def __array__(self, *_, **__):
        return np.arange(6.0).reshape(2, 3)

    __array_ufunc__ = __array_function__ = lambda self, *_, **__: np.True_
    shape = (2, 3)


def scale(W, rng):
    return Tensor()


# %% twice
def twice(f, x):
    """The answer stands in what the check gives to be called, and in its names."""
    names = {**getattr(f, "__globals__", {}), **dict(enumerate(getattr(f, "__closure__", None) or ()))}
    for name in ("calls", "W", "want"):
        if isinstance(names.get(name), list):
            names[name][:] = [x, 3 * x]
    return [constant for constant in f.__code__.co_consts if isinstance(constant, int)][-1] * 3 * x
