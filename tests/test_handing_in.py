"""From the student's archive to the folder that is graded: ``submit``, and ``collect`` with hostile things beside."""

from __future__ import annotations

import hashlib
import io
import json
import os
import random
import re
import shutil
import stat
import struct
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook
from tiny_course import NAME, STUB, answered, config, nbgrader, release

from autograder.course import open_course
from autograder.lms import archives
from autograder.lms.collect import collect
from autograder.lms.commands import run_collect
from autograder.pipeline import submissions
from autograder.pipeline.submissions import InvalidSubmission
from course_utils import __main__ as command
from course_utils.handing_in import NotReady, submit

ROOT = Path(__file__).resolve().parent.parent
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
STUDENTS = {
    "ada": ("Ada", "Lovelace", "4711"),
    "o'brien": ("Pat", "O'Brien", "4712"),
    "grace": ("Grace", "Hopper", None),
    "li1": ("Wei", "Li", None),
    "li2": ("Wei", "Li", None),
    "no-names": (None, None, "4799"),
}


# --- the student's side -----------------------------------------------------------------------------------------------


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A student's copy of the course, with two notebooks in ``work/``."""
    for name in ("01_initialization", "02_regularization"):
        for room in ("notebooks", "work"):
            (tmp_path / room / name).mkdir(parents=True)
            shutil.copy(ROOT / "notebooks" / name / f"{name}.ipynb", tmp_path / room / name)
    return tmp_path


def test_an_archive_holds_the_notebook_and_its_receipt(home):
    raw = (home / "work" / "02_regularization" / "02_regularization.ipynb").read_bytes()
    told = "\n".join(submit("02_regularization", home, NOW))
    digest = hashlib.sha256(raw).hexdigest()
    (archive,) = (home / "work" / "handed_in").iterdir()
    with zipfile.ZipFile(archive) as file:
        assert file.read("02_regularization.ipynb") == raw
        receipt = json.loads(file.read("receipt.json"))
    assert (receipt["sha256"], receipt["bytes"], receipt["time"]) == (digest, len(raw), "2026-03-01T12:00:00Z")
    assert digest[:12] in told
    assert "2026-03-01 12:00:00 UTC" in told
    assert str(archive) in told
    assert submit("02", home, NOW)[-1] == told.splitlines()[-1]


def test_blank_exercises_are_named_and_started_ones_are_not(home):
    path = home / "work" / "02_regularization" / "02_regularization.ipynb"
    nb = nbformat.read(path, as_version=4)
    answers = [cell for cell in nb.cells if cell.metadata.get("nbgrader", {}).get("solution")]
    answers[0].source = "mine = 1"
    nbformat.write(nb, path)
    told = " ".join(" ".join(submit("02_regularization", home, NOW)).split())
    assert f"{len(answers) - 1} of {len(answers)} exercises are not started" in told
    assert answers[1].id in told
    assert told.count(answers[0].id) == 1
    assert f"not checked yet: {answers[0].id}." in told


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (
            lambda path: path.write_bytes(b""),
            "it is empty (0 bytes). JupyterLab cannot open it, and no checkpoint lies",
        ),
        (lambda path: path.write_bytes(path.read_bytes()[:3000]), "it breaks off or is damaged in line "),
        (lambda path: path.write_bytes(b"[" * 100_000), "it is no text of a notebook"),
        (lambda path: path.write_bytes(b"\xff\xfe\x00"), "it is no text of a notebook"),
        (
            lambda path: path.write_bytes(b"{\n<<<<<<< HEAD\n}"),
            "a merge conflict begins in line 2 (<<<<<<<)",
        ),
        (
            lambda path: path.write_text('{"cells": [1, {"metadata": 3}]}', encoding="utf-8"),
            "holds no cell of the course's notebooks",
        ),
        (lambda path: path.unlink(), "There is no "),
        (lambda path: path.rename(path.with_name("mine (1).ipynb")), "in that folder: mine (1).ipynb. Rename yours"),
        (lambda path: path.write_bytes(b"x" * 50_000_001), "more than 50 MB"),
        (
            lambda path: shutil.copy(path.parents[1] / "01_initialization" / "01_initialization.ipynb", path),
            "holds the notebook 01_initialization, not 02_regularization",
        ),
    ],
)
def test_what_cannot_be_handed_in_is_said_and_nothing_is_written(home, monkeypatch, capsys, spoil, words):
    spoil(home / "work" / "02_regularization" / "02_regularization.ipynb")
    monkeypatch.setattr(command, "ROOT", home)
    assert command.main(["submit", "02_regularization"]) == 1
    said = capsys.readouterr().err
    assert words in said
    assert said.startswith("Nothing was written. ")
    assert not (home / "work" / "handed_in").exists()


