"""The formats of files whose items a distributed Map processes: JSON, JSON Lines and text delimited files.

Which file is read, `itemreader` says. Python's csv module is none of the dialect of delimited files: there a doubled
quotation mark is one also in a field that is not quoted.

https://docs.aws.amazon.com/step-functions/latest/dg/example-csv-parse-dist-map.html
"""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

File = io.BytesIO | gzip.GzipFile
DELIMITERS = {"COMMA": ",", "PIPE": "|", "SEMICOLON": ";", "SPACE": " ", "TAB": "\t"}
LARGEST_HEADER = 10 * 1024  # bytes
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
        return map(Member._make, found.items())
    if not isinstance(found, list):
        raise ValueError("Its JSON is no array and no object.")
    return found


def _pointed(document: Any, pointer: str) -> Any:
    """What a JSON Pointer (RFC 6901) points to."""
    found = document
    for token in pointer.split("/")[1:]:
        name = token.replace("~1", "/").replace("~0", "~")
        try:
            found = found[int(name) if isinstance(found, list) and name.isdecimal() else name]
        except (LookupError, TypeError):
            raise ValueError(f"There is nothing at the ItemsPointer {pointer}.") from None
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
    return rows(_lines(file), DELIMITERS[config.get("CSVDelimiter", "COMMA")], header)


def records(lines: Iterable[str], delimiter: str = ",") -> Iterator[list[str]]:
    """The records of a file, each a list of its fields; lines that are empty are none.

    lines: with or without their line ends; delimiter: one character.

    >>> list(records(['a,"b, c"', 'd,"e', 'f"']))
    [['a', 'b, c'], ['d', 'e\\nf']]
    >>> list(records(['say ""hi"",C:\\\\\\\\Files', "", "a\\\\,b"]))
    [['say "hi"', 'C:\\\\Files'], ['a,b']]
    """
    fields: list[str] = []
    field: list[str] = []
    quoted = False
    for line in lines:
        text = line.rstrip("\r\n")
        if not quoted and not ('"' in text or "\\" in text):
            if text:
                yield text.split(delimiter)
            continue
        quoted = _read(text, delimiter, quoted, fields, field)
        if quoted:
            field.append("\n")
        else:
            yield [*fields, "".join(field)]
            fields, field = [], []
    if quoted:  # the quotation mark is never closed: the rest of the file was the field
        yield [*fields, "".join(field[:-1])]


def _read(text: str, delimiter: str, quoted: bool, fields: list[str], field: list[str]) -> bool:
    """Read a line into the fields that are complete and the characters of the last one; whether that one goes on."""
    position, end = 0, len(text)
    begins = -1 if quoted else 0  # where the field begins: a quotation mark there is not a doubled one
    while position < end:
        character = text[position]
        following = text[position + 1 : position + 2]
        if character == "\\":  # what follows is meant literally, whatever it is
            field.append(following)
            position += 1
        elif character == '"' and following == '"' and (quoted or position != begins):
            field.append('"')
            position += 1
        elif character == '"':
            quoted = not quoted
        elif character == delimiter and not quoted:
            fields.append("".join(field))
            field.clear()
            begins = position + 1
        else:
            field.append(character)
        position += 1
    return quoted


def rows(lines: Iterable[str], delimiter: str = ",", header: Sequence[str] | None = None) -> Iterator[dict[str, str]]:
    """The rows of a file by column; the header is the first record when none is given.

    Missing fields are empty strings, those beyond the header are skipped. Raises ValueError for a header over 10 KiB.

    >>> list(rows(["id,name", "1,pen", "2", "3,ink,blue"]))
    [{'id': '1', 'name': 'pen'}, {'id': '2', 'name': ''}, {'id': '3', 'name': 'ink'}]
    >>> list(rows(["1|pen"], "|", ["id", "name"]))
    [{'id': '1', 'name': 'pen'}]
    >>> list(rows([]))
    []
    >>> list(rows(["a" * 20_000]))
    Traceback (most recent call last):
    ValueError: The header is larger than 10 KiB.
    """
    found = records(lines, delimiter)
    names = next(found, []) if header is None else header
    if sum(len(name.encode()) + 1 for name in names) > LARGEST_HEADER:
        raise ValueError("The header is larger than 10 KiB.")
    for fields in found:
        fields += [""] * (len(names) - len(fields))
        yield dict(zip(names, fields, strict=False))


FORMATS: Mapping[str, Callable[[File, Mapping[str, Any]], Iterable[Any]]] = {
    "CSV": read_csv,
    "JSON": read_json,
    "JSONL": read_json_lines,
}
