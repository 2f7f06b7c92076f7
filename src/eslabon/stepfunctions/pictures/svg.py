"""SVG in text: elements, curves, and how much room a text takes. It knows nothing about state machines."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif"
# Colours that stand out on white and on black alike; beside each of them stands a sign or a word.
GOOD, BAD, WARNING = "#2e8b57", "#d0453a", "#b7791f"

# Widths in em, of the widest of the fonts above, so that a text fits in all of them; of other letters, see _character.
_WIDTHS = {
    **dict.fromkeys("iljI.,:;|/\\ '·", 0.34),
    **dict.fromkeys("ftr()[]-!", 0.45),
    **dict.fromkeys("#=<>≤≥×+", 0.84),
    **dict.fromkeys("mwMW@%—…&", 1.0),
}
_SHRUNK = 0.92  # of its width: narrower, letters of 11 pixels are no more legible; a page then scrolls the drawing
_WIDEST = 0x1100  # from here on, letters are as wide as high
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # in XML 1.0


class Picture:
    """A drawing: `svg` is its text, `alt` what it shows in words; a notebook shows it.

    execution_began: in seconds since 1970, when it shows an execution; two pictures of one execution have it in common.

    >>> picture = Picture(document(10, 5, "Nothing", "An empty drawing.", []), "An empty drawing.")
    >>> picture._repr_svg_().startswith("<svg"), picture.alt
    (True, 'An empty drawing.')
    """

    def __init__(self, svg: str, alt: str, execution_began: float | None = None) -> None:
        self.svg, self.alt, self.execution_began = svg, alt, execution_began

    def _repr_svg_(self) -> str:
        return self.svg


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """About how wide a text is, in the unit of `size`, and rather too wide than too narrow.

    >>> text_width("iii", 10) < text_width("nnn", 10) < text_width("nnn", 10, bold=True) < text_width("MMM", 10)
    True
    >>> text_width("", 10)
    0.0
    """
    return sum(map(_character, text)) * size * (1.1 if bold else 1.0)


def _character(letter: str) -> float:
    return 1.0 if ord(letter) >= _WIDEST else _WIDTHS.get(letter, 0.72 if letter.isupper() else 0.64)


def fitted(text: str, room: float, size: float, *, bold: bool = False) -> str:
    """The text, or as much of its beginning as fits, and an ellipsis.

    >>> fitted("ValidateTheOrder", 60, 10), fitted("Pay", 60, 10)
    ('Validate…', 'Pay')
    """
    room += 0.01  # what was reserved for the text may come back as a sum that is a rounding error short
    if text_width(text, size, bold=bold) <= room:
        return text
    while text and text_width(text + "…", size, bold=bold) > room:
        text = text[:-1]
    return text.rstrip() + "…"


def wrapped(text: str, room: float, size: float, lines: int, *, bold: bool = False) -> list[str]:
    """The text on at most so many lines, cut between words where that is possible; the last one may be elided.

    >>> wrapped("Ask a person for help", 75, 10, 2), wrapped("ReserveTheStock", 75, 10, 2)
    (['Ask a', 'person for…'], ['ReserveThe', 'Stock'])
    """
    done: list[str] = []
    rest = " ".join(text.split())
    while len(done) < lines - 1 and text_width(rest, size, bold=bold) > room:
        cut = len(fitted(rest, room + size, size, bold=bold)) - 1
        while cut > 1 and text_width(rest[:cut], size, bold=bold) > room:
            cut -= 1
        # Where a part begins, after a comma; else a word, but no unit, which stays with its number: after a space,
        # else after a sign or at a capital letter.
        starts = [
            found.end(1)
            for between in (" · ", ", ", r"(?<!\d) ", r"[_./-]|[a-z0-9](?=[A-Z])")
            for found in reversed(list(re.finditer(f"({between})", rest[: cut + 1])))
        ]
        cut = next((start for start in starts if cut / 3 < start <= cut), max(cut, 1))
        done.append(rest[:cut].rstrip(" ·"))
        rest = rest[cut:].lstrip()
    return [*done, fitted(rest, room, size, bold=bold)]


def element(tag: str, *children: str, **attributes: object) -> str:
    """An element with what is in it, SVG already; `_` in a name stands for `-`, and None leaves an attribute out.

    >>> element("path", d="M0 0", stroke_width=2, fill=None)
    '<path d="M0 0" stroke-width="2"/>'
    """
    given = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{clean(_number(value))}"'
        for name, value in attributes.items()
        if value is not None
    )
    return f"<{tag}{given}>{''.join(children)}</{tag}>" if children else f"<{tag}{given}/>"


def clean(text: str) -> str:
    """A text as SVG holds it: escaped, without what XML forbids.

    >>> clean("a < b\\x00")
    'a &lt; b\\ufffd'
    """
    return escape(_ILLEGAL.sub("\ufffd", text))


def label(x: float, y: float, text: str, **attributes: object) -> str:
    """A line of text whose baseline is at `y`.

    >>> label(1, 2, "a&b", font_size=11)
    '<text x="1" y="2" font-size="11">a&amp;b</text>'
    """
    return element("text", clean(text), x=x, y=y, **attributes)


def rect(x: float, y: float, width: float, height: float, **attributes: object) -> str:
    """A rectangle.

    >>> rect(1, 2, 30, 40, rx=5)
    '<rect x="1" y="2" width="30" height="40" rx="5"/>'
    """
    return element("rect", x=x, y=y, width=width, height=height, **attributes)


def line(steps: Iterable[tuple[Any, ...]], x: float = 0.0, y: float = 0.0, **attributes: object) -> str:
    """A line in the colour of the text, unless another stroke is given; its steps are those of `path`.

    >>> line([("M", 0, 0), ("L", 5, 0)], stroke_width=2)
    '<path d="M0 0L5 0" fill="none" stroke="currentColor" stroke-width="2"/>'
    """
    return element("path", d=path(steps, x, y), fill="none", **{"stroke": "currentColor", **attributes})


def signed(x: float, y: float, sign: str, text: str, colour: str, **attributes: object) -> str:
    """A line of text after a sign in a colour.

    >>> signed(0, 9, "✓", "1 s", GOOD)[-35:]
    '✓ </tspan><tspan>1 s</tspan></text>'
    """
    mark = element("tspan", clean(sign + " "), fill=colour, font_weight=700)
    return element("text", mark, element("tspan", clean(text)), x=x, y=y, **attributes)


def headline(sign: str, sentence: str, margin: float, room: float, colour: str | None) -> tuple[str, float]:
    """The first lines of a drawing, which say how it went, and where they end.

    >>> drawn, end = headline("✓", "It went well.", 14, 300, GOOD)
    >>> "It went well." in drawn, end
    (True, 44)
    """
    mark = label(margin, margin + 12, sign, font_size=15, font_weight=700, fill=colour)
    shown = wrapped(sentence, room - 20, 13, 4, bold=True)
    lines = [
        label(margin + 20, margin + 12 + 17 * number, line, font_size=13, font_weight=600)
        for number, line in enumerate(shown)
    ]
    return element("g", title(sentence), mark, *lines), margin + 13 + 17 * len(lines)


def title(text: str) -> str:
    """What a pointer that rests on the element around it is told.

    >>> title("<all>")
    '<title>&lt;all&gt;</title>'
    """
    return f"<title>{clean(text)}</title>"


def document(width: float, height: float, name: str, description: str, content: Sequence[str]) -> str:
    """A whole drawing: its name and its description in words are what a screen reader reads.

    >>> document(10, 5, "Nothing", "An empty drawing.", []).partition(" style")[0]
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 5" width="10" height="5"'
    """
    whole = "".join([name, description, *content])
    mark = "sfn-" + hashlib.sha256(whole.encode("utf-8", "replace")).hexdigest()[:10]
    return element(
        "svg",
        f'<title id="{mark}-title">{clean(name)}</title><desc id="{mark}-desc">{clean(description)}</desc>',
        *content,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {_number(width)} {_number(height)}",
        width=width,
        height=height,
        style=f"min-width:{_number(width * _SHRUNK)}px",
        role="img",
        aria_labelledby=f"{mark}-title",
        aria_describedby=f"{mark}-desc",
        font_family=FONT,
        fill="currentColor",
    )


def _number(value: object) -> str:
    return f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else str(value)


def path(steps: Iterable[tuple[Any, ...]], x: float = 0.0, y: float = 0.0) -> str:
    """The data of a path: its steps, each a letter (M, L, C) and x and y by turns, moved by `x` and `y`.

    >>> path([("M", 1.0, 2.25), ("L", 3, 0), ("Z",)], x=10)
    'M11 2.2L13 0Z'
    """
    moves = (x, y)
    return "".join(
        letter + " ".join(_number(round(float(value) + moves[number % 2], 1)) for number, value in enumerate(values))
        for letter, *values in steps
    )
