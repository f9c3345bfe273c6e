"""Cases 15, 51: a process that an earlier cell left behind writes into the channel while a check waits for an answer.

expected: double=0 look=double reason="it broke the protocol"
"""

# %% double
import os
import time


def wait_for(name):
    while not os.path.exists(name):
        time.sleep(0.01)


if os.fork() == 0:
    os.setsid()
    wait_for("asked")
    os.write(4, b"garbage" * 100)
    open("written", "w").close()
    time.sleep(1000)


def double(x):
    open("asked", "w").close()
    wait_for("written")
    return 2 * x
