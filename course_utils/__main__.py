"""The student's commands: ``lab``, ``progress``, ``reset`` and ``submit``, each after ``python -m course_utils``."""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Callable
from pathlib import Path

from course_utils import lab
from course_utils.progress import progress

ROOT = Path(__file__).resolve().parent.parent


def _print_or_refuse(command: Callable[[], list[str]]) -> int:
    from course_utils.handing_in import NotReady

    try:
        print("\n".join(command()))
    except NotReady as reason:
        print(f"Nothing was written. {reason}", file=sys.stderr)
        return 1
    return 0


def _submit(notebook: str) -> int:
    from course_utils.handing_in import submit

    return _print_or_refuse(lambda: submit(notebook, ROOT))


def _reset(notebook: str, exercise: str) -> int:
    from course_utils.reset import reset

    return _print_or_refuse(lambda: reset(notebook, exercise, ROOT))


def main(arguments: list[str] | None = None) -> int:
    """Run a command; the exit code is 0 where all went well."""
    parser = argparse.ArgumentParser(prog="python -m course_utils", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    opened = commands.add_parser("lab", help="bring the notebooks to work/ and open JupyterLab there")
    opened.add_argument("options", nargs="*", help="options for JupyterLab, after --")
    commands.add_parser("progress", help="show how far you are in every notebook of work/")
    hand_in = commands.add_parser("submit", help="check a notebook of work/ and write the archive to hand in")
    hand_in.add_argument("notebook", help="for example 02_regularization")
    back = commands.add_parser("reset", help="give one cell back as it was released; what stood in it is kept")
    back.add_argument("notebook", help="for example 02_regularization, or 02")
    back.add_argument("exercise", help="for example dropout_forward")
    chosen = parser.parse_args(arguments)

    if chosen.command == "progress":
        progress()
        return 0
    if chosen.command == "submit":
        return _submit(chosen.notebook)
    if chosen.command == "reset":
        return _reset(chosen.notebook, chosen.exercise)
    return lab.start(ROOT, chosen.options)


if __name__ == "__main__":
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a file or pipe need not hold Unicode, as on Windows
    sys.exit(main())
