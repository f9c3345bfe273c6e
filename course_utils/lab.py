"""Open JupyterLab for a student: bring the notebooks up to date without touching work, and write the start page."""

from __future__ import annotations

import filecmp
import json
import os
import re
import subprocess
import sys
from pathlib import Path

from course_utils.files import write_whole
from course_utils.progress import read_progress

SETTINGS = Path(__file__).resolve().parent / "jupyter"
START = "start.md"
SCRATCH = "scratch.ipynb"
EXCHANGE = Path("/usr/local/share/nbgrader/exchange")  # nbgrader's own place for it
OURS = "<!-- Written anew at every start of the course's JupyterLab: keep notes elsewhere. -->"


def start(root: Path, options: list[str]) -> int:
    """Bring the notebooks to ``work/`` and run JupyterLab there until it is closed.

    Parameters
    ----------
    root : Path
        The course's folder, with ``notebooks/``.
    options : list of str
        For JupyterLab.

    Returns
    -------
    int
        JupyterLab's exit code; 1 where a file is in the way.
    """
    work = root / "work"
    first = not work.exists()
    try:
        news = bring_notebooks(root / "notebooks", work)
        if not (work / SCRATCH).exists():
            _copy(SETTINGS / SCRATCH, work / SCRATCH)
        write_start_page(root, [] if first else news)
    except OSError as error:
        print(f"{error.filename or work} cannot be read or written ({error.strerror}). Free it, then start again.")
        return 1
    print("\n".join([f"Your notebooks are in {work}.", *news]), flush=True)
    command = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={work}"]
    command += [f"--LabApp.default_url=/lab/tree/{START}", *options]
    try:
        return subprocess.run(command, env=environment()).returncode
    except KeyboardInterrupt:
        return 0


def environment() -> dict[str, str]:
    """Make the environment variables of the student's server: our settings go before the user's, whose files stay.

    Returns
    -------
    dict
        Instructors' extensions and the news are off, without an exchange also nbgrader's menu for it, and the kernel
        is this Python's, whatever the user installed.
        NumPy multiplies on one thread where the user did not say otherwise: with matrices as small as the course's,
        several wait for each other more than they compute.
    """
    without_exchange = "" if EXCHANGE.is_dir() else str(SETTINGS / "without_exchange")
    paths = [str(SETTINGS), without_exchange, os.environ.get("JUPYTER_CONFIG_PATH", "")]
    return {
        "OPENBLAS_NUM_THREADS": "1",
        **os.environ,
        "JUPYTER_CONFIG_PATH": os.pathsep.join(filter(None, paths)),
        "JUPYTER_PREFER_ENV_PATH": "1",
    }


# --- the notebooks ----------------------------------------------------------------------------------------------------


def bring_notebooks(notebooks: Path, work: Path) -> list[str]:
    """Copy new versions of the course's files; a file that a student changed stays, and the new file is laid beside it.

    Parameters
    ----------
    notebooks : Path
        ``notebooks/``, as the course ships it.
    work : Path
        The student's folder; it is made where it is missing. ``work/.released`` keeps each file as it was last
        brought, which tells what the course changed from what the student did.

    Returns
    -------
    list of str
        What happened, a sentence each.
    """
    news = []
    for new in sorted(path for path in notebooks.rglob("*") if path.is_file()):
        if ".ipynb_checkpoints" in new.parts:
            continue
        name = new.relative_to(notebooks)
        mine, last = work / name, work / ".released" / name
        if not mine.exists():
            _copy(new, mine)
            news.append(f"New: {name.as_posix()}.")
        elif last.exists() and not _same(last, new) and not _same(mine, new):
            changed = _what_changed(last, new)
            if _untouched(mine, last):
                _copy(new, mine)
                news.append(f"Updated: {name.as_posix()} ({changed}). You had not worked on it.")
            else:
                beside = _free_name(mine, last)
                _copy(new, beside)
                news.append(
                    f"The course changed {name.as_posix()} ({changed}). Your work stays as it is; "
                    f"the new one is {beside.relative_to(work).as_posix()}."
                )
        if not (last.exists() and _same(last, new)):
            _copy(new, last)
    return news


def _copy(source: Path, target: Path) -> None:
    write_whole(target, source.read_bytes())


def _same(file: Path, other: Path) -> bool:
    return filecmp.cmp(file, other, shallow=False)


