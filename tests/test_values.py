"""What an answer may return, what is refused, and what is said of causes."""

from __future__ import annotations

import array
import collections
import functools
import itertools
import re
import types
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from autograder.pipeline import hidden_checks
from autograder.topics.answer_cells import IMPORTS, run_text, solution_text
from autograder.topics.registry import mistakes_in
from course_utils.checks.check_report import Report
from course_utils.checks.exercise import ENDING, Observation
from course_utils.checks.expected_outcomes_file import VISIBLE_SEED
from course_utils.checks.limits import MAX_NESTING
from course_utils.checks.shadowing import describe_shadowed, find_shadowed, restore_builtins
from course_utils.checks.values import UNSUPPORTED_TYPES, NotPlainData, as_plain_data, reduce_types, type_name
from course_utils.checks.verdict import Verdict, _ending_without_details

README = Path(__file__).resolve().parent.parent / "autograder" / "README.md"


async def waits():
    """A coroutine, when called."""


def nested(levels):
    return functools.reduce(lambda inner, _: [inner], range(levels), 1)


@pytest.mark.parametrize(
    ("value", "read"),
    [
        (np.ma.array([1.0, 2.0]), [1.0, 2.0]),
        (np.ma.array([1, 2], mask=[False, False]), [1, 2]),
        (np.array([[1.0, 2.0]]).view(np.matrix), [[1.0, 2.0]]),
        (np.longdouble(1.5), 1.5),
        (np.array([1.5], np.longdouble), [1.5]),
        (np.float16(1.5), 1.5),
        (np.array(3), 3),
        (np.str_("high bias"), "high bias"),
        (np.select([np.array([True, False])], ["a"], "b"), ["a", "b"]),
        (np.array("a"), "a"),
        (range(3), [0, 1, 2]),
        (collections.deque([1, 2]), [1, 2]),
        (array.array("d", [1.0]), [1.0]),
        ({1: 2}.values(), [2]),
        (collections.namedtuple("Pair", "a b")(1, 2), [1, 2]),
        (types.MappingProxyType({"W1": 1}), {"W1": 1}),
        (collections.UserDict(W1=np.ma.array([[1]])), {"W1": [[1]]}),
        ({np.str_("W1"): 1}, {"W1": 1}),
        (Fraction(1, 4), 0.25),
        ([[np.ma.array([1])], (True, None)], [[[1]], [True, None]]),
    ],
    ids=repr,
)
def test_what_holds_the_right_numbers_is_read(value, read):
    def listed(one):
        if isinstance(one, dict):
            return {key: listed(part) for key, part in one.items()}
        return [listed(part) for part in one] if isinstance(one, list) else np.asarray(one).tolist()

    found = listed(as_plain_data(reduce_types(value)))
    assert found == read
    assert type(found) is type(read)


EXAMPLES = {
    "a masked array with masked entries": np.ma.array([1.0, 2.0], mask=[True, False]),
    "an array of objects": np.array([None, 1]),
    "an array of complex numbers": np.array([1j]),
    "a complex number": 1j,
    "an array of bytes": np.array([b"a"]),
    "bytes": b"a",
    "an array of dates": np.array(["2024-01-01"], "datetime64[D]"),
    "a structured array": np.zeros(2, [("x", float)]),
    "a generator": (one for one in ()),
    "an iterator": map(str, ()),
    "a set": {1},
    "a frozenset": frozenset({1}),
    "a function": len,
    "a coroutine": waits(),
}


@pytest.fixture(scope="module", autouse=True)
def close_the_coroutine():
    yield
    EXAMPLES["a coroutine"].close()


@pytest.mark.parametrize("name", UNSUPPORTED_TYPES)
def test_what_is_refused_stands_in_the_table_with_what_to_do(name):
    kept = reduce_types(EXAMPLES[name])
    assert kept is EXAMPLES[name]
    assert type_name(kept) == name
    with pytest.raises(NotPlainData, match=re.escape(f"{name}, which is not plain data: {UNSUPPORTED_TYPES[name]}")):
        as_plain_data([kept])


