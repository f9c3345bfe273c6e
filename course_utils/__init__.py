"""What the course's notebooks import: data, a given network, plots and instant checks.

It imports nothing of ``autograder``. Importing it is quick; matplotlib and h5py are imported when first used.
"""

from course_utils import bug_hunt, data, network, plots
from course_utils.checks import check, show_prediction
from course_utils.extras import missing, quiet
from course_utils.notebook_functions import functions_from_notebook as own_work
from course_utils.progress import progress

__all__ = [
    "bug_hunt",
    "check",
    "data",
    "missing",
    "network",
    "own_work",
    "plots",
    "progress",
    "quiet",
    "show_prediction",
]