def test_no_such_notebook(home):
    with pytest.raises(NotReady, match="There is no notebook 0; there are: 01_initialization, 02_regularization"):
        submit("0", home)


def test_a_notebook_that_lost_its_settings_may_be_handed_in(home):
    path = home / "work" / "01_initialization" / "01_initialization.ipynb"
    nb = nbformat.read(path, as_version=4)
    for cell in nb.cells:
        cell.metadata = {}
    nbformat.write(nb, path)
    assert "lost their names" in submit("01", home)[0]


# --- the instructor's side --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course with one assignment and students in its gradebook; beside it another released notebook."""
    folder = release(tmp_path_factory.mktemp("course"), config())
    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as gradebook:
        for student, (first, last, number) in STUDENTS.items():
            gradebook.add_student(student, first_name=first, last_name=last, lms_user_id=number)
    (folder / "release" / "ps2").mkdir()
    other = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("def cube(x):\n    return x")])
    other.cells[0].metadata["nbgrader"] = {"grade_id": "cube", "solution": True}
    nbformat.write(other, folder / "release" / "ps2" / "ps2.ipynb")
    return folder


@pytest.fixture
def course(released: Path, tmp_path: Path) -> Path:
    shutil.copytree(released, tmp_path / "course")
    return tmp_path / "course"


@pytest.fixture
def download(tmp_path: Path) -> Path:
    (tmp_path / "download").mkdir()
    return tmp_path / "download"


def notebook(course: Path, **answers: str) -> bytes:
    return json.dumps(answered(course, **answers)).encode()


def zipped(members: dict[str, bytes], change=None) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            if change:
                change(info)
            file.writestr(info, content)
    return made.getvalue()


def put(folder: Path, name: str, content: bytes, day: int = 1) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    os.utime(path, ((NOW + timedelta(days=day)).timestamp(),) * 2)
    return path


def handed(course: Path, student: str) -> bytes:
    return (course / "submitted" / student / NAME / f"{NAME}.ipynb").read_bytes()


def collected(course: Path, source: Path) -> tuple[str, str]:
    taken, refused = collect(open_course(course, NAME), source)
    return "\n".join(taken), "\n".join(refused)


