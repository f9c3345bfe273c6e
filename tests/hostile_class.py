"""Reads the hostile submissions in ``tests/hostile/``, and writes the honest ones.

A hostile file is what a student writes, as text: ``# %% double`` begins the answer to an exercise, ``# %% extra`` a
cell of the student's own in that place, ``# %% beside numpy.py`` a file beside the notebook. Exercises without a
section are answered rightly; ``{course}`` and ``{root}`` stand for the folders of the course and of the project. The
docstring holds the numbers of the cases, what the file tries, and what must come of it::

    Cases 4, 15: …

    expected: double=0 look=double reason="exit code 0"

Exercises that are not named earn full points and need no look.
"""

from __future__ import annotations

import ast
import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from nbformat import v4
from tiny_course import NAME, ROOT, STUB, answered, at

FOLDER = Path(__file__).resolve().parent / "hostile"
POINTS = {"double": 2, "square": 3, "scale": 4, "twice": 1}


@dataclass(frozen=True)
class Case:
    """One submission and what must come of it.

    Parameters
    ----------
    name : str
        Of the file; also the student's.
    numbers : list of int
        Cases of the list of faults.
    tries : str
        What it tries, in one sentence.
    scores : dict
        Exercise → points.
    looks : set of str
        Exercises that need a look.
    reason : str
        What the class table says of it, a part of it; empty where it says nothing.
    sections : list of tuple
        Where a text belongs, and the text.
    """

    name: str
    numbers: list[int]
    tries: str
    scores: dict[str, float]
    looks: set[str] = field(default_factory=set)
    reason: str = ""
    sections: list[tuple[str, str]] = field(default_factory=list)


def read(path: Path) -> Case:
    """Read one hostile file."""
    head, *rest = re.split(r"^# %% (.+)\n", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    words = ast.literal_eval(head.strip())
    about, _, expected = words.partition("expected:")
    numbers = re.match(r"Cases? ([\d, ]+): ", about)
    found = dict(one.split("=", 1) for one in shlex.split(expected))
    looks, reason = set(filter(None, found.pop("look", "").split(","))), found.pop("reason", "")
    assert numbers, f"{path.name} names no case"
    assert set(found) | looks <= set(POINTS), f"{path.name} expects something of an unknown exercise"
    return Case(
        name=path.stem,
        numbers=[int(one) for one in numbers[1].split(",")],
        tries=" ".join(about[numbers.end() :].split()),
        scores=POINTS | {name: float(score) for name, score in found.items()},
        looks=looks,
        reason=reason,
        sections=[(where.strip(), text.strip()) for where, text in zip(rest[::2], rest[1::2], strict=True)],
    )


def hand_in(course: Path, case: Case) -> None:
    """Write a submission to where nbgrader collects it."""
    folder = course / "submitted" / case.name / NAME
    folder.mkdir(parents=True)
    nb = answered(course)
    place = at(nb, "given")
    for where, text in case.sections:
        text = text.replace("{course}", str(course)).replace("{root}", str(ROOT))
        if where == "extra":
            place += 1
            nb.cells.insert(place, v4.new_code_cell(text, id=f"extra-{place}"))
        elif where.startswith("beside "):
            (folder / where.removeprefix("beside ")).write_text(text + "\n", encoding="utf-8")
        else:
            place = at(nb, where)
            nb.cells[place].source = text
    nbformat.write(nb, folder / f"{NAME}.ipynb")


CASES = [read(path) for path in sorted(FOLDER.glob("*.*py"))]

WRONG = "def double(x):\n    return x"
NUMPY = """class Doubler:
    def __call__(self, x):
        return np.add(x, x)

double = Doubler()"""
SLOW = """def double(x):
    total = 0
    for number in range(300_000):
        total += number
    return 2 * x + 0 * total"""
CHATTY = """import warnings

def double(x):
    print("doubling", x)
    warnings.warn("I am not sure about this")
    import sys
    print("twice", file=sys.stderr)
    return x + x"""
LAMBDA = "import functools\n\nsquare = functools.partial(lambda power, x: x**power, 2)"
LOOP = "def twice(f, x):\n    for _ in range(2):\n        x = f(x)\n    return x"


def unanswered(*names: str) -> list[tuple[str, str]]:
    """The stubs of exercises, as they are released."""
    return [(name, f"def {name}(*_):\n    {STUB.replace(chr(10), chr(10) + '    ')}") for name in names]


HALF = POINTS | {"scale": 0, "twice": 0}
NONE = dict.fromkeys(POINTS, 0)
HONEST = [
    Case("a-wrong-one", [], "wrong", POINTS | {"double": 0}, set(), "AssertionError", [("double", WRONG)]),
    Case("blank", [], "blank", NONE, set(), "NotImplementedError", unanswered(*POINTS)),
    Case("honest-right", [], "right", POINTS),
    Case("otherwise-right", [], "right", POINTS, sections=[("double", NUMPY), ("square", LAMBDA), ("twice", LOOP)]),
    Case("slow-but-fine", [], "slow", POINTS, sections=[("double", SLOW)]),
    Case("warns-and-prints", [], "chatty", POINTS, sections=[("double", CHATTY)]),
    Case("zz-half", [], "half", HALF, set(), "NotImplementedError", unanswered("scale", "twice")),
]
