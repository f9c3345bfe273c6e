"""Build what students, instructors and CI use from what authors write.

``source/*.py`` and ``reference/`` become solved notebooks (run, outputs saved); nbgrader makes the students' notebooks
from those. The visible checks' outcomes go to ``datasets/checks.h5``. Every step gives the same bytes on every run.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import nbformat

from autograder import datasets, picture
from autograder.grading import examine, right_outcome, wrong_outcomes
from autograder.hashing import AROUND, PASSING, code_in, digest, files_in
from autograder.mistakes import MISTAKES
from autograder.reference import reference_answer, reference_text
from autograder.variants import VARIANTS
from course_utils.challenge import BOARD
from course_utils.checks import store
from course_utils.checks.exercise import EXERCISES
from course_utils.checks.report import MIMETYPE
from course_utils.extras import how_to_get, is_installed
from course_utils.progress import PROGRESS

COURSE = Path(__file__).resolve().parent
ROOT = COURSE.parent
SOLVED = COURSE / "solved"
BUILT = ("notebooks", "datasets", picture.PLACE.as_posix())  # and committed
NOTED = COURSE / ".built.json"
# Of this package, what no build depends on; whatever is not named here counts.
UNBUILT = AROUND | {"engine", "judge", "intake.py", "rebase.py", "feedback.py", "safe_html.py"}
KERNEL = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


class BuildError(Exception):
    """Something an author wrote cannot be built; the message names the file and line."""

    def __init__(self, file: Path, line: int, message: str) -> None:
        place = file.relative_to(ROOT) if file.is_relative_to(ROOT) else file
        super().__init__(f"{place.as_posix()}:{line}: {message}")


class Source:
    """A notebook's text: its cells, and the line on which each begins."""

    def __init__(self, file: Path) -> None:
        import jupytext

        self.file = file
        self.name = file.stem
        text = file.read_text(encoding="utf-8")
        self.cells = jupytext.reads(text, fmt="py:percent").cells
        self.lines = [number for number, line in enumerate(text.splitlines(), 1) if line.startswith("# %%")]
        if len(self.lines) != len(self.cells):
            raise BuildError(file, 1, "text stands before the first cell; begin with '# %% [markdown]'")

    def error(self, cell: int, message: str) -> BuildError:
        """Make the error of a cell."""
        return BuildError(self.file, self.lines[cell], message)


def sources() -> list[Path]:
    """Every notebook's text source, in the order of the course."""
    return sorted((COURSE / "source").glob("[0-9]*.py"))


def exercises(file: Path) -> list[str]:
    """Names of a source's exercises, in its order."""
    return [cell.metadata["exercise"] for cell in Source(file).cells if "exercise" in cell.metadata]


def lacking(file: Path) -> str:
    """Name a package that a source's exercises need and that is not installed; empty where nothing is lacking."""
    needed = (EXERCISES[name].needs for name in exercises(file) if name in EXERCISES)
    return next((package for package in needed if not is_installed(package)), "")


def build(root: Path = ROOT, verify: bool = True) -> None:
    """Build everything; what needs a package that is not installed stays as it was last built.

    Parameters
    ----------
    root : Path
        Where ``notebooks/``, ``datasets/`` and README's picture are written; solved notebooks always go to
        ``autograder/solved/``.
    verify : bool
        Whether to judge every variant and mistake, too.

    Raises
    ------
    BuildError
        A source is broken, or an answer, variant or mistake is not judged as it should be.
    """
    files = sources()
    write_data(root)
    if verify:
        judge_both_ways()
    picture.draw(root)
    for file in files:
        if package := lacking(file):
            print(f"{file.stem} is left as it was last built. {how_to_get(package)}")
            if root != ROOT:
                shutil.copytree(ROOT / "notebooks" / file.stem, root / "notebooks" / file.stem)
            continue
        solve(file)
        release(file.stem, root / "notebooks")
        refuse_leaks(root / "notebooks" / file.stem / f"{file.stem}.ipynb")
    if root == ROOT:
        NOTED.write_text(json.dumps(fingerprints()), encoding="utf-8")


