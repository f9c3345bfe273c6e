"""Match a student's cells to the released notebook's, even if cells were deleted, copied, moved or renamed."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

from nbformat import NotebookNode
from nbgrader.utils import is_grade, is_locked, is_solution

from autograder.pipeline.notebook_cells import added_cell, grade_id, visible_source
from course_utils.cells import bare, meaning, names_bound

ORDINALS = ("first", "second", "third", "fourth", "fifth")


@dataclass
class Match:
    """Which cell of the student's belongs to which released cell.

    Parameters
    ----------
    origin : dict of int to int
        Position in the released notebook → position in the student's.
    sentences : list of str
        Descriptions of what had to be repaired.
    lost : dict of str to str
        Name of each test cell whose answer was not found, or is ambiguous → the reason.
    doubts : dict of str to str
        Name of each test cell that needs a look unless it is passed in full → the reason.
    """

    origin: dict[int, int] = field(default_factory=dict)
    sentences: list[str] = field(default_factory=list)
    lost: dict[str, str] = field(default_factory=dict)
    doubts: dict[str, str] = field(default_factory=dict)


def match_cells(student: list[NotebookNode], released: list[NotebookNode]) -> Match:
    """Find the student's cell for every released cell: by nbgrader's name, by id, by content, by position.

    Of several copies of an answer, a copy that defines what is asked is preferred, then a copy that is not blank, then
    a copy above its test, then the last copy: so the chosen copy is what the student's own run used.

    Parameters
    ----------
    student : list of NotebookNode
        The student's cells. A copy of a cell that answers two exercises is appended, for the second exercise.
    released : list of NotebookNode
        The released notebook's cells.

    Returns
    -------
    Match
    """
    matcher = _Matcher(student, released)
    matcher.match_given_cells()
    missing = [position for position in matcher.answers if not matcher.match_answer(position)]
    for position in missing:
        matcher.recover_answer(position)
    matcher.describe_copies()
    return matcher.match


def next_test(position: int, released: list[NotebookNode]) -> str:
    """Return the name of the first test at or below a cell.

    Parameters
    ----------
    position : int
        Position of the cell in ``released``.
    released : list of NotebookNode

    Returns
    -------
    str
        Empty where there is no test below.
    """
    return next((grade_id(cell) or "" for cell in released[position:] if is_grade(cell)), "")


def describe_kind(cell: NotebookNode) -> str:
    """Name the kind of a locked cell, for messages."""
    return "test cell" if is_grade(cell) else "given cell"


class _Matcher:
    """The state of :func:`match_cells`. A ``position`` is of a released cell, a ``number`` of a student's cell."""

    def __init__(self, student: list[NotebookNode], released: list[NotebookNode]) -> None:
        self.match = Match()
        self.answers = {position: cell for position, cell in enumerate(released) if is_solution(cell)}
        self._student, self._released = student, released
        self._free = set(range(len(student)))
        self._texts = [bare(cell.source) for cell in student]
        self._by_name = _index(student, grade_id)
        self._by_id = _index(student, lambda cell: cell.get("id"))
        self._has_names = any(map(grade_id, student))
        if student and not self._has_names:
            self._note("The notebook had lost the course's settings; its cells were found by their content.")
        names = [name for cell in released if (name := grade_id(cell))]
        self._name_of = {number: name for name in names for number in self._by_name[name]}
        self._defined = [names_bound(cell.source) if cell.cell_type == "code" else set() for cell in student]
        stubs = {grade_id(cell): names_bound(cell.source) for cell in self.answers.values()}
        # Further names that answer cells define, beside what they are asked for: maybe the answer to another exercise.
        self._defined_beside = {
            number: self._defined[number] - stubs[name] for number, name in self._name_of.items() if name in stubs
        }
        # (Number of copies, which of them, what was done with it) → names of the cells.
        self._copied: dict[tuple[int, str, str], list[str]] = defaultdict(list)

    def match_given_cells(self) -> None:
        """Match the cells that are no answers."""
        for position, cell in enumerate(self._released):
            if is_solution(cell):
                continue
            name = grade_id(cell)
            numbers = [n for n in self._by_name[name] + self._by_id[cell.get("id")] if n in self._free]
            numbers = numbers or [n for n in sorted(self._free) if self._texts[n] == bare(visible_source(cell))]
            if numbers:
                self._claim(position, numbers[0])
                copies = {n for n in self._by_name[name] if n != numbers[0]}
                if name and copies:
                    self._copied[len(copies) + 1, "one", "kept"].append(name)
            elif is_locked(cell):
                self._note(f"The {describe_kind(cell)} {name} was missing; it was put back.")

    def match_answer(self, position: int) -> bool:
        """Match the cell of an answer; tell whether a cell was found."""
        cell, free = self.answers[position], self._free
        name, wanted = grade_id(cell), _names_asked_for(cell)
        test = self._test_number(position)
        named = [n for n in self._by_name[name] if n in free]
        same_id = [n for n in self._by_id[cell.get("id")] if n in free and self._name_of.get(n, name) == name]
        defining = [n for n in free if n not in self._name_of and wanted & self._defined[n]]
        choices = {*named, *same_id, *defining}
        begun = {n for n in choices if self._texts[n] not in ("", bare(cell.source))}
        answering = {n for n in begun if wanted & self._defined[n]}

        def rank(n: int) -> tuple:
            return n in answering, n in begun, self._name_of.get(n) == name, n < test, n

        best = max(choices, key=rank, default=None)
        if best is None:
            return False
        if best not in answering and any(wanted & names for names in self._defined_beside.values()):
            return False
        self._claim(position, best)
        which = "one"
        if name and len(named) > 1 and best in named:
            place = named.index(best)
            which = f"the {ORDINALS[place]}" if place < len(ORDINALS) else f"number {place + 1}"
            self._copied[len(named), which, "graded"].append(name)
        elif best not in named and self._has_names:
            self._note(f"The answer to {name} stood outside its cell; it was found by its content.")
        copies = {self._texts[n] for n in answering.intersection(named)}
        below = {self._texts[n] for n in answering if n > test > best} - {self._texts[best]}
        if _differ(copies):
            reason = f"The cell {name} stood {len(named)} times, with answers that differ; {which} of them was run."
            self.match.lost.setdefault(next_test(position, self._released), reason)
        elif below and _differ({*below, self._texts[best]}):
            reason = f"Another answer to {name} stands below its test; the one above was graded."
            self.match.doubts.setdefault(next_test(position, self._released), reason)
        return True

    def recover_answer(self, position: int) -> None:
        """Look for an answer in another answer's cell, then in a single cell in its place; else note it as lost."""
        cell = self.answers[position]
        name, wanted = grade_id(cell), _names_asked_for(cell)
        holding = [
            (number, grade_id(self.answers[other]))
            for other, number in self.match.origin.items()
            if other in self.answers and number < len(self._defined) and wanted & self._defined[number]
        ]
        in_its_place = self._free_code_between(position)
        if holding:
            # The cell is copied in place of the stub, which would overwrite the answer; running it twice is harmless.
            number, other_name = holding[-1]
            self._student.append(added_cell(self._student[number], len(self._student)))
            self.match.origin[position] = len(self._student) - 1
            self._note(f"The answer to {name} was found in the cell of {other_name}.")
        elif len(in_its_place) == 1:
            self._claim(position, in_its_place[0])
            self._note(f"The answer to {name} had lost its name; the one cell in its place was graded.")
        else:
            reason = f"No answer to {name} was found; its empty cell was put back."
            self._note(reason)
            self.match.lost[next_test(position, self._released)] = reason

    def describe_copies(self) -> None:
        """Note which cells stood more than once, in a sentence for all cells of a kind."""
        for (count, which, action), names in self._copied.items():
            plural, of_each = ("s", "of each ") if len(names) > 1 else ("", "")
            self._note(f"The cell{plural} {', '.join(names)} stood {count} times; {which} {of_each}was {action}.")

    def _note(self, sentence: str) -> None:
        self.match.sentences.append(sentence)

    def _claim(self, position: int, number: int) -> None:
        self.match.origin[position] = number
        self._free.discard(number)

    def _test_number(self, position: int) -> int:
        """Return the number of the student's first test below a position; it did not test answers below itself."""
        origin = self.match.origin
        below = range(position + 1, len(self._released))
        tests = (origin[p] for p in below if p in origin and is_grade(self._released[p]))
        return next(tests, len(self._student))

    def _free_code_between(self, position: int) -> list[int]:
        """Find code cells that are not matched yet, between the matched neighbours of a released cell."""
        origin = self.match.origin
        if not {position - 1, position + 1} & origin.keys():
            return []
        before = max((number for p, number in origin.items() if p < position), default=-1)
        after = min((number for p, number in origin.items() if p > position), default=len(self._student))
        return [
            number
            for number in range(before + 1, after)
            if number in self._free and self._student[number].cell_type == "code" and self._texts[number]
        ]


def _index(cells: list[NotebookNode], key: Callable[[NotebookNode], object]) -> dict[object, list[int]]:
    index: dict[object, list[int]] = defaultdict(list)
    for number, cell in enumerate(cells):
        if (value := key(cell)) is not None:
            index[value].append(number)
    return index


def _names_asked_for(stub: NotebookNode) -> set[str]:
    """Return the names that a stub asks for: its functions, or else the names that it assigns."""
    functions = set(re.findall(r"^def\s+(\w+)", stub.source, re.MULTILINE))
    return functions & {grade_id(stub)} or functions or names_bound(stub.source)


def _differ(texts: set[str]) -> bool:
    """Tell whether sources of cells do different things; very many sources are not compared, but taken to differ."""
    return len(texts) > len(ORDINALS) or len(set(map(meaning, texts))) > 1
