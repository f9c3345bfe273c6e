"""A made-up class, graded for real: ``python -m autograder demo``.

Its course folder has this course's settings, so all happens as in ``autograder/``: the committed notebooks are
handed in, ``autograder grade`` grades them, and ``autograder report`` writes the pages.
"""

from __future__ import annotations

import copy
import os
import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import nbformat

from autograder.course import COURSE
from autograder.engine.command import Options, run
from autograder.engine.forkserver import start_forkserver
from autograder.engine.pool import idle_workers
from autograder.judge.self_test import why_no_sandbox
from autograder.reporting.class_table import class_table, print_table
from autograder.reporting.report_command import run_report
from autograder.topics import source_of, sources
from autograder.topics.answer_cells import reference_answer, solution_text
from autograder.topics.notebook_text import exercises_in, missing_extra, source_notebook
from autograder.topics.registry import VARIANTS, mistakes_in
from course_utils.checks.exercise import EXERCISES
from course_utils.extras import how_to_get

# Exercise → text of its cell, others staying blank; or a function of the released notebook and the path to write to.
Submission = Mapping[str, str] | Callable[[nbformat.NotebookNode, Path], object]

ALWAYS = ("right", "wrong-01")
BY_TURNS = (("differently-right-1", "half-done"), ("blank", "crashed"))
"""Who hands in every notebook, and who every second notebook, when the class hands in all of them."""
# CPU time of a notebook and of a submission, for the estimate that is printed (benchmarks/README.md).
SECONDS_PER_NOTEBOOK, SECONDS_PER_SUBMISSION = 3.0, 0.8


def run_demo(folder: str, assignment: str | None = None) -> int:
    """Make a class, grade it, print the tables and write the report pages.

    Parameters
    ----------
    folder : str
        Where to make the class; a folder that an earlier demonstration made is replaced, any other is left alone.
    assignment : str, optional
        Which notebook a large class hands in. By default, a small class hands in every notebook.

    Returns
    -------
    int
        Exit code: 0 where grading came to its end.
    """
    course = Path(folder).resolve()
    if course.exists() and not (course / "demo").exists():
        print(f"{course} exists and is no demonstration class; choose another --folder", file=sys.stderr)
        return 1
    files = {source.stem: source for source in sources()}
    if assignment and assignment not in files:
        print(f"there is no notebook {assignment}; there are: {', '.join(files)}", file=sys.stderr)
        return 1
    shutil.rmtree(course, ignore_errors=True)
    lacking = {} if assignment else {name: missing_extra(source) for name, source in files.items()}
    chosen = [assignment] if assignment else [name for name in files if not lacking[name]]
    start_forkserver()  # they import while the class is made
    submissions = {name: made_up_class(name) for name in chosen}
    if not assignment:
        submissions = {
            name: {student: by_student[student] for student in small_class(name)}
            for name, by_student in submissions.items()
        }
    count, workers = sum(map(len, submissions.values())), os.cpu_count() or 1
    seconds = SECONDS_PER_NOTEBOOK * len(chosen) + SECONDS_PER_SUBMISSION * count / workers
    print(f"{count} made-up submissions of {len(chosen)} notebooks: about {seconds:.0f} seconds on {workers} cores.")
    for name, package in lacking.items():
        if package:
            print(f"{name} is left out. {how_to_get(package)}")
    make_course(course, *(files[name] for name in chosen))
    with idle_workers() as idle:
        for name in chosen:
            for student, submission in submissions[name].items():
                hand_in(course, student, name, submission)
            print(f"$ python -m autograder grade {name} --course {folder}", flush=True)
            if run(Options(name, course, workers=workers), idle):
                return 1
            print_table(class_table(course, name))
    print(f"$ python -m autograder report --course {folder}", flush=True)
    print("Read how the class did, a page for each notebook:")
    return run_report(course)


def small_class(assignment: str) -> tuple[str, ...]:
    """Name the students who hand in a notebook when the class hands in all of them.

    Parameters
    ----------
    assignment : str

    Returns
    -------
    tuple of str
        Keys of :func:`made_up_class`.
    """
    source = source_of(assignment)
    if any(EXERCISES[name].needs for name in exercises_in(source)):
        return ALWAYS  # every process must import a large package
    return *ALWAYS, *BY_TURNS[sources().index(source) % 2]