def fingerprints(root: Path = ROOT) -> dict[str, str]:
    """Hash what a build is made of, and what it made: cheap enough to ask at any time whether it is current.

    Parameters
    ----------
    root : Path
        Where the project lies; its solved notebooks are in ``SOLVED``.
    """
    course = root / COURSE.name
    sources = [code_in(course, UNBUILT), files_in(course / "source"), code_in(root / "course_utils")]
    built = [*(files_in(root / part) for part in BUILT), *map(files_in, sorted(SOLVED.glob("*/*.ipynb")))]
    return {"sources": digest(*chain(*sources)), "built": digest(*chain(*built))}


def noted() -> dict[str, str] | None:
    """Give the fingerprints of the last build; None where there are none."""
    try:
        found = json.loads(NOTED.read_text(encoding="utf-8"))
        return {key: str(found[key]) for key in ("sources", "built")}
    except (OSError, ValueError, KeyError, TypeError):
        return None


def drift(verify: bool = True) -> list[str]:
    """Build elsewhere and name every committed file that differs from what is built; ``verify`` as for ``build``."""
    with tempfile.TemporaryDirectory() as folder:
        built = Path(folder)
        build(built, verify)
        return sorted(
            name
            for part in BUILT
            for name in _files(built, part) | _files(ROOT, part)
            if not _same(built / name, ROOT / name)
        )


# --- from text to the solved notebook ---------------------------------------------------------------------------------


def notebook(file: Path) -> nbformat.NotebookNode:
    """Make nbgrader's source notebook: answers put in, metadata derived, ids fixed.

    Parameters
    ----------
    file : Path
        A text source.

    Returns
    -------
    NotebookNode
        Not yet run.

    Raises
    ------
    BuildError
        See the messages below.
    """
    source = Source(file)
    cells, ids, open_exercise = [], set(), None
    for number, cell in enumerate(source.cells):
        exercise, points = cell.metadata.get("exercise"), cell.metadata.get("points")
        if exercise is not None:
            if open_exercise is not None:
                raise source.error(
                    open_exercise[1], f"{open_exercise[0]} has no points: a '# %% points=N' cell follows"
                )
            if exercise in ids:
                raise source.error(number, f"the exercise {exercise} stands twice")
            made = _solution(source, number, exercise)
            open_exercise = (exercise, number)
        elif points is not None:
            if open_exercise is None:
                raise source.error(number, "points without an exercise before them")
            made = _test(source, number, open_exercise[0], points)
            open_exercise = None
        elif cell.cell_type == "code":
            made = nbformat.v4.new_code_cell(cell.source)
            if tags := cell.metadata.get("tags"):
                made.metadata["tags"] = list(tags)
            if "experiment" not in (tags or []):  # students play with experiments; the rest stays as it is
                made.metadata["nbgrader"] = _nbgrader(_content_id(cell.source, ids), locked=True)
        else:
            _require_alt(source, number, cell.source)
            made = nbformat.v4.new_markdown_cell(cell.source)
        made.id = made.metadata.get("nbgrader", {}).get("grade_id") or _content_id(cell.source, ids)
        ids.add(made.id)
        cells.append(made)
    if open_exercise is not None:
        raise source.error(open_exercise[1], f"{open_exercise[0]} has no points: a '# %% points=N' cell follows")
    return nbformat.v4.new_notebook(cells=cells, metadata=KERNEL)


def solve(file: Path) -> Path:
    """Run a source with all answers in it and save the notebook with its outputs.

    Raises
    ------
    BuildError
        A cell fails, a figure lacks its alternative text, or an answer does not earn all its points.
    """
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError

    source = Source(file)
    solved = notebook(file)
    folder = SOLVED / source.name
    folder.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("PYDEVD_DISABLE_FILE_VALIDATION", "1")
    # Progress bars hold times, which no two runs share.
    # Small matrices on many threads wait for each other: on a busy computer for minutes.
    environment = {
        **os.environ,
        "OPENBLAS_NUM_THREADS": "1",
        "TQDM_DISABLE": "1",
        "COURSE_SECRET": "build",
        "COURSE_STUDENT": "build",
    }
    # Without a time-out: what we write ends by itself, and a busy computer must not stop it.
    client = NotebookClient(
        solved, timeout=None, record_timing=False, resources={"metadata": {"path": str(folder)}}, kernel_name="python3"
    )
    client.allow_errors = True
    client.coalesce_streams = True  # or the kernel's timing would decide where text is broken into pieces
    (SOLVED / BOARD.name).unlink(missing_ok=True)  # nobody's entries: these count places
    client.execute(env=environment, stderr=subprocess.DEVNULL)
    (SOLVED / BOARD.name).unlink(missing_ok=True)
    for number, cell in enumerate(solved.cells):
        if cell.cell_type != "code":
            continue
        for output in cell.outputs:
            if output.output_type == "error":
                if output.ename == CellExecutionError.__name__:
                    raise source.error(number, "the cell did not run")
                raise source.error(number, f"{output.ename}: {output.evalue}")
            if {"image/png", "image/svg+xml"} & set(output.get("data", {})):
                raise source.error(number, "a figure without alternative text: end it with plots.show(fig, alt=...)")
        cell.outputs = [output for output in cell.outputs if not _is_fleeting(output)]
        if "timing" in cell.metadata.get("tags", []):
            cell.outputs = []  # no two runs take the same time
        _require_full_points(source, number, cell)
    solved.metadata = nbformat.from_dict(KERNEL)
    path = folder / f"{source.name}.ipynb"
    nbformat.write(solved, path)
    return path


