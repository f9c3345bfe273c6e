"""Collect the outputs of a cell in the notebook format; of a student's cell only text and pictures of limited size."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import nbformat
from nbformat import NotebookNode

# What is kept of a student's output. Other kinds, such as a check's report, count from the trusted side alone.
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


class Outputs:
    """The outputs of one cell.

    Parameters
    ----------
    max_size : int
        Characters that are kept; what comes later is counted and dropped.
    trusted : bool
        They come from trusted code: every MIME type is kept, and metadata too.

    Attributes
    ----------
    nodes : list of NotebookNode
        What was kept so far.
    """

    def __init__(self, max_size: int, trusted: bool = False) -> None:
        self.nodes: list[NotebookNode] = []
        self._displays: dict[str, NotebookNode] = {}
        self._max_size, self._size, self._dropped = max_size, 0, 0
        self._trusted = trusted
        self._failed = False

    def add(self, output: Any) -> None:
        """Add an output.

        Parameters
        ----------
        output : dict
            As ``NotebookShell`` emits it. Whatever does not have that form is ignored.
        """
        match output:
            case {"output_type": "stream", "name": "stdout" | "stderr" as name, "text": str(text)}:
                self._stream(name, text)
            case {"output_type": "display_data" | "execute_result" as kind, "data": dict(data)}:
                self._data(kind, data, output)
            case {"output_type": "error", "ename": str(name), "evalue": str(message), "traceback": list(lines)}:
                self.error(name, message, [str(line) for line in lines])
            case {"output_type": "clear"}:
                self.nodes, self._displays = [], {}

    def error(self, name: str, message: str, lines: list[str] | None = None) -> None:
        """Add an error. The first one is kept even where there is no room, without its traceback.

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
        fits = self._take_room(sum(map(len, lines)))
        if fits or not self._failed:
            self._failed = True
            self.nodes.append(_node("error", ename=name, evalue=message, traceback=lines if fits else short))

    def close(self) -> list[NotebookNode]:
        """Finish.

        Returns
        -------
        list of NotebookNode
            The outputs; at the end a note on how much was dropped, if any was.
        """
        if self._dropped:
            message = f"\n… {self._dropped:,} more characters of output are not kept.\n"
            self.nodes.append(_node("stream", name="stdout", text=message))
        return self.nodes

    def _stream(self, name: str, text: str) -> None:
        text = _clean(text)
        kept = text[: max(0, self._max_size - self._size)]
        self._size += len(kept)
        self._dropped += len(text) - len(kept)
        if not kept:
            return
        last = self.nodes[-1] if self.nodes else None
        if last and last.output_type == "stream" and last.name == name:
            last.text += kept
        else:
            self.nodes.append(_node("stream", name=name, text=kept))

    def _data(self, kind: str, data: Mapping[str, Any], output: Mapping[str, Any]) -> None:
        if not self._trusted:
            data = {
                name: _clean(value) for name, value in data.items() if name in MIME_TYPES and isinstance(value, str)
            }
            if not data or not self._take_room(sum(map(len, data.values()))):
                return
        metadata = output.get("metadata") if self._trusted else {}
        display_id = str(output.get("display_id") or "")
        if output.get("update"):
            if display_id in self._displays:
                self._displays[display_id].data = NotebookNode(data)
            return
        count = {"execution_count": None} if kind == "execute_result" else {}
        node = _node(kind, **count, data=dict(data), metadata=metadata or {})
        self.nodes.append(node)
        if display_id and len(self._displays) < 1000:
            self._displays[display_id] = node

    def _take_room(self, size: int) -> bool:
        fits = self._size + size <= self._max_size
        self._size += size if fits else 0
        self._dropped += 0 if fits else size
        return fits


def _node(kind: str, **content: Any) -> NotebookNode:
    """Make an output; not by nbformat's own maker, which validates each, for the notebook is validated as a whole."""
    return nbformat.from_dict({"output_type": kind, **content})


def _clean(text: str) -> str:
    """Make text that can be written to a file."""
    return text.encode("utf-8", "replace").decode()
