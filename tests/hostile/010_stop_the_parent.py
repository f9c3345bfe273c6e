"""Case 10: SIGSTOP to the parent and to all that can be reached.

expected: double=0 look=double reason="no answer"
"""

# %% double
import os
import signal


def double(x):
    os.kill(os.getppid(), signal.SIGSTOP)
    return 2 * x


# %% square
for pid in (-1, 1, os.getppid()):
    try:
        os.kill(pid, signal.SIGSTOP if pid > 0 else signal.SIGCONT)
    except OSError:
        pass


def square(x):
    return x * x
