"""The author's and instructor's commands: ``python -m autograder build``."""

from __future__ import annotations

import argparse
import io
import os
import sys
from pathlib import Path

# Each command imports what it needs when it runs: nbgrader, Matplotlib and the checks take seconds to import.
COURSE = Path(__file__).resolve().parent


def main(arguments: list[str] | None = None) -> int:
    """Run a command.

    Parameters
    ----------
    arguments : list of str, optional
        By default those of this process.

    Returns
    -------
    int
        Exit code: 0 where all went well.
    """
    options = _parser().parse_args(arguments)
    try:
        return options.run(options)
    except Exception as error:
        from autograder.course import CourseError
        from autograder.plain_text import one_line

        if not isinstance(error, CourseError):
            raise
        print(one_line(error), file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m autograder", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)

    build = commands.add_parser("build", help="build notebooks/, datasets/ and autograder/solved/ from the sources")
    build.add_argument("--check", action="store_true", help="build elsewhere and fail where a committed file differs")
    build.set_defaults(run=_build)

    mutants = commands.add_parser("mutants", help="break every right answer in every place: do the checks notice?")
    mutants.add_argument("exercises", nargs="*", metavar="EXERCISE", help="whose (default: all)")
    mutants.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="processes (default: one per core)")
    mutants.set_defaults(run=_mutants)

    data = commands.add_parser("data", help="rebuild datasets/ only: the data sets and the visible checks' outcomes")
    data.set_defaults(run=_data)

    picture = commands.add_parser("picture", help="redraw README's picture only")
    picture.set_defaults(run=_picture)

    order = commands.add_parser("options", help="put the options of all questions in the order of their hashes")
    order.set_defaults(run=_options)

    demo = commands.add_parser("demo", help="grade a made-up class and print the table")
    demo.add_argument("--folder", default="demo", help="where the class lives (default: demo)")
    demo.add_argument("--assignment", help="a large class over this notebook (default: a small one over all of them)")
    demo.set_defaults(run=_demo)

    grade = commands.add_parser("grade", help="grade what was handed in and not graded yet, on all cores")
    grade.add_argument("assignments", nargs="+", metavar="assignment", help="for example 02_regularization")
    grade.add_argument(
        "--students", nargs="+", default=[], metavar="NAME", help="whom; patterns like 'a*' (default: all)"
    )
    grade.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="processes (default: one per core)")
    grade.add_argument("--scheduler", default="", help="a Dask scheduler, tcp://host:port, instead of processes here")
    again = grade.add_mutually_exclusive_group()
    again.add_argument("--resume", action="store_true", help="only what has no grade; leave outdated ones alone")
    again.add_argument("--force", action="store_true", help="take over grades that differ from those given before")
    grade.set_defaults(run=_grade)

    collect = commands.add_parser("collect", help="put what was downloaded from Canvas or Moodle into submitted/")
    collect.add_argument("assignment", help="for example 02_regularization")
    collect.add_argument("folder", type=Path, help="the downloaded folder, or the archive as it was downloaded")
    collect.set_defaults(run=_collect)

    roster = commands.add_parser("roster", help="put the class that Canvas or Moodle names into the gradebook")
    roster.add_argument("table", type=Path, help="the gradebook, or Moodle's grading worksheet, as it was downloaded")
    roster.add_argument("--id", default="", help="the column by whose content students shall be known")
    roster.add_argument(
        "--same", action="append", default=[], type=_pair, metavar="NEW=KNOWN", help="two ids of one renamed student"
    )
    roster.add_argument("--all-new", action="store_true", help="new students are new, though a name is known")
    roster.set_defaults(run=_roster)

    grades = commands.add_parser("grades", help="fill grades into a file from Canvas or Moodle, to upload it there")
    grades.add_argument("assignment", help="for example 02_regularization")
    grades.add_argument("table", type=Path, help="the file as it was downloaded; it stays as it is")
    grades.add_argument("--column", default="", help="the header of its column, if not called like the assignment")
    grades.add_argument("--absent", action="store_true", help="leave rows alone whose student is not in the gradebook")
    grades.add_argument("--to", default="", help="what to write (default: beside it, with -filled in the name)")
    grades.set_defaults(run=_grades)

    doctor = commands.add_parser("doctor", help="say whether a class can be graded here, and what to do if not")
    doctor.set_defaults(run=_doctor)

    report = commands.add_parser("report", help="write a page about a graded class, and the same as CSV and JSON")
    report.add_argument("assignment", nargs="?", help="for example 02_regularization (default: all that are graded)")
    report.add_argument("--codes", action="store_true", help="put codes for students")
    report.add_argument("--folder", type=Path, help="where to (default: report/ in the course folder)")
    report.set_defaults(run=_report)

    for command in (grade, collect, roster, grades, doctor, report):
        command.add_argument("--course", type=Path, default=COURSE, help="nbgrader's course folder (default: this one)")
    return parser


