"""An nbgrader course folder, opened with its own settings."""

from __future__ import annotations

from pathlib import Path

from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

COURSE = Path(__file__).resolve().parent


def open_course(folder: Path = COURSE, assignment: str = "") -> CourseDirectory:
    """Read a course folder's ``nbgrader_config.py`` and say where everything of it lies.

    Parameters
    ----------
    folder : Path
        Where ``nbgrader`` would be called.
    assignment : str
    """
    file = folder / "nbgrader_config.py"
    config = PyFileConfigLoader(file.name, path=str(folder)).load_config() if file.exists() else Config()
    config.CourseDirectory.root = str(folder.resolve())
    return CourseDirectory(config=config, assignment_id=assignment)


def folder_of(course: CourseDirectory, step: str, student: str = ".") -> Path:
    """Give the folder of a student, or of all where none is named, at a step such as ``course.submitted_directory``."""
    return Path(course.format_path(step, student, course.assignment_id))
