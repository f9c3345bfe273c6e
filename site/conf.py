"""The course site, made of the released notebooks by Sphinx: ``python -m sphinx site build/site``.

Pages hold what students get and, where ``autograder/solved/`` is built, the experiments' pictures: not what solved
notebooks print, which may tell an answer. Nothing is fetched by whoever reads: MathJax lies beside the pages.
"""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
COURSE = HERE.parent

project = html_title = "Improving deep neural networks"
copyright = "text, figures, data: CC BY 4.0; code: MIT License; MathJax, which sets the formulas: Apache License 2.0"
extensions = ["myst_nb"]
nb_execution_mode = "off"
nb_code_prompt_show, nb_code_prompt_hide = "Show what came out", "Hide what came out"
myst_enable_extensions = ["dollarmath", "amsmath"]
myst_heading_anchors = 4
myst_heading_slug_func = "autograder.authoring.glossary.anchor"  # as JupyterLab names them: one glossary serves both

html_theme = "furo"
html_css_files = ["site.css"]
html_copy_source = False
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"

# All of MathJax 3.2 in one file that draws letters as outlines: no font has to be found (Apache License 2.0).
PACKAGE = importlib.util.find_spec("sphinx-mathjax-offline")
mathjax_path = "tex-svg-full.js"
mathjax3_config = {"options": {"enableMenu": False}}
html_static_path = ["site.css", str(Path(PACKAGE.origin).parent / "static" / "mathjax" / mathjax_path)]


def setup(app: Any) -> None:
    """Bring the notebooks to where they are looked for, and make links of their names."""
    app.connect("config-inited", lambda app, config: bring_notebooks())
    app.connect("include-read", link_names)


def bring_notebooks() -> None:
    """Copy the released notebooks, with pictures, and their glossary to ``site/notebooks/``."""
    folder = HERE / "notebooks"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    glossary = (COURSE / "notebooks" / "glossary.md").read_text(encoding="utf-8")
    (folder / "glossary.md").write_text(
        re.sub(r"\((\w+)/\1\.ipynb#heading=", r"(\1.ipynb#", glossary), encoding="utf-8"
    )
    for path in sorted((COURSE / "notebooks").glob("*/*.ipynb")):
        notebook = json.loads(path.read_text(encoding="utf-8"))
        solved = COURSE / "autograder" / "solved" / path.parent.name / path.name
        if solved.exists():
            put_pictures(notebook, json.loads(solved.read_text(encoding="utf-8")))
        (folder / path.name).write_text(json.dumps(notebook), encoding="utf-8")


PICTURE = r'<img src="data:image/(?:png|gif);base64,[^<>"]*" width="\d+" alt="[^<>"]*">'


def put_pictures(notebook: dict, solved: dict) -> None:
    """Give every experiment the pictures that it made in the solved notebook; what follows a prediction is folded."""
    outputs = {cell["id"]: cell.get("outputs", []) for cell in solved["cells"]}
    for cell in notebook["cells"]:
        tags = cell["metadata"].get("tags", [])
        if "experiment" not in tags:
            continue
        pages = ["".join(output.get("data", {}).get("text/html", "")) for output in outputs.get(cell["id"], [])]
        cell["outputs"] = [
            {"output_type": "display_data", "metadata": {}, "data": {"text/html": page}}
            for page in pages
            if re.fullmatch(f"{PICTURE}(<details><summary>[^<>]*</summary>{PICTURE}</details>)?", page)
        ]
        if cell["outputs"] and "show_prediction(" in "".join(cell["source"]):
            tags.append("hide-output")


def link_names(app: Any, path: Path, parent: str, content: list[str]) -> None:
    """Make links of the notebooks' names in the table of README.md, and words of its links to what has no page."""
    content[0] = re.sub(r"^\| `(\d\d_\w+)`", r"| [\1](notebooks/\1.ipynb)", content[0], flags=re.MULTILINE)
    content[0] = re.sub(r"(?<!!)\[([^]]+)\]\((?!https?:|notebooks/)[^)#]+\.md\)", r"`\1`", content[0])
