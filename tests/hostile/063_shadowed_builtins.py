"""Case 63: builtins deleted and shadowed, modules replaced.

expected:
"""

# %% extra
import builtins
import sys

sum = 3
float = str = len = print = None
del builtins.sorted
sys.modules["numpy"] = None
np_here, np = np, None


# %% scale
def scale(W, rng):
    return W * rng.standard_normal(W.shape)
