"""The build: the same bytes every time, and one clear line where a source is broken."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest

from autograder.__main__ import main
from autograder.authoring import build, readme_figure, verify_checks
from autograder.topics.notebook_text import BuildError, source_notebook
from autograder.topics.registry import Mistake, Variant

HE = "initialize_parameters_he"
EXERCISE = f'# %% exercise="{HE}"\nfrom autograder.topics.initialization.answers import {HE}\n'
TEST = f"# %% points=10\ncheck({HE})\n"
SETUP = "# %%\nimport numpy as np\nfrom course_utils import check, plots\n"


def write(folder: Path, *cells: str) -> Path:
    file = folder / "09_broken.py"
    file.write_text("\n".join(cells), encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("cells", "line", "words"),
    [
        ([EXERCISE, TEST, EXERCISE, TEST], 7, f"the exercise {HE} stands twice"),
        ([EXERCISE], 1, f"{HE} has no points"),
        ([EXERCISE, '# %% exercise="initialize_parameters_zeros"\n', TEST], 1, f"{HE} has no points"),
        ([SETUP, '# %% exercise="initialise"\n', TEST], 5, "no answers.py in autograder/topics defines initialise"),
        ([TEST], 1, "points without an exercise"),
        ([EXERCISE, "# %% points=0\ncheck(x)\n"], 4, "points=0 is not a whole number"),
        ([EXERCISE, "# %% points=5\ncheck(x)\n"], 4, f"a points cell holds check({HE}) and nothing else"),
        (["# %% [markdown]\n# ![](a.png)\n"], 1, "a picture without alternative text"),
        (["# %% [markdown]\n# text\n", '# %% [markdown]\n# <img src="a.png">\n'], 4, "a picture without"),
        (["x = 1\n", SETUP], 1, "text stands before the first cell"),
    ],
)
def test_a_broken_source_is_named_with_its_line(cells, line, words, tmp_path):
    file = write(tmp_path, *cells)
    with pytest.raises(BuildError) as error:
        source_notebook(file)
    message = str(error.value)
    assert message.startswith(f"{file.as_posix()}:{line}: ")
    assert words in message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("fig, axes = plots.figure()\nplots.show(fig, 'an empty figure here')", "axes 1 has no x label"),
        ("fig, axes = plots.figure()\naxes[0, 0].set(xlabel='x', ylabel='y')\nplots.show(fig, '')", "alternative text"),
        ("import matplotlib.pyplot as plt\nplt.plot([1, 2]);", "a figure without alternative text"),
        ("1 / 0", "ZeroDivisionError: division by zero"),
    ],
)
def test_a_cell_that_shows_or_does_the_wrong_thing_is_named_with_its_line(cell, words, tmp_path, monkeypatch):
    monkeypatch.setattr(build, "SOLVED", tmp_path / "solved")
    file = write(tmp_path, SETUP, f"# %%\n{cell}\n")
    with pytest.raises(BuildError, match=re.escape(words)) as error:
        build.solve([file])
    assert f"{file.as_posix()}:5: " in str(error.value)


def test_a_cell_tagged_timing_is_run_and_its_output_not_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(build, "SOLVED", tmp_path / "solved")
    cell = "import time\nbegan = time.perf_counter()\nprint(began)"
    file = write(tmp_path, "# %%\nprint(7)\n", f'# %% tags=["timing"]\n{cell}\n', "# %%\nprint(began > 0)\n")
    cells = nbformat.read(build.solve([file])[0], as_version=4).cells
    assert [[output.text for output in cell.outputs] for cell in cells] == [["7\n"], [], ["True\n"]]


def test_the_command_prints_that_line_and_fails(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(build, "sources", lambda: [write(tmp_path, EXERCISE)])
    monkeypatch.setattr(build, "write_data", lambda root: None)
    monkeypatch.setattr(build, "verify_checks", lambda: None)
    assert main(["build"]) == 1
    assert capsys.readouterr().err.splitlines() == [
        f"{(tmp_path / '09_broken.py').as_posix()}:1: {HE} has no points: a '# %% points=N' cell follows"
    ]


def test_a_refused_variant_stops_the_build(monkeypatch):
    monkeypatch.setattr(verify_checks, "VARIANTS", [Variant(HE, f"def f(layers_dims, rng):\n    return 1\n\n{HE} = f")])
    with pytest.raises(BuildError, match="this right answer is refused: it returns"):
        verify_checks.verify_checks()


def test_a_mistake_that_is_not_caught_stops_the_build(monkeypatch):
    monkeypatch.setattr(verify_checks, "VARIANTS", [])
    uncaught = Mistake(HE, "This is not a mistake.", build.reference_text(HE))
    monkeypatch.setattr(verify_checks, "MISTAKES", [uncaught])
    with pytest.raises(BuildError, match="not caught by name: This is not a mistake"):
        verify_checks.verify_checks()


def test_a_line_of_an_answer_in_what_students_get_stops_the_build(tmp_path):
    notebook = nbformat.v4.new_notebook()
    line = '    parameters[f"W{l}"] = np.sqrt(2 / n_in) * rng.standard_normal((n_out, n_in))'
    notebook.cells = [nbformat.v4.new_code_cell("x = 1"), nbformat.v4.new_code_cell(line)]
    path = tmp_path / "leaky.ipynb"
    nbformat.write(notebook, path)
    with pytest.raises(BuildError, match="a line of an answer stands in what students get"):
        build.refuse_leaks(path)


def test_what_is_committed_is_what_the_sources_build():
    changed = build.drift(build.write_released)
    assert not changed, f"run python -m autograder build: {changed}"


def test_two_runs_of_a_notebook_are_the_same_bytes(tmp_path, monkeypatch):
    monkeypatch.setattr(build, "SOLVED", tmp_path / "solved")
    figure = (
        "fig, axes = plots.figure()\naxes[0, 0].set(xlabel='x', ylabel='y')\nplots.show(fig, 'an empty figure here')"
    )
    bar = "from tqdm.auto import tqdm\nfor step in tqdm(range(3)):\n    print(step, flush=True)"
    file = write(tmp_path, SETUP, f"# %%\n{figure}\n", f"# %%\n{bar}\n", EXERCISE, TEST)
    first, second = (build.solve([file])[0].read_bytes() for _ in range(2))
    assert first == second
    assert b"<img" in first


def test_a_changed_file_is_drift(monkeypatch, tmp_path, capsys):
    def built_elsewhere(root):
        for part in build.BUILT:
            for name in build._files(build.ROOT, part):
                copy = root / name
                copy.parent.mkdir(parents=True, exist_ok=True)
                copy.write_bytes((build.ROOT / name).read_bytes())
        (root / "datasets" / "moons.h5").write_bytes(b"other")
        (root / "notebooks" / "01_initialization" / "new.txt").write_text("new", encoding="utf-8")
        (root / readme_figure.PLACE).write_bytes(b"other")

    monkeypatch.setattr(build, "build", built_elsewhere)
    assert main(["build", "--check"]) == 1
    assert capsys.readouterr().err.splitlines() == [
        f"{name} is not what its source builds; run: python -m autograder build"
        for name in ("datasets/moons.h5", "docs/what_you_build.png", "notebooks/01_initialization/new.txt")
    ]


def test_readme_shows_the_picture_in_words_too_and_it_is_light():
    readme = (build.ROOT / "README.md").read_text(encoding="utf-8")
    ((words, target),) = re.findall(r"!\[([^\]]*)\]\(([^)]*)\)", readme)
    assert target == readme_figure.PLACE.as_posix()
    assert len(words.split()) > 20
    assert (build.ROOT / readme_figure.PLACE).stat().st_size < 150_000
