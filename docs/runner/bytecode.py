"""Runs inside Pyodide at build time: sources in, two archives of bytecode out. It compiles; it chooses by trying.

core.zip holds every module that the snippets make Python load; rest.zip all others, fetched when one is imported.
"""

import contextlib
import importlib
import importlib.util
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
    "_eslabon_rest",
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


def build(used: Mapping[str, Any]) -> None:
    """used: the services, imports and programs (sources) of the site."""
    modules = dict(standard_library())
    for path in sorted((WORK / "library").rglob("*")):
        if path.is_file():
            name = path.relative_to(WORK / "library").as_posix()
            modules.update([compiled(name, path.read_bytes())])
    write_archive(WORK / "all.zip", modules)
    loaded = names_loaded(used)
    core = {name: content for name, content in modules.items() if name in loaded or name.startswith(ALWAYS)}
    rest = {name: content for name, content in modules.items() if name not in core}
    core["rest.txt"] = "\n".join(dotted_names(rest)).encode()
    write_archive(WORK / "core.zip", core)
    write_archive(WORK / "rest.zip", rest)
    print(f"{len(core)} modules first, {len(rest)} when asked for")


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
    # 2: without docstrings. eslabon keeps its own: help(eslabon.Cloud) works in the page.
    optimize = 0 if name.startswith("eslabon/") else 2
    code = compile(source, f"{STANDARD}/{name}", "exec", dont_inherit=True, optimize=optimize)
    # An unchecked hash in place of a time: the same source gives the same bytes, and no load checks them.
    flags = 0b01
    header = importlib.util.MAGIC_NUMBER + flags.to_bytes(4, "little") + importlib.util.source_hash(source)
    return name.removesuffix(".py") + ".pyc", header + marshal.dumps(code)


def write_archive(path: Path, modules: Mapping[str, bytes]) -> None:
    """Stored, not deflated: the whole archive is served compressed, which is smaller, and loads without inflating."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, content in sorted(modules.items()):
            entry = zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0))
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)


def names_loaded(used: Mapping[str, Any]) -> set[str]:
    """The archive's entries that Python has loaded after all that the site does in it."""
    sys.path.insert(0, str(WORK / "all.zip"))
    page = importlib.import_module("_eslabon_page")
    page.prepare(str(WORK))  # the folder above "data"
    page.rehearse(used["services"])
    for name in used["imports"]:
        with contextlib.suppress(ImportError):  # a lab may import what only Jupyter has
            importlib.import_module(name)
    for number, source in enumerate(used["programs"]):
        page.run(source, f"{number}.py", None, "en", lambda kind, content: None)
    roots = (str(WORK / "all.zip") + "/", STANDARD + "/")
    names = {name for name in zipfile.ZipFile(WORK / "all.zip").namelist() if name.startswith("eslabon/")}
    for module in list(sys.modules.values()):
        file = getattr(module, "__file__", None) or ""
        names.update(file.removeprefix(root).removesuffix("c") + "c" for root in roots if file.startswith(root))
    return names
