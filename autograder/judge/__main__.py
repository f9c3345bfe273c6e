"""Say whether there is a sandbox here, and whether it holds: ``python -m autograder.judge``."""

import sys

from autograder.judge.self_test import doctor

text, safe = doctor()
print(text)
sys.exit(0 if safe else 1)
