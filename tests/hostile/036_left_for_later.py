"""Cases 36, 60: what one test leaves in files, globals and modules for the next one.

expected:
"""

# %% double
import math
import os

places = ["left", "/tmp/left", "/dev/shm/left"]
calls = []
for name in ("changed", "removed"):
    with open(name, "w") as file:
        file.write("as it was")


def double(x):
    for place in places:
        with open(place, "a") as file:
            file.write("here")
    with open("changed", "w") as file:
        file.write("other")
    if os.path.exists("removed"):
        os.remove("removed")
    calls.append(x)
    math.pi = 3
    os.environ["LEFT"] = "here"
    return 2 * x


# %% square
def square(x):
    there = [place for place in places if os.path.exists(place)]
    there += [name for name in ("changed", "removed") if open(name).read() != "as it was"]
    return None if there or calls or math.pi == 3 or "LEFT" in os.environ else x * x
