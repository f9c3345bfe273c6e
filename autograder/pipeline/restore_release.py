"""Graft what a student wrote onto the released notebook.

The released notebook is the truth for order, settings, test cells and given cells; the student's notebook is the truth
for answers, experiments and everything the student added. So whatever was deleted, doubled, moved, edited or stripped
is mended by construction, and each repair is one sentence.
"""

from __future__ import annotations

import copy
import functools
import re
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path

import nbformat
from nbformat import NotebookNode, v4
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.preprocessors import NbGraderPreprocessor
from nbgrader.utils import is_grade, is_locked, is_solution

from autograder.pipeline.needs_look import OWN, doubts_of
from autograder.pipeline.safe_html import escaped
from course_utils.cells import bare, left_raises, meaning, names_bound, names_used, statements

SKIP = "skip-execution"  # nbclient passes over cells with this tag
EXPERIMENT = "experiment"
MOST_TEXT = 200_000  # characters of locked cells that were changed: what is beyond is not looked through
ORDINALS = ("first", "second", "third", "fourth", "fifth")


class RestoreRelease(NbGraderPreprocessor):
    """The preprocessor to put first in ``c.Autograde.sanitize_preprocessors``."""

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        """Replace the student's notebook by the released one with the student's work in it."""
        where = resources["nbgrader"]
        course = self.parent.parent.coursedir
        folder = Path(course.format_path(course.release_directory, ".", where["assignment"]))
        path = folder / f"{where['notebook']}.ipynb"
        released = copy.deepcopy(_released(path, path.stat().st_mtime_ns))
        restore_tests(released, where)
        before = len(_record(nb)["intake"])
        try:
            grafted = restore(nb, released)
        except Exception as error:  # one strange notebook must never stop a class
            grafted = refuse(released, f"The notebook could not be taken apart ({type(error).__name__}).")
        for sentence in grafted.metadata["course"]["intake"][before:]:
            self.log.warning("%s, %s: %s", where["student"], where["notebook"], sentence)
        return grafted, resources


@functools.lru_cache(100)
def _released(path: Path, changed: int) -> NotebookNode:
    """Read a released notebook, once for a class."""
    return nbformat.read(path, as_version=4)


class NeedsALook(NbGraderPreprocessor):
    """The preprocessor to put after SaveAutoGrades: what was not judged waits for a person, without points.

    A grade stands only if ``resources["judged"]`` says so: grade id → "" (or the reason why it needs a look). One that
    is in doubt stands only if it is full.
    """

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        """Flag grades in the gradebook, and keep the reasons in the notebook."""
        where = resources["nbgrader"]
        judged = resources.get("judged", {})
        record = nb.metadata.setdefault("course", {})
        reasons = record.setdefault("needs_a_look", {})
        sentences, doubts = doubts_of(nb, resources)
        record["intake"] = [*record.get("intake", []), *sentences]
        record["doubts"] = doubts = {**doubts, **record.get("doubts", {})}
        told = dict(reasons)  # students may read these; in a judge's reason a process may tell a case
        if resources.get("trusted_class"):
            record["trusted_class"] = True
        messages = resources.get("student_messages", {})
        for cell in nb.cells:
            if cell.cell_type == "code" and is_grade(cell) and not is_solution(cell):
                name = _name(cell)
                if name in messages:
                    cell.metadata["told"] = messages[name]
                if reason := judged.get(name, "it was not run"):
                    reasons.setdefault(name, reason)
        if reasons or doubts:
            with Gradebook(where["db_url"]) as gradebook:
                for name in {**doubts, **reasons}:
                    try:
                        grade = gradebook.find_grade(name, where["notebook"], where["assignment"], where["student"])
                    except MissingEntry:
                        continue
                    if name not in reasons:
                        if (grade.auto_score or 0) >= grade.max_score:
                            continue
                        reasons[name] = told[name] = doubts[name]
                    grade.auto_score, grade.needs_manual_grade = None, True
                gradebook.db.commit()
        record["told"] = told
        for sentence in sentences:
            self.log.warning("%s, %s: %s", where["student"], where["notebook"], sentence)
        for reason in dict.fromkeys(reasons.values()):
            self.log.warning("%s, %s needs a look: %s", where["student"], where["notebook"], reason)
        return nb, resources


