"""Build what students, instructors and CI use from what authors write.

Every topic's text and answers become a solved notebook (run, outputs saved); nbgrader makes the students' notebooks
from those. The visible checks' outcomes go to ``datasets/``. Every step gives the same bytes on every run.
"""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat

from autograder.authoring import glossary, readme_figure, trivial_answers
from autograder.authoring.option_order import require_order
from autograder.authoring.verify_checks import verify_checks
from autograder.data import make_datasets
from autograder.hashing import CACHE_FOLDERS, UNHASHED, code_in, digest, files_in
from autograder.pipeline.hidden_checks import right_outcome, wrong_outcomes
from autograder.topics import sources
from autograder.topics.answer_cells import reference_text
from autograder.topics.claims import Claim, cell_before, claims_of, place
from autograder.topics.notebook_text import KERNEL, BuildError, Source, missing_extra, source_notebook
from course_utils.checks import expected_outcomes_file
from course_utils.checks.check_report import MIMETYPE
from course_utils.checks.exercise import EXERCISES
from course_utils.checks.verdict import Observations
from course_utils.extras import how_to_get, is_installed
from course_utils.progress import PROGRESS

if TYPE_CHECKING:
    from nbclient import NotebookClient

COURSE = Path(__file__).resolve().parents[1]
ROOT = COURSE.parent
SOLVED = COURSE / "solved"
BUILT = ("notebooks", "datasets", readme_figure.PLACE.as_posix())  # and committed
BUILD_STAMP = COURSE / ".built.json"
# Of this package, what no build depends on; whatever is not named here counts.
UNBUILT = UNHASHED | {"engine", "judge", "pipeline/[!h]*.py"}


def build(root: Path = ROOT) -> None:
    """Build everything; what needs a package that is not installed stays as it was last built.

    Parameters
    ----------
    root : Path
        Where ``notebooks/``, ``datasets/`` and README's picture are written; solved notebooks always go to
        ``autograder/solved/``.

    Raises
    ------
    BuildError
        A source is broken, or an answer, variant or mistake is not judged as it should be.
    """
    verify_checks()
    if root == ROOT:
        trivial_answers.write_table()
    write_released(root)
    solve([file for file in sources() if not missing_extra(file)])
    if root == ROOT:
        BUILD_STAMP.write_text(json.dumps(fingerprints()), encoding="utf-8")


def write_released(root: Path = ROOT) -> None:
    """Write all that is committed; no notebook has to be run for it.

    Parameters
    ----------
    root : Path
        As for ``build``.

    Raises
    ------
    BuildError
        A source is broken, or a line of an answer would be released.
    """
    write_data(root)
    readme_figure.draw(root)
    with tempfile.TemporaryDirectory() as folder:
        for file in sources():
            if package := missing_extra(file):
                print(f"{file.stem} is left as it was last built. {how_to_get(package)}")
                if root != ROOT:
                    shutil.copytree(ROOT / "notebooks" / file.stem, root / "notebooks" / file.stem)
                continue
            require_order(file)
            _write(source_notebook(file), Path(folder), file.stem)
            release(file.stem, Path(folder), root / "notebooks")
            refuse_leaks(root / "notebooks" / file.stem / f"{file.stem}.ipynb")
    (root / "notebooks" / glossary.PAGE).write_text(glossary.page(), encoding="utf-8", newline="\n")


def fingerprints(root: Path = ROOT) -> dict[str, str]:
    """Hash what a build is made of, and what it made: cheap enough to ask at any time whether it is current.

    Parameters
    ----------
    root : Path
        Where the project lies; its solved notebooks are in ``SOLVED``.

    Returns
    -------
    dict
        ``sources`` and ``built`` → hash.
    """
    course = root / COURSE.name
    sources = [code_in(course, UNBUILT), code_in(root / "course_utils")]
    built = [*(files_in(root / part) for part in BUILT), *map(files_in, sorted(SOLVED.glob("*/*.ipynb")))]
    return {"sources": digest(*chain(*sources)), "built": digest(*chain(*built))}


def read_build_stamp() -> dict[str, str] | None:
    """Read the fingerprints of the last build.

    Returns
    -------
    dict or None
        As from :func:`fingerprints`; None where nothing was built.
    """
    try:
        found = json.loads(BUILD_STAMP.read_text(encoding="utf-8"))
        return {key: str(found[key]) for key in ("sources", "built")}
    except (OSError, ValueError, KeyError, TypeError):
        return None


def drift(write: Callable[[Path], None]) -> list[str]:
    """Build elsewhere, all or only what is committed, and name every committed file that differs from what is built.

    Parameters
    ----------
    write : callable
        ``build`` or ``write_released``.

    Returns
    -------
    list of str
        Paths below the project's folder.
    """
    with tempfile.TemporaryDirectory() as folder:
        built = Path(folder)
        write(built)
        return sorted(
            name
            for part in BUILT
            for name in _files(built, part) | _files(ROOT, part)
            if not _same(built / name, ROOT / name)
        )


# --- from text to the solved notebook ---------------------------------------------------------------------------------


