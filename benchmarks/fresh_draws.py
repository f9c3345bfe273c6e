"""Whether what 02_regularization says holds on data that nobody tuned with: ``python benchmarks/fresh_draws.py``.

The solved notebook runs on data sets that are drawn in the same way from other seeds, once for each draw. The table
holds test accuracies, medians of the notebook's seeds.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from nbclient import NotebookClient

from autograder.data import make_datasets
from autograder.topics import source_of
from autograder.topics.notebook_text import source_notebook
from course_utils.checks.expected_outcomes_file import FILE, QUESTIONS_FILE
from course_utils.data import DATASETS

DRAWS = 10
NONE, CURES = "none", ("L2", "L1", "keep_prob", "stopped early")
FEW, MIRRORED, MANY = "60 images", "60 and their mirror images", "120 images"


def printed(source: Path, draw: int) -> str:
    """Run a notebook on the data sets of a draw and return all that it prints."""
    with tempfile.TemporaryDirectory() as folder:
        make_datasets.write_all(Path(folder), fresh=draw)
        for name in (FILE, QUESTIONS_FILE):
            shutil.copy(DATASETS / name, folder)
        notebook = source_notebook(source)
        environment = {**os.environ, "COURSE_DATASETS": folder, "COURSE_SECRET": "fresh", "TQDM_DISABLE": "1"}
        NotebookClient(notebook, timeout=600).execute(env=environment, stderr=subprocess.DEVNULL)
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return "".join(output.text for output in outputs if output.output_type == "stream")


def medians(text: str) -> dict[str, float]:
    """Read the medians of the last table and of the one of the mirror images."""
    found = {}
    for label in (NONE, *CURES):
        found[label] = float(re.search(rf"^{label}.* train .*\n +test ([\d.]+)", text, re.M)[1])
    for label in (FEW, MIRRORED, MANY):
        found[label] = float(re.search(rf"^{label} +([\d.]+) %", text, re.M)[1])
    return found


def main() -> None:
    """Measure and print, a column for each draw."""
    source = source_of("02_regularization")
    rows = []
    for draw in range(1, int(sys.argv[1] if len(sys.argv) > 1 else DRAWS) + 1):
        rows.append(medians(printed(source, draw)))
        print(f"draw {draw}: {rows[-1]}", file=sys.stderr)
    print("| trained with | least | median | most | better than without, of the draws |\n|---|---|---|---|---|")
    for label in rows[0]:
        values = np.array([row[label] for row in rows])
        base = np.array([row[NONE if label in (NONE, *CURES) else FEW] for row in rows])
        wins = "" if label in (NONE, FEW) else f"{np.sum(values > base)} of {len(rows)}"
        print(f"| {label} | {values.min():.1f} | {np.median(values):.1f} | {values.max():.1f} % | {wins} |")


if __name__ == "__main__":
    main()
