"""The judge's two processes: a student's cells in a real sandbox, called from here as test cells call them."""

from __future__ import annotations

import os
import shutil
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from in_process import examination
from nbformat import v4

from autograder.judge import guest
from autograder.judge import session as session_module
from autograder.judge.client import ExaminerClient, shared_examiner
from autograder.judge.examination import names_read
from autograder.judge.guest.codec import Handle, NotPlain
from autograder.judge.guest.rpc import describe_error, rebuild_error
from autograder.judge.outputs import Outputs
from autograder.judge.preprocessor import Judge
from autograder.judge.sandbox.sandbox import CHANNEL, Sandbox
from autograder.judge.session import SandboxDied, Session, StudentFunction, SubmissionLimits, _Deadline, _TimedOut

needs_sandbox = pytest.mark.needs("sandbox")


@pytest.fixture
def session():
    """A session in a real sandbox, with short limits for calls."""
    here = Path(guest.__file__).resolve().parent
    command = [sys.executable, "-c", f"from guest.student import main; main{CHANNEL}"]

    def start():
        return Sandbox(memory=700_000_000).start(command, readable=[here], variables={"PYTHONPATH": str(here.parent)})

    session = Session(start, SubmissionLimits(cell_cpu=60.0, cell_wall=60.0, call_cpu=0.3, call_wall=2.0))
    yield session
    session.close()


def call(session, name, *arguments, **keywords):
    return StudentFunction(session, name, "__main__")(*arguments, **keywords)


# --- calls ------------------------------------------------------------------------------------------------


def test_who_gets_a_core_late_is_stopped_soon_after_its_computing_time(monkeypatch):
    """A busy machine lets the call compute only in the last of its 8 s; then it computes without end."""
    clock = SimpleNamespace(now=0.0)

    def poll(milliseconds):
        clock.now += milliseconds / 1000

    running = SimpleNamespace(cpu=lambda: max(0.0, clock.now - 7), queued=lambda: 0.0, read=0)
    one = Session(lambda: running, SubmissionLimits(busy=20))
    one._running, one._deadline, one._next_look = running, _Deadline(8.0, 0.0, 2.5), 8.0
    monkeypatch.setattr(session_module.time, "monotonic", lambda: clock.now)
    monkeypatch.setattr(session_module.select, "poll", lambda: SimpleNamespace(poll=poll, register=lambda *_: None))
    with pytest.raises(_TimedOut):
        one._wait(0, 0)
    assert 8 < clock.now < 11


@needs_sandbox
def test_functions_are_called_as_if_they_were_here(session):
    session.run("import numpy as np\ndef f(W, *, rng, names): W += 1; names.append('b'); return W.T, rng.normal()")
    W, names, rng = np.zeros((2, 3)), ["a"], np.random.default_rng(3)
    with session.test():
        result, drawn = call(session, "f", W, rng=rng, names=names)
    same = np.random.default_rng(3)
    assert drawn == same.normal()
    assert rng.normal() == same.normal()
    assert W.tolist() == [[1, 1, 1], [1, 1, 1]]
    assert names == ["a", "b"]
    assert result.shape == (3, 2)
    assert np.shares_memory(result, W)


@needs_sandbox
def test_functions_call_back(session):
    session.run("def slope(f, x): return (f(x + 1e-6) - f(x - 1e-6)) / 2e-6")
    with session.test():
        assert call(session, "slope", lambda x: x**3, 2.0) == pytest.approx(12)
        with pytest.raises(ZeroDivisionError):
            call(session, "slope", lambda x: 1 / 0, 2.0)


@needs_sandbox
def test_what_is_not_plain_stays_there_and_can_be_sent_back(session):
    session.run("class Cache: pass\ndef f(x):\n c = Cache(); c.x = x; return 2 * x, c\ndef g(c): return c.x")
    with session.test():
        doubled, cache = call(session, "f", 4)
        assert doubled == 8
        assert isinstance(cache, Handle)
        assert call(session, "g", cache) == 4
        with pytest.raises(NotPlain):
            call(session, "f", {1, 2})


