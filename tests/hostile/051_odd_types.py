"""Case 51: well-formed messages with arrays, numbers and lists where there should be words.

expected: square=0 look=square reason="square needs a look: it broke the protocol"
"""

# %% extra
import os

import numpy as np
from guest import codec


def say(value):
    codec.send(codec.encode(value), lambda buffer: os.write(4, buffer))


odd = [np.zeros(3), [1], {"a": 1}, 2**2000, None, ""]
for one in odd:
    say({"output": {"output_type": one}})
    say({"output": {"output_type": "stream", "name": one, "text": one}})
    say({"output": {"output_type": "display_data", "data": {"text/plain": one}, "display_id": one, "update": one}})
    say({"output": {"output_type": "execute_result", "data": one, "metadata": one}})
    say({"output": {"output_type": "error", "ename": one, "evalue": one, "traceback": one}})
    say({"output": {"output_type": "error", "ename": "a", "evalue": "b", "traceback": [one]}})


# %% square
def square(x):
    for one in odd:
        say({"ended": one})
    return x * x
