"""Cases 2, 100: an infinite loop inside a graded function.

expected: double=0 reason="double: TimeoutError: still running after 1.5 s of computing"
"""


# %% double
def double(x):
    while True:
        pass