@needs_sandbox
def test_errors_keep_their_names(session):
    session.run("def f(): raise NotImplementedError\ndef g(): raise KeyError('W1')\nclass Odd(ValueError): pass")
    session.run("def h(): raise Odd('mine')\ndef e(): exit()\ndef n(): return undefined_name")
    with session.test():
        for name, kind, words in [
            ("f", NotImplementedError, ""),
            ("g", KeyError, "W1"),
            ("h", ValueError, "mine"),
            ("e", RuntimeError, "SystemExit"),
            ("n", NameError, "undefined_name"),
        ]:
            with pytest.raises(kind) as raised:
                call(session, name)
            assert words in str(raised.value)
            assert type(raised.value).__name__ == {"h": "Odd"}.get(name, kind.__name__)


def test_an_error_without_a_usable_class_is_still_one():
    assert isinstance(rebuild_error("SystemExit", "SystemExit", "x"), RuntimeError)
    assert isinstance(rebuild_error("UnicodeDecodeError", "UnicodeDecodeError", "x"), RuntimeError)
    assert isinstance(rebuild_error("__import__", "open", "x"), RuntimeError)

    class Silent(Exception):
        def __str__(self):
            raise RuntimeError

    assert describe_error(Silent()) == ["Silent", "Exception", ""]


# --- what goes wrong --------------------------------------------------------------------------------------


@needs_sandbox
def test_a_test_changes_nothing_for_the_next_one(session):
    session.run("seen = []\ndef f(x):\n seen.append(x); open('left', 'a').write('x'); return len(seen)")
    session.run("import os\ndef there(): return os.path.exists('left')")
    for _ in range(2):
        with session.test():
            assert call(session, "f", 1) == 1
            assert call(session, "f", 1) == 2
            assert call(session, "there")
    with session.test():
        assert not call(session, "there")


@needs_sandbox
@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("import os; os._exit(0)", "exit code 0"),
        ("import ctypes; ctypes.string_at(0)", "signal 11"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "signal 9"),
        ("import time; time.sleep(60)", "no answer for 2 s"),
        ("import os; os.write(4, b'forged')", "broke the protocol"),
        ("import os; os.close(3); os.close(4)", "ended"),
    ],
)
def test_a_crash_costs_its_test_and_no_other(session, body, reason):
    session.run(f"def f(): {body}\ndef g(): return 7")
    with session.test():
        assert call(session, "g") == 7
        with pytest.raises(SandboxDied, match=reason):
            call(session, "f")
        with pytest.raises(SandboxDied):
            call(session, "g")
        assert reason in session.incident
    with session.test():
        assert session.incident == ""
        assert call(session, "g") == 7


@needs_sandbox
def test_a_function_that_computes_without_end_is_stopped_and_the_test_goes_on(session):
    session.run("def f():\n while True:\n  try:\n   while True: pass\n  except Exception: pass\ndef g(): return 7")
    with session.test():
        with pytest.raises(TimeoutError):
            call(session, "f")
        assert call(session, "g") == 7
        assert session.incident == ""


THREADS = """
from concurrent.futures import ThreadPoolExecutor
import os, threading, time
def every(score, count):
    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(score, range(count)))
def endless(score):
    while True:
        score(1)
def endless_in_threads(score):
    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(lambda _: endless(score), range(4)))
def leaves_threads(score):
    threading.Thread(target=endless, args=[score]).start()
    return 7
def dies_in_a_call(score):
    threading.Thread(target=score, args=[1]).start()
    time.sleep(0.1)
    os._exit(1)
"""


@needs_sandbox
def test_threads_may_call_what_was_given(session):
    session.run(THREADS)
    with session.test():
        assert call(session, "every", lambda number: number * np.float64(2), 200) == [2.0 * one for one in range(200)]
        assert session.incident == ""


@needs_sandbox
@pytest.mark.parametrize("name", ["endless", "endless_in_threads"])
def test_who_calls_what_was_given_without_end_is_stopped_between_two_calls(session, name):
    session.run(THREADS)
    with session.test():
        for _ in range(3):
            with pytest.raises(TimeoutError):
                call(session, name, lambda number: number)
        assert call(session, "every", lambda number: number, 2) == [0, 1]
        assert session.incident == ""


