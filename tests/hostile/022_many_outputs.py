"""Cases 21, 22: outputs without number, each of them tiny, by turns so that none continues the one before.

expected:
"""

# %% extra
import sys

for _ in range(4_000):
    print(".", flush=True)
    print(".", file=sys.stderr, flush=True)
