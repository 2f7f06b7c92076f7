"""Text delimited files as a distributed Map reads them: records, fields, quotation marks and backslashes.

Not where a file comes from nor what becomes of its rows: `itemreader`. Python's csv module is none of this dialect: a
doubled quotation mark is one also in a field that is not quoted.

https://docs.aws.amazon.com/step-functions/latest/dg/example-csv-parse-dist-map.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

DELIMITERS = {"COMMA": ",", "PIPE": "|", "SEMICOLON": ";", "SPACE": " ", "TAB": "\t"}
LARGEST_HEADER = 10 * 1024  # bytes


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
    names = next(found, None) if header is None else header
    if names is None:
        return
    if sum(len(name.encode()) + 1 for name in names) > LARGEST_HEADER:
        raise ValueError("The header is larger than 10 KiB.")
    width = len(names)
    for fields in found:
        if len(fields) < width:
            fields += [""] * (width - len(fields))
        yield dict(zip(names, fields, strict=False))
