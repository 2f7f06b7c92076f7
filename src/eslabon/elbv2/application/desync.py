"""Requests that servers could read differently: how each is classified, and what a mode does with it.

AWS's library is the reference: https://github.com/aws/http-desync-guardian. What only a parser of bytes sees (lines
without CR, folded headers, a head without its end) is refused by the server that parses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Literal, NamedTuple

from eslabon.elbv2.application.messages import Headers, Request

Tier = Literal["Compliant", "Acceptable", "Ambiguous", "Severe"]
Treatment = Literal["allowed", "closed", "blocked"]  # closed: routed, then both connections are closed

TIERS: tuple[Tier, ...] = ("Compliant", "Acceptable", "Ambiguous", "Severe")

# Mode: what happens to each tier.
# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html#desync-mitigation-mode
MODES: dict[str, dict[Tier, Treatment]] = {
    "monitor": dict.fromkeys(TIERS, "allowed"),
    "defensive": {"Compliant": "allowed", "Acceptable": "allowed", "Ambiguous": "closed", "Severe": "blocked"},
    "strictest": {"Compliant": "allowed", "Acceptable": "blocked", "Ambiguous": "blocked", "Severe": "blocked"},
}

# The reason codes of each tier, as access logs have them.
# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-access-logs.html#classification-reasons
CODES: dict[Tier, str] = {
    "Acceptable": "GetHeadZeroContentLength NonCompliantHeader NonCompliantVersion SpaceInUri",
    "Ambiguous": """AmbiguousUri BothTeClPresent DuplicateContentLength EmptyHeader SuspiciousHeader
        UndefinedContentLengthSemantics UndefinedTransferEncodingSemantics""",
    "Severe": """BadContentLength BadHeader BadMethod BadTransferEncoding BadUri BadVersion MultipleContentLength
        MultipleTransferEncodingChunked""",
}
REASONS = {reason: tier for tier, codes in CODES.items() for reason in codes.split()}

CODINGS = frozenset({"chunked", "compress", "deflate", "gzip", "identity"})
LARGEST = 2**64 - 1
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, section 5.6.2
_USUAL = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})  # methods that are tokens
_FATAL = re.compile(r"[\0\r\n]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_CONTROL_IN_VALUE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")  # tabs may stand in values
_FRAMING = {"transferencoding": "transfer-encoding", "contentlength": "content-length"}


class Classification(NamedTuple):
    """The tier of a request and the reason code; the reason is empty for a compliant one."""

    tier: Tier
    reason: str = ""


COMPLIANT = Classification("Compliant")


def classify(request: Request) -> Classification:
    """How a request is classified: by the most severe thing about it, of equals by the first.

    >>> classify(Request("GET", "/", (("Host", "example.com"),)))
    Classification(tier='Compliant', reason='')
    >>> classify(Request("POST", "/", (("Transfer-Encoding", "chunked"), ("Content-Length", "4"))))
    Classification(tier='Ambiguous', reason='BothTeClPresent')
    >>> classify(Request("POST", "/", (("Content-Length", "4"), ("Content-Length", "5"))))
    Classification(tier='Severe', reason='MultipleContentLength')
    """
    headers = request.fields.once(_of_headers)
    found = _of_line(request)
    if headers is not _NOTHING:
        reasons, lengths, codings = headers
        found = [*reasons, *(_framing(request, lengths, codings) if lengths or codings else ()), *found]
    if not found:
        return COMPLIANT
    worst = max(found, key=lambda reason: TIERS.index(REASONS[reason]))
    return Classification(REASONS[worst], worst)


def treatment(mode: str, tier: Tier) -> Treatment:
    """What routing.http.desync_mitigation_mode does with a request of a tier.

    >>> treatment("defensive", "Ambiguous"), treatment("strictest", "Acceptable"), treatment("monitor", "Severe")
    ('closed', 'blocked', 'allowed')
    >>> treatment("strict", "Severe")
    Traceback (most recent call last):
    KeyError: 'strict'
    """
    return MODES[mode][tier]


def _of_line(request: Request) -> list[str]:
    """The reason codes of a request line."""
    found = []
    if request.method not in _USUAL and not _TOKEN.fullmatch(request.method):
        found.append("BadMethod")
    version = request.version
    if version not in ("HTTP/1.1", "HTTP/1.0"):
        close = re.fullmatch(r"(\s*HTTP/(0\.9|1\.\d)\s*)?", version)
        found.append("NonCompliantVersion" if close else "BadVersion")
    target = request.target
    if not is_clean(target):
        if _FATAL.search(target):
            found.append("BadUri")
        elif _CONTROL.search(target):
            found.append("AmbiguousUri")
        elif " " in target:
            found.append("SpaceInUri")
    return found


def is_clean(target: str) -> bool:
    """Whether a request target has neither spaces nor characters that cannot be printed.

    >>> is_clean("/cart?size=m"), is_clean("/a b"), is_clean("/\x01")
    (True, False, False)
    """
    return " " not in target and target.isprintable()


_NOTHING: tuple[list[str], list[str], list[str]] = ([], [], [])  # is wrong with headers, and no framing is in them


def _of_headers(headers: Headers) -> tuple[list[str], list[str], list[str]]:
    """The reason codes of headers, and the lengths and transfer codings that they name."""
    reasons: list[str] = []
    lengths: list[str] = []
    codings: list[str] = []
    for name, value in headers:
        role, reason = _role(name)
        if reason:
            reasons.append(reason)
        if role == "content-length":
            reasons += _length(value, lengths)
        elif role == "transfer-encoding":
            reasons += _codings(value, codings)
        elif not value.isprintable():  # most values are: then nothing needs a closer look
            if _FATAL.search(value):
                reasons.append("BadHeader")
            elif _CONTROL_IN_VALUE.search(value):
                reasons.append("NonCompliantHeader")
    return (reasons, lengths, codings) if reasons or lengths or codings else _NOTHING


@lru_cache(maxsize=1024)
def _role(name: str) -> tuple[str, str]:
    """Which framing header a header is, or could be taken for, and what is wrong with its name."""
    lower = name.lower()
    if lower in _FRAMING.values():
        return lower, ""
    if _FATAL.search(name):
        return "", "BadHeader"
    if not name.strip() or name.startswith(":"):
        return "", "EmptyHeader"
    for text in (name, name.split()[0]):
        if _letters(text) in _FRAMING:
            return _FRAMING[_letters(text)], "SuspiciousHeader"
    return "", "" if _TOKEN.fullmatch(name) else "NonCompliantHeader"


def _letters(name: str) -> str:
    """What is left of a name for servers that look at its letters alone: "Tran\u017ffer_Encod\u0131ng" is the same."""
    try:
        name = name.encode("latin-1").decode()  # headers that came as bytes
    except UnicodeError:
        pass
    return re.sub(r"[^a-z0-9]", "", name.upper().lower())


def _length(value: str, lengths: list[str]) -> Iterator[str]:
    number = value.strip(" \t")
    if not re.fullmatch(r"0*[0-9]{1,20}", number) or int(number[-20:]) > LARGEST:
        yield "BadContentLength"
    elif lengths:
        yield "DuplicateContentLength" if number == lengths[0] else "MultipleContentLength"
    lengths.append(number)


def _codings(value: str, codings: list[str]) -> Iterator[str]:
    for part in value.lower().split(","):
        coding = part.partition(";")[0].strip(" \t")
        if coding not in CODINGS:
            yield "BadTransferEncoding"
        elif coding == "chunked" and coding in codings:
            yield "MultipleTransferEncodingChunked"
        codings.append(coding)


def _framing(request: Request, lengths: list[str], codings: list[str]) -> Iterator[str]:
    """Bodies that have no defined meaning: of GET and HEAD, and of versions that know none."""
    bodiless = request.method.upper() in ("GET", "HEAD")
    version = request.version.strip()
    if codings and (bodiless or version != "HTTP/1.1"):
        yield "UndefinedTransferEncodingSemantics"
    if lengths and bodiless:
        zero = all(number.strip("0") == "" for number in lengths)
        yield "GetHeadZeroContentLength" if zero else "UndefinedContentLengthSemantics"
    elif lengths and version in ("", "HTTP/0.9"):
        yield "UndefinedContentLengthSemantics"
    if lengths and codings:
        yield "BothTeClPresent"
