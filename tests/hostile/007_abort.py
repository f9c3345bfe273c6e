"""Case 7: abort and a division trap, which would write core files.

expected: double=0 twice=0 look=double,twice reason="signal 6"
"""

# %% double
import os
import resource
import signal

try:
    resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
except (ValueError, OSError):
    pass


def double(x):
    os.abort()


# %% twice
def twice(f, x):
    os.kill(os.getpid(), signal.SIGFPE)
