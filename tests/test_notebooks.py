"""The notebooks themselves: solved under nbval, and released as a student first opens them."""

from __future__ import annotations

import itertools
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from tiny_course import nbgrader

from autograder.authoring import build
from autograder.topics import source_of, sources
from autograder.topics.answer_cells import reference_text
from autograder.topics.notebook_text import missing_extra, source_notebook
from course_utils.checks.exercise import EXERCISES

ROOT = Path(__file__).resolve().parent.parent
CONTRACT = {
    "00_data_and_diagnosis": {
        "data_and_diagnosis_predictions": 1,
        "split_indices": 8,
        "diagnose": 6,
        "fit_normalizer": 6,
        "normalize": 6,
        "data_and_diagnosis_more_predictions": 1,
        "data_and_diagnosis_answers": 2,
    },
    "01_initialization": {
        "initialize_parameters_zeros": 4,
        "initialize_parameters_random": 6,
        "initialize_parameters_xavier": 10,
        "initialize_parameters_he": 10,
        "activation_rms": 10,
        "count_distinct_units": 4,
        "initialization_predictions": 1,
        "initialization_more_predictions": 1,
        "initialization_answers": 4,
    },
    "02_regularization": {
        "regularization_predictions": 1,
        "regularization_more_predictions": 1,
        "compute_cost_with_regularization": 8,
        "backward_propagation_with_regularization": 8,
        "weight_decay_step": 4,
        "l1_penalty": 6,
        "l1_gradient": 4,
        "dropout_forward": 12,
        "dropout_backward": 8,
        "early_stopping": 8,
        "augment_flip": 4,
        "regularization_answers": 6,
    },
    "03_gradient_checking": {
        "gradient_checking_predictions": 1,
        "gradient_checking_more_predictions": 1,
        "numerical_derivative": 6,
        "relative_difference": 8,
        "dictionary_to_vector": 6,
        "vector_to_dictionary": 6,
        "numerical_gradient": 10,
        "gradient_check": 10,
        "repaired_backward_propagation": 8,
        "gradient_checking_answers": 4,
    },
    "04_optimization": {
        "optimization_predictions": 2,
        "random_mini_batches": 12,
        "update_parameters_with_gd": 4,
        "fit": 16,
        "exponentially_weighted_average": 10,
        "initialize_velocity": 4,
        "update_parameters_with_momentum": 12,
        "update_parameters_with_rmsprop": 12,
        "update_parameters_with_adam": 20,
        "optimization_more_predictions": 2,
        "decay_inverse_time": 3,
        "decay_exponential": 3,
        "decay_sqrt": 3,
        "decay_staircase": 3,
        "optimization_answers": 4,
    },
    "05_batchnorm_softmax": {
        "batchnorm_softmax_predictions": 2,
        "one_hot": 6,
        "softmax": 10,
        "cross_entropy_cost": 8,
        "softmax_gradient": 6,
        "batchnorm_forward": 14,
        "batchnorm_backward": 18,
        "update_running_statistics": 8,
        "batchnorm_inference": 6,
        "predict_probabilities": 4,
        "train_classifier": 12,
        "batchnorm_softmax_answers": 6,
    },
    "06_hyperparameters": {
        "hyperparameters_predictions": 1,
        "sample_log_uniform": 8,
        "sample_momentum": 8,
        "grid_search_points": 4,
        "random_search_points": 4,
        "coarse_to_fine": 6,
        "successive_halving": 6,
        "challenge_settings": 1,
        "hyperparameters_answers": 2,
    },
    "07_tensorflow": {
        "tensorflow_predictions": 2,
        "linear_function": 4,
        "one_hot_matrix": 4,
        "compute_cost": 6,
        "train_step": 10,
        "tensorflow_answers": 4,
    },
}


