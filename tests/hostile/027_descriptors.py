"""Case 27: more open files than allowed; and none but the channel is inherited.

expected:
"""

# %% double
import os

INHERITED = {int(name) for name in os.listdir("/proc/self/fd")}


def double(x):
    held = []
    try:
        while True:
            held.append(open("/dev/null"))
    except OSError:
        pass
    return 2 * x if len(held) < 300 and len(INHERITED) < 12 else None
