"""The author's and instructor's commands: ``python -m autograder build``."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

COURSE = Path(__file__).resolve().parent


def main(arguments: list[str] | None = None) -> int:
    """Run a command; the exit code is 0 where all went well."""
    parser = argparse.ArgumentParser(prog="python -m autograder", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    build = commands.add_parser("build", help="build notebooks/, datasets/ and autograder/solved/ from the sources")
    build.add_argument("--check", action="store_true", help="build elsewhere and fail where a committed file differs")
    commands.add_parser("data", help="rebuild datasets/ only: the data sets and the visible checks' outcomes")
    commands.add_parser("picture", help="redraw README's picture only")
    demo = commands.add_parser("demo", help="grade a made-up class and print the table")
    demo.add_argument("--folder", default="demo", help="where the class lives (default: demo)")
    demo.add_argument("--assignment", help="a large class over this notebook (default: a small one over all of them)")
    grade = commands.add_parser("grade", help="grade what was handed in and not graded yet, on all cores")
    grade.add_argument("assignment")
    grade.add_argument(
        "--students", nargs="+", default=[], metavar="NAME", help="whom; patterns like 'a*' (default: all)"
    )
    grade.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="processes (default: one per core)")
    grade.add_argument("--scheduler", default="", help="a Dask scheduler, tcp://host:port, instead of processes here")
    how = grade.add_mutually_exclusive_group()
    how.add_argument("--resume", action="store_true", help="only what has no grade; leave outdated ones alone")
    how.add_argument("--force", action="store_true", help="take over grades that differ from those given before")
    collect = commands.add_parser("collect", help="put what was downloaded from Canvas or Moodle into submitted/")
    collect.add_argument("assignment", help="for example 02_regularization")
    collect.add_argument("folder", help="the downloaded folder, or the archive as it was downloaded")
    roster = commands.add_parser("roster", help="put the class that Canvas or Moodle names into the gradebook")
    roster.add_argument("table", type=Path, help="the gradebook, or Moodle's grading worksheet, as it was downloaded")
    roster.add_argument("--id", default="", help="the column by whose content students shall be known")
    grades = commands.add_parser("grades", help="fill grades into a file from Canvas or Moodle, to upload it there")
    grades.add_argument("assignment", help="for example 02_regularization")
    grades.add_argument("table", type=Path, help="the file as it was downloaded; it stays as it is")
    grades.add_argument("--column", default="", help="the header of its column, if not called like the assignment")
    grades.add_argument("--absent", action="store_true", help="leave rows alone whose student is not in the gradebook")
    grades.add_argument("--to", default="", help="what to write (default: beside it, with -filled in the name)")
    doctor = commands.add_parser("doctor", help="say whether a class can be graded here, and what to do if not")
    report = commands.add_parser("report", help="write a page about a graded class, and the same as CSV and JSON")
    report.add_argument("assignment", nargs="?", help="for example 02_regularization (default: all that are graded)")
    report.add_argument("--codes", action="store_true", help="put codes for students")
    report.add_argument("--folder", type=Path, help="where to (default: report/ in the course folder)")
    for command in (grade, collect, roster, grades, doctor, report):
        command.add_argument("--course", type=Path, default=COURSE, help="nbgrader's course folder (default: this one)")
    chosen = parser.parse_args(arguments)
    try:
        return _run(chosen)
    except Exception as error:
        from autograder.course import CourseError  # it takes long to import, and only some commands need it

        if not isinstance(error, CourseError):
            raise
        print(error, file=sys.stderr)
        return 1


def _run(chosen: argparse.Namespace) -> int:
    if chosen.command == "grade":
        if sys.platform != "linux":
            print(
                f"This needs Linux. Here, for a trusted class, one by one: nbgrader autograde {chosen.assignment}",
                file=sys.stderr,
            )
            return 1
        if not chosen.scheduler:
            from autograder.engine.forkserver import start_forkserver

            start_forkserver()  # while we import, too
        from autograder.engine.command import Options, run

        return run(Options(**{name: value for name, value in vars(chosen).items() if name != "command"}))

    if chosen.command == "data":
        from autograder.authoring.build import write_data

        write_data()
        return 0
    if chosen.command == "picture":
        from autograder.authoring.build import ROOT
        from autograder.authoring.readme_figure import draw

        draw(ROOT)
        return 0
    if chosen.command == "demo":
        from autograder.demo import run_demo

        return run_demo(chosen.folder, chosen.assignment)

    if chosen.command == "collect":
        from autograder.lms.collect import run_collect

        return run_collect(chosen.assignment, chosen.folder, chosen.course)

    if chosen.command == "report":
        from autograder.reporting.report import run_report

        return run_report(chosen.assignment, chosen.codes, chosen.folder, chosen.course)

    if chosen.command == "doctor":
        from autograder.doctor import run_doctor

        return run_doctor(chosen.course)

    if chosen.command in ("roster", "grades"):
        from autograder.lms import export

        if chosen.command == "roster":
            return export.run_roster(chosen.course, chosen.table, chosen.id)
        return export.run_grades(
            chosen.course, chosen.assignment, chosen.table, chosen.to, chosen.column, chosen.absent
        )

    from autograder.authoring.build import BuildError, drift
    from autograder.authoring.build import build as build_all

    try:
        if not chosen.check:
            build_all()
            return 0
        changed = drift()
    except BuildError as error:
        print(error, file=sys.stderr)
        return 1
    for name in changed:
        print(f"{name} is not what its source builds; run: python -m autograder build", file=sys.stderr)
    return 1 if changed else 0


if __name__ == "__main__":
    sys.stdout.reconfigure(errors="replace")  # a file or pipe need not hold Unicode, as on Windows
    sys.exit(main())
