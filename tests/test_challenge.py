"""The challenge of 06: settings are read with care, every training has one budget, the leaderboard outlives damage."""

from __future__ import annotations

import numpy as np
import pytest

from autograder.pipeline import hidden_checks
from autograder.topics.answer_cells import run_text
from autograder.topics.hyperparameters.answers import challenge_settings
from course_utils import challenge, network

SETTINGS = challenge_settings()


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (None, "settings are a dict"),
        ({}, "hidden_layers, init_scale, learning_rate, mini_batch_size, final_share missing"),
        ({**SETTINGS, "momentum": 0.9}, "momentum unknown"),
        ({**SETTINGS, 3: 0.9}, "3 unknown"),
        ({**SETTINGS, "hidden_layers": 60}, "hidden_layers is a list"),
        ({**SETTINGS, "hidden_layers": [10] * 5}, "at most 4"),
        ({**SETTINGS, "hidden_layers": [10**9]}, "from 1 to 100"),
        ({**SETTINGS, "hidden_layers": [True]}, "from 1 to 100"),
        ({**SETTINGS, "hidden_layers": ["sixty"]}, "from 1 to 100"),
        ({**SETTINGS, "hidden_layers": [[60]]}, "from 1 to 100"),
        ({**SETTINGS, "learning_rate": float("nan")}, "learning_rate is a number"),
        ({**SETTINGS, "learning_rate": float("inf")}, "learning_rate is a number"),
        ({**SETTINGS, "learning_rate": 0}, "learning_rate is above 0"),
        ({**SETTINGS, "learning_rate": 1j}, "learning_rate is a number"),
        ({**SETTINGS, "learning_rate": [0.1, 0.2]}, "learning_rate is a number"),
        ({**SETTINGS, "mini_batch_size": 10.5}, "mini_batch_size is a whole number"),
        ({**SETTINGS, "mini_batch_size": 10**400}, "mini_batch_size is a number from 1 to 128"),
        ({**SETTINGS, "mini_batch_size": 0}, "mini_batch_size is a number from 1 to 128"),
        ({**SETTINGS, "init_scale": -1}, "init_scale is a number"),
        ({**SETTINGS, "final_share": None}, "final_share is a number"),
    ],
)
def test_settings_that_cannot_be_trained_with_are_a_sentence(settings, words):
    with pytest.raises(challenge.SettingsError) as error:
        challenge.train(settings)
    assert words in str(error.value)
    assert error.value._render_traceback_() == [str(error.value)]


@pytest.mark.parametrize("mini_batch_size", [1, 32, 128])
def test_every_training_takes_as_many_steps(mini_batch_size, monkeypatch):
    seen = []
    forward = network.forward_propagation

    def counting(X, *rest):
        seen.append(X.shape[1])
        return forward(X, *rest)

    monkeypatch.setattr(network, "forward_propagation", counting)
    challenge.train({**SETTINGS, "hidden_layers": [], "mini_batch_size": mini_batch_size}, steps=10**9)
    assert seen == [mini_batch_size] * challenge.STEPS


def test_training_depends_on_settings_and_seed_only():
    settings = {**SETTINGS, "hidden_layers": [5]}
    one, again, other = (challenge.train(settings, seed)["W1"] for seed in (1, 1, 2))
    assert np.array_equal(one, again)
    assert not np.allclose(one, other)


def test_a_network_that_diverged_has_an_accuracy():
    assert challenge.dev_accuracy({**SETTINGS, "learning_rate": 1000, "init_scale": 100}) <= 0.5


# --- the leaderboard --------------------------------------------------------------------------------------------------


@pytest.fixture
def board(tmp_path, monkeypatch):
    """A leaderboard whose entries cost no training."""
    monkeypatch.setattr(challenge, "dev_accuracy", lambda settings, seed, steps: settings["learning_rate"])
    return tmp_path / "leaderboard.csv"


def enter(rate, board):
    challenge.enter({**SETTINGS, "learning_rate": rate}, board)


def test_entries_are_kept_over_runs_and_the_same_settings_once(board, capsys):
    for rate in (0.5, 0.25, 0.75, 0.25):
        enter(rate, board)
    told = capsys.readouterr().out.splitlines()
    assert told == [
        "dev accuracy 50.0 % (mean of 3 seeds): place 1 of 1",
        "dev accuracy 25.0 % (mean of 3 seeds): place 2 of 2",
        "dev accuracy 75.0 % (mean of 3 seeds): place 1 of 3",
        "dev accuracy 25.0 % (mean of 3 seeds): place 3 of 3",
    ]
    entries = challenge.read_board(board)
    assert [entry["learning_rate"] for entry in entries] == ["0.5", "0.25", "0.75"]
    assert entries[0] == {
        "dev_accuracy": "0.5000",
        "hidden_layers": "100-50",
        "init_scale": "0.5",
        "learning_rate": "0.5",
        "mini_batch_size": "128",
        "final_share": "0.3",
    }


