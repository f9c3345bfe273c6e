"""Say how the keys and shapes of a result differ from the right ones: biases missing, transposed, an axis too many."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

MAX_PAIRS = 300  # of a property: larger results get no more than a glance


def shape_difference(name: str, want: Any, got: Any) -> str:
    """Say how shapes differ that a property holds as lists; "" where it holds anything else.

    Parameters
    ----------
    name : str
        Of the property.
    want, got : plain data
        As it should be, and as it came out.

    Returns
    -------
    str
        A phrase.
    """
    if not (is_about_shapes(name) and is_shape(want) and is_shape(got)):
        return ""
    wanted, found = _shape_parts(want), _shape_parts(got)
    key = next((key for key in wanted if key in found and wanted[key] != found[key]), None)
    if key is None or wanted.keys() != found.keys():
        return ""
    words = [f"({', '.join(map(str, shape))}{',' * (len(shape) == 1)})" for shape in (wanted[key], found[key])]
    where = f"{key.strip()}: " if re.search(r"[a-zA-Z]", key) else ""
    if not wanted[key]:
        return f"{where}expected one number, got an array of shape {words[1]}"
    return f"{where}expected shape {words[0]}, got {words[1] if found[key] else 'one number'}"


def is_about_shapes(name: str) -> bool:
    """Tell whether a property holds shapes, as lists of whole numbers."""
    return "shape" in name or name in ("one column", "both are columns", "one number")


def is_shape(value: Any) -> bool:
    """Tell whether a value is a shape, or a list or dict of shapes."""
    if isinstance(value, dict):
        return all(map(is_shape, value.values()))
    if isinstance(value, str):
        return value.startswith("shape (")
    return isinstance(value, list) and all(isinstance(part, int) or is_shape(part) for part in value)


def _shape_parts(value: Any) -> dict[str, list[int]]:
    if isinstance(value, str):
        return {"": [int(number) for number in re.findall(r"\d+", value)]}
    if isinstance(value, list) and all(isinstance(part, int) for part in value):
        return {"": value}
    parts = value.items() if isinstance(value, dict) else enumerate(value)
    return {f"{key} {inner}": shape for key, part in parts for inner, shape in _shape_parts(part).items()}


def _dicts(want: Any, got: Any) -> Iterator[tuple[dict, dict]]:
    """Go down into dicts, to those whose keys are not the same."""
    if isinstance(want, dict) and isinstance(got, dict) and len(got) <= MAX_PAIRS:
        if want.keys() != got.keys():
            yield want, got
        else:
            for key in want:
                yield from _dicts(want[key], got[key])


def describe_keys(differing: list[tuple[Any, Any]]) -> str:
    """Say which keys are missing in a dict, or too many.

    Parameters
    ----------
    differing : list of (want, got)
        Values of a property, those that differ.

    Returns
    -------
    str
        A sentence that fits all; "" where no keys differ.
    """
    both = [({str(key) for key in want}, {str(key) for key in got}) for one in differing for want, got in _dicts(*one)]
    if not both:
        return ""
    missing, extra = [want - got for want, got in both], [got - want for want, got in both]

    def layer(key: str) -> int:
        numbered = re.fullmatch(r"[A-Za-z]{1,9}(\d{1,3})", key)
        return int(numbered[1]) if numbered else -1

    def letter(key: str) -> str:
        return key.removeprefix("d")[:1]

    def only(holds: Callable[[str, int], bool]) -> bool:
        """Just the keys of a kind are missing, and none of them is there."""
        return missing == [{key for key in want if holds(key, max(map(layer, want), default=0))} for want, _ in both]

    for sentence, holds in (
        ("Layers are numbered from 1: yours begin at 0.", all(keys and max(map(layer, keys)) == 0 for keys in extra)),
        (
            "Yours has one layer too many: the loop runs too far.",
            all(
                keys and {*map(layer, keys)} == {max(map(layer, want), default=0) + 1}
                for keys, (want, _) in zip(extra, both, strict=True)
            ),
        ),
        ("The keys of your dict have other names than those asked for.", any(missing) and any(extra)),
        ("Your dict has keys that are not asked for.", any(extra)),
        (
            "The last layer is missing: l runs from 1 to L, and range leaves out its end.",
            only(lambda key, L: layer(key) == L),
        ),
        ("The first layer is missing: l begins at 1.", only(lambda key, L: layer(key) == 1)),
        ("Your biases are missing.", only(lambda key, L: letter(key) == "b")),
        ("Your weights are missing.", only(lambda key, L: letter(key) == "W")),
        ("Keys are missing in your dict: is it returned too early, or made anew in the loop?", True),
    ):
        if holds:
            return sentence
    return ""


def describe_shapes(differing: list[tuple[Any, Any]]) -> str:
    """Say how shapes differ that a property holds as lists.

    Parameters
    ----------
    differing : list of (want, got)
        Values of a property, those that differ: each of them fulfils :func:`is_shape`.

    Returns
    -------
    str
        A sentence that fits all, or "".
    """
    both = []
    for want, got in differing:
        wanted, found = _shape_parts(want), _shape_parts(got)
        if wanted.keys() != found.keys():
            return ""
        both += [(key.split()[-1:], wanted[key], found[key]) for key in wanted if wanted[key] != found[key]]
    letters = {name[0][:1] for name, _, _ in both if name}
    where = f"Only {letters.pop()}: " if len(letters) == 1 and letters <= {"W", "b"} else ""
    sentence = shape_sentence([(want, got) for _, want, got in both])
    return (where + lower(sentence) if where else sentence) if sentence else ""


def shape_sentence(both: list[tuple[list[int], list[int]]]) -> str:
    """Say how shapes differ.

    Parameters
    ----------
    both : list of (want, got)
        Shapes that belong together.

    Returns
    -------
    str
        The first sentence that fits all, or "".
    """
    for sentence, holds in (
        (
            "You return an array where one number is asked for.",
            lambda want, got: not want and bool(got),
        ),
        (
            "Your array is transposed: rows and columns are swapped.",
            lambda want, got: len(want) > 1 and got == want[::-1],
        ),
        (
            "An axis of length 1 is missing in yours: keepdims=True keeps it in sums and means, reshape puts it back.",
            lambda want, got: len(got) < len(want) and [n for n in want if n != 1] == [n for n in got if n != 1],
        ),
        (
            "Yours has an axis of length 1 too many.",
            lambda want, got: len(got) > len(want) and [n for n in want if n != 1] == [n for n in got if n != 1],
        ),
        (
            "Yours is a square: a row and a column were combined, each entry with each. Give both the same shape.",
            lambda want, got: len(got) == 2 and got[0] == got[1] > 1 and got[0] in want and want != got and 1 in want,
        ),
        ("Yours has one entry too many.", lambda want, got: len(want) == 1 and got == [want[0] + 1]),
        (
            "Yours has one row too many.",
            lambda want, got: len(want) == len(got) == 2 and got == [want[0] + 1, want[1]],
        ),
        ("Yours has one entry too few.", lambda want, got: len(want) == 1 and got == [want[0] - 1]),
        (
            "Yours has one row too few.",
            lambda want, got: len(want) == len(got) == 2 and got == [want[0] - 1, want[1]],
        ),
        (
            "Your numbers lie in one row. They belong into one column.",
            lambda want, got: len(want) == 2 and want[1] == 1 and got[:1] == [1],
        ),
        (
            "An axis of yours has length 1: something was added up along it, or the data are missing in it.",
            lambda want, got: len(want) == len(got) and all(n in (1, k) for n, k in zip(got, want, strict=True)),
        ),
        (
            "An axis of yours should have length 1: was nothing added up along it, or another axis?",
            lambda want, got: (
                len(want) == len(got) and all(k in (1, n) for n, k in zip(got, want, strict=True)) and all(got)
            ),
        ),
        (
            "The number of columns is wrong in yours, that of rows is right.",
            lambda want, got: len(want) == len(got) == 2 and want[0] == got[0],
        ),
        (
            "The number of rows is wrong in yours, that of columns is right.",
            lambda want, got: len(want) == len(got) == 2 and want[1] == got[1],
        ),
        (
            "You return one number where an array is asked for: a sum or a mean too many, or one without axis=….",
            lambda want, got: bool(want) and not got,
        ),
        ("Yours has an axis too few.", lambda want, got: len(got) < len(want)),
        ("Yours has an axis too many.", lambda want, got: len(got) > len(want)),
    ):
        if both and all(holds(want, got) for want, got in both):
            return sentence
    return ""


def upper(text: str) -> str:
    """Begin a text with a capital."""
    return text[:1].upper() + text[1:]


def lower(text: str) -> str:
    """Let a sentence go on after a colon."""
    first = text.split(" ")[0]
    return text[:1].lower() + text[1:] if first in LOWER else text


LOWER = {
    "No,",
    "It",
    "Keys",
    "You",
    "Your",
    "Yours",
    "What",
    "Each",
    "Only",
    "All",
    "The",
    "Negative",
    "An",
    "Most",
    "Many",
}
