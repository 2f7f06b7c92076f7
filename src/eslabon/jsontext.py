"""JSON text that a request brings along: policies, payloads, inputs. What the text must say, each reader decides."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any


def parse(text: str | bytes, *, members: Callable[[list[tuple[str, Any]]], Any] | None = None) -> Any:
    """The value of a JSON text; ValueError when it is none (NaN is none), or nests deeper than can be followed.

    members: makes an object of its members, as json.loads's object_pairs_hook.

    >>> parse('{"total": 9}')
    {'total': 9}
    >>> parse("[" * 100_000)
    Traceback (most recent call last):
    ValueError: the JSON text nests too deeply
    >>> parse("total")
    Traceback (most recent call last):
    json.decoder.JSONDecodeError: Expecting value: line 1 column 1 (char 0)
    >>> parse("[NaN]")
    Traceback (most recent call last):
    ValueError: NaN is not JSON
    """
    try:
        return json.loads(text, parse_constant=_no_constant, object_pairs_hook=members)
    except RecursionError:
        raise ValueError("the JSON text nests too deeply") from None


def _no_constant(name: str) -> None:
    """Python reads NaN and Infinity; JSON has neither."""
    raise ValueError(f"{name} is not JSON")
