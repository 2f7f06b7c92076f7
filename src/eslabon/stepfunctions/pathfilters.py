"""Filters in a path, `[?(…)]`: not yet."""

from __future__ import annotations

from eslabon.stepfunctions.pathsyntax import Matches, Reader


def read_filter(reader: Reader) -> Matches:
    """Read a filter."""
    raise reader.error("filters come next")
