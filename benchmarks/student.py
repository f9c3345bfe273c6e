"""What a student waits for: ``python benchmarks/student.py`` prints it as a table.

The import in a fresh Python each time, ``check()`` of a right answer, every solved notebook top to bottom, and the
given training loop against TensorFlow's. Some notebooks read others of the student's, so build the course first.
"""

from __future__ import annotations

import contextlib
import io
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import nbformat
import numpy as np
from nbclient import NotebookClient

from autograder.authoring import build
from autograder.topics import sources
from autograder.topics.answer_cells import run_texts, solution_text
from autograder.topics.notebook_text import source_notebook
from course_utils import check, network
from course_utils.checks.exercise import EXERCISES

RUNS = 9
NOTEBOOK_RUNS = 3
STEPS = 200
NETWORKS = [([2, 20, 5, 1], 300), ([2, 64, 64, 1], 1000), ([1024, 64, 32, 1], 256)]
"""Of the notebooks' experiments, and two that are larger."""


def timed(call) -> float:
    """Wall-clock seconds of a call."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def import_time() -> float:
    """Seconds that ``import course_utils`` takes in a new Python."""
    code = "import time; t = time.perf_counter(); import course_utils; print(time.perf_counter() - t)"
    return float(
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, encoding="utf-8"
        ).stdout
    )


def check_time(name: str) -> float:
    """Seconds that ``check`` takes for the right answer."""
    functions = run_texts(solution_text(name), *EXERCISES[name].functions)
    with contextlib.redirect_stdout(io.StringIO()):
        return timed(lambda: check(*functions))


def notebook_time(source: Path) -> tuple[float, float]:
    """Wall-clock and CPU seconds that a solved notebook takes top to bottom, the kernel's start included."""
    notebook = source_notebook(source)
    client = NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str(build.SOLVED / source.stem)}})
    environment = {**os.environ, "COURSE_SECRET": "benchmark"}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    wall = timed(lambda: client.execute(env=environment, stderr=subprocess.DEVNULL))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def training_times(layers_dims: list[int], examples: int) -> tuple[list[float], list[float]]:
    """Seconds for the same gradient steps on the same network: ours, and TensorFlow's, eager; they take turns."""
    import tensorflow as tf

    rng = np.random.default_rng(0)
    X, Y = rng.standard_normal((layers_dims[0], examples)), rng.integers(0, 2, (1, examples)).astype(float)
    start = network.example_parameters(layers_dims, seed=1)

    def ours() -> float:
        return network.train(start, X, Y, learning_rate=0.1, iterations=STEPS, record_every=1, progress=None)[1][-1]

    def theirs() -> float:
        weights = {key: tf.Variable(value) for key, value in start.items()}
        inputs, labels, last = tf.constant(X), tf.constant(Y), len(layers_dims) - 1
        for _ in range(STEPS):
            with tf.GradientTape() as tape:
                A = inputs
                for l in range(1, last):
                    A = tf.nn.relu(weights[f"W{l}"] @ A + weights[f"b{l}"])
                logits = weights[f"W{last}"] @ A + weights[f"b{last}"]
                cost = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=labels, logits=logits))
            for weight, gradient in zip(weights.values(), tape.gradient(cost, [*weights.values()]), strict=True):
                weight.assign_sub(0.1 * gradient)
        return float(cost)

    # Ours records a last cost, after the last step.
    np.testing.assert_allclose(ours(), theirs(), rtol=1e-2)
    turns = [(timed(ours), timed(theirs)) for _ in range(RUNS)]
    return [one for one, _ in turns], [one for _, one in turns]


def row(what: str, target: str, values: Sequence[float], unit: str = "ms") -> None:
    """Print the minimum, median and maximum of a measurement."""
    scale = 1000 if unit == "ms" else 1
    low, middle, high = (scale * value for value in (min(values), statistics.median(values), max(values)))
    print(f"| {what} | {low:.1f} | {middle:.1f} | {high:.1f} {unit} | {target} |")


def main() -> None:
    """Measure and print."""
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(1)  # as NumPy has it in the workbook; before a check uses it
    print(f"Python {platform.python_version()}, NumPy {np.__version__}, {os.cpu_count()} cores\n")
    print("| what | least | median | most | target |\n|---|---|---|---|---|")
    row("`import course_utils`", "300 ms", [import_time() for _ in range(RUNS)])
    for name in EXERCISES:
        check_time(name)  # the first call imports h5py
        row(f"`check({name})`, right", "50 ms", [check_time(name) for _ in range(RUNS)])
    for source in sources():
        nbformat.validate(source_notebook(source))
        wall, cpu = zip(*(notebook_time(source) for _ in range(NOTEBOOK_RUNS)), strict=True)
        row(f"solved `{source.stem}`", "60 s", wall, "s")
        row(f"solved `{source.stem}`, CPU", "30 s", cpu, "s")
    print(
        f"\n| {STEPS} steps of full-batch gradient descent | given loop, s | TensorFlow eager, s | ratio |"
        "\n|---|---|---|---|"
    )
    for layers_dims, examples in NETWORKS:
        ours, theirs = map(statistics.median, training_times(layers_dims, examples))
        print(f"| {layers_dims}, {examples} examples | {ours:.3f} | {theirs:.3f} | {theirs / ours:.1f} |")


if __name__ == "__main__":
    main()
