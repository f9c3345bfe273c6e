"""Case 58: calling the reference, and the test's own helpers.

expected: double=0 square=0 reason="its cell broke off with ModuleNotFoundError"
"""

# %% double
from autograder.topics.answer_cells import reference_answer as double

# %% square
from tiny_course import RIGHT

exec(RIGHT["square"])
