"""Cases 29, 30, 31, 32: reading the source, the gradebook, others' submissions, the grader's environment and its processes.

expected:
"""

# %% double
import os
import sys

COURSE = "{course}"
ROOT = "{root}"


def above(folder, name):
    """Tell whether a folder is there only because the interpreter or the course's packages lie below it."""
    return any(place.startswith(f"{folder}/{name}/") for place in (ROOT, sys.prefix, sys.base_prefix))


def wrong():
    """Name what can be reached and should not."""
    found = [path for path in (COURSE, f"{ROOT}/autograder/reference", f"{ROOT}/tests") if os.path.exists(path)]
    for folder in (COURSE, f"{COURSE}/..", f"{ROOT}/autograder", f"{ROOT}/.git", "/home", "/tmp"):
        if os.path.isdir(folder):
            found += [
                name for name in os.listdir(folder) if name not in ("student", "judge") and not above(folder, name)
            ]
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/environ", "rb") as file:
                found += [pid] if b"unter2" in file.read() else []
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                found += [pid] if b"nbgrader" in file.read() else []
        except OSError:
            pass
    return found + [name for name in os.environ if "SECRET" in name or "NBGRADER" in name]


assert not wrong(), wrong()


def double(x):
    return None if wrong() else 2 * x