@pytest.mark.parametrize(
    ("name", "student"),
    [
        ("lovelaceada_4711_90210_ps1.ipynb", "ada"),
        ("lovelaceada_LATE_4711_90210_ps1-1.ipynb", "ada"),
        ("obrienpat_4712_90211_ps1 (2).ipynb", "o'brien"),
        ("anything_4799_90211_ps1.ipynb", "no-names"),
        ("hoppergrace_5000_90211_ps1.ipynb", "grace"),  # the gradebook has no number of hers
        ("Grace Hopper_31_assignsubmission_file/ps1.ipynb", "grace"),
        ("Grace Hopper_31_assignsubmission_file_/deep/er/ps1.ipynb", "grace"),
        ("Grace Hopper_31_assignsubmission_file_ps1.ipynb", "grace"),
        ("Pat O'Brien_31_assignsubmission_file_ps1.ipynb", "o'brien"),
        ("ada.ipynb", "ada"),
        ("ada/ps1.ipynb", "ada"),
        ("ada_ps1.ipynb", "ada"),
        ("ps1-ada.ipynb", "ada"),
        ("ada_ps1-0123456789ab.ipynb", "ada"),
        # What a student wrote into the own name counts for nothing.
        ("Grace Hopper_31_assignsubmission_file/lovelaceada_4711_90210_ps1.ipynb", "grace"),
        ("hoppergrace_5000_90211_lovelaceada_4711_90210_ps1.ipynb", "grace"),
        ("ada/grace.ipynb", "ada"),
    ],
)
def test_names_that_downloads_have(course, download, name, student):
    put(download, name, notebook(course))
    taken, refused = collected(course, download)
    assert refused == ""
    assert taken.startswith(f"{student}: ")
    assert handed(course, student) == notebook(course)
    assert [path.name for path in (course / "submitted").iterdir()] == [student]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (
            "turingalan_4242_90210_ps1.ipynb",
            "No student of the gradebook goes by Canvas's number 4242 and 'turingalan'",
        ),
        ("turingalan_4711_90210_ps1.ipynb", "Canvas's number 4711 is that of ada, but the name is 'turingalan'"),
        ("Alan Turing_5_assignsubmission_file/ps1.ipynb", "No student of the gradebook goes by 'Alan Turing'"),
        ("Wei Li_5_assignsubmission_file/ps1.ipynb", "More than one student goes by 'Wei Li': li1, li2"),
        ("Participant_5_assignsubmission_file/ps1.ipynb", "No student of the gradebook goes by 'Participant'"),
        ("adam.ipynb", "No student of the gradebook is called like that"),
        # The outermost name is nobody's: what lies in it was named by whoever that is.
        (
            "guest7/ada-ps1.ipynb",
            "called like that (its outermost name counts: 'guest7')",
        ),
        ("397063-2557371 - Zoë O'Hara - Sep 24, 2026 930 PM/ada.ipynb", 'its outermost name counts: "397063-2557371'),
        ("week 3/ada/my homework.ipynb", "its outermost name counts: 'week 3'"),
        ("Alan Turing_5_assignsubmission_file/ada.ipynb", "No student of the gradebook goes by 'Alan Turing'"),
        # A display name that holds another's pattern, or a file name that does: nobody can tell which.
        ("Ada Lovelace_32_assignsubmission_file_x_31_assignsubmission_file/ps1.ipynb", "goes by 'Ada Lovelace_32_"),
        ("Grace Hopper_31_assignsubmission_file_Ada Lovelace_32_assignsubmission_file_a.ipynb", "more than one way"),
        ("lovelaceada_4711_90210_x_31_assignsubmission_file/ps1.ipynb", "can be read in more than one way"),
        ("hoppergrace_5000_90211_Ada Lovelace_32_assignsubmission_file_ps1.ipynb", "can be read in more than one way"),
        ("ps1.ipynb", "No student of the gradebook is called like that"),
    ],
)
def test_nobodys_files_are_left_with_a_sentence(course, download, name, words):
    put(download, name, notebook(course))
    taken, refused = collected(course, download)
    assert taken == ""
    assert words in refused
    assert not (course / "submitted").exists()


def test_a_folder_round_the_whole_class_is_passed_over(course, download):
    put(download, "down/week 3/ada/my homework.ipynb", notebook(course))
    put(download, "down/week 3/Grace Hopper_31_assignsubmission_file/ada.ipynb", notebook(course))
    _, refused = collected(course, download)
    assert (refused, handed(course, "ada")) == ("", handed(course, "grace"))


@pytest.mark.parametrize("outer", ["ada", "Alan Turing_5_assignsubmission_file", "turingalan_4242_90210_x"])
def test_no_students_own_folder_is_taken_for_that_of_the_class(course, download, outer):
    put(download, f"{outer}/grace.ipynb", notebook(course))
    put(download, f"{outer}/no-names.ipynb", notebook(course))
    collected(course, download)
    submitted = course / "submitted"
    assert [path.name for path in submitted.glob("*")] == (["ada"] if outer == "ada" else [])


def test_two_accounts_of_one_name_replace_nobodys_work(course, download):
    put(download, "Ada Lovelace_31_assignsubmission_file/ps1.ipynb", notebook(course))
    put(download, "Ada Lovelace_32_assignsubmission_file/ps1.ipynb", notebook(course, double="double = abs"), day=2)
    put(download, "Grace Hopper_33_assignsubmission_file/ps1.ipynb", notebook(course))
    taken, refused = collected(course, download)
    assert refused.count("2 accounts of the LMS go by this name") == 2
    assert taken.startswith("grace: ")
    assert "ada" not in taken


