"""The student's command: ``python -m course_utils lab``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from course_utils import lab

ROOT = Path(__file__).resolve().parent.parent


def main(arguments: list[str] | None = None) -> int:
    """Run a command; the exit code is 0 where all went well."""
    parser = argparse.ArgumentParser(prog="python -m course_utils", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    opened = commands.add_parser("lab", help="bring the notebooks to work/ and open JupyterLab there")
    opened.add_argument("options", nargs="*", help="options for JupyterLab, after --")
    chosen = parser.parse_args(arguments)

    return lab.start(ROOT, chosen.options)


if __name__ == "__main__":
    sys.exit(main())