def test_instructors_read_the_same_table():
    text = README.read_text(encoding="utf-8").partition("| it returns | what to do |\n|---|---|\n")[2]
    rows = itertools.takewhile(lambda line: line.startswith("|"), text.splitlines())
    assert [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in rows] == list(
        UNSUPPORTED_TYPES.items()
    )


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (Decimal(1), "a Decimal"),
        (type("Αὐτός\n" + 50 * "x", (), {})(), "a Αὐτός" + 33 * "x"),
        (nested(MAX_NESTING + 3), "something nested too deeply"),
        ({frozenset(): 1}, "a dict with keys that are no text"),
        (range(10**12), "a range"),
        (np.ma.masked, "a masked array with masked entries"),
    ],
    ids=["Decimal", "a class", "nested", "keys", "range", "masked"],
)
def test_any_other_object_is_refused_by_its_name(value, name):
    with pytest.raises(NotPlainData, match=re.escape(name)):
        as_plain_data(reduce_types(value))


WORD = "W1"


@pytest.mark.parametrize(
    "want",
    [1.0, True, None, {"a": np.ones(2)}, [0.5, WORD], {"a": {"b": 2}}, [[1.0, None], 2.0], np.ones(3), [{"a": 1}]],
)
def test_an_empty_text_is_no_number(want):
    """An observer's own phrase is a text, too, and says what is wrong."""

    def emptied(value: object) -> object:
        if isinstance(value, dict):
            return {key: emptied(part) for key, part in value.items()}
        return [emptied(part) for part in value] if isinstance(value, list) else value if value is WORD else ""

    assert Observation("it", want).difference(want) is None
    assert Observation("it", want).difference(emptied(want))
    assert Observation("it", {"a": np.ones(2)}).difference({"a": "it is missing"}) == "a: it is missing"


def test_a_list_that_contains_itself_is_refused():
    endless = [1]
    endless.append(endless)
    with pytest.raises(NotPlainData, match="nested too deeply"):
        as_plain_data(reduce_types(endless))


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            "no: it returns a set, which is not plain data: make a list",
            "it returns a set, which is not plain data: make",
        ),
        ("no: it returns a x0_1234, which is not plain data", "it returns something which is not plain data"),
        ("no: it raises KeyError: 'W0' (in: x)", "it raises KeyError"),
        ("no: it raises Told0_1234: 5", "it raises an error of its own"),
    ],
)
def test_students_are_told_how_an_answer_broke_off_and_no_name_of_their_own(said, told):
    assert _ending_without_details(Observation(ENDING, said)).startswith(told)
    assert "1234" not in _ending_without_details(Observation(ENDING, said))


# --- likely causes ----------------------------------------------------------------------------------------------------


def causes(text: str, name: str) -> list[str]:
    """What a report says of causes, on the visible cases."""
    verdict = hidden_checks.examine(run_text(text, name), name, VISIBLE_SEED)
    assert verdict.state == "wrong"
    return [f"{label} {words}".strip() for label, words in Report(verdict).causes()]


def sentences(name: str, *words: str) -> list[str]:
    return [next(one.sentence for one in mistakes_in(name) if word in one.sentence) for word in words]


def test_one_mistake_is_the_likely_cause():
    (said,) = sentences("l1_penalty", "λ/m")
    text = solution_text("l1_penalty").replace("/ (2 * m)", "/ m")
    assert causes(text, "l1_penalty") == [f"Likely cause {said}"]


def test_where_two_mistakes_fit_both_are_said():
    name = "early_stopping"
    said = sentences(name, "nan", "ignore min_delta")
    right = "dev_costs[epoch] < dev_costs[best_epoch] - min_delta"
    found = causes(solution_text(name).replace(right, "not dev_costs[epoch] >= dev_costs[best_epoch]"), name)
    assert found[0] == "Likely causes 2 known mistakes fit, together or one of them:"
    assert sorted(one.partition(". ")[2] for one in found[1:]) == sorted(said)


