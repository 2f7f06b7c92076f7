"""Modules that lie beside the reader's program see the cloud's time as the program does, when it imports them.

What was imported before keeps real time.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
import types
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path

from eslabon import readertime


def watch_imports(folder: Path) -> Callable[[], None]:
    """Give modules and packages of this folder the cloud's time as they are imported; the function returned ends it.

    They keep it afterwards: where no cloud is active, it is the real time.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = Path(folder, "eslabon_lesson_helper.py").write_text("import time")
    ...     sys.path.append(folder)
    ...     undo = watch_imports(Path(folder))
    ...     import eslabon_lesson_helper
    ...     undo(); sys.path.remove(folder)
    >>> eslabon_lesson_helper.time is readertime.time
    True
    """
    finder = _Finder(folder.resolve())
    sys.meta_path.insert(sys.meta_path.index(PathFinder), finder)
    return lambda: sys.meta_path.remove(finder)


class _Finder(importlib.abc.MetaPathFinder):
    """Finds what Python's own finder finds, and takes care of what lies in the folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._own: set[str] = set()  # modules and packages found in the folder

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> ModuleSpec | None:
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is None or not isinstance(spec.loader, SourceFileLoader) or not self._is_own(fullname, spec):
            return None  # Python goes on as it would without this finder
        self._own.add(fullname)
        spec.loader = _Loader(spec.loader.name, spec.loader.path)
        return spec

    def _is_own(self, name: str, spec: ModuleSpec) -> bool:
        """Whether it lies in the folder itself, or in a package that does; not, say, in an environment in there."""
        package = name.partition(".")[0]
        if package != name:
            return package in self._own
        return Path(spec.origin or "").resolve().parent in (self._folder, self._folder / name)


class _Loader(SourceFileLoader):
    def exec_module(self, module: types.ModuleType) -> None:
        readertime.prepare(vars(module))
        super().exec_module(module)