@pytest.mark.parametrize(
    "damage",
    [
        b"nonsense\n",
        b"0.9\n",
        b"nan,60,1,0.1,32,0.1\n",
        b"95,60,1,0.1,32,0.1\n",
        b"\xff\xfe\x00\x01\n",
        b'"never closed\n',
        b"0.9,60,1,0.1,32,0.1,and,more\n"[:9],
    ],
)
def test_bad_lines_are_left_out_and_the_rest_is_kept(damage, board, capsys):
    enter(0.5, board)
    board.write_bytes(board.read_bytes() + damage)
    assert len(challenge.read_board(board)) == 1
    enter(0.75, board)
    assert [entry["dev_accuracy"] for entry in challenge.read_board(board)] == ["0.5000", "0.7500"]


@pytest.mark.parametrize("content", [b"", b"\0" * 100, b"<<<<<<< HEAD\n", b"\xff" * 50])
def test_a_board_that_cannot_be_read_counts_as_empty(content, board, capsys):
    board.write_bytes(content)
    challenge.show_leaderboard(board)
    assert "The leaderboard is empty" in capsys.readouterr().out
    enter(0.5, board)
    assert len(challenge.read_board(board)) == 1


def test_a_board_is_written_whole_or_not_at_all(board, capsys, monkeypatch):
    enter(0.5, board)
    before = board.read_bytes()

    def broken(self, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(type(board), "replace", broken)
    enter(0.75, board)
    assert board.read_bytes() == before
    assert "could not be written (No space left on device)" in capsys.readouterr().out


def test_a_board_in_no_folder_is_a_sentence(board, capsys):
    enter(0.5, board.parent / "nowhere" / board.name)
    assert "could not be written" in capsys.readouterr().out


def test_the_board_is_shown_as_a_picture_with_words(board, capsys):
    for rate in (0.5, 0.25, 0.75):
        enter(rate, board)
    capsys.readouterr()
    challenge.show_leaderboard(board)
    shown = capsys.readouterr().out
    assert shown.startswith("1. 75.0 %: hidden_layers 100-50, init_scale 0.5, learning_rate 0.75")
    assert "3. 25.0 %" in shown


# --- grading ----------------------------------------------------------------------------------------------------------


def handed_in(settings) -> str:
    return f"def challenge_settings():\n    return {settings!r}\n"


def test_the_hidden_accuracy_stands_in_the_report_and_is_of_other_images(capsys, monkeypatch):
    monkeypatch.setenv("COURSE_SECRET", "test")
    check = hidden_checks.hidden("challenge_settings", points=1)
    assert check(run_text(handed_in(SETTINGS), "challenge_settings")) == 1.0
    assert "On hidden cases: accuracy in %: 9" in capsys.readouterr().out
    seen = {
        hidden_checks.examine(
            run_text(handed_in({**SETTINGS, "hidden_layers": []}), "challenge_settings"), "challenge_settings", seed
        ).measured["accuracy in %"]
        for seed in (1, 2, 3)
    }
    assert len(seen) > 1


def test_a_number_that_is_only_measured_carries_no_points(monkeypatch):
    verdict = hidden_checks.examine(
        run_text(handed_in({**SETTINGS, "learning_rate": 1e-5}), "challenge_settings"), "challenge_settings", 1
    )
    assert verdict.measured["accuracy in %"] < 40
    assert "accuracy in %" not in verdict.passed
    assert verdict.unearned == {"the settings can be trained with"}
    assert verdict.share == 0


# What one types first: the usual size of weights, a usual learning rate, a usual mini-batch.
FIRST = [
    ([50], 1, 0.01, 32, 1),
    ([50, 20], 1, 0.1, 32, 0.5),
    ([64, 32], 1, 0.1, 64, 0.1),
    ([30, 20, 10], 1, 0.05, 128, 0.1),
]


@pytest.mark.parametrize("values", FIRST, ids=str)
def test_settings_that_are_typed_first_earn_half_at_most(values):
    settings = dict(zip(SETTINGS, values, strict=True))
    verdict = hidden_checks.examine(run_text(handed_in(settings), "challenge_settings"), "challenge_settings", 1)
    assert verdict.share <= 0.5


def test_a_student_cannot_hand_in_a_training(monkeypatch):
    """Whatever code stands there, only the settings that come back count; a trained network does not."""
    monkeypatch.setenv("COURSE_SECRET", "test")
    text = (
        "def challenge_settings():\n"
        "    from course_utils import challenge\n"
        "    challenge.STEPS = 10**9\n"
        f"    return {{**{SETTINGS!r}, 'parameters': challenge.train({SETTINGS!r})}}\n"
    )
    monkeypatch.setattr(challenge, "STEPS", challenge.STEPS)  # put back afterwards
    check = hidden_checks.hidden("challenge_settings", points=1)
    assert check(run_text(text, "challenge_settings")) == 0.0
