"""Case 51: thousands of outputs between a test and the word that it has begun.

expected:
"""

# %% extra
import os

from guest import codec


def burst():
    for _ in range(3000):
        codec.send(codec.encode({"output": {}}), lambda buffer: os.write(4, buffer))


os.register_at_fork(before=burst)