def solve(files: list[Path]) -> list[Path]:
    """Run sources with all answers in them, in parallel on all cores, and save the notebooks with their outputs.

    Parameters
    ----------
    files : list of Path

    Returns
    -------
    list of Path
        The notebooks, in ``SOLVED``.

    Raises
    ------
    BuildError
        A cell fails, a figure lacks its alternative text, an answer does not earn all its points, or the prose claims
        what the run does not show.
    """
    os.environ.setdefault("PYDEVD_DISABLE_FILE_VALIDATION", "1")
    with tempfile.TemporaryDirectory() as place, ThreadPoolExecutor(os.cpu_count()) as pool:
        # Notebooks read each other, so all are written before the first runs; what they write goes with the folder.
        for file in {*sources(), *files}:
            _write(source_notebook(file), Path(place), file.stem)
        return list(pool.map(_run, files, [Path(place)] * len(files)))


def _run(file: Path, place: Path) -> Path:
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError

    source = Source(file)
    solved = source_notebook(file)
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
        solved,
        timeout=None,
        record_timing=False,
        resources={"metadata": {"path": str(place / source.name)}},
        kernel_name="python3",
    )
    client.allow_errors = True
    client.coalesce_streams = True  # or the kernel's timing would decide where text is broken into pieces
    failures = _execute(client, source, env=environment, stderr=subprocess.DEVNULL)
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
    for number, failure in failures:
        raise source.error(number, failure)
    solved.metadata = nbformat.from_dict(KERNEL)
    return _write(solved, SOLVED, source.name)


def _execute(client: NotebookClient, source: Source, **kernel: object) -> list[tuple[int, str]]:
    """Run all cells, hold each claim against the names as they then are, and give the cell and sentence of failures."""
    claims: dict[int, list[Claim]] = {}
    for claim in (one for one in claims_of(source.file)[0] if not one.fresh):
        claims.setdefault(cell_before(source, claim), []).append(claim)
    failures = []
    with client.setup_kernel(**kernel):
        for index, cell in enumerate(client.nb.cells):
            client.execute_cell(cell, index, execution_count=client.code_cells_executed + 1)
            for claim in claims.get(index, []):
                if failure := _held_against_the_run(claim, client):
                    failures.append((place(source, claim.quote), failure))
    return failures


def _held_against_the_run(claim: Claim, client: NotebookClient) -> str:
    # Silently: the notebook's own cells are numbered as if nothing had been asked.
    code = f"__import__('json').dumps(__import__('numpy').ravel({claim.value}).tolist())"
    request = client.kc.execute("", silent=True, user_expressions={"values": code})
    answer = client.wait_for_reply(request)["content"]["user_expressions"]["values"]
    if answer["status"] != "ok":
        return f"“{claim.quote}”: {claim.value} fails with {answer['ename']}: {answer['evalue']}"
    return claim.failure(json.loads(ast.literal_eval(answer["data"]["text/plain"])))


def _write(notebook: nbformat.NotebookNode, place: Path, name: str) -> Path:
    path = place / name / f"{name}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)
    return path


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


def release(name: str, solved: Path, folder: Path) -> None:
    """Let nbgrader make the students' notebook from the solved notebook, without touching any gradebook.

    Parameters
    ----------
    name : str
        The assignment.
    solved : Path
        Where the solved notebooks lie; they need not have been run.
    folder : Path
        Where to; its folder of that name is replaced.
    """
    from nbgrader.converters import GenerateAssignment
    from nbgrader.coursedir import CourseDirectory

    from autograder.course import open_course

    config = open_course(COURSE).config
    places = {"source_directory": str(solved.resolve()), "release_directory": str(folder.resolve())}
    config.CourseDirectory.update({**places, "assignment_id": name})
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
    """Write ``datasets/``: the sets, and the outcomes of answers and mistakes on the visible cases.

    Parameters
    ----------
    root : Path
        The project's folder, or another folder to build in.
    """
    make_datasets.write_all(root / "datasets")
    seed = expected_outcomes_file.VISIBLE_SEED
    known: dict[str, tuple[Observations, list[tuple[str, Observations]]]] = {}
    for name, exercise in EXERCISES.items():
        if is_installed(exercise.needs):
            mistakes = [(sentence, list(seen)) for sentence, seen in wrong_outcomes(exercise, seed)]
            known[name] = right_outcome(exercise, seed), mistakes
        else:
            last = expected_outcomes_file.read_outcomes(ROOT / "datasets", name)
            known[name] = last.right, [(sentence, list(seen)) for sentence, seen in last.mistakes()]
    expected_outcomes_file.write_outcomes(root / "datasets", known)


def _files(root: Path, part: str) -> set[str]:
    if (root / part).is_file():
        return {part}
    return {
        path.relative_to(root).as_posix()
        for path in (root / part).rglob("*")
        if path.is_file() and not CACHE_FOLDERS & set(path.parts)
    }


def _same(path: Path, other: Path) -> bool:
    return path.is_file() and other.is_file() and _content(path) == _content(other)


def _content(file: Path) -> bytes:
    # Windows ends lines in its own way, also where nbformat and nbconvert write; git does not (.gitattributes).
    content = file.read_bytes()
    return content if file.suffix in (".h5", ".png") else content.replace(b"\r\n", b"\n")