def _build(options: argparse.Namespace) -> int:
    from autograder.authoring.build import BuildError, build, drift

    try:
        if not options.check:
            build()
            return 0
        changed = drift(build)
    except BuildError as error:
        print(error, file=sys.stderr)
        return 1
    for name in changed:
        print(f"{name} is not what its source builds; run: python -m autograder build", file=sys.stderr)
    return 1 if changed else 0


def _mutants(options: argparse.Namespace) -> int:
    from autograder.authoring.mutants import run_mutants

    return run_mutants(options.exercises, options.workers)


def _data(_: argparse.Namespace) -> int:
    from autograder.authoring.build import write_data

    write_data()
    return 0


def _options(_: argparse.Namespace) -> int:
    from autograder.authoring.option_order import order_options

    for path in order_options():
        print(path.relative_to(COURSE.parent).as_posix())
    return 0


def _picture(_: argparse.Namespace) -> int:
    from autograder.authoring.build import ROOT
    from autograder.authoring.readme_figure import draw

    draw(ROOT)
    return 0


def _demo(options: argparse.Namespace) -> int:
    from autograder.demo import run_demo

    return run_demo(options.folder, options.assignment)


def _grade(options: argparse.Namespace) -> int:
    if sys.platform != "linux":
        commands = "; ".join(f"nbgrader autograde {assignment}" for assignment in options.assignments)
        print(f"This needs Linux. Here, for a trusted class, one by one: {commands}", file=sys.stderr)
        return 1
    if not options.scheduler:
        from autograder.engine.forkserver import start_forkserver

        start_forkserver()  # they import while this process does
    from autograder.engine.command import Options, run_all

    return run_all(
        [
            Options(
                assignment=assignment,
                course=options.course,
                students=options.students,
                workers=options.workers,
                scheduler=options.scheduler,
                resume=options.resume,
                force=options.force,
            )
            for assignment in options.assignments
        ]
    )


def _collect(options: argparse.Namespace) -> int:
    from autograder.lms.commands import run_collect

    return run_collect(options.course, options.assignment, options.folder)


def _roster(options: argparse.Namespace) -> int:
    from autograder.lms.commands import run_roster

    return run_roster(options.course, options.table, options.id, options.same, options.all_new)


def _pair(text: str) -> str:
    if not all(text.partition("=")):
        raise argparse.ArgumentTypeError(f"write NEW=KNOWN, not {text}")
    return text


def _grades(options: argparse.Namespace) -> int:
    from autograder.lms.commands import run_grades

    return run_grades(
        options.course, options.assignment, options.table, options.to, options.column, skip_unknown=options.absent
    )


def _doctor(options: argparse.Namespace) -> int:
    from autograder.doctor import run_doctor

    return run_doctor(options.course)


def _report(options: argparse.Namespace) -> int:
    from autograder.reporting.report_command import run_report

    return run_report(options.course, options.assignment, options.folder, pseudonyms=options.codes)


if __name__ == "__main__":
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a file or pipe need not hold Unicode, as on Windows
    sys.exit(main())