def test_the_solved_notebooks_pass_nbval(solved, tmp_path):
    """Printed text is compared where a cell asks for it; every cell runs, for the second time after the build's."""
    # What they write stays in copies; some read what others hold.
    for source in sources():
        build._write(source_notebook(source), tmp_path, source.stem)
    copies = [shutil.copytree(path.parent, tmp_path / path.stem, dirs_exist_ok=True) for path in solved]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--nbval-lax", "-p", "no:cacheprovider", "-q", *map(str, copies)],
        cwd=ROOT / "autograder",
        env={**os.environ, "TQDM_DISABLE": "1", "COURSE_SECRET": "build"},
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stdout[-5000:]


def test_nbval_compares_something(solved):
    for path in solved:
        cells = nbformat.read(path, as_version=4).cells
        compared = [cell for cell in cells if "nbval-check-output" in cell.metadata.get("tags", [])]
        assert len(compared) >= 5
        assert all(any(output.output_type == "stream" for output in cell.outputs) for cell in compared)


def test_a_blank_notebook_raises_nothing_but_not_implemented(released):
    for path in released:
        notebook = nbformat.read(path, as_version=4)
        client = NotebookClient(notebook, timeout=120, allow_errors=True, resources={"metadata": {"path": path.parent}})
        client.execute(env={**os.environ, "TQDM_DISABLE": "1"}, stderr=subprocess.DEVNULL)
        errors = [output for cell in notebook.cells for output in cell.get("outputs", []) if "ename" in output]
        assert {error.ename for error in errors} == {"NotImplementedError"}
        if missing_extra(source_of(path.stem)):
            assert sum("is not installed here" in error.evalue for error in errors) >= 4  # the checks, and more
            continue
        tests = [cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("grade")]
        for cell in tests:
            shown = "".join(str(output.get("data", {}).get("text/plain", "")) for output in cell.outputs)
            assert "not started yet" in shown


def test_points_are_the_contracts(released):
    found = {}
    for path in released:
        cells = nbformat.read(path, as_version=4).cells
        grades = [cell.metadata["nbgrader"] for cell in cells if cell.metadata.get("nbgrader", {}).get("grade")]
        found[path.stem] = {grade["grade_id"].removeprefix("test_"): grade["points"] for grade in grades}
    assert found == CONTRACT


def test_a_blank_exercise_has_a_docstring_a_todo_and_nothing_else(released):
    for path in released:
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.metadata.get("nbgrader", {}).get("solution"):
                head, body = cell.source.rsplit('"""', 1)
                assert body == "\n    # TODO: your code here\n    raise NotImplementedError"
                assert "Returns\n    -------" in head
                assert head.startswith(f"def {cell.id}(")


def test_ids_are_names_for_exercises_and_unique_for_all(released):
    for path in released:
        cells = nbformat.read(path, as_version=4).cells
        ids = [cell.id for cell in cells]
        assert len(set(ids)) == len(ids)
        for cell in cells:
            grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
            assert grade_id in (None, cell.id)


def test_an_id_follows_its_content_not_its_place(tmp_path):
    (source,) = [file for file in sources() if file.stem == "01_initialization"]
    before = {cell.source: cell.id for cell in source_notebook(source).cells}
    longer = tmp_path / source.name
    longer.write_text("# %% [markdown]\n# A new first cell.\n\n" + source.read_text(encoding="utf-8"), encoding="utf-8")
    after = {cell.source: cell.id for cell in source_notebook(longer).cells}
    assert before.items() <= after.items()


def test_no_hidden_check_no_solution_and_no_output_is_released(released):
    solutions = [reference_text(name).split("### BEGIN SOLUTION")[1].split("### END SOLUTION")[0] for name in EXERCISES]
    for path in released:
        text = path.read_text(encoding="utf-8")
        for word in ("HIDDEN", "SOLUTION", "hidden(", "autograder"):
            assert word not in text
        cells = nbformat.reads(text, as_version=4).cells
        assert not any(cell.get("outputs") for cell in cells)
        assert not any(solution.strip() in cell.source for solution in solutions for cell in cells)