def make_course(course: Path, *sources: Path) -> None:
    """Make a course folder with assignments of this course, as they were released.

    Parameters
    ----------
    course : Path
        Made where it is missing.
    *sources : Path
        The assignments' text sources.
    """
    course.mkdir(parents=True, exist_ok=True)
    (course / "demo").write_text("Made by: python -m autograder demo. Safe to delete.\n", encoding="utf-8")
    lines = [
        f"load_subconfig({str(COURSE / 'nbgrader_config.py')!r})",
        "c.CourseDirectory.source_directory = 'source'",
        "c.CourseDirectory.release_directory = 'release'",
    ]
    if reason := why_no_sandbox():
        print(f"No sandbox here: {reason}.\nThis class is made up, so it is graded as a trusted one.", flush=True)
        lines.append("c.Judge.trusted_class = True")
    (course / "nbgrader_config.py").write_text("\n".join([*lines, ""]), encoding="utf-8")
    for source in sources:
        folder = course / "source" / source.stem
        folder.mkdir(parents=True, exist_ok=True)
        nbformat.write(source_notebook(source), folder / f"{source.stem}.ipynb")
        shutil.copytree(COURSE.parent / "notebooks" / source.stem, course / "release" / source.stem)


def hand_in(course: Path, student: str, assignment: str, submission: Submission) -> None:
    """Put a submission where nbgrader collects it.

    Parameters
    ----------
    course : Path
    student, assignment : str
    submission : Submission
    """
    released = nbformat.read(course / "release" / assignment / f"{assignment}.ipynb", as_version=4)
    path = course / "submitted" / student / assignment / f"{assignment}.ipynb"
    path.parent.mkdir(parents=True)
    if callable(submission):
        submission(released, path)
    else:
        nbformat.write(filled(released, submission), path)


def filled(released: nbformat.NotebookNode, answers: Mapping[str, str]) -> nbformat.NotebookNode:
    """Fill a released notebook's solution cells with answers.

    Parameters
    ----------
    released : NotebookNode
    answers : mapping
        Exercise → text of its cell; others stay blank.

    Returns
    -------
    NotebookNode
        A copy.
    """
    notebook = copy.deepcopy(released)
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("solution"):
            cell.source = answers.get(cell.id, cell.source)
    return notebook


def made_up_class(assignment: str) -> dict[str, Submission]:
    """Make a class of all kinds: right, differently right, blank, wrong in every known way, crashed, damaged.

    Parameters
    ----------
    assignment : str

    Returns
    -------
    dict of str to Submission
        By student; the students are called after what they hand in.
    """
    names = exercises_in(source_of(assignment))
    right = {name: solution_text(name) for name in names}
    students: dict[str, Submission] = {"right": right, "blank": {}}
    variants = {name: [variant.text for variant in VARIANTS if variant.exercise == name] for name in names}
    for number in range(max(map(len, variants.values()))):
        students[f"differently-right-{number + 1}"] = {
            name: "import itertools, functools, warnings\n\n" + texts[number % len(texts)]
            for name, texts in variants.items()
        }
    mistakes = {name: [mistake.text for mistake in mistakes_in(name)] for name in names}
    for number in range(max(map(len, mistakes.values()))):
        students[f"wrong-{number + 1:02}"] = {name: texts[number % len(texts)] for name, texts in mistakes.items()}
    functions = [name for name in names if not name.endswith(("_predictions", "_answers"))]
    first, second = functions[:2]
    students |= {
        "half-done": {name: right[name] for name in functions[:3]},
        "imported": {name: f"from {reference_answer(name).__module__} import {name}" for name in names},
        "warns-and-prints": {
            name: text.replace(
                '"""\n', '"""\n    import sys, warnings; warnings.warn("!"); print("!", file=sys.stderr)\n', 2
            )
            for name, text in right.items()
        },
        "syntax-error": {**right, first: f"def {first}(:\n    pass"},
        "endless-loop": {**right, second: f"def {second}(*arguments):\n    while True:\n        pass"},
        "crashed": {**right, first: "import os\n\nos._exit(1)"},
        "test-cell-twice": lambda released, path: nbformat.write(_with_double_test(filled(released, right)), path),
        "test-cell-gone": lambda released, path: nbformat.write(_without_tests(filled(released, right)), path),
        "damaged-file": lambda released, path: path.write_text(
            nbformat.writes(filled(released, right))[:5000], encoding="utf-8"
        ),
        "empty-file": lambda released, path: path.write_text("", encoding="utf-8"),
    }
    return students


def _with_double_test(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    test = next(cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("grade"))
    notebook.cells.append(copy.deepcopy(test))
    notebook.cells[-1].id = "copied"  # as JupyterLab's copy and paste does
    return notebook


def _without_tests(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    notebook.cells = [cell for cell in notebook.cells if not cell.metadata.get("nbgrader", {}).get("grade")]
    return notebook
