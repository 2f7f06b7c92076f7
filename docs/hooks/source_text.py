"""Cuts code out of files: marked sections of snippets, definitions by dotted name. Renders nothing."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from pathlib import Path

MARKER = re.compile(r"^\s*# --8<-- \[(?P<edge>start|end):(?P<name>[\w-]+)\]\s*$")
ANNOTATION = re.compile(r"(?P<code>.*?)\s*# \((?P<number>\d+)\)!?\s*$")

LINTER = re.compile(r"\s+# (?:noqa|type: ignore).*")


class EmbedError(ValueError):
    """What a page asks to embed cannot be found."""


@dataclass(frozen=True)
class Piece:
    """Consecutive lines of a program, shown or folded, and the number of the first, counted without marker lines."""

    text: str
    first: int
    shown: bool


@dataclass(frozen=True)
class Definition:
    """The very lines of a definition in a file, `first` counted from 1; `examples` are those of its doctest."""

    path: Path
    text: str
    first: int
    examples: range


def without_markers(text: str, annotations: bool = True) -> str:
    r"""Return code without its section markers and, unless told otherwise, without its annotation marks.

    >>> without_markers("# --8<-- [start:a]\nx = 1  # (1)\n# --8<-- [end:a]\n")
    'x = 1\n'
    >>> without_markers("x = 1  # (1)\n", annotations=False)
    'x = 1  # (1)\n'
    >>> without_markers("")
    ''
    """
    lines = [line for line in text.splitlines() if not MARKER.match(line)]
    if annotations:
        lines = [mark["code"] if (mark := ANNOTATION.fullmatch(line)) else line for line in lines]
    return "\n".join(lines).strip("\n") + "\n" if lines else ""


def pieces(text: str, names: Collection[str]) -> list[Piece]:
    r"""Return the lines without markers, cut where a section of `names` begins or ends; no blank lines are at a cut.

    >>> pieces("a = 1\n# --8<-- [start:rest]\nb = 2\n# --8<-- [end:rest]\n", ["rest"])
    [Piece(text='a = 1\n', first=1, shown=False), Piece(text='b = 2\n', first=2, shown=True)]
    >>> pieces("# --8<-- [start:rest]\nb = 2\n", ["rest"])
    Traceback (most recent call last):
    source_text.EmbedError: section 'rest' has no end
    >>> pieces("a = 1\n", ["rest"])
    Traceback (most recent call last):
    source_text.EmbedError: there is no section 'rest'; there are none
    """
    begun: list[str] = []
    within: set[str] = set()
    lines: list[tuple[bool, str]] = []
    for line in text.splitlines():
        marker = MARKER.match(line)
        if not marker:
            lines.append((bool(within.intersection(names)), line))
        elif marker["edge"] == "start":
            begun.append(marker["name"])
            within.add(marker["name"])
        else:
            within.discard(marker["name"])
    for name in names:
        if name not in begun:
            raise EmbedError(f"there is no section {name!r}; there are {', '.join(begun) or 'none'}")
        if name in within:
            raise EmbedError(f"section {name!r} has no end")
    found = []
    # A blank line between two sections belongs to neither: it does not cut them apart.
    visible = [(number, shown, line) for number, (shown, line) in enumerate(lines, 1) if line.strip()]
    for shown, group in groupby(visible, key=itemgetter(1)):
        numbers = [number for number, _, _ in group]
        part = [line for _, line in lines[numbers[0] - 1 : numbers[-1]]]
        found.append(Piece("\n".join(part) + "\n", numbers[0], shown))
    return found


def companions(path: Path) -> dict[str, str]:
    """Return the files that a snippet reads, by name, with their text: they lie beside it, and it names them.

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> program = folder / "first.py"
    >>> _ = program.write_text('Path(__file__).with_name("web.sh").read_text()'), (folder / "web.sh").write_text("#!")
    >>> _ = (folder / "other.sh").write_text("#!"), (folder / "first.out").write_text("")
    >>> companions(program)
    {'web.sh': '#!'}
    """
    source = path.read_text("utf-8")
    beside = sorted(file for file in path.parent.iterdir() if file.is_file() and file.suffix not in (".py", ".out"))
    return {file.name: file.read_text("utf-8") for file in beside if f'"{file.name}"' in source}


def definition(root: Path, dotted: str) -> Definition:
    """Return the lines of `package.module:name` or `package.module:Class.method` below root, as readers want them."""
    module, colon, name = dotted.partition(":")
    if not colon or not name:
        raise EmbedError("write package.module:name")
    path = root.joinpath(*module.split(".")).with_suffix(".py")
    if not path.is_file():
        path = root.joinpath(*module.split("."), "__init__.py")
    if not path.is_file():
        raise EmbedError(f"there is no module {module}")
    text = path.read_text("utf-8")
    node: ast.AST = ast.parse(text)
    for part in name.split("."):
        node = _child(node, part, dotted)
    assert isinstance(node, ast.stmt) and node.end_lineno is not None
    decorators = getattr(node, "decorator_list", [])
    first = min([node.lineno, *(decorator.lineno for decorator in decorators)])
    lines = [LINTER.sub("", line) for line in text.splitlines()]
    return Definition(path, "\n".join(lines[first - 1 : node.end_lineno]) + "\n", first, _examples(node, lines))


def _examples(node: ast.stmt, lines: list[str]) -> range:
    """The numbers of the lines of the doctest in a definition's docstring, up to its last line but the quotes."""
    body = getattr(node, "body", [])
    documented = body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant)
    if not documented or body[0].end_lineno is None:
        return range(0)
    numbers = range(body[0].lineno, body[0].end_lineno)
    begun = next((number for number in numbers if lines[number - 1].lstrip().startswith(">>>")), None)
    return range(0) if begun is None else range(begun, body[0].end_lineno)


def _child(parent: ast.AST, name: str, dotted: str) -> ast.stmt:
    known = []
    for node in getattr(parent, "body", []):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names = [node.name]
        elif isinstance(node, ast.Assign):
            names = [target.id for target in node.targets if isinstance(target, ast.Name)]
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names = [node.target.id]
        else:
            continue
        if name in names:
            found: ast.stmt = node
            return found
        known += names
    raise EmbedError(f"{dotted.partition(':')[0]} defines no {name!r}; it defines {', '.join(known) or 'nothing'}")
