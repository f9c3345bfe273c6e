"""Cases 14, 15: children that detach themselves and go on working, in a function and in a cell.

expected:
"""

# %% double
import os
import subprocess
import time


def daemon():
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            time.sleep(100_000)
        os._exit(0)


def double(x):
    daemon()
    subprocess.Popen(["sleep", "100000"], start_new_session=True)
    return 2 * x


# %% square
def square(x):
    """Others that a test started are gone."""
    working = [name for name in os.listdir("/proc") if name.isdigit() and is_sleep(name)]
    return None if working else x * x


def is_sleep(pid):
    try:
        with open(f"/proc/{pid}/comm") as file:
            return file.read().strip() == "sleep"
    except OSError:
        return False


# %% twice
daemon()


def twice(f, x):
    return f(f(x))
