"""The order of the options: that of hashes, in which nobody finds a pattern, and what names a letter goes along."""

from __future__ import annotations

import itertools
import re
import shutil
from collections import Counter

import pytest

from autograder.authoring import option_order
from autograder.authoring.option_order import order_options, questions, require_order
from autograder.topics import sources
from autograder.topics.answer_cells import reference_answer
from autograder.topics.notebook_text import BuildError
from course_utils.checks.exercise import EXERCISES
from course_utils.checks.questions import LETTERS, QUESTIONS

KEYS = {name: "".join(reference_answer(name)().values()) for name in sorted(QUESTIONS)}


@pytest.mark.parametrize("file", sources(), ids=lambda file: file.stem)
def test_all_options_stand_in_the_order_of_their_hashes(file):
    require_order(file)
    counts = Counter(question.exercise for question in questions(file))
    assert counts == {name: len(EXERCISES[name].properties) for name in counts}
    assert any(name in QUESTIONS for name in counts)


def test_the_letters_follow_no_pattern():
    """What chance would do all but once in some hundred courses; the keys of a person who avoids repeats do not."""
    count = Counter("".join(KEYS.values()))
    total = sum(count.values())
    spread = (3 / 16 * total) ** 0.5  # of the number of one letter
    assert all(abs(count[letter] - total / 4) < 3 * spread for letter in LETTERS), count
    pairs = [pair for key in KEYS.values() for pair in itertools.pairwise(key)]
    repeats = sum(one == other for one, other in pairs)
    assert abs(repeats - len(pairs) / 4) < 3 * (3 / 16 * len(pairs)) ** 0.5, KEYS
    assert sum(len(set(key[:4])) == 4 for key in KEYS.values()) <= 3, KEYS  # of eight, 0.75 expected
    assert max(Counter(key[:3] for key in KEYS.values()).values()) <= 2, KEYS


def test_another_order_is_refused_and_put_right(tmp_path, monkeypatch):
    """Turn round the options of every question, and the letters in prose: answers and sentences have to follow."""
    turn = str.maketrans("abcd", "dcba")
    files = [shutil.copytree(file.parent, tmp_path / file.parent.name) / file.name for file in sources()]
    for file in files:
        text = file.read_text(encoding="utf-8")
        (file.parent / "before.txt").write_text(text, encoding="utf-8")
        for question in questions(file):
            old = [f"- {letter}) {option}" for letter, option in zip(LETTERS, question.options, strict=True)]
            new = [f"- {letter}) {option}" for letter, option in zip(LETTERS, question.options[::-1], strict=True)]
            text = text.replace("".join(old).strip(), "".join(new).strip())
        text = re.sub(r"(rediction \d: )([a-d])\b", lambda match: match[1] + match[2].translate(turn), text)
        file.write_text(text, encoding="utf-8")
        with pytest.raises(BuildError, match=r"question 1 stand in another order .* python -m autograder options"):
            require_order(file)
    monkeypatch.setattr(option_order, "sources", lambda: files)
    moved = order_options()
    assert not order_options()
    for file, own in zip(files, sources(), strict=True):
        assert file in moved
        assert file.read_text(encoding="utf-8") == (file.parent / "before.txt").read_text(encoding="utf-8")
        right, wrong = (file.with_name(name).read_text(encoding="utf-8") for name in ("answers.py", "mistakes.py"))
        key = KEYS[f"{own.parent.name}_answers"]
        turned = "{" + ", ".join(f'{i}: "{letter.translate(turn)}"' for i, letter in enumerate(key, start=1)) + "}"
        assert f"return {turned}" in right
        sentences = re.findall(r'"([a-d])": (.*)', own.with_name("mistakes.py").read_text(encoding="utf-8"))
        assert all(f'"{letter.translate(turn)}": {words}' in wrong for letter, words in sentences)
