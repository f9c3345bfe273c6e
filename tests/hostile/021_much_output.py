"""Cases 21, 22: many lines, one giant line, much on stderr, giant HTML, a giant picture: what is kept is limited.

expected:
"""

# %% extra
import sys

for number in range(20_000):
    print("line", number)

# %% extra
print("x" * 3_000_000)
print("y" * 3_000_000, file=sys.stderr)

# %% extra
from IPython.display import HTML, display

display(HTML("<b>z</b>" * 400_000))
display({"image/png": "A" * 60_000_000, "text/plain": "small"}, raw=True)


# %% double
def double(x):
    for _ in range(1000):
        print("w" * 1000)
    return 2 * x