def restore_tests(released: NotebookNode, where: dict) -> None:
    """Put the gradebook's full text of locked cells, hidden tests among it, into a released notebook.

    nbgrader's OverwriteCells does the same, but reports every cell with a hidden test as tampered with.
    """
    with Gradebook(where["db_url"]) as gradebook:
        notebook = gradebook.find_notebook(where["notebook"], where["assignment"])
        full = {cell.name: (cell.source, cell.checksum) for cell in notebook.source_cells if cell.locked}
    for cell in released.cells:
        if is_locked(cell) and _name(cell) in full:
            cell.metadata["course_visible"] = cell.source
            cell.source, cell.metadata.nbgrader["checksum"] = full[_name(cell)]


# --- the graft --------------------------------------------------------------------------------------------------------


def restore(submitted: NotebookNode, released: NotebookNode) -> NotebookNode:
    """Put a student's work into the released notebook.

    Parameters
    ----------
    submitted : NotebookNode
        What the student handed in.
    released : NotebookNode
        What the student was given, with or without the hidden tests.

    Returns
    -------
    NotebookNode
        ``metadata["course"]`` holds ``intake``, a list of sentences, and ``needs_a_look``, reasons by grade cell.
    """
    record = _record(submitted)
    if record["refused"]:
        return refuse(released, record["refused"], record)
    given = released.cells
    theirs, added = with_additions(submitted.cells, given)
    count = len(theirs)
    origin, sentences, lost, doubts = match(theirs, given)
    if theirs and not origin:
        return refuse(released, "No cell of the released notebook was found: is it another one?", record)

    anchor = {number: position for position, number in origin.items()}
    known = {bare(_visible(cell)): position for position, cell in enumerate(given)}
    followers: dict[int, list[NotebookNode]] = defaultdict(list)
    here = -1
    for number, cell in enumerate(theirs):
        if number in anchor:
            here = anchor[number]
            continue
        made = _plain(cell, number)
        if (copied := known.get(bare(cell.source))) is not None:
            original = given[copied]
            is_run_above = _is_experiment(original) and copied <= here
            # A copy of a stub would undo the answer; one of a test, of text, or of what has run adds nothing.
            if "nbgrader" in original.metadata or original.cell_type != "code" or is_run_above:
                continue
            made.metadata["tags"] = original.metadata.get("tags", [])
        followers[here].append(made)
    cells = followers[-1]
    for position, cell in enumerate(given):
        made = copy.deepcopy(cell)
        made.metadata.pop("course_visible", None)
        if position in origin:
            student = theirs[origin[position]]
            sentences += _differences(student, cell, added)
            if not is_locked(cell):
                made.source = student.source
            if is_solution(cell) and (line := _dead_code(student.source, cell.source)):
                reason = f"In {_name(cell)}, what stands below `raise NotImplementedError` in line {line} never runs."
                doubts.setdefault(_test_of(position, given), reason)
        cells += [made, *followers[position]]
    sentences += _moved(origin, given, theirs[:count])
    sentences += _kernel(submitted, released)
    skip_unchanged_experiments(cells, given)

    notebook = v4.new_notebook(cells=cells, metadata=copy.deepcopy(released.metadata))
    notebook.nbformat_minor = max(released.nbformat_minor, 5)
    record["intake"] += sentences
    for name, reasons in (("needs_a_look", lost), ("doubts", doubts)):
        record[name] = {test: reason for test, reason in reasons.items() if test}
    notebook.metadata["course"] = nbformat.from_dict(record)
    return notebook


def refuse(released: NotebookNode, reason: str, record: dict | None = None) -> NotebookNode:
    """Make the notebook of a submission that cannot be graded: the released one, which earns nothing, and why."""
    notebook = copy.deepcopy(released)
    for cell in notebook.cells:
        cell.metadata.pop("course_visible", None)
    skip_unchanged_experiments(notebook.cells, notebook.cells)
    note = v4.new_markdown_cell(f"**This submission needs a look.** {escaped(reason)}")
    note.id = "needs-a-look"
    notebook.cells.insert(0, note)
    grades = [_name(cell) for cell in notebook.cells if is_grade(cell)]
    record = record or {"intake": []}
    record = {**record, "intake": [*record["intake"], reason], "needs_a_look": dict.fromkeys(grades, reason)}
    notebook.metadata["course"] = nbformat.from_dict(record)
    return notebook


