"""Say how wrong numbers relate to the right ones, as a tutor would: twice too large, transposed, one layer left out.

This is asked where no listed mistake fits. A sentence is a fact: it holds in every case of its property, those that
come out right included, and it names arguments and tells no value of a case, so that hidden reports may show it too.
"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from course_utils.checks import observing as see
from course_utils.checks import structure
from course_utils.checks.exercise import ARGUMENTS, ENDING, Case, Observation
from course_utils.checks.structure import MAX_PAIRS, lower, upper

MAX_NUMBERS = 20_000  # of a property: larger results get no more than a glance
MAX_SENTENCES = 2
MAX_LETTERS = 120  # of an observer's phrase
LOOSE = 0.01  # tolerances above this are those of statistics
CLOSE = 1e-4  # relative: as closely do two numbers count as one factor

SYMBOLS = {
    "gamma": "γ",
    "grads": "the gradient",
    "gradients": "the gradient",
    "parameters": "the parameter",
    "learning_rate": "α",
    "learning_rate0": "α₀",
    "lambd": "λ",
    "beta": "β",
    "beta1": "β₁",
    "beta2": "β₂",
    "epsilon": "ε",
}
_NUMBERED = re.compile(r"[A-Za-z]+\d+")  # W1, db2
DATA = ("X", "Y", "AL", "A", "Z", "P", "dA", "dZ_tilde")  # arrays whose columns are examples


# --- what is compared -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Pair:
    """One array of a property in one case, as it came out and as it should be, beside what the answer was given.

    Parameters
    ----------
    case : int
    path : str
        The key of the dict that it stands under, such as ``"dW2"``, or "".
    got, want : array of float
        Of the same shape.
    close : array of bool
        Where the two agree.
    numbers : dict
        Symbol → number, of what the case's calls were given.
    arrays : dict
        Name → array of the same shape, or one that can be broadcast to it.
    scale : float
        The relative tolerance of the property.
    """

    case: int
    path: str
    got: np.ndarray
    want: np.ndarray
    close: np.ndarray
    numbers: dict[str, float]
    arrays: dict[str, np.ndarray]
    scale: float

    @property
    def wrong(self) -> bool:
        """Something in it differs."""
        return not self.close.all()

    def agrees(self, other: np.ndarray) -> bool:
        """Tell whether it came out as another array of numbers."""
        return other.shape == self.got.shape and _close(self.got, other, self.scale)


def likely_cause(
    cases: Sequence[Case],
    right: Mapping[tuple[int, str], Observation],
    seen: Mapping[tuple[int, str], Observation],
    wrong: Sequence[tuple[int, str]],
    failed: tuple[int, str],
) -> str:
    """Say how the answer's numbers relate to the right ones.

    Parameters
    ----------
    cases : sequence of dict
        What was asked.
    right, seen : dict
        Observations by case and property.
    wrong : sequence of (case, property)
        What differs.
    failed : (case, property)
        What the report is about.

    Returns
    -------
    str
        One sentence where all that is wrong is wrong in the same way; else one for each property, its name before it.
        "" where nothing explains what the report is about.
    """
    names = [
        name for name in dict.fromkeys([failed[1], *(name for _, name in wrong)]) if name not in (ENDING, ARGUMENTS)
    ]
    found: dict[str, str] = {}
    with np.errstate(all="ignore"):
        for name in names:
            if sentence := _explain(name, cases, right, seen):
                found[name] = sentence
    if failed[1] not in found:
        return ""
    alike = len(set(found.values())) == 1 and len(found) == len(names)
    if alike and not found[failed[1]].startswith(("No, ", "It comes out")):
        return found[failed[1]]
    grouped: dict[str, list[str]] = {}
    for name, sentence in found.items():
        grouped.setdefault(sentence, []).append(name)
    said = [f"{upper(', '.join(names))}: {lower(sentence)}" for sentence, names in grouped.items()]
    return " ".join(said[:MAX_SENTENCES])


def differing_keys(
    right: Mapping[tuple[int, str], Observation],
    seen: Mapping[tuple[int, str], Observation],
    wrong: Sequence[tuple[int, str]],
) -> str:
    """Say which gradient to look at first, and not how it is wrong.

    Parameters
    ----------
    right, seen : dict
        Observations by case and property.
    wrong : sequence of (case, property)
        What differs.

    Returns
    -------
    str
        A sentence; "" where no gradient can be named.
    """
    keys: set[str] = set()
    for key in wrong:
        leaves = _leaves(seen[key].value, right[key].value, key[1]) if key in seen else None
        for path, got, want in leaves or ():
            if re.fullmatch(r"d[Wb]\d", path) and not _same(got, want, right[key]):
                keys.add(path)
    if not keys:
        return ""
    last = max(keys, key=lambda key: (int(key[2:]), key[1] == "b"))
    return (
        f"{last} is wrong. Hold it against numerical_gradient, entry by entry; an error is handed on to earlier layers,"
        " so mend the last one first."
    )


def _same(got: np.ndarray, want: np.ndarray, right: Observation) -> bool:
    return got.shape == want.shape and np.allclose(got, want, rtol=right.rtol, atol=right.atol, equal_nan=True)


def _explain(name: str, cases: Sequence[Case], right: Mapping, seen: Mapping) -> str:
    keys = [key for key in right if key[1] == name and key in seen]
    wanted, got = [right[key] for key in keys], [seen[key] for key in keys]
    if any(one.secret for one in wanted):
        return ""
    differing = [(w, g) for w, g in zip(wanted, got, strict=True) if not w.agrees(g)]
    if not differing:
        return ""
    if all(isinstance(value.value, str) for both in differing for value in both):
        known = {one.value for one in right.values() if isinstance(one.value, str)}
        return _words([(w.value, g.value) for w, g in differing], known)
    values = [(w.value, g.value) for w, g in differing]
    if sentence := structure.describe_keys(values):
        return sentence
    if structure.is_about_shapes(name) and all(map(structure.is_shape, itertools.chain(*values))):
        return structure.describe_shapes(values)
    pairs: list[Pair] = []
    shapes: list[tuple[list[int], list[int]]] = []
    for key, w, g in zip(keys, wanted, got, strict=True):
        case = cases[key[0]] if key[0] < len(cases) else {}
        leaves = _leaves(g.value, w.value)
        if leaves is None:
            return ""
        given = _Given(case)
        if (
            name.startswith(see.SCALE)
            and leaves
            and leaves[0][1].shape == leaves[0][2].shape == (len(case.get("large", ())) - 1,)
        ):
            leaves = [(f"W{l}", *both) for l, both in enumerate(zip(*leaves[0][1:], strict=True), start=1)]
        for path, got_part, want_part in leaves:
            if len(pairs) == MAX_PAIRS or want_part.size > MAX_NUMBERS:
                return ""
            if got_part.shape != want_part.shape:
                shapes.append((list(want_part.shape), list(got_part.shape)))
            elif got_part.size:
                pairs.append(_pair(key[0], path, got_part, want_part, given, w))
    if shapes:
        return structure.shape_sentence(shapes)
    return _sentence(pairs) if pairs and sum(pair.got.size for pair in pairs) <= MAX_NUMBERS else ""


def _pair(case: int, path: str, got: np.ndarray, want: np.ndarray, given: _Given, right: Observation) -> Pair:
    close = np.isclose(got, want, rtol=right.rtol, atol=right.atol, equal_nan=True)
    numbers, arrays = given.beside(path, want)
    return Pair(
        case, path, got, want, close, numbers, arrays, max(right.rtol, right.atol if right.atol >= LOOSE else 0)
    )


def _leaves(got: Any, want: Any, path: str = "") -> list[tuple[str, np.ndarray, np.ndarray]] | None:
    """Take two values apart into arrays of numbers that belong together; None where they do not fit."""
    if isinstance(want, dict):
        if not isinstance(got, dict) or got.keys() != want.keys() or len(want) > MAX_PAIRS:
            return None
        parts = [(str(key), got[key], want[key]) for key in want]
    elif isinstance(want, list) and any(isinstance(part, dict | list | np.ndarray) for part in want):
        if not isinstance(got, list) or len(got) != len(want) or len(want) > MAX_PAIRS:
            return None
        parts = [("", *pair) for pair in zip(got, want, strict=True)]
    else:
        numbers, wanted = _numbers(got), _numbers(want)
        return None if numbers is None or wanted is None else [(path, numbers, wanted)]
    found = []
    for name, one, other in parts:
        inner = _leaves(one, other, name or path)
        if inner is None:
            return None
        found += inner
    return found


def _numbers(value: Any) -> np.ndarray | None:
    if isinstance(value, str | dict) or value is None:
        return None
    try:
        array = np.asarray(value)
    except ValueError:
        return None
    if array.dtype.kind not in "biuf" or array.ndim > 4:
        return None
    return array.astype(float) if array.size <= MAX_NUMBERS else array


class _Given:
    """What the calls of a case were given: numbers by their symbols, arrays by their names."""

    def __init__(self, case: Case) -> None:
        self.numbers: dict[str, float] = {}
        self.arrays: dict[str, np.ndarray] = {}
        self.entries: dict[str, dict[str, np.ndarray]] = {}
        self._read(case)
        data = next((self.arrays[name] for name in DATA if name in self.arrays and self.arrays[name].ndim == 2), None)
        if data is not None:
            self.numbers.setdefault("m", data.shape[1])
            if data.shape[0] > 1:
                self.numbers.setdefault("the number of rows", data.shape[0])

    def _read(self, given: Mapping) -> None:
        for name, value in given.items():
            if isinstance(value, bool | str) or value is None:
                continue
            if isinstance(value, int | float | np.number):
                self.numbers[SYMBOLS.get(name, name)] = float(value)
            elif isinstance(value, Mapping) and value and all(map(_NUMBERED.fullmatch, map(str, value))):
                self.entries[name] = dict(value)
            elif isinstance(value, Mapping):
                self._read(value)
            elif isinstance(value, list) and value and all(isinstance(part, Mapping) for part in value):
                self._read({name: value[0]})
            elif (array := _numbers(value)) is not None and 0 < array.size <= MAX_NUMBERS:
                self.arrays[SYMBOLS.get(name, name)] = array

    def beside(self, path: str, want: np.ndarray) -> tuple[dict[str, float], dict[str, np.ndarray]]:
        """Give the numbers, and the arrays that fit to one of the right answer's, under the key ``path``."""
        numbers = {name: value for name, value in self.numbers.items() if value and np.isfinite(value)}
        for name, value in list(numbers.items()):
            if 0 < value < 1:
                numbers[f"(1 − {name})"] = 1 - value
                if "t" in numbers and name.startswith("β"):
                    numbers[f"(1 − {name}ᵗ)"] = 1 - value ** numbers["t"]
        numbers.pop("t", None)
        numbers.pop("seed", None)
        if re.fullmatch(r"d?W\d+", path):
            if want.ndim == 2:
                numbers["n_out"], numbers["n_in"] = want.shape
            elif want.ndim == 0 and "large" in self.arrays:
                numbers["n_in"], numbers["n_out"] = self.arrays["large"][int(path[1:]) - 1 :][:2]
        arrays = {name: array for name, array in self.arrays.items() if _fits(array, want)}
        if "parameters" in self.entries:
            numbers["L"] = len(self.entries["parameters"]) // 2
        for name, entries in self.entries.items():
            keys = [key for key in (path, f"d{path}", path.removeprefix("d")) if key in entries]
            if path and keys and (array := _numbers(entries[keys[0]])) is not None:
                array = array.reshape(want.shape) if array.size == want.size else array
                if array.shape == want.shape:
                    arrays[SYMBOLS.get(name, name)] = array
            if want.ndim == 0 and not path:
                arrays |= _sums(entries)
        if want.ndim == 0:
            arrays |= {f"the sum of {name}": np.sum(array) for name, array in self.arrays.items()}
        return numbers, arrays