@needs_sandbox
def test_threads_that_a_call_leaves_disturb_no_other(session):
    session.run(THREADS)
    for _ in range(3):
        with session.test():
            for _ in range(5):
                assert call(session, "leaves_threads", lambda number: number) == 7
        assert session.incident == ""


@needs_sandbox
def test_who_dies_in_a_call_leaves_nothing_to_the_next_test(session):
    """The answer to the call is on its way when nobody is left to read it."""
    session.run(THREADS)
    for _ in range(2):
        with session.test(), pytest.raises(SandboxDied, match="exit code 1"):
            call(session, "dies_in_a_call", lambda number: time.sleep(0.4))
        with session.test():
            assert call(session, "every", lambda number: number, 2) == [0, 1]
            assert session.incident == ""


@needs_sandbox
def test_without_a_module_for_calls_there_is_one_way_to_call(session):
    session.run("def f(): return 7")
    with session.test():
        assert call(session, "f") == 7
        with pytest.raises(NameError, match="no wrapper of a function is called 'keep_first_item'"):
            StudentFunction(session, "f", "__main__").with_wrapper("keep_first_item")()


@needs_sandbox
def test_a_check_can_allow_its_function_more_time_in_this_test_only(session):
    session.run(
        "import time\ndef f():\n end = time.process_time() + 0.6\n while time.process_time() < end: pass\n return 7"
    )
    slow = StudentFunction(session, "f", "__main__")
    slow.seconds = 5.0
    with session.test():
        assert slow() == 7
    with session.test(), pytest.raises(TimeoutError):
        call(session, "f")


@needs_sandbox
def test_a_cell_that_ends_the_process_loses_itself_only(session):
    session.run("def f(): return 1")
    outputs, lost = session.run("def g(): return 2\nimport os; os._exit(3)")
    assert "exit code 3" in lost
    assert outputs[-1].ename == "ProcessEnded"
    session.run("def h(): return f() + 2")
    with session.test():
        assert call(session, "h") == 3
        assert session.look("g") == {"missing": ["f", "h"]}


@needs_sandbox
def test_cells_without_end_are_stopped_and_keep_what_they_defined(session):
    # IPython puts off to the first error what it needs to show one, and the limit rings five times a second.
    session.limits.cell_cpu = 1.0
    outputs, lost = session.run("def f(): return 1\nwhile True: pass")
    assert lost == ""
    assert outputs[-1].ename == "CellTimeoutError"
    with session.test():
        assert call(session, "f") == 1


ENDLESS_ERROR = """def f(): return 1
class Endless(Exception):
    def __str__(self):
        while True: pass
raise Endless
"""


@needs_sandbox
@pytest.mark.soak
def test_an_error_without_end_loses_no_more_than_itself(session):
    session.limits.cell_cpu = 1.0
    _, lost = session.run(ENDLESS_ERROR)
    assert lost == ""
    with session.test():
        assert call(session, "f") == 1


@needs_sandbox
def test_memory_is_limited(session):
    session.run("import numpy as np\ndef f(): return float(np.ones(10**9).sum())")
    with session.test(), pytest.raises((MemoryError, SandboxDied)):
        call(session, "f")


# --- cells ------------------------------------------------------------------------------------------------


@needs_sandbox
@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("1 + 1", "2"),
        ("print('words')", "words"),
        ("%timeit -n1 -r1 pass", "per loop"),
        ("!echo from a shell", "from a shell"),
        ("%%bash\necho from bash", "from bash"),
        ("from IPython.display import display, HTML\ndisplay(HTML('<b>bold</b>'))", "<b>bold</b>"),
        ("%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.plot([1, 2]);", "image/png"),
        ("from tqdm.auto import tqdm\nfor _ in tqdm(range(3)): pass", "3/3"),
        ("import ipywidgets\nipywidgets.interact(lambda x: print('x is', x), x=(0, 4));", "x is 2"),
        ("h = display('old', display_id=True); h.update('new')", "new"),
        ("input('name? ')", "nobody to ask"),
        ("!pip install x || echo no network", "no network"),
        ("print('\\ud800 \\x00 \\x1b[31m')", "?"),
    ],
)
def test_cells_work_as_in_a_notebook(session, source, shown):
    outputs, lost = session.run(source)
    assert lost == ""
    assert shown in str(outputs)


