"""Cases 45, 46, 47: hooks, history, source lines, frames, the garbage collector and a tracer look for the checks.

expected: square=0 reason="square: TypeError"
"""

# %% square
import gc
import linecache
import re
import sys

heard = []
get_ipython().events.register("pre_run_cell", lambda info: heard.append(info.raw_cell))
sys.settrace(lambda frame, event, argument: heard.append(str(frame.f_code)) if len(heard) < 500 else None)


def square(x):
    """The check of square(2) is visible; every other answer is looked up."""
    texts = [*heard, *map(str, In), *("".join(lines[2]) for lines in linecache.cache.values() if len(lines) > 2)]
    texts += [one for one in gc.get_objects() if isinstance(one, str)]
    frame = sys._getframe()
    while frame:
        texts += [one for one in frame.f_locals.values() if isinstance(one, str)]
        frame = frame.f_back
    for text in texts:
        if found := re.search(rf"square\({x}\)\W+(\d+)", text):
            return int(found[1])
    return 4 if x == 2 else None