def _solution(source: Source, number: int, exercise: str) -> nbformat.NotebookNode:
    try:
        answer = reference_answer(exercise)
    except LookupError as error:
        raise source.error(number, str(error)) from None
    if exercise not in EXERCISES:
        raise source.error(number, f"course_utils/checks knows no exercise {exercise}")
    cell = nbformat.v4.new_code_cell(reference_text(exercise))
    if "### BEGIN SOLUTION" not in cell.source or "### END SOLUTION" not in cell.source:
        raise BuildError(
            Path(answer.__code__.co_filename),
            answer.__code__.co_firstlineno,
            f"{exercise} has no ### BEGIN and ### END SOLUTION",
        )
    cell.metadata["nbgrader"] = _nbgrader(exercise, solution=True)
    return cell


def _test(source: Source, number: int, exercise: str, points: object) -> nbformat.NotebookNode:
    visible = source.cells[number].source
    if not isinstance(points, int) or points < 1:
        raise source.error(number, f"points={points} is not a whole number of at least 1")
    call = f"check({', '.join(EXERCISES[exercise].functions)})"
    if visible.strip() != call:
        raise source.error(number, f"a points cell holds {call} and nothing else")
    cell = nbformat.v4.new_code_cell(
        "### BEGIN HIDDEN TESTS\n"
        "from autograder.grading import hidden\n"
        f'check = hidden("{exercise}", points={points})\n'
        "### END HIDDEN TESTS\n" + visible
    )
    cell.metadata["nbgrader"] = _nbgrader(f"test_{exercise}", grade=True, locked=True, points=points)
    return cell


def _nbgrader(grade_id: str, **flags: object) -> dict[str, object]:
    cell = {"grade": False, "locked": False, "solution": False, "task": False, **flags}
    return {**cell, "grade_id": grade_id, "schema_version": 3}


def _content_id(text: str, taken: set[str]) -> str:
    digest = hashlib.sha256(text.encode()).hexdigest()
    return next(digest[:length] for length in range(8, 64) if digest[:length] not in taken)


def _require_alt(source: Source, number: int, text: str) -> None:
    if re.search(r"!\[\s*\]\(", text) or any("alt=" not in tag for tag in re.findall(r"<img\b[^>]*>", text)):
        raise source.error(number, "a picture without alternative text")


def _is_fleeting(output: nbformat.NotebookNode) -> bool:
    # A widget is nothing without its kernel, and its model has a new random id on every run; progress is about the
    # files that happen to lie there.
    return bool({"application/vnd.jupyter.widget-view+json", PROGRESS} & set(output.get("data", {})))


def _require_full_points(source: Source, number: int, cell: nbformat.NotebookNode) -> None:
    points = cell.metadata.get("nbgrader", {}).get("points")
    if points is None:
        return
    earned = [output.data[MIMETYPE]["earned"] for output in cell.outputs if MIMETYPE in output.get("data", {})]
    if earned != [points]:
        raise source.error(number, f"the reference answer earns {earned} of {points} points")


# --- from the solved notebook to the student's ------------------------------------------------------------------------