LACKING = {
    "import seaborn; import math": "ModuleNotFoundError",
    "%load_ext lab_black": "ModuleNotFoundError",
    "%nosuchmagic": "UsageError",
    "%%nosuchmagic\n\n%nosuchmagic": "UsageError",
    "%%time\nimport seaborn as sns": "ModuleNotFoundError",
    "%%capture\nimport seaborn as sns": "ModuleNotFoundError",
    "import math\nmath.sumprod_of_three": "AttributeError",
    "from google.colab import drive\ndrive.mount('/content')": "ModuleNotFoundError, NameError",
    "@sns.decorated\ndef f(): pass": "NameError",
    "name = input('Who are you? ')": "RuntimeError",
    "open('data.csv')": "FileNotFoundError",
    "import urllib.request\nurllib.request.urlopen('http://localhost')": "URLError",
    "import subprocess\nsubprocess.run('false', check=True)": "CalledProcessError",
    "%run helpers.py": "Exception",
    "1 / 0": "",
    "undefined": "",
    "raise SystemExit": "",
    "import math\nmath.sqrt(-1)": "",
    "{}['W1']": "",
}


@needs_sandbox
def test_a_cell_is_run_on_below_what_this_machine_lacks_and_below_nothing_else(session):
    found = {}
    for number, source in enumerate(LACKING):
        session.run(f"{source}\nran_{number} = math = 1")
        found[source] = ", ".join(error for _, _, error in session.passed_over)
    with session.test():
        ran = ["value" in session.look(f"ran_{number}") for number in range(len(LACKING))]
    assert found == LACKING
    assert ran == [bool(errors) for errors in LACKING.values()]


MAGICS = ["%%time", "%%prun -q", "%%capture", "%%time\n%%capture", "%%nosuchmagic"]
FAILING = ["1 / 0", "import seaborn", "get_ipython().nothing_of_that_name()"]


@needs_sandbox
def test_the_body_of_a_cell_magic_runs_once_and_on_below_what_is_lacking(session):
    session.run("from collections import Counter\nruns, below = Counter(), set()")
    cases = [(magic, failing) for magic in MAGICS for failing in FAILING]
    for number, (magic, failing) in enumerate(cases):
        session.run(f"{magic}\nruns[{number}] += 1\n{failing}\nbelow.add({number})")
        passed_over = [(line, error) for line, _, error in session.passed_over if error != "UsageError"]
        assert passed_over == ([(2, "ModuleNotFoundError")] if "import" in failing else []), (magic, failing)
    session.run("runs, below = list(runs.values()), sorted(below)")
    with session.test():
        assert session.look("runs") == {"value": [1] * len(cases)}
        run_on = [number for number, (_, failing) in enumerate(cases) if "import" in failing]
        assert session.look("below") == {"value": run_on}


def test_outputs_of_students_are_text_of_limited_size():
    outputs = Outputs(max_size=1000)
    for _ in range(10):
        outputs.add({"output_type": "stream", "name": "stdout", "text": "x" * 300})
    outputs.add({"output_type": "display_data", "data": {"image/png": "y" * 300}})
    outputs.add({"output_type": "display_data", "data": {"application/vnd.course-check+json": {}, "text/plain": 3}})
    outputs.add({"output_type": "stream", "name": "log", "text": "z"})
    outputs.add(["no output"])
    shown = outputs.close()
    assert [output.output_type for output in shown] == ["stream", "stream"]
    assert len(shown[0].text) == 1000
    assert "2,300 more" in shown[1].text


# --- tests ------------------------------------------------------------------------------------------------


def test_names_that_a_test_reads_are_told_from_those_it_makes():
    source = "import os\ndef helper(a):\n    return outer(a) + len(a)\nvalue = helper(given)\n[x for x in others]"
    assert set(names_read(source)) >= {"outer", "given", "others"}
    assert not {"os", "a", "value", "x"} & set(names_read(source))


CALLS = """import os
from guest.plain_calls import call, type_name
def after_fork(): os.environ["AFTER_FORK"] = "was called"
"""


