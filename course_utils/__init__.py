"""What the course's notebooks import: data, a given network, plots and instant checks.

Importing it is quick; matplotlib and h5py are imported when first used.
"""

from course_utils import bug_hunt, data, network, plots
from course_utils.checks import check, show_prediction

__all__ = ["bug_hunt", "check", "data", "network", "plots", "show_prediction"]