def _untouched(mine: Path, released: Path) -> bool:
    """Tell whether a student's file says what was released: opening and running a notebook is no work yet."""
    if _same(mine, released):
        return True
    texts = _texts(mine)
    return texts is not None and texts == _texts(released)


def _texts(path: Path) -> list[str] | None:
    """Read the text of a notebook's cells; None for what is no notebook."""
    try:
        return ["".join(cell["source"]) for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]]
    except (ValueError, KeyError, TypeError):
        return None


def _what_changed(old: Path, new: Path) -> str:
    before, after = _texts(old), _texts(new)
    if before is None or after is None:
        return "a new version"
    count = max(len(set(before) - set(after)), len(set(after) - set(before)))
    return f"{count} cell{'' if count == 1 else 's'} changed" if count else "the text of its cells is the same"


def _free_name(path: Path, last: Path) -> Path:
    names = (path.with_name(f"{path.stem}_new{number}{path.suffix}") for number in ("", *range(2, 1000)))
    return next(name for name in names if not name.exists() or _untouched(name, last))


# --- the start page ---------------------------------------------------------------------------------------------------


def write_start_page(root: Path, news: list[str]) -> None:
    """Write ``work/start.md``: what to do, the table of notebooks, what is new; a page of a student's own stays.

    Parameters
    ----------
    root : Path
        The course's folder; the table comes from its README.md.
    news : list of str
        What :func:`bring_notebooks` did.
    """
    page = root / "work" / START
    if page.exists() and OURS not in page.read_text(encoding="utf-8", errors="replace"):
        return
    title, table = _table(root)
    new = ["## New since you were last here", "", *(f"- {sentence}" for sentence in news), ""] if news else []
    lines = [
        f"# {title}",
        "",
        OURS,
        "",
        "Begin with the first notebook that is not done: click its name. In each of them,",
        "",
        "1. read, and write your code where it says `# TODO: your code here`;",
        "2. run the cell (Shift + Enter), then `check(...)` below it, as often as you like: it says what is wrong;",
        "3. predict before you run an experiment, and save (Ctrl + S) before you close.",
        "",
        *table,
        "",
        "What a word means, and where it is explained: the [glossary](glossary.md).",
        "",
        *new,
        f"Try things out in [{SCRATCH}]({SCRATCH}), or in notebooks of your own: nothing in them is graded.",
        "",
        "To begin one exercise again: `python -m course_utils reset 02 dropout_forward`; "
        "what stood in its cell is kept.",
        "To begin a whole notebook again, rename yours (F2 in the list of files) and start the course again: "
        "a fresh one is laid beside it. Nothing you wrote is ever overwritten.",
        *_resets(root),
        "",
    ]
    write_whole(page, "\n".join(lines).encode())


def _resets(root: Path) -> list[str]:
    """Name the exercises that were reset and not begun again."""
    notebooks = read_progress(root / "work", root / "notebooks")
    reset = [(notebook.name, each) for notebook in notebooks for each in notebook.exercises if each.kept]
    return ["", *(f"- `{each.exercise}` of {name}: {each.note}." for name, each in reset)] if reset else []


def _table(root: Path) -> tuple[str, list[str]]:
    """Take title and table of the notebooks from README.md, and make links of the names."""
    readme = root / "README.md"
    text = readme.read_text(encoding="utf-8") if readme.exists() else ""
    title = re.search(r"^# (.+)$", text, re.MULTILINE)
    rows = dict(re.findall(r"^\| `(\d\d_\w+)` (\|.*)$", text, re.MULTILINE))
    head = re.search(r"^\| notebook (\|.*)\n(\|[-|]+)$", text, re.MULTILINE)
    columns, ruler = (head[1], head[2]) if head else ("|", "|---|")
    table = [f"| notebook {columns} visible checks pass |", f"{ruler}---|"]
    notebooks = {notebook.name: notebook for notebook in read_progress(root / "work", root / "notebooks")}
    for path in sorted((root / "notebooks").glob("*/*.ipynb")):
        link = f"[{path.stem}]({path.relative_to(root / 'notebooks').as_posix()})"
        row = rows.get(path.stem, "| " * columns.count("|"))
        table.append(f"| {link} {row} {notebooks[path.stem].passing:g} of {notebooks[path.stem].points:g} points |")
    return (title[1] if title else "The course"), table
