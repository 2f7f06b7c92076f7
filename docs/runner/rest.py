"""Finds the modules of rest.zip, fetched when the first of them is imported. A module that is nowhere costs nothing."""

import gzip
import importlib.machinery
import sys
import zipimport
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

CORE = "/lib/python314.zip"
REST = "/lib/rest.zip"
NAMES = "rest.txt"  # in core.zip: what is in rest.zip, one dotted name a line


class Rest:
    """Last on sys.meta_path. `fetch()` gives the bytes of rest.zip, compressed or not."""

    def __init__(self, fetch: Callable[[], bytes]) -> None:
        self._fetch = fetch
        self._names = set(zipimport.zipimporter(CORE).get_data(NAMES).decode().split())
        self._here = False

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: object = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name not in self._names:
            return None
        if not self._here:
            self._here = True
            content = self._fetch()
            Path(REST).write_bytes(gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content)
            importlib.invalidate_caches()
        places = [REST] if path is None else [place.replace(CORE, REST) for place in path]
        return importlib.machinery.PathFinder.find_spec(name, places)


def install(fetch: Any) -> None:
    """fetch: a function of the page that gives a Uint8Array."""
    sys.meta_path.append(Rest(lambda: fetch().to_bytes()))