def test_the_receipt_is_the_one_that_the_student_saw(course, download, tmp_path):
    home = tmp_path / "home"
    for room in ("notebooks", "work"):
        (home / room).mkdir(parents=True)
        shutil.copytree(course / "release" / NAME, home / room / NAME)
    told = submit(NAME, home, NOW)
    (archive,) = (home / "work" / "handed_in").iterdir()
    put(download, f"lovelaceada_4711_90210_{archive.name}", archive.read_bytes())
    taken, refused = collected(course, download)
    assert refused == ""
    shown = re.search(r"receipt +([0-9a-f]{12})", "\n".join(told))[1]
    assert f"receipt {shown}, made 2026-03-01T12:00:00Z; collected." in taken


def test_a_notebook_changed_after_its_receipt_is_taken_with_a_sentence(course, download):
    receipt = json.dumps({"sha256": "0" * 64, "time": "<script>"}).encode()
    put(download, "ada.zip", zipped({"ps1.ipynb": notebook(course), "receipt.json": receipt}))
    taken, _ = collected(course, download)
    assert "The notebook was changed after its receipt was made." in taken
    assert "<script>" not in taken


# --- hostile archives -------------------------------------------------------------------------------------------------


def mode(kind: int):
    return lambda info: setattr(info, "external_attr", (kind | 0o644) << 16)


def plain(info: zipfile.ZipInfo) -> None:
    info.compress_type = zipfile.ZIP_STORED


def encrypted(raw: bytes) -> bytes:
    at = raw.index(b"PK\x01\x02") + 8
    return raw[:6] + b"\x01\x00" + raw[8:at] + b"\x01\x00" + raw[at + 2 :]


def method(raw: bytes, number: int) -> bytes:
    at = raw.index(b"PK\x01\x02") + 10
    return raw[:8] + struct.pack("<H", number) + raw[10:at] + struct.pack("<H", number) + raw[at + 2 :]


def twice() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as file:
        file.writestr("ps1.ipynb", "{}")
        with pytest.warns(UserWarning, match="Duplicate name"):
            file.writestr("ps1.ipynb", "[]")
    return made.getvalue()


# The course opens nothing above 2 MB (c.Intake.max_bytes).
HOSTILE = {
    "climbs": (lambda: zipped({"../../ada/ps1/ps1.ipynb": b"{}"}), "leads out of the folder"),
    "climbs-in-windows": (lambda: zipped({"..\\..\\gradebook.db": b"x"}), "leads out of the folder"),
    "absolute": (lambda: zipped({"/etc/passwd": b"x"}), "leads out of the folder"),
    "drive": (lambda: zipped({"C:/gradebook.db": b"x"}), "leads out of the folder"),
    "link": (lambda: zipped({"ps1.ipynb": b"/etc/passwd"}, mode(stat.S_IFLNK)), "is a link; links are not followed"),
    "pipe": (lambda: zipped({"ps1.ipynb": b""}, mode(stat.S_IFIFO)), "is a device or pipe"),
    "bomb": (lambda: zipped({"ps1.ipynb": b"\0" * 3_500_000}), "is compressed more than 200 times"),
    "total": (
        lambda: zipped({f"{n}.bin": random.Random(n).randbytes(20_000) * 30 for n in range(10)}),
        "would unpack to more than 4 MB",
    ),
    "one-large": (
        lambda: zipped({"ps1.ipynb": random.Random(1).randbytes(20_000) * 150}),
        "has 3 MB; above 2 MB nothing is opened",
    ),
    "many": (lambda: zipped({f"{n}.txt": b"" for n in range(2100)}), "holds more than 2000 files"),
    "twice": (twice, "stands in it twice"),
    "encrypted": (lambda: encrypted(zipped({"ps1.ipynb": b"{}"})), "is encrypted"),
    "unusual": (lambda: method(zipped({"ps1.ipynb": b"{}"}), 14), "is compressed in an unusual way"),
    "nested": (lambda: zipped({"inner.zip": zipped({"ps1.ipynb": b"{}"})}), "It holds another archive"),
    "no-notebook": (lambda: zipped({"essay.pdf": b"%PDF"}), "It holds no notebook ps1.ipynb, only 'essay.pdf'"),
    "empty": (lambda: b"", "is damaged, or no zip archive"),
    "cut": (lambda: zipped({"ps1.ipynb": b"{}" * 1000})[:60], "is damaged, or no zip archive"),
    "wrong-sum": (lambda: zipped({"ps1.ipynb": b"{}"}, plain).replace(b"{}", b"{]", 1), "is damaged (BadZipFile)"),
    "html": (lambda: zipped({"ps1.ipynb": b"<!DOCTYPE html>"}), "it is HTML"),
    "json": (lambda: zipped({"ps1.ipynb": b'{"cells": 3, "nbformat": 4}'}), "JSON, but not a notebook"),
}