@needs_sandbox
def test_test_cells_run_outside_and_their_points_are_read_as_meant(tmp_path):
    cells = [
        ("given", "import numpy as np\nimport warnings"),
        ("student", "def half(x): return x / 2\nnp = None\ndef float(x): return 9.0\nlen = 3"),
        ("test", "warnings.warn('on stderr')\nassert half(4) == 2"),
        ("test", "np.float64(half(3.0))"),
        ("test", "half(30.0)"),
        ("test", "haft(1)"),
        ("test", "import os\nos.environ['NBGRADER_EXECUTION'], float(len([half]))"),
        ("test", "half({1})"),
        ("student", "half = 7"),
        ("test", "assert half == 7"),
        ("student", "import os\ndef variable(name): return os.environ.get(name, '')\nvariable('AFTER_FORK')"),
        ("test", "assert variable('MORE') == 'of the settings'"),
        ("test", "assert variable('AFTER_FORK') == 'was called'"),
    ]
    request = examination([{"kind": kind, "source": source, "points": 2} for kind, source in cells], tmp_path)
    folder = tmp_path / "calls"
    folder.mkdir()
    (folder / "own_calls.py").write_text(CALLS, encoding="utf-8")
    request |= {"calls": "own_calls", "readable": [str(folder)], "variables": {"MORE": "of the settings"}}
    examiner = ExaminerClient([], [], [str(folder)])
    try:
        results = examiner.ask(request, 60)["cells"]
    finally:
        examiner.close()
    assert [output["name"] for output in results[2]["outputs"]] == ["stdout"]
    assert results[3]["outputs"][-1]["data"]["text/plain"] == "1.5"
    assert results[4]["look"] == "the check itself is faulty: it gave 15 of 2 points"
    assert results[5]["outputs"][-1]["evalue"] == "haft is not found; did you mean half?"
    assert results[6]["outputs"][-1]["data"]["text/plain"] == "('autograde', 1.0)"
    assert results[7]["outputs"][-1]["ename"] == "NotPlain"
    assert results[9]["outputs"] == []
    assert results[10]["outputs"][-1]["data"]["text/plain"] == "''"
    assert [results[11]["outputs"], results[12]["outputs"]] == [[], []]
    assert [result.get("look") for result in results if "look" in result] == [
        "",
        "",
        results[4]["look"],
        "",
        "",
        "",
        "",
        "",
        "",
    ]


@pytest.mark.parametrize(
    ("key", "metadata", "skipped"),
    [
        ("", {"course": {"refused": "no notebook"}}, False),
        ("course.refused", {"course": {"refused": "no notebook"}}, True),
        ("course.refused", {"course": {"refused": ""}}, False),
        ("course.refused", {"course": "odd"}, False),
        ("course.refused", {}, False),
        ("draft", {"draft": True}, True),
    ],
)
def test_a_notebook_is_skipped_by_its_metadata(key, metadata, skipped):
    judge = Judge(skip_notebooks_with=key)
    assert judge._is_skipped(v4.new_notebook(metadata=metadata)) is skipped


@pytest.mark.parametrize(("tag", "run"), [("skip-execution", False), ("another", True)])
def test_a_cell_is_skipped_by_its_tag(tag, run):
    cell = v4.new_code_cell("1", metadata={"tags": [tag]})
    assert Judge()._is_run(cell) is run
    assert Judge(skip_cells_with_tag=tag)._is_run(cell) is False


@needs_sandbox
def test_a_changed_check_is_read_anew(tmp_path, monkeypatch):
    """A server that grades for days must not keep the checks of its first day."""
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.syspath_prepend(tmp_path)
    package = tmp_path / "changing_checks"
    package.mkdir()
    found = []
    for number in (1, 2):
        (package / "__init__.py").write_text(f"NUMBER = {number}\n", encoding="utf-8")
        os.utime(package / "__init__.py", (number, number))
        shutil.rmtree(package / "__pycache__", ignore_errors=True)
        cell = {"kind": "test", "source": "import changing_checks\nfloat(changing_checks.NUMBER)", "points": 2}
        examiner = shared_examiner(["changing_checks"])
        found += examiner.ask(examination([cell], tmp_path), 60)["cells"][0]["outputs"]
    examiner.close()
    assert [output["data"]["text/plain"] for output in found] == ["1.0", "2.0"]
