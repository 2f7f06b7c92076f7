"""Every public function and method says in one sentence what it does, and shows it in a doctest."""

from __future__ import annotations

import ast
import doctest
import re
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

import eslabon

SOURCES = Path(eslabon.__file__).parent
PROPERTIES = {"property", "cached_property", "setter", "deleter"}

Definition = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Public:
    """A public function, or a public method and the class that it belongs to."""

    module: str
    node: Definition
    owner: ast.ClassDef | None = None

    def __str__(self) -> str:
        name = f"{self.owner.name}.{self.node.name}" if self.owner else self.node.name
        return f"{self.module}:{self.node.lineno} {name}"


def modules_of(folder: Path) -> dict[str, ast.Module]:
    """The parsed sources of a package, by path; `_private.py` and what lies in `_private/` are left out."""
    found = {}
    for path in sorted(folder.rglob("*.py")):
        name = path.relative_to(folder)
        if not any(is_private(part.removesuffix(".py")) for part in name.parts):
            found[name.as_posix()] = ast.parse(path.read_text("utf-8"))
    return found


def is_private(name: str) -> bool:
    """Names that begin with an underscore; those with two at both ends are Python's own."""
    return name.startswith("_") and name not in ("__init__", "__main__")


def public(modules: Mapping[str, ast.Module]) -> Iterator[Public]:
    """Functions of modules and methods of their public classes; what a function defines inside is its own affair."""
    for module, tree in modules.items():
        for node in tree.body:
            if isinstance(node, Definition) and not node.name.startswith("_"):
                yield Public(module, node)
            elif isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                for method in node.body:
                    if isinstance(method, Definition) and not method.name.startswith("_"):
                        yield Public(module, method, node)


def complaints(modules: Mapping[str, ast.Module]) -> list[str]:
    """What is missing where.

    Exempt from both are properties (they read as values) and members of a Protocol (they do nothing). Exempt from the
    doctest are methods that override one of a class of the package which has a doctest: the same holds of them.
    """
    found = []
    for one in public(modules):
        if is_property(one.node) or (one.owner and "Protocol" in map(last_name, one.owner.bases)):
            continue
        text = ast.get_docstring(one.node) or ""
        if not opens_with_a_sentence(text):
            found.append(f"{one}: its docstring does not open with one sentence")
        if not shows(text) and not (one.owner and overrides(one.module, one.owner, one.node.name, modules)):
            found.append(f"{one}: its docstring has no doctest")
    return found


def is_property(node: Definition) -> bool:
    """Whether a method is read, or set, like a value."""
    return any(last_name(decorator) in PROPERTIES for decorator in node.decorator_list)


def last_name(node: ast.expr) -> str:
    """b of a.b, of b[c] and of b(c)."""
    while isinstance(node, ast.Subscript | ast.Call):
        node = node.value if isinstance(node, ast.Subscript) else node.func
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def overrides(module: str, owner: ast.ClassDef, name: str, modules: Mapping[str, ast.Module]) -> bool:
    """Whether a base in the package, or a base of it, has this method with a doctest."""
    for base in owner.bases:
        home, parent = class_named(ast.unparse(base).partition("[")[0], module, modules)
        if parent is None or parent is owner:
            continue
        for method in parent.body:
            if isinstance(method, Definition) and method.name == name and shows(ast.get_docstring(method) or ""):
                return True
        if overrides(home, parent, name, modules):
            return True
    return False


def class_named(name: str, module: str, modules: Mapping[str, ast.Module]) -> tuple[str, ast.ClassDef | None]:
    """The class that a name, perhaps with its module's before it, stands for in a module; and the module it is in."""
    first, _, rest = name.partition(".")
    for node in modules[module].body if module in modules else ():
        if isinstance(node, ast.ClassDef) and node.name == name:
            return module, node
        if not isinstance(node, ast.ImportFrom):
            continue
        for alias in node.names:
            if (alias.asname or alias.name) == first:
                imported = f"{node.module}.{alias.name}" if rest else str(node.module)
                return class_named(rest or alias.name, path_of(imported, modules), modules)
    return module, None


def path_of(name: str, modules: Mapping[str, ast.Module]) -> str:
    """The path of a module of the package by the name under which it is imported."""
    path = name.removeprefix("eslabon").lstrip(".").replace(".", "/")
    return next((found for found in (f"{path}.py", f"{path}/__init__.py") if found in modules), "")


def opens_with_a_sentence(text: str) -> bool:
    """Whether the first paragraph begins with a sentence: no small letter at its beginning, a full stop at its end."""
    paragraph = " ".join(text.split("\n\n")[0].split())
    return re.match(r"[^a-z\s>](.*?[^.])?[.!?](\s|$)", paragraph) is not None


