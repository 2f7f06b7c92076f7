"""Runs inside Pyodide at build time: sources in, two archives of bytecode out. It compiles; it chooses by trying.

core.zip holds every module that the site's programs make Python load, except those that the build gives to a part of
their own; rest.zip all others. A part is fetched when something in it is wanted.
"""

import ast
import contextlib
import importlib
import importlib.util
import json
import marshal
import sys
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

WORK = Path("/work")
STANDARD = "/lib/python314.zip"  # where Python looks for its own library; ours lies in the same archive

# Loaded before any archive can be, or by name from C: always first.
ALWAYS = (
    "_eslabon_parts",
    "_pyodide/",
    "_sysconfigdata",
    "collections/",
    "encodings/",
    "importlib/",
    "json/",
    "pyodide/",
    "zipfile/",
    "zoneinfo/",
)
# Of no use without a window, a terminal or a compiler.
DROPPED = (
    "curses/",
    "ensurepip/",
    "idlelib/",
    "lib2to3/",
    "pydoc_data/",
    "test/",
    "tkinter/",
    "turtle.py",
    "turtledemo/",
    "venv/",
)
# Nobody asks these at run time for the types of their functions, which are a tenth of their bytecode.
UNTYPED = ("boto3/", "botocore/", "eslabon/", "jsonata/", "urllib3/")


def build(used: Mapping[str, Any]) -> None:
    """used: the services, imports and programs (name: source, files); its parts (name: prefixes of paths)."""
    modules = dict(standard_library())
    for path in sorted((WORK / "library").rglob("*")):
        if path.is_file():
            name = path.relative_to(WORK / "library").as_posix()
            modules.update([compiled(name, path.read_bytes())])
    write_archive(WORK / "all.zip", modules)
    parts = {part: tuple(prefixes) for part, prefixes in used["parts"].items()}
    part_of = {name: part for name in modules for part, prefixes in parts.items() if name.startswith(prefixes)}
    loaded, wanted = names_loaded(used, part_of)
    archives: dict[str, dict[str, bytes]] = {"core": {}, "rest": {}} | {part: {} for part in parts}
    for name, content in modules.items():
        first = name in loaded or name.startswith(ALWAYS)
        archives[part_of.get(name, "core" if first else "rest")][name] = content
    index: dict[str, dict[str, str]] = {"modules": {}, "models": {}}
    for part, archive in archives.items():
        if part != "core":
            index["modules"].update((name, part) for name in dotted_names(archive))
        for path in sorted((WORK / "data" / part).rglob("*.json")):  # a service's part has the service's name
            name = path.relative_to(WORK / "data").as_posix()
            archive[f"data/{name}"] = path.read_bytes()
            index["models"][name.removesuffix(".json")] = part
    archives["core"]["parts.json"] = json.dumps(index, separators=(",", ":")).encode()
    for part, archive in archives.items():
        write_archive(WORK / f"{part}.zip", archive)
    (WORK / "wanted.json").write_text(json.dumps(wanted))
    print(", ".join(f"{part}: {len(archive)}" for part, archive in archives.items()), "modules and models")


def dotted_names(archive: Iterable[str]) -> Iterator[str]:
    """The names under which the modules of an archive are imported."""
    for name in archive:
        if name.endswith(".pyc"):
            yield name.removesuffix(".pyc").removesuffix("/__init__").replace("/", ".")


def standard_library() -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile("/pyodide/python_stdlib.zip") as archive:
        for name in archive.namelist():
            if not name.endswith("/") and not name.startswith(DROPPED):
                yield compiled(name, archive.read(name))


def compiled(name: str, source: bytes) -> tuple[str, bytes]:
    """A module's name and bytecode in an archive; any other file as it is."""
    if not name.endswith(".py"):
        return name, source
    tree = ast.parse(source)
    if name.startswith(UNTYPED):
        tree = Untyped().visit(tree)
    # 2: without docstrings and asserts.
    code = compile(tree, f"{STANDARD}/{name}", "exec", dont_inherit=True, optimize=2)
    # An unchecked hash in place of a time: the same source gives the same bytes, and no load checks them.
    flags = 0b01
    header = importlib.util.MAGIC_NUMBER + flags.to_bytes(4, "little") + importlib.util.source_hash(source)
    return name.removesuffix(".py") + ".pyc", header + marshal.dumps(code)


class Untyped(ast.NodeTransformer):
    """Takes the types from functions and what is there for type checkers alone; a class keeps those of its fields."""

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.AST:
        node.returns = None
        return self.generic_visit(node)

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815 - ast's name

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.annotation = None
        return node

    def visit_If(self, node: ast.If) -> ast.AST:
        if isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING" and not node.orelse:
            return ast.copy_location(ast.Pass(), node)
        return self.generic_visit(node)


def write_archive(path: Path, modules: Mapping[str, bytes]) -> None:
    """Stored, not deflated: the whole archive is served compressed, which is smaller, and loads without inflating."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, content in sorted(modules.items()):
            entry = zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0))
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)


def names_loaded(used: Mapping[str, Any], part_of: Mapping[str, str]) -> tuple[set[str], dict[str, list[str]]]:
    """The archive's entries that Python loads for all that the site does, and the parts that each program wants."""
    sys.path.insert(0, str(WORK / "all.zip"))
    page = importlib.import_module("_eslabon_page")
    page.prepare(str(WORK))  # the folder above "data"
    page.rehearse(used["services"])
    for name in used["imports"]:
        with contextlib.suppress(ImportError):  # a lab may import what only Jupyter has
            importlib.import_module(name)
    names = {name for name in zipfile.ZipFile(WORK / "all.zip").namelist() if name.startswith("eslabon/")}
    names.update(loaded_now())
    parted = dict(zip(dotted_names(part_of), part_of.values(), strict=True))
    wanted: dict[str, list[str]] = {}
    for program, (source, files) in used["programs"].items():
        for name in parted:  # forgotten, so that this program shows whether it wants them
            sys.modules.pop(name, None)
        page.run(source, "program.py", None, "en", lambda kind, content: None, files=json.dumps(files))
        wanted[program] = sorted({part for name, part in parted.items() if name in sys.modules})
        names.update(loaded_now())
    return names, wanted


def loaded_now() -> Iterator[str]:
    """The archive's entries of the modules that Python has in memory."""
    roots = (str(WORK / "all.zip") + "/", STANDARD + "/")
    for module in list(sys.modules.values()):
        file = getattr(module, "__file__", None) or ""
        yield from (file.removeprefix(root).removesuffix("c") + "c" for root in roots if file.startswith(root))
