"""Cases 15, 51: replies for a later test, written early; a thread that says more.

expected: double=0 look=double reason="double needs a look: "
"""

# %% double
import json
import os
import struct
import threading


def double(x):
    text = json.dumps(["reply", [], [[], [], 4]]).encode()
    os.write(4, 50 * (struct.pack("<4sI", b"brd1", len(text)) + text))
    return 2 * x


# %% square
def square(x):
    return x * x


threading.Thread(target=lambda: [print("thread") for _ in range(50)]).start()
