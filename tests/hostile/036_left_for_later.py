"""Cases 36, 60: what one test leaves in files, globals and modules for the next one.

expected:
"""

# %% double
import math
import os

places = ["left", "/tmp/left", "/dev/shm/left"]
calls = []


def double(x):
    for place in places:
        with open(place, "a") as file:
            file.write("here")
    calls.append(x)
    math.pi = 3
    os.environ["LEFT"] = "here"
    return 2 * x


# %% square
def square(x):
    there = [place for place in places if os.path.exists(place)]
    return None if there or calls or math.pi == 3 or "LEFT" in os.environ else x * x
