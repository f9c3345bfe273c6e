"""Collect a cell's outputs in the notebook format; of a student's cell only text and pictures of limited size."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import nbformat
from nbformat import NotebookNode

# MIME types that are kept of a student's output. Others, such as a check's report, are kept from trusted code only.
MIME_TYPES = {
    "text/plain",
    "text/html",
    "text/markdown",
    "text/latex",
    "image/png",
    "image/jpeg",
    "image/gif",
    "image/svg+xml",
}
MAX_MESSAGE = 2_000  # characters of an error's name and message
MAX_NODES = 1_000  # outputs of a student's cell that are kept


class Outputs:
    """The outputs of a cell.

    Parameters
    ----------
    max_size : int
        Characters that are kept; later output is counted and dropped.
    trusted : bool
        Whether the outputs come from trusted code: then every MIME type is kept, and metadata too.

    Attributes
    ----------
    nodes : list of NotebookNode
        The outputs kept so far.
    size : int
        Characters kept so far, those of cleared outputs included.
    """

    def __init__(self, max_size: int, trusted: bool = False) -> None:
        self.nodes: list[NotebookNode] = []
        self._pieces: list[str] = []  # text of the last node, where that is a stream
        self._displays: dict[str, NotebookNode] = {}
        self._max_size, self.size, self._dropped = max_size, 0, 0
        self._trusted = trusted
        self._failed = False

    def add(self, output: Any) -> None:
        """Add an output.

        Parameters
        ----------
        output : dict
            As ``NotebookShell`` emits it. Anything else is ignored: it may come from a student, and hold arrays, whose
            ``==`` gives no bool.
        """
        if not isinstance(output, dict) or type(output.get("output_type")) is not str:
            return
        match output:
            case {"output_type": "stream", "name": str(name), "text": str(text)} if name in ("stdout", "stderr"):
                self._stream(name, text)
            case {"output_type": "display_data" | "execute_result" as kind, "data": dict(data)}:
                self._data(kind, data, output)
            case {"output_type": "error", "ename": str(name), "evalue": str(message), "traceback": list(lines)}:
                self.error(name, message, [line for line in lines if isinstance(line, str)])
            case {"output_type": "clear"}:
                self.nodes, self._pieces, self._displays = [], [], {}

    def error(self, name: str, message: str, lines: list[str] | None = None) -> None:
        """Add an error. A cell's first error is kept even where there is no room, without its traceback.

        Parameters
        ----------
        name, message : str
            Both are cut to a limited length.
        lines : list of str, optional
            The traceback.
        """
        name, message = _clean(name)[:100], _clean(message)
        message = message if len(message) <= MAX_MESSAGE else message[:MAX_MESSAGE] + "…"
        short = [f"{name}: {message}"]
        lines = [_clean(line) for line in lines or short]
        fits = self._take_room(sum(map(len, lines)) + len(lines))
        if fits or not self._failed:
            self._failed = True
            self._append(_node("error", ename=name, evalue=message, traceback=lines if fits else short))

    def close(self) -> list[NotebookNode]:
        """Finish.

        Returns
        -------
        list of NotebookNode
            The outputs; at the end a note on how much was dropped, if any was.
        """
        if self._dropped:
            message = f"\n… {self._dropped:,} more characters of output are not kept.\n"
            self._append(_node("stream", name="stdout", text=message))
        self._end_stream()
        return self.nodes

    def _append(self, node: NotebookNode) -> None:
        self._end_stream()
        self.nodes.append(node)

    def _end_stream(self) -> None:
        """Join the pieces of the last stream: appending each to the text would copy the text every time."""
        if self._pieces:
            self.nodes[-1].text = "".join(self._pieces)
            self._pieces = []

    def _stream(self, name: str, text: str) -> None:
        text = _clean(text)
        continues = bool(self._pieces) and self.nodes[-1].name == name
        kept = text[: max(0, self._max_size - self.size)] if continues or self._has_place() else ""
        self.size += len(kept)
        self._dropped += len(text) - len(kept)
        if not kept:
            return
        if not continues:
            self._append(_node("stream", name=name, text=""))
        self._pieces.append(kept)

    def _data(self, kind: str, data: Mapping[str, Any], output: Mapping[str, Any]) -> None:
        if not self._trusted:
            data = {
                name: _clean(value) for name, value in data.items() if name in MIME_TYPES and isinstance(value, str)
            }
            size = sum(map(len, data.values()))
            if data and not self._has_place():
                self._dropped += size
                return
            if not data or not self._take_room(size):
                return
        metadata = output.get("metadata") if self._trusted else {}
        display_id = output.get("display_id") if isinstance(output.get("display_id"), str) else ""
        if output.get("update") is True:
            if display_id in self._displays:
                self._displays[display_id].data = NotebookNode(data)
            return
        count = {"execution_count": None} if kind == "execute_result" else {}
        node = _node(kind, **count, data=dict(data), metadata=metadata or {})
        self._append(node)
        if display_id and len(self._displays) < 1000:
            self._displays[display_id] = node

    def _has_place(self) -> bool:
        return self._trusted or len(self.nodes) < MAX_NODES

    def _take_room(self, size: int) -> bool:
        fits = self.size + size <= self._max_size
        self.size += size if fits else 0
        self._dropped += 0 if fits else size
        return fits


def _node(kind: str, **content: Any) -> NotebookNode:
    """Make an output without nbformat's ``new_output``, which validates it: the notebook is validated as a whole."""
    return nbformat.from_dict({"output_type": kind, **content})


def _clean(text: str) -> str:
    """Replace lone surrogates, which cannot be encoded as UTF-8."""
    return text.encode("utf-8", "replace").decode()
