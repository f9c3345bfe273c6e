"""Case 12: a leak over several processes, each of them within its own limit.

expected: double=0 look=double reason="it took more memory than it may"
"""

# %% double
import os
import time


def double(x):
    for _ in range(8):
        if os.fork() == 0:
            held = np.ones(90 * 2**20 // 8)
            time.sleep(1000)
    time.sleep(1000)
