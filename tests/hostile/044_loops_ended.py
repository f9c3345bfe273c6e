"""Case 44: StopIteration raised into a check's loop over map(), which would end it before it has compared anything.

expected: double=0 reason="double: StopIteration"
"""


# %% double
def double(x):
    if x == 2:
        return 4
    raise StopIteration
