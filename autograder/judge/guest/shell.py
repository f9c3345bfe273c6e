"""Run cells as a notebook does, and emit every output as plain data, without a kernel or sockets."""

from __future__ import annotations

import ast
import builtins
import io
import signal
import sys
import tempfile
from collections.abc import Callable
from typing import Any

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import ExecutionResult, InteractiveShell
from traitlets import Any as AnyTrait
from traitlets import Type
from traitlets.config import Config

Emit = Callable[[dict[str, Any]], None]

FLUSH_AT = 32_000  # characters
TRACEBACK_SECONDS = 10.0  # wall-clock time within which a traceback is made, even on a busy machine
NO_INPUT = "input() has nobody to ask while a notebook is graded"
TIMING_MAGICS = ("time", "prun")  # cell magics that run their body as a whole; %%capture runs it as a cell


class EmittingPublisher(DisplayPublisher):
    """Emits what ``display`` shows."""

    def publish(
        self,
        data: dict,
        metadata: dict | None = None,
        *,
        transient: dict | None = None,
        update: bool = False,
        **_: Any,
    ) -> None:
        """Emit a displayed object."""
        self.shell.flush()
        shown = {"output_type": "display_data", "data": dict(data), "metadata": dict(metadata or {}), "update": update}
        self.shell.emit({**shown, "display_id": str((transient or {}).get("display_id", ""))})

    def clear_output(self, wait: bool = False) -> None:
        """Ask for earlier outputs of the cell to be dropped."""
        self.shell.flush()
        self.shell.emit({"output_type": "clear"})


class EmittingDisplayHook(DisplayHook):
    """Emits the value of a cell's last expression."""

    def write_output_prompt(self) -> None:
        """Print no ``Out[1]:``."""

    def write_format_data(self, format_dict: dict, md_dict: dict | None = None) -> None:
        """Emit the value."""
        self.shell.flush()
        self.shell.emit({"output_type": "execute_result", "data": dict(format_dict), "metadata": dict(md_dict or {})})

    def log_output(self, format_dict: dict) -> None:
        """Keep no log."""

    def finish_displayhook(self) -> None:
        """Print no empty line."""
        self._is_active = False


class NotebookShell(InteractiveShell):
    """IPython that passes each output to a function, as a dict in the terms of the notebook format.

    Attributes
    ----------
    emit : callable
        ``emit(output)``. Beside ``stream``, ``display_data``, ``execute_result`` and ``error`` there are
        ``{"output_type": "clear"}`` and ``display_data`` with ``"update": True``, as in Jupyter's messages.
    passes_over : callable or None
        ``passes_over(statement, error)`` tells whether a cell goes on after a statement that raised this error.
    """

    emit = AnyTrait()
    passes_over = AnyTrait(allow_none=True)
    display_pub_class = Type(EmittingPublisher)
    displayhook_class = Type(EmittingDisplayHook)

    def init_sys_path(self) -> None:
        """Leave the search path alone: files beside a notebook shadow no module of a trusted process."""

    def init_virtualenv(self) -> None:
        """Leave the search path alone."""

    def enable_gui(self, gui: str | None = None) -> None:
        """Accept ``%matplotlib inline``, which asks for no event loop."""

    def ask_exit(self) -> None:
        """Make ``exit()`` an ordinary error."""
        raise SystemExit

    async def run_ast_nodes(
        self,
        nodelist: list[ast.stmt],
        cell_name: str,
        interactivity: str = "last_expr",
        compiler: Callable = compile,
        result: ExecutionResult | None = None,
    ) -> bool:
        """Run the statements of a cell; tell whether a statement failed and was not passed over."""
        if self.passes_over is None:
            return await super().run_ast_nodes(nodelist, cell_name, interactivity, compiler, result)
        for number, node in enumerate(nodelist):
            _split_timed_body(node)
            how = interactivity if number == len(nodelist) - 1 else "none"
            failed = await super().run_ast_nodes([node], cell_name, how, compiler, result)
            if failed and not (result and self.passes_over(node, result.error_in_exec)):
                return True
        return False

    def run_body(self, source: str) -> None:
        """Run the body of a cell magic as a cell of its own, which emits its own errors."""
        self.run_cell(source, store_history=False)

    def showtraceback(self, *arguments: Any, **keywords: Any) -> None:
        """Emit an error; postpone a running time limit for that, but not for ever: an error may format endlessly."""
        delay, interval = signal.getitimer(signal.ITIMER_REAL)
        if delay:
            signal.setitimer(signal.ITIMER_REAL, max(delay, TRACEBACK_SECONDS), interval)
        try:
            super().showtraceback(*arguments, **keywords)
        finally:
            if delay:
                signal.setitimer(signal.ITIMER_REAL, max(delay, interval), interval)

    def _showtraceback(self, etype: type, evalue: BaseException, stb: list[str]) -> None:
        self.flush()
        try:
            message = str(evalue)
        except Exception:
            message = "<no message>"
        self.emit({"output_type": "error", "ename": etype.__name__, "evalue": message, "traceback": list(stb)})

    def flush(self) -> None:
        """Emit what was printed so far."""
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, Stream):
                stream.flush()


