"""Case 12: a leak over several processes, each within its own limit, of memory that no such limit counts.

expected: double=0 look=double reason="it took more memory than it may"
"""

# %% double
import mmap
import os
import time


def double(x):
    for _ in range(8):
        if os.fork() == 0:
            held = mmap.mmap(-1, 90 * 2**20)
            held.write(b"1" * len(held))
            time.sleep(1000)
    time.sleep(1000)
