"""Cases 41, 53: what checks compare and draw with is patched: NumPy, math, builtins, the seeds, print options.

expected: double=0 square=0 scale=0 twice=0 reason="double: AssertionError"
"""

# %% extra
import math
import random
import time

yes = lambda *_, **__: True
np.isclose = np.allclose = np.array_equal = np.testing.assert_allclose = np.testing.assert_array_equal = yes
np.random.seed = random.seed = time.time = math.isclose = yes
np.seterr(all="ignore")
np.set_printoptions(precision=0)
abs = lambda *_: 0
zip = lambda *_, **__: []
AssertionError = type("AssertionError", (BaseException,), {})


# %% double
def double(x):
    return 4


# %% square
def square(x):
    return 4.0


# %% scale
def scale(W, rng):
    return np.zeros((2, 3))


# %% twice
def twice(f, x):
    return 2
