"""Finds what is not fetched first: modules, and botocore's models. They lie in parts, fetched when they are wanted.

A module or a model that is nowhere costs nothing. Which part holds what, the build has written into parts.json.
"""

import gzip
import importlib.machinery
import json
import sys
import zipimport
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import botocore

CORE = "/lib/python314.zip"  # what is fetched first
INDEX = "parts.json"  # in it: {"modules": {dotted name: part}, "models": {path without .json: part}}
FOLDER = Path("/lib/parts")


class Parts:
    """Last on sys.meta_path. It fetches nothing before it is told how: see `connect`."""

    def __init__(self) -> None:
        self.fetch: Callable[[str], bytes] | None = None  # gives the bytes of an archive, compressed or not
        index = json.loads(zipimport.zipimporter(CORE).get_data(INDEX))
        self._modules: dict[str, str] = index["modules"]
        self._models: dict[str, str] = index["models"]

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: object = None
    ) -> importlib.machinery.ModuleSpec | None:
        """The place of a module in its part."""
        if name not in self._modules:
            return None
        archive = self._archive(self._modules[name])
        # A package may lie in one archive and its modules in another.
        rest = "/".join(name.split(".")[:-1])
        places = [archive] if path is None else [f"{archive}/{rest}"]
        return importlib.machinery.PathFinder.find_spec(name, places)

    def has_model(self, name: str) -> bool:
        """Whether a part holds the model of this name: its path below botocore's data folder, without .json."""
        return name in self._models

    def model(self, name: str) -> Any:
        """A model's content."""
        return json.loads(zipimport.zipimporter(self._archive(self._models[name])).get_data(f"data/{name}.json"))

    def _archive(self, part: str) -> str:
        """Where the part's archive lies; it is fetched when it is not there yet."""
        path = FOLDER / f"{part}.zip"
        if not path.exists():
            if self.fetch is None:
                raise RuntimeError(
                    f"{part} is wanted before any part can be fetched: it belongs to what is fetched first"
                )
            content = self.fetch(part)
            FOLDER.mkdir(exist_ok=True)
            path.write_bytes(gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content)
            importlib.invalidate_caches()
        return str(path)


def install() -> None:
    """Let Python and botocore find what lies in parts. botocore.BOTOCORE_ROOT is set before."""
    from botocore.loaders import JSONFileLoader

    parts = Parts()
    sys.meta_path.append(parts)
    root = f"{botocore.BOTOCORE_ROOT}/data/"
    has_file, load_file = JSONFileLoader.exists, JSONFileLoader.load_file

    def exists(loader: Any, file_path: str) -> bool:
        return parts.has_model(file_path.removeprefix(root)) or has_file(loader, file_path)

    def load(loader: Any, file_path: str) -> Any:
        name = file_path.removeprefix(root)
        return parts.model(name) if parts.has_model(name) else load_file(loader, file_path)

    JSONFileLoader.exists, JSONFileLoader.load_file = exists, load


def connect(fetch: Any) -> None:
    """fetch: a function of the page that gives a Uint8Array. No snapshot may hold one: hence apart from `install`."""
    parts = next(finder for finder in sys.meta_path if isinstance(finder, Parts))
    parts.fetch = lambda part: fetch(part).to_bytes()
