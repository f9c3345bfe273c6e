"""Collect the outputs of a cell; those of a student's are believed to be nothing but text of limited size."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import nbformat
from nbformat import NotebookNode

# What a notebook shows. A check's report is not among them: only the trusted side's count.
KINDS = {
    "text/plain",
    "text/html",
    "text/markdown",
    "text/latex",
    "image/png",
    "image/jpeg",
    "image/gif",
    "image/svg+xml",
}
LINE = 2_000  # characters of an error's name and message


class Outputs:
    """The outputs of one cell in the notebook format.

    Parameters
    ----------
    most : int
        Characters that are kept; what comes later is counted and dropped.
    believed : bool
        They come from trusted code: every kind of data is kept.
    """

    def __init__(self, most: int, believed: bool = False) -> None:
        self.nodes: list[NotebookNode] = []
        self._shown: dict[str, NotebookNode] = {}
        self._most, self._size, self._dropped = most, 0, 0
        self._believed = believed
        self._failed = False

    def add(self, output: Any) -> None:
        """Take one output as ``NotebookShell`` emits it; what is none is passed over."""
        match output:
            case {"output_type": "stream", "name": "stdout" | "stderr" as name, "text": str(text)}:
                self._stream(name, text)
            case {"output_type": "display_data" | "execute_result" as kind, "data": dict(data)}:
                self._data(kind, data, output)
            case {"output_type": "error", "ename": str(name), "evalue": str(words), "traceback": list(lines)}:
                self.error(name, words, [str(line) for line in lines])
            case {"output_type": "clear"}:
                self.nodes, self._shown = [], {}

    def error(self, name: str, words: str, lines: list[str] | None = None) -> None:
        """Take an error; the first one is told even where there is no room for its traceback."""
        name, words = _clean(name)[:100], _clean(words)
        words = words if len(words) <= LINE else words[:LINE] + "…"
        short = [f"{name}: {words}"]
        lines = [_clean(line) for line in lines or short]
        fits = self._room(sum(map(len, lines)))
        if fits or not self._failed:
            self._failed = True
            self.nodes.append(_node("error", ename=name, evalue=words, traceback=lines if fits else short))

    def close(self) -> list[NotebookNode]:
        """Give the outputs, with a note on what was dropped."""
        if self._dropped:
            words = f"\n… {self._dropped:,} more characters of output are not kept.\n"
            self.nodes.append(_node("stream", name="stdout", text=words))
        return self.nodes

    def _stream(self, name: str, text: str) -> None:
        text = _clean(text)
        kept = text[: max(0, self._most - self._size)]
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
        if not self._believed:
            data = {name: _clean(value) for name, value in data.items() if name in KINDS and isinstance(value, str)}
            if not data or not self._room(sum(map(len, data.values()))):
                return
        metadata = output.get("metadata") if self._believed else {}
        shown = str(output.get("display_id") or "")
        if output.get("update"):
            if shown in self._shown:
                self._shown[shown].data = NotebookNode(data)
            return
        count = {"execution_count": None} if kind == "execute_result" else {}
        node = _node(kind, **count, data=dict(data), metadata=metadata or {})
        self.nodes.append(node)
        if shown and len(self._shown) < 1000:
            self._shown[shown] = node

    def _room(self, size: int) -> bool:
        fits = self._size + size <= self._most
        self._size += size if fits else 0
        self._dropped += 0 if fits else size
        return fits


def _node(kind: str, **content: Any) -> NotebookNode:
    """Make an output; not by nbformat's own maker, which validates each, for the notebook is validated as a whole."""
    return nbformat.from_dict({"output_type": kind, **content})


def _clean(text: str) -> str:
    """Make text that can be written to a file."""
    return text.encode("utf-8", "replace").decode()