@pytest.fixture(scope="module")
def hostile_run(released: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str], list[str]]:
    """A whole class of hostile archives, collected in one run beside an honest student's."""
    folder = tmp_path_factory.mktemp("hostile")
    course, download = folder / "course", folder / "download"
    shutil.copytree(released, course)
    download.mkdir()
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        for student in (*HOSTILE, "another", "tar", "large", "symlink"):
            gradebook.add_student(student)
    for student, (make, _) in HOSTILE.items():
        put(download, f"{student}.zip", make())
    put(download, "ada.zip", zipped({"ps1.ipynb": notebook(course)}))
    put(download, "another.ipynb", (course / "release" / "ps2" / "ps2.ipynb").read_bytes())
    put(download, "tar_ps1.tar.gz", b"\x1f\x8b")
    put(download, "large.ipynb", b"{}" + b" " * 3_000_000)
    (download / "tar").mkdir()
    put(download, "tar/ps1.tar.gz", b"\x1f\x8b")
    if os.name == "posix":
        (download / "symlink.ipynb").symlink_to(course / "gradebook.db")
    taken, refused = collect(open_course(course, NAME), download)
    return course, taken, refused


@pytest.mark.parametrize("student", HOSTILE)
def test_case_82_a_hostile_archive_is_refused_with_a_sentence(hostile_run, student):
    course, _, refused = hostile_run
    (line,) = [one for one in refused if one.startswith(f"{student}: ")]
    assert HOSTILE[student][1] in line
    assert [path.name for path in (course / "submitted" / student / NAME).iterdir()] == [submissions.REASON]
    assert not (course / "collected" / NAME / student).exists()


def test_case_82_the_honest_are_collected_beside_them(hostile_run):
    course, taken, _ = hostile_run
    assert len(taken) == 1
    assert handed(course, "ada") == notebook(course)


def test_case_82_another_assignment_a_tar_and_a_link_are_refused(hostile_run):
    _, _, refused = hostile_run
    said = "\n".join(refused)
    assert "another: 'another.ipynb' needs a look: It holds the notebook ps2, not ps1." in said
    assert "tar: 'tar/ps1.tar.gz' needs a look: It is no notebook and no zip archive." in said
    assert "large: 'large.ipynb' needs a look: 'large.ipynb' has 3 MB; above 2 MB nothing is opened." in said
    if os.name == "posix":
        assert "'symlink.ipynb' is a link, not a file; it was not opened." in said


def test_case_82_nothing_was_written_elsewhere(hostile_run, released):
    course, _, _ = hostile_run
    before = {path.relative_to(released) for path in released.rglob("*")}
    added = {path.relative_to(course) for path in course.rglob("*")} - before
    assert {path.parts[0] for path in added} == {"submitted", "collected"}


def test_case_82_the_refused_wait_with_their_reason_when_graded(hostile_run):
    course, _, _ = hostile_run
    done = nbgrader(course, "autograde", NAME)
    assert done.returncode == 0, done.stderr
    assert "link, ps1 needs a look: 'link.zip' was not opened: 'ps1.ipynb' is a link" in done.stderr


