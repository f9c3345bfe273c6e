"""``python -m course_utils lab``: the student's folder."""

from __future__ import annotations

from course_utils import __main__ as command


def test_notebooks_are_copied_once_and_never_overwritten(tmp_path, monkeypatch, capsys):
    notebooks, work = tmp_path / "notebooks" / "01_a", tmp_path / "work"
    (notebooks / ".ipynb_checkpoints").mkdir(parents=True)
    (notebooks / "01_a.ipynb").write_text("released")
    (notebooks / ".ipynb_checkpoints" / "01_a-checkpoint.ipynb").write_text("old")
    monkeypatch.setattr(command, "ROOT", tmp_path)
    started = []
    monkeypatch.setattr(
        command.subprocess, "run", lambda call: started.append(call) or type("Done", (), {"returncode": 0})
    )

    assert command.main(["lab"]) == 0
    assert (work / "01_a" / "01_a.ipynb").read_text() == "released"
    assert not (work / "01_a" / ".ipynb_checkpoints").exists()
    assert "new there: 01_a/01_a.ipynb" in capsys.readouterr().out

    (work / "01_a" / "01_a.ipynb").write_text("a student's work")
    (notebooks / "01_a.ipynb").write_text("released anew")
    (notebooks / "figure.png").write_bytes(b"new")
    assert command.main(["lab", "--", "--no-browser"]) == 0
    assert (work / "01_a" / "01_a.ipynb").read_text() == "a student's work"
    assert (work / "01_a" / "figure.png").read_bytes() == b"new"
    assert [call[-1] for call in started] == [f"--ServerApp.root_dir={work}", "--no-browser"]