def with_additions(theirs: list[NotebookNode], given: list[NotebookNode]) -> tuple[list[NotebookNode], set[str]]:
    """Make cells of their own of what was typed into locked cells, which are restored.

    From a given cell that is every statement that is not the course's, and its cell goes below; from a test cell what
    gives a name a value, and its cell goes above, for the test to find it.

    Returns
    -------
    list of NotebookNode
        The student's cells, with those among them.
    set of str
        Names of the locked cells that held anything.
    """
    locked = {key: cell for cell in given if is_locked(cell) for key in (_name(cell), cell.get("id"))}
    cells, found, left = [], set(), MOST_TEXT
    for cell in theirs:
        ours = locked.get(_name(cell)) or locked.get(cell.get("id"))
        cells.append(cell)
        if ours is None or cell.cell_type != "code" or bare(cell.source) == bare(_visible(ours)):
            continue
        left -= len(cell.source)
        known = {meaning(one.text) for one in statements(_visible(ours))}
        new = [one for one in statements(cell.source) if meaning(one.text) not in known] if left > 0 else []
        texts = [one.text for one in new if one.binds or not is_grade(ours)]
        if texts:
            found.add(_name(ours))
            cells.insert(len(cells) - 1 if is_grade(ours) else len(cells), v4.new_code_cell("\n".join(texts)))
    return cells, found


def match(
    theirs: list[NotebookNode], given: list[NotebookNode]
) -> tuple[dict[int, int], list[str], dict[str, str], dict[str, str]]:
    """Find the student's cell of every released one: by nbgrader's name, by id, by content, by place.

    Of several copies of an answer the one counts that defines what is asked, is not blank, stands before its test, and
    is the last of these: the one that the student's own run used.

    Returns
    -------
    dict of int to int
        Position in the released notebook to position in the student's.
    list of str
        What had to be mended.
    dict of str to str
        Grade cells whose answer was not found, or of whose answers nobody can tell which is meant, and why.
    dict of str to str
        Grade cells that need a look unless they are passed in full, and why.
    """
    origin: dict[int, int] = {}
    sentences: list[str] = []
    lost: dict[str, str] = {}
    doubts: dict[str, str] = {}
    copied: dict[tuple[int, str, str], list[str]] = defaultdict(list)
    texts = [bare(cell.source) for cell in theirs]
    named = _index(theirs, _name)
    by_id = _index(theirs, lambda cell: cell.get("id"))
    free = set(range(len(theirs)))
    stripped = not any(_name(cell) for cell in theirs)
    if stripped and theirs:
        sentences.append("The notebook had lost the course's settings; its cells were found by their content.")

    def claim(position: int, number: int) -> None:
        origin[position] = number
        free.discard(number)

    for position, cell in enumerate(given):
        if is_solution(cell):
            continue
        found = [n for n in named[_name(cell)] + by_id[cell.get("id")] if n in free]
        found = found or [n for n in sorted(free) if texts[n] == bare(_visible(cell))]
        if found:
            claim(position, found[0])
            copies = {n for n in named[_name(cell)] if n != found[0]}
            if copies:
                copied[len(copies) + 1, "one", "kept"].append(_name(cell))
        elif is_locked(cell):
            sentences.append(f"The {_kind(cell)} {_name(cell)} was missing; it was put back.")

    answers = {position: cell for position, cell in enumerate(given) if is_solution(cell)}
    owner = {number: _name(cell) for cell in given if _name(cell) for number in named[_name(cell)]}
    defined = [names_bound(cell.source) if cell.cell_type == "code" else set() for cell in theirs]
    stubs = {_name(cell): names_bound(cell.source) for cell in answers.values()}
    # What the cells of answers define beside what they are asked for: it may be another's answer.
    beside = {n: defined[n] - stubs[name] for n, name in owner.items() if name in stubs}
    missing = []
    for position, cell in answers.items():
        wanted = _asked(cell)
        # The student's test cell, where it could be found: an answer below it was not what it tested.
        tests = (origin[p] for p in range(position + 1, len(given)) if p in origin and is_grade(given[p]))
        test = next(tests, len(theirs))
        own = [n for n in named[_name(cell)] if n in free]
        same = [n for n in by_id[cell.get("id")] if n in free and owner.get(n, _name(cell)) == _name(cell)]
        written = [n for n in free if n not in owner and wanted & defined[n]]

        name = _name(cell)
        started = {n for n in {*own, *same, *written} if texts[n] not in ("", bare(cell.source))}
        answers_it = {n for n in started if wanted & defined[n]}

        def merit(n: int, good: set = answers_it, started: set = started, name: str = name, test: int = test) -> tuple:
            return n in good, n in started, owner.get(n) == name, n < test, n

        best = max({*own, *same, *written}, key=merit, default=None)
        if best is None or (best not in answers_it and any(wanted & more for more in beside.values())):
            missing.append(position)
            continue
        claim(position, best)
        which = "one"
        if len(own) > 1 and best in own:
            place = own.index(best)
            which = f"the {ORDINALS[place]}" if place < len(ORDINALS) else f"number {place + 1}"
            copied[len(own), which, "graded"].append(name)
        elif best not in own and not stripped:
            sentences.append(f"The answer to {name} stood outside its cell; it was found by its content.")
        copies = {texts[n] for n in answers_it.intersection(own)}
        below = {texts[n] for n in answers_it if n > test > best} - {texts[best]}
        if _differ(copies):
            reason = f"The cell {name} stood {len(own)} times, with answers that differ; {which} of them was run."
            lost.setdefault(_test_of(position, given), reason)
        elif below and _differ({*below, texts[best]}):
            reason = f"Another answer to {name} stands below its test; the one above was graded."
            doubts.setdefault(_test_of(position, given), reason)

    for position in missing:
        cell = given[position]
        name = _name(cell)
        used = [(n, _name(given[p])) for p, n in origin.items() if p in answers and n < len(defined)]
        merged = [(n, other) for n, other in used if _asked(cell) & defined[n]]
        between = _between(position, origin, free, theirs)
        if merged:
            # Its text stands in for the stub too, which would otherwise undo it; running it twice changes nothing.
            number, other = merged[-1]
            theirs.append(_plain(theirs[number], len(theirs)))
            origin[position] = len(theirs) - 1
            sentences.append(f"The answer to {name} was found in the cell of {other}.")
        elif len(between) == 1:
            claim(position, between[0])
            sentences.append(f"The answer to {name} had lost its name; the one cell in its place was graded.")
        else:
            reason = f"No answer to {name} was found; its empty cell was put back."
            sentences.append(reason)
            lost[_test_of(position, given)] = reason
    sentences += [
        f"The cell{'s' * (len(names) > 1)} {', '.join(names)} stood {times} times; {which} "
        f"{'of each ' * (len(names) > 1)}was {what}."
        for (times, which, what), names in copied.items()
    ]
    return origin, sentences, lost, doubts


