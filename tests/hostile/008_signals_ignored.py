"""Case 8: every signal ignored, the clock stopped, then an infinite loop.

expected: double=0 look=double reason="no answer for 8 s"
"""

# %% double
import signal


def double(x):
    for number in range(1, 65):
        try:
            signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError):
            pass
    signal.setitimer(signal.ITIMER_PROF, 0)
    while True:
        pass