def _split_timed_body(node: ast.stmt) -> None:
    """Rewrite a timing magic to run its body by ``run_body``, whose statements can be passed over one by one."""
    match node:
        case ast.Expr(
            ast.Call(
                ast.Attribute(ast.Call(ast.Name("get_ipython")), "run_cell_magic"),
                [ast.Constant(name), _, ast.Constant(str(body)) as source],
            )
        ) if name in TIMING_MAGICS and body.strip():
            source.value = f"get_ipython().run_body({body!r})"


class Stream(io.TextIOBase):
    """``sys.stdout`` or ``sys.stderr`` of a cell."""

    encoding = "utf-8"
    errors = "replace"

    def __init__(self, name: str, emit: Emit) -> None:
        self._name, self._emit = name, emit
        self._buffer: list[str] = []
        self._buffered = 0

    def writable(self) -> bool:
        """Tell that it can be written to."""
        return True

    def write(self, text: str) -> int:
        """Buffer text; it is emitted in portions."""
        text = str(text).encode("utf-8", "replace").decode()  # a lone surrogate cannot be sent
        self._buffer.append(text)
        self._buffered += len(text)
        if self._buffered > FLUSH_AT:
            self.flush()
        return len(text)

    def flush(self) -> None:
        """Emit what is buffered, in portions of limited size."""
        text, self._buffer, self._buffered = "".join(self._buffer), [], 0
        for start in range(0, len(text), FLUSH_AT):
            self._emit({"output_type": "stream", "name": self._name, "text": text[start : start + FLUSH_AT]})


def make_shell(emit: Emit) -> NotebookShell:
    """Make the shell of this process (IPython allows a single one), without history, start-up files or a log.

    Parameters
    ----------
    emit : callable
        See :class:`NotebookShell`.

    Returns
    -------
    NotebookShell
    """
    settings = Config()
    settings.HistoryManager.enabled = False
    settings.IPKernelApp = Config()  # tqdm and others take its presence for a notebook
    with tempfile.TemporaryDirectory(prefix="shell") as folder:  # IPython wants a folder only while it starts
        shell = NotebookShell.instance(config=settings, ipython_dir=folder, emit=emit, colors="nocolor")
    take_over(shell, emit)
    return shell


def take_over(shell: NotebookShell, emit: Emit) -> None:
    """Redirect this process's standard output and error to a shell, as output of its cells.

    Parameters
    ----------
    shell : NotebookShell
    emit : callable
        The function that gets the outputs from now on.
    """
    shell.emit = emit
    sys.modules["__main__"] = shell.user_module
    sys.stdout, sys.stderr = (Stream(name, lambda output: shell.emit(output)) for name in ("stdout", "stderr"))
    builtins.input = no_input


def run_cell(shell: NotebookShell, source: str) -> ExecutionResult:
    """Run a cell; its outputs are emitted before this returns.

    Parameters
    ----------
    shell : NotebookShell
    source : str

    Returns
    -------
    ExecutionResult
        IPython's own.
    """
    try:
        return shell.run_cell(source, store_history=True)
    finally:
        shell.flush()


def no_input(*_: Any, **__: Any) -> str:
    """Stand in for ``input``."""
    raise RuntimeError(NO_INPUT)
