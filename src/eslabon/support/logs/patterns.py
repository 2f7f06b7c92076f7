"""Filter patterns of CloudWatch Logs: terms and phrases; regular expressions, JSON and columns are left out."""

from __future__ import annotations

import re
from collections.abc import Callable

from eslabon.errors import NotModelled

TOKEN = re.compile(r'\s*(?P<sign>-\s*|\??)(?:"(?P<phrase>(?:[^"\\]|\\.)*)"|(?P<term>[^\s"]+))(?=\s|$)\s*')
"""One term: an optional sign, then a phrase in quotes or a word."""

OTHER_KINDS = {"{": "JSON", "[": "space-delimited", "%": "regular expression"}


class PatternError(ValueError):
    """The filter pattern cannot be read."""


def compile_pattern(pattern: str) -> Callable[[str], bool]:
    """Turn a filter pattern into a function that says whether a message matches.

    All plain terms must occur, one of those after ``?`` must, none of those after ``-`` may; anywhere, also inside
    words. Case counts. A term that holds anything but letters, digits and _ stands in double quotes. Raises
    PatternError, NotModelled.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html

    >>> compile_pattern("ERROR 419")("[ERROR 419] no such order")
    True
    >>> compile_pattern("ERROR")("Exiting with ERRORCODE: -1")
    True
    >>> compile_pattern("")("anything")
    True
    >>> compile_pattern('"no such order" -ERROR')("[ERROR 419] no such order")
    False
    >>> compile_pattern("?WARN ?ERROR")("[ERROR 419]")
    True
    >>> compile_pattern("order-1")
    Traceback (most recent call last):
    eslabon.support.logs.patterns.PatternError: Invalid character(s) in term 'order-1'
    """
    pattern = pattern.strip()
    if pattern[:1] in OTHER_KINDS:
        kind = OTHER_KINDS[pattern[:1]]
        raise NotModelled("logs", f"{kind} filter patterns", ['terms, "phrases", ?either ?or, -without'])
    terms: dict[str, list[str]] = {"": [], "?": [], "-": []}
    position = 0
    while position < len(pattern):
        found = TOKEN.match(pattern, position)
        if found is None:
            raise PatternError("Invalid filter pattern: a quote is not closed, or a term is glued to it.")
        if found["term"] is not None and not re.fullmatch(r"\w+", found["term"]):
            raise PatternError(f"Invalid character(s) in term '{found['term']}'")
        phrase = found["phrase"]
        terms[found["sign"].strip()].append(found["term"] if phrase is None else re.sub(r"\\(.)", r"\1", phrase))
        position = found.end()
    required, optional, excluded = (terms[sign] for sign in ("", "?", "-"))
    if optional and (required or excluded):
        raise NotModelled("logs", "filter patterns that mix ?terms with others", ["?either ?or", "all of these"])

    def matches(message: str) -> bool:
        return (
            all(term in message for term in required)
            and not any(term in message for term in excluded)
            and (not optional or any(term in message for term in optional))
        )

    return matches
