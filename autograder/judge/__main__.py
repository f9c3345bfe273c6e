"""``python -m autograder.judge``: is there a sandbox, and does it hold?"""

import sys

from autograder.judge.self_test import doctor

text, safe = doctor()
print(text)
sys.exit(0 if safe else 1)
