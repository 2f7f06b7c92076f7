"""Stand-in until input transformation is written: the whole event or a constant only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from eslabon.errors import NotModelled


class InvalidTemplate(ValueError):
    """The template or path is refused."""


def compile_path(text: str) -> Callable[[Mapping[str, Any]], Any]:
    """Not yet."""
    raise NotModelled("events", "InputPath")


def compile_template(paths: Mapping[str, str], template: str) -> Any:
    """Not yet."""
    raise NotModelled("events", "InputTransformer")