def release(name: str, folder: Path) -> None:
    """Let nbgrader make the students' notebook from the solved one, without touching any gradebook.

    Parameters
    ----------
    name : str
        The assignment.
    folder : Path
        Where to; its folder of that name is replaced.
    """
    from nbgrader.converters import GenerateAssignment
    from nbgrader.coursedir import CourseDirectory

    from autograder.course import open_course

    config = open_course(COURSE).config
    config.CourseDirectory.update({"release_directory": str(folder.resolve()), "assignment_id": name})
    config.GenerateAssignment.update({"no_database": True, "force": True})
    config.SaveCells.enabled = False  # as generate_assignment --no-db does
    converter = GenerateAssignment(coursedir=CourseDirectory(config=config), config=config)
    converter.log.setLevel("ERROR")
    converter.start()


def refuse_leaks(path: Path) -> None:
    """Refuse a students' notebook, or a ``course_utils`` file, that holds a telling line of an answer.

    Raises
    ------
    BuildError
        Naming the file and line.
    """
    answers = {line for name in EXERCISES for line in _answer_lines(name)}
    for file in (path, *(ROOT / "course_utils").rglob("*.py")):
        text = file.read_text(encoding="utf-8")
        if file.suffix == ".ipynb":
            text = "\n".join(cell.source for cell in nbformat.reads(text, as_version=4).cells)
        for number, line in enumerate(text.splitlines(), 1):
            if line.strip() in answers:
                raise BuildError(file, number, f"a line of an answer stands in what students get: {line.strip()}")


def _answer_lines(exercise: str) -> Iterator[str]:
    inside = reference_text(exercise).split("### BEGIN SOLUTION")[1].split("### END SOLUTION")[0]
    for line in inside.splitlines():
        if len(line.strip()) > 32 and "=" in line:
            yield line.strip()


# --- the checks -------------------------------------------------------------------------------------------------------


def write_data(root: Path = ROOT) -> None:
    """Write ``datasets/``: the sets, and what the visible cases come out as for answers and mistakes."""
    datasets.write_all(root / "datasets")
    seed = store.VISIBLE_SEED
    known = {}
    for name, one in EXERCISES.items():
        if is_installed(one.needs):
            mistakes = [(sentence, list(seen)) for sentence, seen in wrong_outcomes(one, seed)]
            known[name] = right_outcome(one, seed), mistakes
        else:
            last = store.read(ROOT / "datasets" / "checks.h5", name)
            known[name] = last.right, list(last.mistakes())
    store.write(root / "datasets" / "checks.h5", known)


def judge_both_ways(seed: int = 1) -> None:
    """Refuse to go on unless variants earn everything, blanks nothing, and every mistake is named.

    Raises
    ------
    BuildError
        Naming the function that is judged wrongly.
    """
    names = [name for name, one in EXERCISES.items() if is_installed(one.needs)]
    for variant in (one for one in VARIANTS if one.exercise in names):
        function, *companions = variant.functions
        verdict = examine(function, variant.exercise, seed, *companions)
        if verdict.state != "right":
            first_line = variant.text.splitlines()[0]
            raise _misjudged("variants", first_line, f"this right answer is refused: {verdict.failure}")
    for mistake in (one for one in MISTAKES if one.exercise in names):
        function, *companions = mistake.functions
        verdict = examine(function, mistake.exercise, seed, *companions)
        if verdict.state != "wrong" or mistake.sentence not in verdict.mistakes:
            raise _misjudged(
                "mistakes", mistake.sentence, f"{mistake.exercise}: not caught by name: {mistake.sentence}"
            )
    for name in names:
        if examine(_blank, name, seed).share != 0:
            raise _misjudged("reference", f"def {name}(", f"a blank {name} earns points")


def _blank(*_: object, **__: object) -> None:
    raise NotImplementedError


def _misjudged(room: str, text: str, message: str) -> BuildError:
    """Make an error that points at the line where a text of a room begins."""
    for file in sorted((COURSE / room).glob("*.py")):
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            if text[:60] in line:
                return BuildError(file, number, message)
    return BuildError(COURSE / room, 1, message)


def _files(root: Path, part: str) -> set[str]:
    if (root / part).is_file():
        return {part}
    return {
        path.relative_to(root).as_posix()
        for path in (root / part).rglob("*")
        if path.is_file() and not PASSING & set(path.parts)
    }


def _same(one: Path, other: Path) -> bool:
    return one.is_file() and other.is_file() and _content(one) == _content(other)


def _content(file: Path) -> bytes:
    # Windows ends lines in its own way, also where nbformat and nbconvert write; git does not (.gitattributes).
    content = file.read_bytes()
    return content if file.suffix in (".h5", ".png") else content.replace(b"\r\n", b"\n")
