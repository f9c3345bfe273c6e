"""Case 62: hidden inputs are told by what the page cache holds of a file that all can read, and printed later.

expected:
"""

# %% extra
import os

import numpy._core._multiarray_umath as library

file = os.open(library.__file__, os.O_RDONLY)
places = [place << 16 for place in range(32)]


def tell(x):
    for bit, place in enumerate(places):
        try:
            if int(x) >> bit & 1:
                os.pread(file, 1, place)
            else:
                os.posix_fadvise(file, place, 1 << 16, os.POSIX_FADV_DONTNEED)
        except OSError:
            pass


def heard():
    number = 0
    for bit, place in enumerate(places):
        try:
            number |= os.preadv(file, [bytearray(1)], place, os.RWF_NOWAIT) << bit
        except OSError:
            pass
    return number


# %% double
def double(x):
    tell(x)
    return 2 * x


# %% square
print("heard", heard())


def square(x):
    tell(x)
    return x * x


# %% scale
print("heard", heard())


def scale(W, rng):
    return W * rng.standard_normal(W.shape)