def shows(text: str) -> bool:
    """Whether a docstring has an example that doctest runs."""
    return bool(doctest.DocTestParser().get_examples(text))


def test_every_public_function_and_method_is_described_and_shown() -> None:
    assert complaints(modules_of(SOURCES)) == []


def test_the_walk_meets_functions_methods_and_services() -> None:
    """A walk that finds nothing would have nothing to complain about."""
    found = {
        f"{one.module}:{one.owner.name + '.' if one.owner else ''}{one.node.name}"
        for one in public(modules_of(SOURCES))
    }
    assert found >= {
        "__main__.py:main",
        "clock.py:Clock.advance",
        "events/pattern.py:compile_pattern",
        "events/service.py:Events.put_events",
    }
    assert any(name.startswith("support/") for name in found)


def complaints_of(source: str) -> list[str]:
    return complaints({"made_up.py": ast.parse(textwrap.dedent(source))})


DOCUMENTED = '''
def {name}(self):
    """Do it.

    >>> 1
    1
    """
'''


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("def put(): pass", "does not open with one sentence"),
        ("async def put(): pass", "does not open with one sentence"),
        ('def put():\n    "Put it."', "has no doctest"),
        ('def put():\n    "Put it.\\n\\n    Like so: >>> put()"', "has no doctest"),
        ('def put():\n    "put it\\n\\n    >>> 1\\n    1"', "does not open with one sentence"),
        ('def put():\n    "Put it\\n\\n    >>> 1\\n    1"', "does not open with one sentence"),
        ('def put():\n    ">>> 1\\n    1"', "does not open with one sentence"),
        ('class Queue:\n    def put(self):\n        "Put it."', "Queue.put: its docstring has no doctest"),
        (
            'class Queue(list):\n    def append(self, one):\n        "Append it."',
            "Queue.append: its docstring has no doctest",
        ),
    ],
)
def test_what_is_not_described_or_not_shown_is_told(source: str, complaint: str) -> None:
    assert complaint in "\n".join(complaints_of(source))


@pytest.mark.parametrize(
    "source",
    [
        DOCUMENTED.format(name="put"),
        "def _put(): pass",
        "class _Queue:\n    def put(self): pass",
        "class Queue:\n    def __len__(self): return 0\n    def _put(self): pass",
        "class Queue:\n    @property\n    def size(self): return 0\n    @size.setter\n    def size(self, value): pass",
        "class Queue:\n    @functools.cached_property\n    def size(self): return 0",
        "class Receiver(Protocol):\n    def receive(self): ...",
        "class Receiver(typing.Protocol[Item]):\n    def receive(self): ...",
        f"class Queue:{textwrap.indent(DOCUMENTED.format(name='put'), '    ')}\n"
        'class Fifo(Queue):\n    def put(self):\n        "Put it."\n'
        'class Fair(Fifo):\n    def put(self):\n        "Put it."',
        f"{DOCUMENTED.format(name='put')}\n    def inner(): pass",
    ],
)
def test_what_is_exempt_is_not_told(source: str) -> None:
    assert complaints_of(source) == []


def test_an_override_is_shown_itself_when_its_base_is_not() -> None:
    source = (
        'class Queue:\n    def put(self):\n        "Put it."\nclass Fifo(Queue):\n    def put(self):\n        "Put it."'
    )
    assert len(complaints_of(source)) == 2


def test_a_base_is_found_where_it_was_imported_from_even_under_the_same_name() -> None:
    shown = f"class Reader:{textwrap.indent(DOCUMENTED.format(name='read'), '    ')}"
    told = 'class Reader({}):\n    def read(self):\n        "Read it."\n    def write(self):\n        "Write it."'
    sources = {
        "text/reader.py": shown,
        "text/__init__.py": "from eslabon.text.reader import Reader",
        "a.py": "from eslabon.text import reader\n" + told.format("reader.Reader"),
        "b.py": "from eslabon.text import Reader as Base\n" + told.format("Base[str]"),
        "c.py": told.format("Reader"),
        "d.py": "from elsewhere import Reader\n" + told.format("Reader"),
    }
    found = complaints({path: ast.parse(source) for path, source in sources.items()})
    assert [complaint.split(":")[0] for complaint in found] == ["a.py", "b.py", "c.py", "c.py", "d.py", "d.py"]


def test_a_module_that_is_private_by_its_name_is_left_out(tmp_path: Path) -> None:
    for name in ("_inner.py", "_parts/part.py", "outer.py", "__main__.py"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("def put(): pass\n")
    assert sorted(modules_of(tmp_path)) == ["__main__.py", "outer.py"]
