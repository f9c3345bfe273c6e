"""Cases 22, 23: printing for ever, as fast as can be, and then slowly.

expected: square=0 twice=0 look=square,twice reason="This cell ended the process: it showed more than it may"
"""

# %% square
while True:
    print("x" * 10_000)


def square(x):
    return x * x


# %% twice
import time

while True:
    print(".", end="", flush=True)
    time.sleep(0.01)


def twice(f, x):
    return f(f(x))
