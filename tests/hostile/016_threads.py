"""Case 16: threads that never end, daemons or not, and an atexit function that loops.

expected:
"""

# %% double
import atexit
import threading
import time


def forever():
    while True:
        time.sleep(0.01)


threading.Thread(target=forever).start()
threading.Thread(target=forever, daemon=True).start()


@atexit.register
def loop():
    while True:
        pass


def double(x):
    threading.Thread(target=forever).start()
    return 2 * x