def skip_unchanged_experiments(cells: list[NotebookNode], given: list[NotebookNode]) -> None:
    """Tag given experiments that nobody changed, and that nothing of the student's needs, as not to be run."""
    originals = {bare(cell.source) for cell in given}
    needed: set[str] = set()
    for cell in reversed(cells):
        if cell.cell_type != "code":
            continue
        changed = bare(cell.source) not in originals and not is_locked(cell)
        if changed or needed & names_bound(cell.source):
            needed |= names_used(cell.source)
        elif _is_experiment(cell):
            cell.metadata["tags"] = [*cell.metadata["tags"], SKIP]


# --- small words ------------------------------------------------------------------------------------------------------


def _name(cell: NotebookNode) -> str | None:
    settings = cell.metadata.get("nbgrader")
    name = settings.get("grade_id") if isinstance(settings, dict) else None
    return name if isinstance(name, str) and name else None


def _kind(cell: NotebookNode) -> str:
    return "test cell" if is_grade(cell) else "given cell"


def _visible(cell: NotebookNode) -> str:
    """The text of a released cell as students got it."""
    return cell.metadata.get("course_visible", cell.source)


def _is_experiment(cell: NotebookNode) -> bool:
    return EXPERIMENT in cell.metadata.get("tags", [])


def _test_of(position: int, given: list[NotebookNode]) -> str:
    """Name of the first test at or below a cell; "" where there is none."""
    return next((_name(cell) or "" for cell in given[position:] if is_grade(cell)), "")


