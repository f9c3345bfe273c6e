"""Cases 36, 60: what a fork shares with its parent: memory, a pipe, a signal, a thread, a place in a file.

expected:
"""

# %% double
import mmap
import os
import signal
import threading
import time

seen = []
shared = mmap.mmap(-1, 8)
reading, writing = os.pipe()
os.set_blocking(reading, False)
place = os.open(os.__file__, os.O_RDONLY)
signal.signal(signal.SIGUSR1, lambda *_: seen.append("signal"))


def watch():
    while not os.path.exists("/tmp/told"):
        time.sleep(0.001)
    seen.append("thread")


threading.Thread(target=watch, daemon=True).start()


def double(x):
    shared[0] = 1
    os.write(writing, b"x")
    os.lseek(place, 7, os.SEEK_SET)
    os.kill(os.getppid(), signal.SIGUSR1)
    with open("/tmp/told", "w"):
        time.sleep(0.05)
    return 2 * x


# %% square
def square(x):
    try:
        heard = os.read(reading, 1)
    except BlockingIOError:
        heard = b""
    return None if heard or seen or shared[0] or os.lseek(place, 0, os.SEEK_CUR) else x * x
