"""Executes a lab once and gives its cells and its notebook in one language; its Markdown is the page's to render."""

from __future__ import annotations

import copy
import hashlib
import importlib.metadata
import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from source_text import EmbedError

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache" / "labs"
HEADING_ID = re.compile(r"(?m)(?<=\S) *\{#[\w-]+\}$")  # the page's syntax; Jupyter would show it
RICH = ("image/svg+xml", "text/html")


@dataclass(frozen=True)
class Cell:
    """One cell: `markdown` or `code`, its text, and for code what it gave as (MIME type, text)."""

    kind: str
    text: str
    outputs: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Lab:
    """The cells of a lab in one language, and the notebook that holds them."""

    cells: tuple[Cell, ...]
    notebook: Any


def read_lab(path: Path, language: str) -> Lab:
    """Return the executed lab in one language; a cell that fails is an EmbedError that shows its traceback."""
    notebook = _executed(path, language)
    return Lab(tuple(Cell(cell.cell_type, cell.source, tuple(_outputs(cell))) for cell in notebook.cells), notebook)


def write_notebook(lab: Lab, name: str, language: str, site: Path) -> str:
    """Write the lab as a Jupyter notebook into the site and return its path there."""
    import nbformat

    relative = f"labs/{name}.{language}.ipynb"
    notebook = copy.deepcopy(lab.notebook)
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = HEADING_ID.sub("", cell.source)
    (site / relative).parent.mkdir(parents=True, exist_ok=True)
    (site / relative).write_text(nbformat.writes(notebook) + "\n", "utf-8")
    return relative


def of_language(cells: list[Any], language: str) -> list[Any]:
    """Return the cells without a language, and those of this one."""
    return [cell for cell in cells if cell.metadata.get("lang", language) == language]


def _key(path: Path, language: str) -> str:
    """Return the hash of all that decides what the cells give: the lab, what it imports, the versions that run it."""
    digest = hashlib.sha256(path.read_bytes() + language.encode())
    for file in sorted([*(ROOT / "src").rglob("*.py"), Path(__file__)]):
        digest.update(file.read_bytes())
    for package in ("boto3", "ipykernel", "jupytext", "nbclient"):
        digest.update(importlib.metadata.version(package).encode())
    return digest.hexdigest()[:24]


def _executed(path: Path, language: str) -> Any:
    import jupytext
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError

    kept = CACHE / f"{path.stem}.{language}.{_key(path, language)}.ipynb"
    if kept.exists():
        return nbformat.read(kept, as_version=4)
    notebook = jupytext.read(path)
    notebook.cells = of_language(notebook.cells, language)
    notebook.metadata = nbformat.from_dict(
        {
            "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
            "language_info": {"name": "python"},
        }
    )
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number}"
    client = NotebookClient(
        notebook,
        timeout=120,
        kernel_name="python3",
        record_timing=False,
        resources={"metadata": {"path": str(path.parent)}},
    )
    environment = dict(os.environ, PYTHONPATH=str(ROOT / "src"), PYTHONHASHSEED="0")
    try:
        client.execute(env=environment)
    except CellExecutionError as error:
        raise EmbedError(f"a cell of {path.name} fails\n{error}") from None
    CACHE.mkdir(parents=True, exist_ok=True)
    for old in CACHE.glob(f"{path.stem}.{language}.*.ipynb"):
        old.unlink()
    nbformat.write(notebook, kept)
    return notebook


def _outputs(cell: Any) -> list[tuple[str, str]]:
    """Return the outputs of a code cell, the richest form of each, neighbouring text joined."""
    found: list[tuple[str, str]] = []
    was_stream = False
    for output in cell.get("outputs", []):
        is_stream = output.output_type == "stream"
        if is_stream:
            mime, text = "text/plain", output.text
        else:
            data = output.get("data", {})
            mime = next((kind for kind in (*RICH, "text/plain") if kind in data), "")
            if not mime:
                raise EmbedError(f"an output has none of the forms that a page shows: {json.dumps(sorted(data))}")
            text = data[mime]
        if found and mime == "text/plain" == found[-1][0]:
            before = found[-1][1]
            if not (is_stream and was_stream):  # a stream may come in pieces that end anywhere; a result starts a line
                before = before.rstrip("\n") + "\n"
            found[-1] = (mime, before + text)
        else:
            found.append((mime, text))
        was_stream = is_stream
    return found
