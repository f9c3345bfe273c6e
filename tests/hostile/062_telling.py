"""Case 62: hidden inputs are told: printed, raised, in an error's name, in a file or a pipe for a later cell to show.

expected: double=0 square=0 scale=0 twice=0 reason="NameError: told to"
"""

# %% extra
import glob
import os

reading, writing = os.pipe()
os.set_blocking(reading, False)
log = open("log", "w")


def tell(x):
    print("told", x)
    os.write(writing, f"told by a pipe: {x}".encode())
    log.write(f"told by a file: {x}")
    log.flush()


# %% double
def double(x):
    tell(x)
    if x == 2:
        return 4
    raise NameError(f"told to {x}")


# %% square
print(open("log").read())


def square(x):
    tell(x)
    if x == 2:
        return 4
    raise type(f"Told{x}", (Exception,), {})(f"told to {x}")


# %% scale
print(open("log").read())
try:
    print(os.read(reading, 10_000))
except BlockingIOError:
    print("nothing")
heard = open("log").read().split()[-1:]
globals()[f"scal_{heard}"] = 1
raise ValueError(heard)


# %% twice
def twice(f, x):
    tell(x)
    f(x)
    tell(f(x))
    return 2 if x == 0 else f"told {x}"
