"""Cases 45, 46, 47: hooks, history, source lines, frames, the garbage collector and a tracer look for the checks.

expected: double=0 reason="double: AssertionError"
"""

# %% double
import gc
import inspect
import linecache
import re
import sys

heard = []
get_ipython().events.register("pre_run_cell", lambda info: heard.append(info.raw_cell))
sys.settrace(lambda frame, event, argument: heard.append(str(frame.f_code)))
SIGN = "HIDDEN" + " TESTS"
WANTED = "assert " + "double("


def double(x):
    texts = [*heard, *map(str, In), *("".join(lines[2]) for lines in linecache.cache.values() if len(lines) > 2)]
    texts += [one for one in gc.get_objects() if isinstance(one, str)]
    frame = sys._getframe()
    while frame:
        texts += [one for one in frame.f_locals.values() if isinstance(one, str)]
        texts.append(inspect.getsource(frame) if frame.f_code.co_filename != "<string>" else "")
        frame = frame.f_back
    for text in texts:
        if SIGN in text or WANTED in text:
            found = re.search(r"== (\d+)", text)
            return int(found[1]) if found else None
    return None
