"""A made-up class, graded for real: ``python -m autograder demo``.

Its course folder has this one's settings, so what happens there is what happens in ``autograder/``: the committed
notebooks are handed in, ``autograder grade`` grades them, ``autograder report`` writes the pages.
"""

from __future__ import annotations

import copy
import os
import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import nbformat

from autograder.authoring import build
from autograder.engine.command import Options, run
from autograder.engine.forkserver import start_forkserver
from autograder.judge.self_test import why_no_sandbox
from autograder.reporting.class_table import class_table, print_table
from autograder.reporting.report import run_report
from autograder.topics import source_of, sources
from autograder.topics.answer_cells import solution_text
from autograder.topics.notebook_text import exercises_in, missing_extra, source_notebook
from autograder.topics.registry import VARIANTS, mistakes_in
from course_utils.checks.exercise import EXERCISES

Submission = Mapping[str, str] | Callable[[nbformat.NotebookNode, Path], None]


# Who hands in a notebook, where all of them are graded.
SMALL = ("right", "differently-right-1", "blank", "wrong-01", "half-done", "crashed")
FEW = ("right", "blank", "wrong-01")  # where a package must be imported anew for each
# What a notebook and a submission take, for the estimate that is printed (benchmarks/README.md).
START_SECONDS, SECONDS = 3.0, 0.8


def run_demo(folder: str, assignment: str | None = None) -> int:
    """Make a class, grade it, print the tables and write the report pages.

    Parameters
    ----------
    folder : str
        Where the class lives; a folder that this made before is made anew.
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
    texts = {source.stem: source for source in sources()}
    if assignment and assignment not in texts:
        print(f"there is no notebook {assignment}; there are: {', '.join(texts)}", file=sys.stderr)
        return 1
    shutil.rmtree(course, ignore_errors=True)
    chosen = [assignment] if assignment else [name for name, source in texts.items() if not missing_extra(source)]
    start_forkserver()  # while we make the class
    students = {name: made_up_class(name) for name in chosen}
    if not assignment:
        students = {name: {one: kinds[one] for one in small_class(name)} for name, kinds in students.items()}
    count, workers = sum(map(len, students.values())), os.cpu_count() or 1
    seconds = START_SECONDS * len(chosen) + SECONDS * count / workers
    print(f"{count} made-up submissions of {len(chosen)} notebooks: about {seconds:.0f} seconds on {workers} cores.")
    make_course(course, *(texts[name] for name in chosen))
    for name in chosen:
        for student, submission in students[name].items():
            hand_in(course, student, name, submission)
        print(f"$ python -m autograder grade {name} --course {folder}", flush=True)
        if run(Options(name, course, workers=workers)):
            return 1
        print_table(class_table(course, name))
    print(f"$ python -m autograder report --course {folder}", flush=True)
    print("Read how the class did, a page for each notebook:")
    return run_report(None, False, None, course)


def small_class(assignment: str) -> tuple[str, ...]:
    """Name who hands in a notebook where all of them are graded."""
    names = exercises_in(source_of(assignment))
    return FEW if any(EXERCISES[name].needs for name in names) else SMALL


def make_course(course: Path, *sources: Path) -> None:
    """Make a course folder whose assignments are those of this course, as they were released.

    Parameters
    ----------
    course : Path
        Made where it is missing.
    sources : Path
        The assignments' text sources.
    """
    course.mkdir(parents=True, exist_ok=True)
    (course / "demo").write_text("Made by: python -m autograder demo. Safe to delete.\n", encoding="utf-8")
    lines = [
        f"load_subconfig({str(build.COURSE / 'nbgrader_config.py')!r})",
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
        shutil.copytree(build.ROOT / "notebooks" / source.stem, course / "release" / source.stem)


def hand_in(course: Path, student: str, assignment: str, submission: Submission) -> None:
    """Put a submission where nbgrader collects it.

    Parameters
    ----------
    course : Path
    student, assignment : str
    submission : dict or callable
        Exercise → text of its cell (others stay blank), or ``spoil(notebook, path)``, which writes the file.
    """
    released = nbformat.read(course / "release" / assignment / f"{assignment}.ipynb", as_version=4)
    path = course / "submitted" / student / assignment / f"{assignment}.ipynb"
    path.parent.mkdir(parents=True)
    if callable(submission):
        submission(released, path)
    else:
        nbformat.write(filled(released, submission), path)


def filled(released: nbformat.NotebookNode, answers: Mapping[str, str]) -> nbformat.NotebookNode:
    """Fill a released notebook's solution cells with answers."""
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
    dict
        Student → submission.
    """
    names = exercises_in(source_of(assignment))
    right = {name: solution_text(name) for name in names}
    students: dict[str, Submission] = {"right": right, "blank": {}}
    variants = {name: [one.text for one in VARIANTS if one.exercise == name] for name in names}
    for number in range(max(map(len, variants.values()))):
        students[f"differently-right-{number + 1}"] = {
            name: "import itertools, functools, warnings\n\n" + texts[number % len(texts)]
            for name, texts in variants.items()
        }
    mistakes = {name: [one.text for one in mistakes_in(name)] for name in names}
    for number in range(max(map(len, mistakes.values()))):
        students[f"wrong-{number + 1:02}"] = {name: texts[number % len(texts)] for name, texts in mistakes.items()}
    functions = [name for name in names if not name.endswith(("_predictions", "_answers"))]
    first, second = functions[:2]
    students |= {
        "half-done": {name: right[name] for name in functions[:3]},
        "imported": {name: f"from {_module(name)} import {name}" for name in names},
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


def _module(name: str) -> str:
    from autograder.topics.answer_cells import reference_answer

    return reference_answer(name).__module__


def _with_double_test(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    test = next(cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("grade"))
    notebook.cells.append(copy.deepcopy(test))
    notebook.cells[-1].id = "copied"  # as JupyterLab's copy and paste does
    return notebook


def _without_tests(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    notebook.cells = [cell for cell in notebook.cells if not cell.metadata.get("nbgrader", {}).get("grade")]
    return notebook
