"""Case 26: asking for input, which hangs where nobody answers.

expected: double=0 reason="double: RuntimeError: input.. has nobody to ask"
"""

# %% extra
name = input("Your name? ")


# %% double
def double(x):
    return float(input("How much is it? "))


# %% square
import sys


def square(x):
    sys.stdin.read()
    return x * x
