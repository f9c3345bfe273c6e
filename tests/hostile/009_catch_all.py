"""Case 9: a loop that catches everything.

expected: double=0 look=double reason="no answer for 8 s"
"""


# %% double
def double(x):
    while True:
        try:
            while True:
                pass
        except BaseException:
            pass
