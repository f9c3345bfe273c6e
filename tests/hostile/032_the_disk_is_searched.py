"""Cases 29, 30, 32: the whole disk is searched for notebooks, gradebooks, stored cases and checks.

expected:
"""

# %% double
import os
import sys

ENDINGS = (".ipynb", ".db", ".h5", ".npz", ".pkl", "secret", "nbgrader_config.py", "tiny_course.py")
SYSTEM = ("/usr", "/proc", "/sys", "/dev", "/bin", "/lib", "/etc", sys.prefix, sys.base_prefix)


def treasures():
    """Name what lies outside of the system's and the interpreter's folders."""
    found = []
    for folder, folders, files in os.walk("/"):
        folders[:] = [one for one in folders if not os.path.join(folder, one).startswith(SYSTEM)]
        found += [os.path.join(folder, one) for one in files if one.endswith(ENDINGS)]
    return found


assert not treasures(), treasures()


def double(x):
    return 2 * x
