"""The formats of files whose items a distributed Map processes: JSON, JSON Lines and text delimited files.

Which file is read, `itemreader` says; the dialect of delimited files is in `delimited`.
"""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from eslabon.stepfunctions.language.scope import ABSENT
from eslabon.stepfunctions.maps import delimited

File = io.BytesIO | gzip.GzipFile
LARGEST_ITEM = 8 * 1024 * 1024  # bytes of one item, before ItemSelector makes it smaller


class Member(NamedTuple):
    """One member of a JSON object whose members are the items."""

    key: str
    value: Any


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _lines(file: File) -> io.TextIOWrapper:
    return io.TextIOWrapper(file, encoding="utf-8-sig", newline="\n")


def read_json(file: File, config: Mapping[str, Any]) -> Iterable[Any]:
    """The elements of an array or the members of an object, which ItemsPointer may choose out of a larger one.

    Raises ValueError for what is neither, and for what is not JSON.

    >>> read_json(io.BytesIO(b'{"shop": {"orders": [1, 2]}}'), {"ItemsPointer": "/shop/orders"})
    [1, 2]
    >>> list(read_json(io.BytesIO(b'{"a": 1}'), {}))
    [Member(key='a', value=1)]
    >>> read_json(io.BytesIO(b"7"), {})
    Traceback (most recent call last):
    ValueError: Its JSON is no array and no object.
    """
    try:
        document = json.loads(file.read(), parse_constant=_no_constant)
    except RecursionError:
        raise ValueError("The JSON text nests too deeply.") from None
    found = _pointed(document, config.get("ItemsPointer", ""))
    if isinstance(found, dict):
        return (Member(key, value) for key, value in found.items())
    if not isinstance(found, list):
        raise ValueError("Its JSON is no array and no object.")
    return found


def _pointed(document: Any, pointer: str) -> Any:
    """What a JSON Pointer (RFC 6901) points to."""
    found = document
    for token in pointer.split("/")[1:]:
        name = token.replace("~1", "/").replace("~0", "~")
        if isinstance(found, dict):
            found = found.get(name, ABSENT)
        elif isinstance(found, list) and name.isdecimal() and int(name) < len(found):
            found = found[int(name)]
        else:
            found = ABSENT
        if found is ABSENT:
            raise ValueError(f"There is nothing at the ItemsPointer {pointer}.")
    return found


def read_json_lines(file: File, config: Mapping[str, Any]) -> Iterator[Any]:
    """The values of the lines that are not empty, as they are taken. Raises ValueError.

    >>> list(read_json_lines(io.BytesIO(b'{"a": 1}\\n\\n2'), {}))
    [{'a': 1}, 2]
    >>> list(read_json_lines(io.BytesIO(b"1\\n{"), {}))
    Traceback (most recent call last):
    ValueError: Line 2 is not JSON: ...
    """
    for number, line in enumerate(_lines(file), 1):
        if len(line) > LARGEST_ITEM:
            raise ValueError(f"Line {number} is larger than 8 MB.")
        if line.strip():
            try:
                yield json.loads(line, parse_constant=_no_constant)
            except (ValueError, RecursionError) as wrong:
                raise ValueError(f"Line {number} is not JSON: {wrong}") from None


def read_csv(file: File, config: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    """The rows of a text delimited file by column, as they are taken. Raises ValueError.

    >>> list(read_csv(io.BytesIO(b"id|name\\n1|pen"), {"CSVHeaderLocation": "FIRST_ROW", "CSVDelimiter": "PIPE"}))
    [{'id': '1', 'name': 'pen'}]
    """
    header = config["CSVHeaders"] if config["CSVHeaderLocation"] == "GIVEN" else None
    return delimited.rows(_lines(file), delimited.DELIMITERS[config.get("CSVDelimiter", "COMMA")], header)


FORMATS: Mapping[str, Callable[[File, Mapping[str, Any]], Iterable[Any]]] = {
    "CSV": read_csv,
    "JSON": read_json,
    "JSONL": read_json_lines,
}