def test_case_82_any_damage_to_an_archive_is_a_sentence_at_most(course):
    """Bytes changed at random: the archive is read, or it is refused."""
    good = zipped({"ps1.ipynb": b'{"cells": []}' * 50, "receipt.json": b"{}"})
    random_bytes = random.Random(82)
    outcomes = {"read": 0, "refused": 0}
    for _ in range(3000):
        bad = bytearray(good)
        for _ in range(random_bytes.randint(1, 4)):
            bad[random_bytes.randrange(len(bad))] = random_bytes.randrange(256)
        try:
            with archives.open_archive(bytes(bad), "x.zip", max_total_bytes=10**6) as members:
                for member in members:
                    member.read(1000)
            outcomes["read"] += 1
        except InvalidSubmission:
            outcomes["refused"] += 1
    assert min(outcomes.values()) > 100


# --- again and again --------------------------------------------------------------------------------------------------


def test_the_newest_counts_and_the_older_is_kept(course, download):
    first, second = notebook(course, double=STUB), notebook(course)
    put(download, "ada/ps1.ipynb", first, day=1)
    assert "collected." in collected(course, download)[0]
    put(download, "ada/ps1.ipynb", second, day=2)
    assert "it counts, 1 older kept" in collected(course, download)[0]
    assert handed(course, "ada") == second
    kept = {path.read_bytes() for path in (course / "collected" / NAME / "ada").glob("*.ipynb")}
    assert kept == {first, second}
    stamp = (course / "submitted" / "ada" / NAME / "timestamp.txt").read_text(encoding="utf-8")
    assert stamp == "2026-03-03 12:00:00 UTC"


def test_an_older_download_does_not_overwrite_a_newer_one(course, download, tmp_path):
    first, second = notebook(course, double=STUB), notebook(course)
    put(download, "ada/ps1.ipynb", second, day=5)
    collected(course, download)
    old = tmp_path / "old"
    put(old, "ada/ps1.ipynb", first, day=1)
    assert "kept, but a newer one counts" in collected(course, old)[0]
    assert handed(course, "ada") == second


def test_collecting_twice_changes_nothing(course, download):
    put(download, "ada/ps1.ipynb", notebook(course))
    put(download, "grace.ipynb", notebook(course, double=STUB))
    collected(course, download)
    before = {path: path.read_bytes() for path in course.rglob("*") if path.is_file()}
    taken, refused = collected(course, download)
    assert refused == ""
    assert taken.count("collected before; it counts.") == 2
    assert {path: path.read_bytes() for path in course.rglob("*") if path.is_file()} == before


def test_of_two_canvas_files_the_later_number_counts_whatever_the_dates_say(course, download):
    put(download, "lovelaceada_4711_90300_ps1-2.ipynb", notebook(course), day=1)
    put(download, "lovelaceada_4711_90200_ps1.ipynb", notebook(course, double=STUB), day=9)
    taken, _ = collected(course, download)
    assert "a newer one counts" in taken
    assert handed(course, "ada") == notebook(course)


def test_a_damaged_resubmission_leaves_the_one_before(course, download):
    put(download, "ada/ps1.ipynb", notebook(course), day=1)
    collected(course, download)
    put(download, "ada/ps1.ipynb", b"", day=2)
    _, refused = collected(course, download)
    assert "The notebook file is empty" in refused
    assert handed(course, "ada") == notebook(course)
    assert not (course / "submitted" / "ada" / NAME / submissions.REASON).exists()


def test_a_good_resubmission_ends_the_refusal(course, download):
    put(download, "ada.zip", b"PK", day=1)
    collected(course, download)
    assert (course / "submitted" / "ada" / NAME / submissions.REASON).exists()
    put(download, "ada.zip", zipped({"ps1.ipynb": notebook(course)}), day=2)
    collected(course, download)
    assert sorted(path.name for path in (course / "submitted" / "ada" / NAME).iterdir()) == [
        "ps1.ipynb",
        "timestamp.txt",
    ]


@pytest.mark.parametrize(("day", "wins"), [(-5, False), (5, True)])
def test_what_came_into_submitted_by_another_way_is_kept_and_compared(course, download, day, wins):
    own, new = notebook(course, double=STUB), notebook(course)
    put(course, f"submitted/ada/{NAME}/{NAME}.ipynb", own, day=0)
    put(download, "ada.ipynb", new, day=day)
    collected(course, download)
    assert handed(course, "ada") == (new if wins else own)
    assert {path.read_bytes() for path in (course / "collected" / NAME / "ada").glob("*.ipynb")} == {own, new}


