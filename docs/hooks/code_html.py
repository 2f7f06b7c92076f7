"""Turns Python code into coloured HTML lines, numbered or annotated; says where names break. Knows nothing of pages."""

from __future__ import annotations

import re

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from source_text import ANNOTATION

# The parts of load_balancing.cross_zone.enabled, HealthCheckIntervalSeconds, elasticloadbalancing:CreateListener.
JOINT = re.compile(r"(?<=[._:])(?=\w)|(?<=[a-z])(?=[A-Z])")
LONG_NAME = 16  # characters: a shorter name stays whole
WIDE_NAME = 36  # and one up to this where the screen is wide; a hyphen would break it


def breakable(name: str) -> str:
    """Return the HTML of a name with the places where a narrow column may break it: between its parts, or nowhere.

    >>> breakable("stickiness.lb_cookie.duration_seconds")
    'stickiness.<wbr>lb_<wbr>cookie.<wbr>duration_<wbr>seconds'
    >>> breakable("HealthCheckInterval"), breakable("source_ip")
    ('Health<wbr>Check<wbr>Interval', 'source_ip')
    >>> breakable("")
    ''
    """
    return JOINT.sub("<wbr>", name) if len(name) > LONG_NAME else name


def name_in_cell(name: str) -> str:
    """Return the element of a name in a cell of a table: its class says where the name stays whole.

    >>> name_in_cell("path-pattern"), name_in_cell("http-request-method")
    ('<code class="eslabon-whole">path-pattern</code>', '<code class="eslabon-wide">http-request-method</code>')
    >>> name_in_cell("GET /orders") == '<code class="eslabon-whole">GET /orders</code>', name_in_cell("x" * 40)[:7]
    (True, '<code>x')
    """
    kind = "eslabon-whole" if len(name) <= LONG_NAME else "eslabon-wide" if len(name) <= WIDE_NAME else ""
    return f'<code class="{kind}">{breakable(name)}</code>' if kind else f"<code>{breakable(name)}</code>"


def highlighted(
    text: str, first: int | None = None, note: str = "", note_label: str = "", left_out: range = range(0)
) -> tuple[str, bool]:
    r"""Return the HTML of each line, and whether one has an annotation mark.

    Args: `first`, the number of the first line, when numbers are shown; `note`, what the ids of the notes begin with;
    `left_out`, the numbers of lines in whose place three dots are shown.

    >>> highlighted("x\n", first=7)
    ('<span class="eslabon-line" data-line="7"><span class="n">x</span></span>\n', False)
    >>> highlighted("x  # (2)\n", note="n-", note_label="Note")
    ('<span class="n">x</span> <a class="eslabon-mark" href="#n-2" aria-label="Note 2">2</a>\n', True)
    >>> highlighted("x\ny\n", first=7, left_out=range(7, 8))[0].count("data-line"), "…" in highlighted("x", 7)[0]
    (2, False)
    >>> highlighted("")
    ('', False)
    """
    marks: dict[int, str] = {}
    lines = text.splitlines()
    for number, line in enumerate(lines):
        if note and (found := ANNOTATION.fullmatch(line)):
            marks[number], lines[number] = found["number"], found["code"]
    lexer = PythonLexer(stripnl=False, ensurenl=False)
    coloured = highlight("\n".join(lines), lexer, HtmlFormatter(nowrap=True)).rstrip("\n").split("\n") if lines else []
    result = []
    for number, html in enumerate(coloured):
        if number in marks:
            mark = marks[number]
            html += f' <a class="eslabon-mark" href="#{note}{mark}" aria-label="{note_label} {mark}">{mark}</a>'
        if first and first + number in left_out:
            if first + number > left_out.start:
                continue
            html = f"{' ' * (len(lines[number]) - len(lines[number].lstrip()))}…"
        result.append(
            f'<span class="eslabon-line" data-line="{first + number}">{html}</span>\n' if first else html + "\n"
        )
    return "".join(result), bool(marks)
