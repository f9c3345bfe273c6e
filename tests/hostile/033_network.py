"""Case 33: names, hosts, loopback, the cloud's metadata, sockets of other programs.

expected:
"""

# %% double
import os
import socket


def reached():
    """Name what answers."""
    found = []
    for family in (socket.AF_INET, socket.AF_INET6, socket.AF_UNIX):
        for address in (("127.0.0.1", 22), ("169.254.169.254", 80), "/run/docker.sock", "\0/tmp/.X11-unix/X0"):
            try:
                with socket.socket(family, socket.SOCK_STREAM) as one:
                    one.settimeout(1)
                    one.connect(address)
                    found.append(address)
            except (OSError, TypeError):
                pass
    try:
        found.append(socket.gethostbyname("example.org"))
    except OSError:
        pass
    return found


def double(x):
    return None if reached() else 2 * x
