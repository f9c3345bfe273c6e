"""The student's commands: ``lab``, ``progress`` and ``submit``, each after ``python -m course_utils``."""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

from course_utils.progress import progress

ROOT = Path(__file__).resolve().parent.parent


def copy_notebooks(source: Path, work: Path) -> list[str]:
    """Copy the notebooks that a student does not have yet; never touch a file that is there.

    Parameters
    ----------
    source : Path
        ``notebooks/``, as the course ships it.
    work : Path
        The student's folder; it is made where it is missing.

    Returns
    -------
    list of str
        What was copied, relative to ``work``.
    """
    copied = []
    for file in sorted(path for path in source.rglob("*") if path.is_file()):
        if ".ipynb_checkpoints" in file.parts:
            continue
        copy = work / file.relative_to(source)
        if copy.exists():
            continue
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, copy)
        copied.append(copy.relative_to(work).as_posix())
    return copied


def _submit(notebook: str) -> int:
    from course_utils.handing_in import NotReady, submit

    try:
        print("\n".join(submit(notebook, ROOT)))
    except NotReady as reason:
        print(f"Nothing was written. {reason}", file=sys.stderr)
        return 1
    return 0


def main(arguments: list[str] | None = None) -> int:
    """Run a command; the exit code is 0 where all went well."""
    parser = argparse.ArgumentParser(prog="python -m course_utils", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    lab = commands.add_parser("lab", help="copy new notebooks to work/ and open JupyterLab there")
    lab.add_argument("options", nargs="*", help="options for JupyterLab, after --")
    commands.add_parser("progress", help="show how far you are in every notebook of work/")
    hand_in = commands.add_parser("submit", help="check a notebook of work/ and write the archive to hand in")
    hand_in.add_argument("notebook", help="for example 02_regularization")
    chosen = parser.parse_args(arguments)

    if chosen.command == "progress":
        progress()
        return 0
    if chosen.command == "submit":
        return _submit(chosen.notebook)
    work = ROOT / "work"
    copied = copy_notebooks(ROOT / "notebooks", work)
    print(
        f"Your notebooks are in {work}" + (f"; new there: {', '.join(copied)}" if copied else "; nothing new to copy")
    )
    command = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={work}", *chosen.options]
    try:
        return subprocess.run(command).returncode
    except KeyboardInterrupt:
        return 0


if __name__ == "__main__":
    sys.exit(main())
