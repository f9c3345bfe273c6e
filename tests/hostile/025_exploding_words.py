"""Case 25: giant messages, and objects and errors whose words raise, loop or end the process.

expected: double=0 square=0 scale=0 twice=0 look=scale,twice reason="double: ValueError: xxxx"
"""


# %% extra
class Bang:
    def __repr__(self):
        raise SystemExit

    __str__ = __format__ = _repr_html_ = _repr_mimebundle_ = __repr__


Bang()


# %% double
def double(x):
    raise ValueError("x" * 10_000_000)


# %% square
class Wordless(Exception):
    def __str__(self):
        raise RuntimeError


def square(x):
    raise Wordless


# %% scale
class Endless(Exception):
    def __str__(self):
        while True:
            pass


def scale(W, rng):
    raise Endless


# %% twice
class Fatal(Exception):
    def __str__(self):
        import os

        os._exit(0)


def twice(f, x):
    raise Fatal
