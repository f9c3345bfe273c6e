"""Case 3: sleeping in a function, and waiting for nothing in a cell: no computing time is used.

expected: double=0 square=0 look=double,square reason="no answer for 8 s"
"""

# %% double
import time


def double(x):
    time.sleep(100_000)


# %% square
import select

select.select([], [], [])


def square(x):
    return x * x