def test_where_no_known_mistake_fits_it_is_said():
    text = "def l1_penalty(parameters, lambd, m):\n    return 7.25"
    assert causes(text, "l1_penalty") == ["Likely cause none of the mistakes that are known for this exercise."]


def test_where_a_mistake_does_not_explain_everything_it_is_said():
    verdict = Verdict("l1_penalty", "wrong", {}, 0.0, mistakes=["You square."], is_explained=False)
    assert Report(verdict).causes() == [
        ("Likely cause", "You square."),
        ("", "That does not explain everything that is wrong here."),
    ]


STARRED = IMPORTS + "from numpy import *\n\n"


def starred(name: str, *edits: tuple[str, str]):
    """Run an answer below ``from numpy import *``."""
    namespace = {"__name__": "__main__"}
    text = functools.reduce(lambda text, edit: text.replace(*edit), edits, solution_text(name))
    exec(compile(STARRED + text, f"<{name}>", "exec"), namespace)
    return namespace[name]


def test_what_from_numpy_import_star_breaks_is_its_fault_and_no_other_cause_is_named():
    """It looks like a known mistake: NumPy's ``all`` takes a generator for one true value."""
    verdict = hidden_checks.examine(starred("count_distinct_units"), "count_distinct_units", VISIBLE_SEED)
    assert verdict.state == "wrong"
    (cause,) = verdict.mistakes
    assert cause.startswith("Below from numpy import *, abs, all and max are NumPy's and not Python's (all(… for …)")


def test_beside_a_mistake_both_are_named_and_where_it_breaks_nothing_only_the_mistake():
    (said,) = sentences("split_indices", "whatever fractions")
    both = starred("split_indices", ("fractions[1] * m", "0.2 * m"), ("fractions[2] * m", "0.2 * m"))
    verdict = hidden_checks.examine(both, "split_indices", VISIBLE_SEED)
    assert verdict.mistakes[0].startswith("Below from numpy import *, round is NumPy's")
    name = "l1_penalty"
    (said,) = sentences(name, "λ/m")
    harmless = starred(name, ("/ (2 * m)", "/ m"))
    assert find_shadowed(harmless)
    assert hidden_checks.examine(harmless, name, VISIBLE_SEED).mistakes == [said]


def test_a_name_that_a_cell_gave_away_is_told():
    namespace = {"__name__": "__main__"}
    exec(IMPORTS + solution_text("split_indices") + "\nround = 3", namespace)
    verdict = hidden_checks.examine(namespace["split_indices"], "split_indices", VISIBLE_SEED)
    assert verdict.mistakes[0].startswith("A cell of yours gave the name round of Python's to something else.")
    assert namespace["round"] == 3


def test_shadows_are_found_through_helpers_partials_objects_and_decorators():
    namespace = {"__name__": "__main__"}
    exec(
        "import functools\nfrom numpy import *\n"
        "def helper(x): return [max(x, 1) for _ in range(1)]\n"
        "def plain(x): return helper(x)\n"
        "part = functools.partial(plain, 2)\n"
        "wrapped = functools.wraps(plain)(lambda *a: plain(*a))\n"
        "class Answer:\n def __call__(self, x): return plain(x)\n def method(self, x): return plain(x)\n"
        "made, method = Answer(), Answer().method\n",
        namespace,
    )
    for name in ("plain", "part", "wrapped", "made", "method"):
        assert find_shadowed(namespace[name]) == {"max": True}, name
        assert restore_builtins(namespace[name])(*([] if name == "part" else [2])) == [2]
        assert namespace["max"] is np.max
    assert find_shadowed(len) == {}


def test_a_sentence_names_three_at_most():
    assert "abs, all and any are NumPy's" in describe_shadowed(dict.fromkeys(("sum", "any", "all", "abs"), True))