def _differ(texts: set[str]) -> bool:
    """Tell whether texts of cells do different things; of very many that is not looked at."""
    return len(texts) > len(ORDINALS) or len(set(map(meaning, texts))) > 1


def _dead_code(source: str, stub: str) -> int:
    """Line of a ``raise NotImplementedError`` above code of the student's; 0 where there is none."""
    given = {below for _, below in left_raises(stub)}
    return next((line for line, below in left_raises(source) if below and below not in given), 0)


def _asked(cell: NotebookNode) -> set[str]:
    """What a stub asks for: the functions it defines, or else the names it gives a value."""
    functions = set(re.findall(r"^def\s+(\w+)", cell.source, re.MULTILINE))
    return functions & {_name(cell)} or functions or names_bound(cell.source)


def _index(cells: list[NotebookNode], key: Callable[[NotebookNode], object]) -> dict[object, list[int]]:
    found: dict[object, list[int]] = defaultdict(list)
    for number, cell in enumerate(cells):
        if (value := key(cell)) is not None:
            found[value].append(number)
    return found


def _between(position: int, origin: dict[int, int], free: set[int], theirs: list[NotebookNode]) -> list[int]:
    if not {position - 1, position + 1} & origin.keys():
        return []
    before = max((number for p, number in origin.items() if p < position), default=-1)
    after = min((number for p, number in origin.items() if p > position), default=len(theirs))
    inside = [theirs[n] if n in free else None for n in range(before + 1, after)]
    return [before + 1 + i for i, cell in enumerate(inside) if cell and cell.cell_type == "code" and bare(cell.source)]


def _plain(cell: NotebookNode, number: int) -> NotebookNode:
    make = {"code": v4.new_code_cell, "raw": v4.new_raw_cell}.get(cell.cell_type, v4.new_markdown_cell)
    made = make(cell.source)
    made.id = f"{OWN}{number}"
    return made


def _differences(student: NotebookNode, cell: NotebookNode, added: set[str]) -> list[str]:
    found = []
    name = _name(cell)
    if is_locked(cell) and bare(student.source) != bare(_visible(cell)):
        own = ", and what was added to it is a cell of the student's own" if name in added else ""
        found.append(f"The {_kind(cell)} {name} had been changed; it was restored{own}.")
    theirs = student.metadata.get("nbgrader") or {}
    ours = cell.metadata.get("nbgrader") or {}
    keys = ("grade", "solution", "locked", "task", "points", "cell_type")
    changed = [key for key in keys if name and theirs and theirs.get(key, ours.get(key)) != ours.get(key)]
    if name and student.cell_type != cell.cell_type and "cell_type" not in changed:
        changed.append("cell_type")
    if changed:
        found.append(f"The settings of the cell {name} had been changed ({', '.join(changed)}); they were restored.")
    return found


def _moved(origin: dict[int, int], given: list[NotebookNode], theirs: list[NotebookNode]) -> list[str]:
    count = Counter(map(_name, theirs))
    order = []
    for p in sorted(origin):
        name, n = _name(given[p]), origin[p]
        # Copies are not moved, nor is what was found in another cell.
        if name and n < len(theirs) and count[name] <= 1 and _name(theirs[n]) == (name if count[name] else None):
            order.append(n)
    return [] if order == sorted(order) else ["Cells had been moved; the released order was restored."]


def _kernel(submitted: NotebookNode, released: NotebookNode) -> list[str]:
    ours = released.metadata.get("kernelspec", {}).get("name")
    theirs = (submitted.metadata.get("kernelspec") or {}).get("name")
    if not ours or theirs == ours:
        return []
    return [f"The notebook asked for {f'the kernel {theirs!r}' if theirs else 'no kernel'}; {ours!r} was used."]


def _record(nb: NotebookNode) -> dict:
    """What :mod:`autograder.pipeline.submissions` noted; a notebook that did not come through it has no say in this."""
    noted = nb.metadata.get("course")
    noted = noted if isinstance(noted, dict) else {}
    sentences = noted.get("intake")
    return {
        "intake": [str(one) for one in sentences] if isinstance(sentences, list) else [],
        "refused": str(noted.get("refused") or ""),
        "sha256": str(noted.get("sha256") or ""),
        "python": str(noted.get("python") or ""),
    }