def test_the_questions_asked_are_the_questions_checked(released):
    for path in released:
        cells = nbformat.read(path, as_version=4).cells
        lists = [at for at, cell in enumerate(cells) if cell.id.endswith(("_predictions", "_answers"))]
        lists = [at for at in lists if not cells[at].id.startswith("test_")]
        assert len(lists) >= 2
        for at in lists:
            asked = [int(number) for number in re.findall(r"^\*\*(\d+)\.\*\*", cells[at - 1].source, re.M)]
            assert asked == list(range(1, len(EXERCISES[cells[at].id].properties) + 1))


def test_every_prediction_is_shown_before_its_experiment_and_answered_after(released):
    for path in released:
        cells = nbformat.read(path, as_version=4).cells
        text = "\n".join(cell.source for cell in cells)
        lists = re.findall(r"^def (\w+_predictions)\(", text, re.M)
        assert lists
        for name in lists:
            for number in range(1, len(EXERCISES[name].properties) + 1):
                shown = text.index(f"show_prediction({name}, {number})")
                after = text[shown:].split("show_prediction(", 2)[1]  # up to the next prediction
                assert re.search(rf"[Pp]rediction {number}: [a-d]", after), (path.stem, name, number)


def test_every_exercise_has_three_folded_hints(released):
    for path in released:
        cells = nbformat.read(path, as_version=4).cells
        for before, cell in itertools.pairwise(cells):
            graded = cell.metadata.get("nbgrader", {}).get("solution") and not cell.id.endswith(
                ("_predictions", "_answers")
            )
            if graded:
                assert re.findall(r"<summary>(.*?)</summary>", before.source) == ["Hint 1", "Hint 2", "Hint 3"], cell.id


def test_the_course_folder_works_with_stock_commands(tmp_path, solved):
    """A copy of ``autograder/`` after a build, used as the instructor's README says."""
    name = solved[0].stem
    course = tmp_path / "autograder"
    ignored = shutil.ignore_patterns("submitted", "autograded", "feedback", "gradebook.db", "taken_in", "__pycache__")
    shutil.copytree(build.COURSE, course, ignore=ignored)
    assert nbgrader(course, "generate_assignment", name).returncode == 0
    released = (tmp_path / "notebooks" / name / f"{name}.ipynb").read_bytes()
    assert released == (build.ROOT / "notebooks" / name / f"{name}.ipynb").read_bytes()
    submitted = course / "submitted" / "ada" / name
    submitted.mkdir(parents=True)
    (submitted / f"{name}.ipynb").write_bytes(released)
    assert nbgrader(course, "autograde", name).returncode == 0
    assert nbgrader(course, "generate_feedback", name).returncode == 0
    assert (course / "feedback" / "ada" / name / f"{name}.html").exists()


def test_students_need_nothing_of_the_autograder(tmp_path, released):
    """What a release archive holds (.gitattributes leaves the instructors' part out) is enough to work with."""
    git = subprocess.run(["git", "rev-parse"], cwd=ROOT, capture_output=True)
    if git.returncode != 0:
        pytest.skip("not a git checkout")
    archive = tmp_path / "students.tar"
    subprocess.run(["git", "archive", "--worktree-attributes", "-o", archive, "HEAD"], cwd=ROOT, check=True)
    subprocess.run([sys.executable, "-m", "tarfile", "-e", archive, tmp_path / "course"], check=True)
    course = tmp_path / "course"
    assert not (course / "autograder").exists()
    assert not (course / "tests").exists()
    code = (
        "import sys; sys.modules['autograder'] = None\n"
        "from course_utils import check, data\n"
        "def initialize_parameters_he(layers_dims, rng): return {}\n"
        "assert data.DATASETS.is_relative_to(sys.argv[1]), data.DATASETS\n"
        "check(initialize_parameters_he)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(course.resolve())],
        cwd=course,
        env={**os.environ, "PYTHONPATH": str(course)},
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert "✘ initialize_parameters_he: it returns an empty dict" in done.stdout, done.stderr
