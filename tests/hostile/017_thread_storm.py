"""Case 17: more threads than allowed.

expected: double=0 look=double reason="it started more processes than it may"
"""

# %% double
import threading
import time


def double(x):
    while True:
        try:
            threading.Thread(target=time.sleep, args=(1000,)).start()
        except RuntimeError:
            pass