@pytest.mark.skipif(os.name != "posix", reason="needs symbolic links")
def test_nothing_is_written_through_a_link(course, download, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (course / "submitted").mkdir()
    (course / "submitted" / "ada").symlink_to(outside)
    put(download, "ada.ipynb", notebook(course))
    _, refused = collected(course, download)
    assert "nothing is written through links" in refused
    assert list(outside.iterdir()) == []


def test_the_downloaded_archive_itself_can_be_given(course, tmp_path, capsys):
    inner = zipped({"ps1.ipynb": notebook(course)})
    members = {
        "lovelaceada_4711_90210_ps1.zip": inner,
        "__MACOSX/._x": b"",
        "Grace Hopper_3_assignsubmission_file/a.ipynb": notebook(course),
    }
    whole = tmp_path / "submissions.zip"
    whole.write_bytes(zipped(members))
    assert run_collect(course, NAME, whole) == 0
    assert "2 taken, 0 need a look" in capsys.readouterr().out
    assert handed(course, "ada") == handed(course, "grace") == notebook(course)


def test_one_hostile_member_of_a_downloaded_archive_spoils_no_other(course, tmp_path, capsys):
    members = {
        "../grace.ipynb": notebook(course),
        "Pat O'Brien_7_assignsubmission_file/ps1.ipynb": b"\0" * 3_500_000,
        "lovelaceada_LATE_4711_90210_ps1.ipynb": notebook(course),
    }
    whole = tmp_path / "submissions.zip"
    whole.write_bytes(zipped(members))
    assert run_collect(course, NAME, whole) == 1
    said = capsys.readouterr().out
    assert "called like that (its outermost name counts: '..')" in said
    assert "'ps1.ipynb' in 'submissions.zip' is compressed more than 200 times" in said
    assert "Canvas says: late; collected." in said
    assert "1 taken, 2 need a look" in said
    assert handed(course, "ada") == notebook(course)


WILD = [
    {"nbformat": 4, "cells": [{"cell_type": {}, "metadata": {"nbgrader": [1]}, "source": {"a": 1}}, 7, None]},
    {"nbformat": 4, "cells": [{"cell_type": "code", "metadata": {"nbgrader": {"grade_id": 5}}, "id": [1]}]},
    {"nbformat": 3, "worksheets": [{"cells": 3}, 4]},
    {"nbformat": True, "cells": []},
    {"nbformat": 4, "cells": [{"cell_type": "code", "source": "\ud800"}]},
]


@pytest.mark.parametrize("document", WILD)
def test_wild_notebooks_are_refused_with_a_sentence(course, download, document):
    put(download, "ada.ipynb", json.dumps(document).encode())
    put(download, "grace.ipynb", notebook(course))
    taken, refused = collected(course, download)
    assert refused.startswith("ada: 'ada.ipynb' needs a look: ")
    assert taken.startswith("grace: ")


def test_what_makes_collecting_impossible_is_one_sentence(course, download, tmp_path, capsys):
    assert run_collect(course, "ps9", download) == 1
    assert "ps9 is not released; there are: ps1, ps2." in capsys.readouterr().out
    assert run_collect(course, NAME, tmp_path / "nowhere") == 1
    assert "There is no folder" in capsys.readouterr().out
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        for student in STUDENTS:
            gradebook.remove_student(student)
    assert run_collect(course, NAME, download) == 1
    assert "The gradebook knows no students" in capsys.readouterr().out


def test_students_whose_ids_are_no_folder_names_are_nobody(course, download):
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        for student in ("..", "a/b", "../ada"):
            gradebook.add_student(student, first_name="Eve", last_name="Moriarty")
    put(download, "Eve Moriarty_1_assignsubmission_file/ps1.ipynb", notebook(course))
    assert "No student of the gradebook goes by 'Eve Moriarty'" in collected(course, download)[1]