def _sums(entries: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Add up over the weights and biases of a network, in the ways that costs do."""
    found = {}
    for letter, name in (("W", "weights"), ("b", "biases")):
        values = [np.asarray(value, dtype=float).ravel() for key, value in entries.items() if key[:1] == letter]
        if values:
            together = np.concatenate(values)
            found[f"the sum of all squared {name}"] = np.sum(together**2)
            found[f"the sum of all |{name}|"] = np.sum(np.abs(together))
            found[f"the sum of all {name}"] = np.sum(together)
    return found


def _fits(array: np.ndarray, want: np.ndarray) -> bool:
    if array.shape == want.shape:
        return True
    return want.ndim == 2 and array.shape in ((want.shape[0], 1), (1, want.shape[1])) and array.size > 1


# --- words ------------------------------------------------------------------------------------------------------------


def _words(differing: list[tuple[str, str]], known: set[str]) -> str:
    """Say how words differ: an observer's phrase, or always the same one of the right words.

    An answer's own words are not repeated: they could tell a case.
    """
    if all(want == "yes" for want, _ in differing):
        return _same_phrase([got for _, got in differing])
    word = differing[0][1]
    return f"It comes out as “{word}”." if {got for _, got in differing} == {word} and word in known else ""


def _same_phrase(got: list[str]) -> str:
    """Take over what an observer says where it is the same in every case, and tells no number."""
    if not all(value.startswith("no: ") for value in got):
        return ""
    phrases = {value.removeprefix("no: ").split(", for example")[0] for value in got}
    if len(phrases) != 1:
        return ""
    phrase = phrases.pop()
    return "" if re.search(r"\d", phrase) or len(phrase) > MAX_LETTERS else f"No, {phrase}."


# --- numbers ----------------------------------------------------------------------------------------------------------


def _sentence(pairs: list[Pair]) -> str:
    """Find the one sentence that holds: of all, or of those that stand under certain keys."""
    for where, chosen in _places(pairs):
        letters = {pair.path.removeprefix("d")[:1] for pair in chosen}
        parameter = letters.pop() if len(letters) == 1 else ""
        loose = any(pair.scale >= LOOSE for pair in chosen)
        for relation in STATISTICS if loose else RELATIONS:
            if sentence := _unique(relation(chosen)):
                sentence = sentence.replace("the parameter", parameter or "the parameter")
                return f"{where}: {lower(sentence)}" if where else sentence
        if where and not loose:
            return f"Only {lower(where)} {'are' if where.endswith('s') else 'is'} wrong; the rest is right."
    return ""


def _unique(sentences: Iterable[str]) -> str:
    """Take a sentence if it is the only one: where two fit equally, neither is said."""
    found = set(sentences)
    return found.pop() if len(found) == 1 else ""


def _places(pairs: list[Pair]) -> Iterator[tuple[str, list[Pair]]]:
    """Say where in a network what is wrong stands, and give the pairs there; "" and all where it is everywhere."""
    bad = {pair.path for pair in pairs if pair.wrong}
    matches = [re.fullmatch(r"d?([Wb])(\d+)", pair.path) for pair in pairs]
    split = [match for match in matches if match]
    if len(bad) == 1 and len({pair.path for pair in pairs}) > 1 and not all(matches):
        path = bad.pop()
        yield path, [pair for pair in pairs if pair.path == path]
        return
    if all(matches) and len({pair.path for pair in pairs}) > 1:
        last = {
            case: max(int(s[2]) for p, s in zip(pairs, split, strict=True) if p.case == case)
            for case in {p.case for p in pairs}
        }
        tags: list[tuple[str, Callable[[str, int, int], bool]]] = [
            ("The weights", lambda letter, l, L: letter == "W"),
            ("The biases", lambda letter, l, L: letter == "b"),
            ("The last layer", lambda letter, l, L: l == L),
            ("The first layer", lambda letter, l, L: l == 1),
            ("All layers but the last", lambda letter, l, L: l < L),
            ("All layers but the first", lambda letter, l, L: l > 1),
            ("W of the last layer", lambda letter, l, L: letter == "W" and l == L),
            ("W of the first layer", lambda letter, l, L: letter == "W" and l == 1),
            ("b of the last layer", lambda letter, l, L: letter == "b" and l == L),
            ("b of the first layer", lambda letter, l, L: letter == "b" and l == 1),
        ]
        failing = {pair.case for pair in pairs if pair.wrong}
        for words, holds in tags:
            chosen = [holds(s[1], int(s[2]), last[p.case]) for p, s in zip(pairs, split, strict=True)]
            if all(chosen) or not any(chosen):
                continue
            if all(p.wrong == c for p, c in zip(pairs, chosen, strict=True) if p.case in failing):
                yield words, [p for p, c in zip(pairs, chosen, strict=True) if c]
                return
    yield "", pairs


def _special_values(pairs: list[Pair]) -> Iterator[str]:
    wrong = [pair for pair in pairs if pair.wrong]
    bad = [pair.got[~pair.close] for pair in wrong]
    everywhere = all((~pair.close).all() for pair in wrong)
    if all(np.isnan(part).all() for part in bad):
        yield "You get nan: 0/0, inf − inf, or a logarithm or a root of a negative number."
    elif all((~np.isfinite(part)).all() for part in bad):
        yield "You get inf: a division by 0, a logarithm of 0, or a power of e that is too large."
    elif everywhere and all(not pair.got.any() for pair in wrong):
        yield "You get 0 everywhere." if any(pair.got.size > 1 for pair in wrong) else "You get 0."
    elif all(pair.got.size > 2 and np.ptp(pair.got) == 0 for pair in wrong) and any(np.ptp(p.want) for p in wrong):
        yield "You get one number everywhere: the entries do not differ."


def _given_arrays(pairs: list[Pair]) -> Iterator[str]:
    if sum(pair.got.size for pair in pairs) > 1:
        for name in _common(pairs):
            if all(pair.arrays[name].shape == pair.got.shape and pair.agrees(pair.arrays[name]) for pair in pairs):
                yield f"You return {name} as it was given."


def _places_of_entries(pairs: list[Pair]) -> Iterator[str]:
    """Entries that are right, but stand elsewhere."""
    wrong = [pair for pair in pairs if pair.wrong]
    if all(pair.got.size < 2 for pair in wrong):
        return

    def all_agree(change: Callable[[np.ndarray], np.ndarray]) -> bool:
        return all(pair.agrees(change(pair.want)) for pair in pairs)

    if all(pair.got.ndim == 2 for pair in wrong) and all_agree(lambda want: want.T):
        yield "Your array is transposed: rows and columns are swapped."
    for axis, words in ((0, "first to last"), (1, "left to right")):
        if all(pair.got.ndim > axis for pair in pairs) and all_agree(functools.partial(np.flip, axis=axis)):
            yield f"Yours is in reverse order, {words}."
    ordered = [pair for pair in wrong if pair.got.ndim and pair.got.shape[0] > 2]
    if ordered and len(ordered) == len(wrong):
        if all(_close(pair.got[1:], pair.want[:-1], pair.scale) for pair in ordered):
            yield "Yours is shifted by one: each entry stands one place too late."
        if all(_close(pair.got[:-1], pair.want[1:], pair.scale) for pair in ordered):
            yield "Yours is shifted by one: each entry stands one place too early."


def _another_order(pairs: list[Pair]) -> Iterator[str]:
    wrong = [pair for pair in pairs if pair.wrong]
    if all(pair.got.size > 2 for pair in wrong) and all(
        _close(np.sort(pair.got, axis=None), np.sort(pair.want, axis=None), pair.scale) for pair in wrong
    ):
        yield "Your numbers are right, but in another order."


FUNCTIONS: tuple[tuple[str, Callable[[np.ndarray], np.ndarray]], ...] = (
    ("You have the squares of what is right: a root is missing, or a square is too many.", np.square),
    ("You have the square roots of what is right: a square is missing, or a root is too many.", np.sqrt),
    ("You have the absolute values of what is right: a sign got lost.", np.abs),
    ("Yours is one divided by what is right: a fraction is turned round.", lambda want: 1 / want),
    ("Yours is 1 minus what is right.", lambda want: 1 - want),
    ("You have the logarithms of what is right.", np.log),
    ("You have e to the power of what is right: a logarithm is missing.", np.exp),
    ("Negative numbers have become 0 in yours.", lambda want: np.maximum(want, 0)),
    ("Yours is cut off to whole numbers.", np.trunc),
    ("Yours is rounded to whole numbers.", np.round),
    ("You have the signs of what is right: 1, 0 and −1.", np.sign),
    ("You have the tanh of what is right.", np.tanh),
    ("You have the sigmoid of what is right.", lambda want: 1 / (1 + np.exp(-want))),
    (
        "Yours is added up along the rows: each entry holds all before it.",
        lambda want: np.cumsum(want, axis=-1) if want.ndim else want,
    ),
)


def _functions(pairs: list[Pair]) -> Iterator[str]:
    if sum(pair.got.size for pair in pairs if pair.wrong) < 2:
        return
    for sentence, function in FUNCTIONS:
        if all(pair.agrees(function(pair.want)) for pair in pairs):
            yield sentence


def _factor(pairs: list[Pair]) -> Iterator[str]:
    """One factor between what came out and what is right: a number, or a product of arguments."""
    yield from _multiple(pairs, [(pair.got, pair.want) for pair in pairs], _factor_words)


def _factor_words(factor: str) -> str:
    known = {
        "−1": "Your sign is wrong: what should be positive is negative, and the other way round.",
        "2": "Yours is twice what it should be, in every case.",
        "1/2": "Yours is half of what it should be, in every case.",
    }
    return known.get(factor, f"Yours is {factor} times what it should be, in every case.")


def _step(pairs: list[Pair]) -> Iterator[str]:
    """Where a step was to be taken from an argument: it has another sign or length."""
    for name in _common(pairs):
        given = [np.broadcast_to(pair.arrays[name], pair.got.shape) for pair in pairs]
        steps = [(pair.got - array, pair.want - array) for pair, array in zip(pairs, given, strict=True)]
        if any(not step.any() for step, _ in steps):
            continue
        yield from _multiple(pairs, steps, functools.partial(_step_words, name))


def _step_words(name: str, factor: str) -> str:
    if factor == "−1":
        return f"Your step away from {name} goes the wrong way: a plus should be a minus, or a minus a plus."
    return f"Your step away from {name} is {factor} times what it should be, in every case."


def _term(pairs: list[Pair]) -> Iterator[str]:
    """A term too many or too few: what came out minus what is right is a multiple of an argument, or one number."""
    for name, terms in _terms(pairs):
        differences = [(pair.got - pair.want, term) for pair, term in zip(pairs, terms, strict=True)]
        yield from _multiple(pairs, differences, functools.partial(_term_words, name))


def _term_words(name: str, factor: str) -> str:
    if not name:
        less = factor.startswith("−")
        size = factor.removeprefix("−")
        return f"Yours is too {'small' if less else 'large'} by {size}, in every case."
    times = "" if factor == "1" else "−" if factor == "−1" else f"{factor} · "
    return (
        f"Yours minus what is right is {times}{name}, in every case: that term is missing, there twice, or has a wrong"
        " sign or factor."
    )


def _alone(pairs: list[Pair]) -> Iterator[str]:
    """A part in place of the whole: what came out is a multiple of an argument."""
    for name, terms in _terms(pairs):
        if name:
            yield from _multiple(
                pairs,
                [(pair.got, term) for pair, term in zip(pairs, terms, strict=True)],
                functools.partial(_alone_words, name),
            )


def _alone_words(name: str, factor: str) -> str:
    times = "" if factor == "1" else "−" if factor == "−1" else f"{factor} · "
    return f"You return {times}{name}, and nothing else."


TRANSFORMS: tuple[tuple[str, Callable[[np.ndarray], np.ndarray]], ...] = (
    ("{}", lambda array: array),
    ("{}²", np.square),
    ("|{}|", np.abs),
    ("the sign of {}", np.sign),
)


def _terms(pairs: list[Pair]) -> Iterator[tuple[str, list[np.ndarray]]]:
    yield "", [np.ones(pair.got.shape) for pair in pairs]
    for name in _common(pairs):
        for words, transform in TRANSFORMS[: 1 if name.startswith("the sum") else None]:
            terms = [transform(np.broadcast_to(pair.arrays[name], pair.got.shape)) for pair in pairs]
            if words == "{}" or not all(
                map(np.array_equal, terms, (np.broadcast_to(p.arrays[name], p.got.shape) for p in pairs))
            ):
                yield words.format(name), terms


def _common(pairs: list[Pair]) -> list[str]:
    """Names of arrays that stand beside every pair."""
    return [name for name in pairs[0].arrays if all(name in pair.arrays for pair in pairs)] if pairs else []


def _part(pairs: list[Pair]) -> Iterator[str]:
    """What is wrong is a multiple of one argument, with a factor that is no number and no product of arguments."""
    wrong = [pair for pair in pairs if pair.wrong]
    if sum(pair.got.size for pair in wrong) < 4:
        return
    for name in _common(pairs):
        terms = [np.broadcast_to(pair.arrays[name], pair.got.shape) for pair in pairs]
        if any(
            pair.wrong and not (pair.got.size > 1 and np.ptp(term)) for pair, term in zip(pairs, terms, strict=True)
        ):
            continue
        differences = [(pair, pair.got - pair.want, term) for pair, term in zip(pairs, terms, strict=True)]
        if all(_ratio(gap, term, pair.scale, _size(pair)) is not None for pair, gap, term in differences if term.any()):
            yield f"What is wrong is a multiple of {name}: the factor or the sign of {name} is wrong."


def _variance(pairs: list[Pair]) -> Iterator[str]:
    """Standard deviations of random weights: their squares, in terms of units."""
    if all("n_in" in pair.numbers for pair in pairs):
        squares = [(pair.got**2, pair.want**2) for pair in pairs]
        yield from _multiple(pairs, squares, "The variance of your weights is {} times what it should be.".format)


def _lines(pairs: list[Pair]) -> Iterator[str]:
    """A factor, or a shift, of each row or column's own."""
    wrong = [pair for pair in pairs if pair.wrong]
    for axis, line in ((1, "row"), (0, "column")):
        if not all(pair.got.ndim == 2 and pair.got.shape[axis] > 2 and pair.got.shape[1 - axis] > 1 for pair in wrong):
            continue
        shifts = [pair.got - pair.want for pair in wrong]
        if all(
            _close(s, np.broadcast_to(s.mean(axis=axis, keepdims=True), s.shape), 1e-5, _size(p))
            for s, p in zip(shifts, wrong, strict=True)
        ):
            yield f"Each {line} of yours is right but for a number of its own that is added."
            continue
        factors = [_factors(pair.got, pair.want, axis) for pair in wrong]
        if all(pair.agrees(factor * pair.want) for pair, factor in zip(wrong, factors, strict=True)):
            yield f"Each {line} of yours is right but for a factor of its own."


def _factors(got: np.ndarray, want: np.ndarray, axis: int) -> np.ndarray:
    return np.sum(got * want, axis=axis, keepdims=True) / np.sum(want * want, axis=axis, keepdims=True)


def _sums_to_one(pairs: list[Pair]) -> Iterator[str]:
    """Probabilities that were divided by another sum."""
    wrong = [pair for pair in pairs if pair.wrong]
    if not all(pair.want.ndim == 2 and len(pair.want) > 1 and np.allclose(pair.want.sum(axis=0), 1) for pair in wrong):
        return
    wide = [pair for pair in wrong if pair.want.shape[1] > 1]
    if wide and all(np.allclose(pair.got.sum(axis=1), 1, rtol=1e-4) for pair in wide):
        yield "Your rows sum to 1. Columns are to: divide by the sum over axis 0."
    elif wide and all(np.allclose(pair.got.sum(), 1, rtol=1e-4) for pair in wide):
        yield "All your entries together sum to 1. Each column is to: divide by the sum over axis 0."


def _entries(pairs: list[Pair]) -> Iterator[str]:
    """Only certain entries are wrong: at an end, or where an argument is of a kind."""
    wrong = [pair for pair in pairs if pair.wrong]
    if sum((~pair.close).sum() for pair in wrong) > 2 and not any(pair.got[~pair.close].any() for pair in wrong):
        yield "What is wrong is 0 in yours."
        return
    if all((~pair.close).all() for pair in wrong):
        return
    for axis, lines in enumerate(("row", "column")):
        shaped = [pair for pair in wrong if pair.got.ndim > axis]
        if len(shaped) < len(wrong) or any(pair.got.shape[axis] < 2 for pair in wrong):
            continue
        one = "entry" if all(pair.got.ndim == 1 for pair in wrong) else lines
        bad = [(~np.moveaxis(pair.close, axis, 0).reshape(pair.got.shape[axis], -1)).any(axis=1) for pair in wrong]
        for words, place in (("first", 0), ("last", -1)):
            if all(part[place] and not np.delete(part, place).any() for part in bad):
                yield f"Only the {words} {one} is wrong; the others are right."
                return
            if all(len(part) > 2 and not part[place] and np.delete(part, place).all() for part in bad):
                yield f"Only the {words} {one} is right; the others are wrong."
                return
    for name in _common(wrong):
        for words, holds in (
            ("is 0", lambda array: array == 0),
            ("is not 0", lambda array: array != 0),
            ("is negative", lambda array: array < 0),
            ("is positive", lambda array: array > 0),
        ):
            chosen = [np.broadcast_to(holds(pair.arrays[name]), pair.got.shape) for pair in wrong]
            if all(np.array_equal(place, ~pair.close) for place, pair in zip(chosen, wrong, strict=True)):
                yield f"Yours is wrong where {name} {words}, and right elsewhere."


def _cases(pairs: list[Pair]) -> Iterator[str]:
    """Right in some cases: where an argument has a certain value."""
    failing = {pair.case for pair in pairs if pair.wrong}
    passing = {pair.case for pair in pairs} - failing
    if not failing or not passing:
        return
    by_case = {pair.case: pair for pair in pairs}
    for words, holds in (
        ("there is one example only (m = 1)", lambda pair: pair.numbers.get("m") == 1),
        ("there is one layer only (L = 1)", lambda pair: pair.numbers.get("L") == 1),
        ("there is one row only", lambda pair: pair.want.ndim == 2 and len(pair.want) == 1),
        ("the array is square", lambda pair: pair.want.ndim == 2 and pair.want.shape[0] == pair.want.shape[1]),
    ):
        if all(holds(by_case[case]) for case in passing) and not any(holds(by_case[case]) for case in failing):
            yield f"Yours is right where {words}, and wrong elsewhere."


def _proportional(pairs: list[Pair]) -> Iterator[str]:
    """A factor in each case, which is no number and no product of arguments."""
    wrong = [pair for pair in pairs if pair.wrong and pair.got.size > 2 and np.ptp(pair.want)]
    if len(wrong) == sum(pair.wrong for pair in pairs) and all(
        _ratio(pair.got, pair.want, pair.scale) is not None for pair in pairs
    ):
        yield "Yours is a multiple of what is right, with another factor in each case: a factor in it is wrong."


def _shifted(pairs: list[Pair]) -> Iterator[str]:
    wrong = [pair for pair in pairs if pair.wrong and pair.got.size > 2]
    if len(wrong) == sum(pair.wrong for pair in pairs) and all(
        _close(pair.got - pair.want, np.full(pair.got.shape, np.mean(pair.got - pair.want)), 1e-5, _size(pair))
        for pair in wrong
    ):
        yield "Yours is what is right plus one number, another in each case: a term that is added is wrong."


def _quarters(pairs: list[Pair]) -> Iterator[str]:
    """Shares of draws in four quarters: where most of them lie."""
    wrong = [pair for pair in pairs if pair.wrong]
    if not all(pair.got.shape == (4,) and pair.got.min() >= 0 and pair.got.sum() < 1.01 for pair in wrong):
        return
    if all(pair.got.sum() < 0.9 for pair in wrong):
        yield "Many of your draws lie outside of the bounds."
        return
    most = {int(np.argmax(pair.got)) for pair in wrong if pair.got.max() > 0.4}
    if len(most) == 1 and all(pair.got.max() > 0.4 for pair in wrong):
        yield f"Most of your draws lie in the {('first', 'second', 'third', 'last')[most.pop()]} quarter."
    elif all(min(pair.got[1], pair.got[2]) > max(pair.got[0], pair.got[3]) + 0.05 for pair in wrong):
        yield "Your draws crowd in the middle."


RELATIONS = (
    _special_values,
    _given_arrays,
    _factor,
    _places_of_entries,
    _another_order,
    _functions,
    _sums_to_one,
    _alone,
    _step,
    _term,
    _part,
    _lines,
    _entries,
    _cases,
    _proportional,
    _shifted,
)
STATISTICS = (_quarters, _special_values, _variance, _factor)
"""Of numbers that depend on draws."""


# --- factors ----------------------------------------------------------------------------------------------------------


def _multiple(
    pairs: list[Pair], parts: list[tuple[np.ndarray, np.ndarray]], words: Callable[[str], str]
) -> Iterator[str]:
    """Say by which factor the first of two arrays is the second, if it is one and the same in every pair.

    Parameters
    ----------
    pairs : list of Pair
        Where the factor is looked for among arguments.
    parts : list of (array, array)
        Two arrays for each pair.
    words : callable
        Factor in words → sentence.
    """
    ratios, known = [], []
    for pair, (one, other) in zip(pairs, parts, strict=True):
        if not other.any():
            if one.any() and not _close(one, other, pair.scale, _size(pair)):
                return
            continue
        ratio = _ratio(one, other, pair.scale, _size(pair))
        if ratio is None:
            return
        if not pair.wrong and pair.scale >= LOOSE:
            ratio = 1.0
        ratios.append(ratio)
        known.append(pair)
    wrong = [pair for pair in known if pair.wrong]
    if not wrong:
        return
    values = np.array(ratios)
    tolerance = max(CLOSE, 3 * max(pair.scale for pair in known)) if any(p.scale < LOOSE for p in known) else LOOSE * 3
    evidence = sum(pair.got.size for pair in wrong)
    if name := _product(values, [], tolerance):
        several = len({pair.case for pair in wrong}) > 1
        if evidence > 1 and (
            name in ("−1", "2", "1/2") or (several and evidence > 2)
        ):  # else it may be a case's number
            yield words(name)
        return
    if len(wrong) > 1 and (name := _product(values, known, tolerance)):
        yield words(name)
        return
    if np.ptp(values) <= tolerance * abs(values[0]) and len(wrong) > 1 and evidence > 3 and abs(values[0]) > 1e-3:
        # Not which: an answer may have made it of a hidden case.
        yield words("c").replace("in every case", "with the same c in every case")


def _ratio(one: np.ndarray, other: np.ndarray, scale: float, size: float = 0.0) -> float | None:
    """Divide two arrays: the one factor between all of their entries, or None."""
    if not (np.isfinite(one).all() and np.isfinite(other).all()):
        return None
    ratio = float(np.sum(one * other) / np.sum(other * other))
    return ratio if np.isfinite(ratio) and _close(one, ratio * other, scale, size) else None


def _product(values: np.ndarray, pairs: list[Pair], tolerance: float) -> str:
    """Write factors as a simple fraction times a product of arguments, where just one shortest product fits.

    Parameters
    ----------
    values : array
        One factor for each pair.
    pairs : list of Pair
        Whose numbers may stand in the product; none: a fraction alone.
    tolerance : float
        Relative.
    """
    names = [name for name in pairs[0].numbers if all(name in pair.numbers for pair in pairs)] if pairs else []
    columns = {name: np.array([pair.numbers[name] for pair in pairs]) for name in names}
    powers: list[tuple[tuple[str, float], ...]] = [()] if not pairs else []
    different = len(np.unique(values.round(6)))  # fewer than factors of a product fit some product by chance
    for count in range(1, min(different, 4)) if pairs else ():
        exponents = (1.0, -1.0, 2.0, -2.0, 0.5, -0.5) if count == 1 else (1.0, -1.0)
        for chosen in itertools.combinations(names[:9], count):
            powers += [tuple(zip(chosen, signs, strict=True)) for signs in itertools.product(exponents, repeat=count)]
    found: dict[int, list[str]] = {}
    for product in powers:
        column = np.ones(len(values))
        for name, exponent in product:
            column = column * columns[name] ** exponent
        constant = values / column
        if (
            not np.isfinite(constant).all()
            or np.ptp(constant) > tolerance * abs(constant[0])
            or (pairs and np.ptp(column) <= tolerance * abs(column[0]))
        ):
            continue
        fraction = Fraction(float(constant[0])).limit_denominator(6)
        if abs(fraction.numerator) in (1, 2, 3, 4) and abs(float(fraction) - constant[0]) <= tolerance * abs(
            constant[0]
        ):
            found.setdefault(len(product), []).append(_in_words(fraction, product))
    shortest = found[min(found)] if found else []
    return shortest[0] if len(shortest) == 1 else ""


def _in_words(fraction: Fraction, product: tuple[tuple[str, float], ...]) -> str:
    marks = {1: "{}", 2: "{}²", 0.5: "√{}"}
    above = [marks[exponent].format(name) for name, exponent in product if exponent > 0]
    below = [marks[-exponent].format(name) for name, exponent in product if exponent < 0]
    above = [str(abs(fraction.numerator))] * (abs(fraction.numerator) != 1) + above
    below = [str(fraction.denominator)] * (fraction.denominator != 1) + below
    text = " ".join(above) or "1"
    if below:
        text += f"/{below[0]}" if len(below) == 1 else f"/({' '.join(below)})"
    return ("−" if fraction < 0 else "") + text


# --- small things -----------------------------------------------------------------------------------------------------


def _close(one: np.ndarray, other: np.ndarray, scale: float, size: float = 0.0) -> bool:
    """Tell whether arrays agree; ``size`` is that of the numbers whose difference they may be."""
    tolerance = 5 * min(scale, LOOSE)
    return one.shape == other.shape and bool(
        np.allclose(one, other, rtol=tolerance, atol=tolerance * size * 0.1 + 1e-12, equal_nan=True)
    )


def _size(pair: Pair) -> float:
    return float(np.max(np.abs(pair.want), initial=0.0)) * 0.01
