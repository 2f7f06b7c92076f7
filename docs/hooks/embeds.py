"""Puts code, its recorded output, labs, IAM actions and drawings into pages that hold none."""

from __future__ import annotations

import json
import logging
import re
import subprocess
import sys
import textwrap
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

import yaml
from bs4 import BeautifulSoup
from mkdocs.exceptions import PluginError
from mkdocs.utils import get_relative_url

from code_html import highlighted, name_in_cell
from labs import Lab, read_lab, write_notebook
from source_text import EmbedError, Piece, companions, definition, pieces, without_markers

log = logging.getLogger("mkdocs.hooks.embeds")
ROOT = Path(__file__).resolve().parents[2]
DIRECTIVE = re.compile(r"^(?P<indent> *)\{\{ *(?P<name>[a-z]+) +(?P<argument>\S+) *\}\} *$")
SHORT = 8  # lines
CELL = re.compile(r"<t[dh]\b.*?</t[dh]>", re.S)
QUESTION = re.compile(r"<summary>.*?</summary>")
NAME = re.compile(r"<code>([^<]+)</code>")
FENCE = re.compile(r"^ *(```+|~~~+)")
WORDS = {
    "es": {
        "output": "Salida registrada",
        "source": "Código de eslabon",
        "actions": "Acciones de IAM",
        "result": "Resultado",
        "note": "Nota",
        "file": "Descargar {name}",
        "notebook": "Descargar el cuaderno",
        "wheel": "Descargar eslabon (wheel)",
        "lines": "líneas&nbsp;{first}&nbsp;a&nbsp;{last}",
        "more": "{count} líneas más",
        "one more": "Una línea más",
        "service": "Servicio",
        "operations": "Operaciones",
        "where": "Dónde",
        "reason": "Por qué no tiene efecto",
    },
    "en": {
        "output": "Recorded output",
        "source": "Source code of eslabon",
        "actions": "IAM actions",
        "result": "Result",
        "note": "Note",
        "file": "Download {name}",
        "notebook": "Download the notebook",
        "wheel": "Download eslabon (wheel)",
        "lines": "lines&nbsp;{first}&nbsp;to&nbsp;{last}",
        "more": "{count} more lines",
        "one more": "One more line",
        "service": "Service",
        "operations": "Operations",
        "where": "Where",
        "reason": "Why it has no effect",
    },
}


@dataclass
class Embeds:
    """The embeds of one page: what each placeholder of its Markdown becomes in its HTML."""

    page: Any
    config: Any
    language: str
    html: list[str] = field(default_factory=list)
    notes: list[bool] = field(default_factory=list)

    def placeholder(self, html: str, has_notes: bool = False) -> str:
        self.html.append(html)
        self.notes.append(has_notes)
        return f'<div data-embed="{len(self.html) - 1}"></div>'

    def word(self, name: str) -> str:
        return WORDS[self.language][name]


def on_page_markdown(markdown: str, page: Any, config: Any, files: Any) -> str:
    """Replace each directive, alone on its line and outside code fences, by a placeholder."""
    page.embeds = embeds = Embeds(page, config, config.theme["language"])
    first_line = page.file.content_string.count("\n") - markdown.count("\n") + 1
    lines, fence = [], ""
    for number, line in enumerate(markdown.split("\n"), first_line):
        mark = FENCE.match(line)
        if mark and (not fence or mark[1].startswith(fence)):
            fence = "" if fence else mark[1]
        directive = None if fence else DIRECTIVE.match(line)
        if not directive:
            lines.append(line)
            continue
        try:
            expand = EXPANSIONS.get(directive["name"])
            if expand is None:
                raise EmbedError(f"no embed is called {directive['name']!r}; there are {', '.join(EXPANSIONS)}")
            text = expand(embeds, directive["argument"])
        except EmbedError as error:
            place = f"{Path(config.docs_dir).relative_to(ROOT)}/{page.file.src_uri}:{number}"
            message = f"{place}: {line.strip()}: {error}"
            if not config.extra["draft"]:
                raise PluginError(message) from None
            log.warning(message)
            text = embeds.placeholder(f'<pre class="eslabon-missing">{escape(message)}</pre>')
        lines += ["", *(directive["indent"] + piece if piece else "" for piece in text.split("\n")), ""]
    return "\n".join(lines)


def on_page_content(html: str, page: Any, config: Any, files: Any) -> str:
    """Put each embed where its placeholder is; a numbered list right after annotated code becomes its notes."""
    embeds: Embeds = page.embeds
    # Markdown takes a placeholder inside a tab for a paragraph's text.
    html = re.sub(r'<p>(<div data-embed="\d+"></div>)</p>', r"\1", html)
    if any(embeds.notes):
        html = _with_notes(html, embeds)
    # A quotation mark in a question's title is written \", and Markdown leaves the stroke.
    html = QUESTION.sub(lambda title: title[0].replace('\\"', '"'), html)
    html = CELL.sub(lambda cell: NAME.sub(lambda name: name_in_cell(name[1]), cell[0]), html)
    page.has_code_to_run = any('class="eslabon-run' in piece for piece in embeds.html)
    return re.sub(r'<div data-embed="(\d+)"></div>', lambda match: embeds.html[int(match[1])], html)


def on_page_context(context: dict[str, Any], page: Any, config: Any, nav: Any) -> dict[str, Any]:
    context["has_code_to_run"] = getattr(page, "has_code_to_run", False)
    return context


def _with_notes(html: str, embeds: Embeds) -> str:
    soup = BeautifulSoup(html, "html.parser")
    for number, annotated in enumerate(embeds.notes):
        if not annotated:
            continue
        placeholder = soup.find("div", attrs={"data-embed": str(number)})
        notes = placeholder.find_next_sibling() if placeholder else None
        if notes is None or notes.name != "ol":
            raise PluginError(
                f"{embeds.page.file.src_uri}: the annotated code of embed {number + 1} has no numbered list after it"
            )
        notes["class"] = "eslabon-notes"
        items = notes.find_all("li", recursive=False)
        for position, item in enumerate(items, 1):
            item["id"] = f"note-{number}-{position}"
        marks = {int(mark) for mark in re.findall(rf'href="#note-{number}-(\d+)"', embeds.html[number])}
        for wanted in sorted(marks.symmetric_difference(range(1, len(items) + 1))):
            lacks = "has no note" if wanted in marks else "is not in what is shown, and has a note"
            raise PluginError(f"{embeds.page.file.src_uri}: annotation ({wanted}) of embed {number + 1} {lacks}")
    return str(soup)


def _existing(path: str, below: str) -> Path:
    file = ROOT / path
    if not path.startswith(below + "/") or ".." in path:
        raise EmbedError(f"{path} is not below {below}/")
    if not file.is_file():
        raise EmbedError(f"there is no file {path}")
    return file


def _block(embeds: Embeds, shown: list[Piece], whole: str, rest: str, attributes: str) -> str:
    """Return the placeholder of one runnable block: what is shown, what is run, what follows it (files, output)."""
    number = len(embeds.html)
    parts, annotated = [], False
    for piece in shown:
        if not piece.shown:
            count = piece.text.count("\n")
            label = embeds.word("more" if count > 1 else "one more").format(count=count)
            code, _ = highlighted(without_markers(piece.text))
            parts.append(
                f'<details class="eslabon-fold" data-search-exclude><summary>{label}</summary>'
                f"<pre><code>{code}</code></pre></details>"
            )
            continue
        code, marked = highlighted(piece.text, note=f"note-{number}-", note_label=embeds.word("note"))
        parts.append(f"<pre><code>{code}</code></pre>")
        annotated = annotated or marked
    html = (
        f'<div class="eslabon-run highlight no-copy" {attributes} data-language="{embeds.language}">'
        f'<template class="eslabon-source" data-search-exclude>{escape(without_markers(whole))}</template>'
        f'<div class="eslabon-code">{"".join(parts)}</div>{rest}</div>'
    )
    return embeds.placeholder(html, annotated)


def _recorded(embeds: Embeds, text: str) -> str:
    label = embeds.word("output")
    # What may become taller than its box can be scrolled with the keyboard.
    focus = ' tabindex="0"' if text.count("\n") > SHORT or len(text) > 80 * SHORT else ""
    return f'<pre class="eslabon-output" data-recorded data-label="{label}"{focus}>{escape(text)}</pre>'


def _files(embeds: Embeds, snippet: Path) -> str:
    """The files that a snippet reads, folded, each with a link to download it; the runner puts them beside the program.

    A newline after <pre> is not part of its text, so that one of the file's own stays.
    """
    parts = []
    for name, text in companions(snippet).items():
        path = snippet.with_name(name).relative_to(ROOT).as_posix()
        copy = Path(embeds.config.site_dir) / path
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(text, "utf-8")
        link = escape(get_relative_url(path, embeds.page.url))
        label = embeds.word("file").format(name=f"<code>{escape(name)}</code>")
        parts.append(
            f'<details class="eslabon-file" data-name="{escape(name)}" data-search-exclude>'
            f"<summary><code>{escape(name)}</code></summary>"
            f'<pre tabindex="0">\n{escape(text)}</pre><p><a href="{link}" download>{label}</a></p></details>'
        )
    return "".join(parts)


def run(embeds: Embeds, argument: str) -> str:
    """`{{ run snippets/events/first_rule.py }}`, or `…py#section,another` to fold all else; what runs is the whole."""
    path, _, names = argument.partition("#")
    file = _existing(path, "snippets")
    transcript = file.with_suffix(".out")
    if not transcript.is_file() and not embeds.config.extra["draft"]:
        raise EmbedError(f"{path} has no recorded output {transcript.name} beside it")
    printed = transcript.read_text("utf-8") if transcript.is_file() else f"{transcript.name}?"
    whole = file.read_text("utf-8")
    snippet = path.removeprefix("snippets/").removesuffix(".py")
    attributes = f'data-snippet="{escape(snippet)}"'
    rest = _files(embeds, file) + _recorded(embeds, printed)
    if not names:
        return _block(embeds, [Piece(without_markers(whole, annotations=False), 1, True)], whole, rest, attributes)
    cut = pieces(whole, names.split(","))
    first = next(piece for piece in cut if piece.shown)
    last = first.first + first.text.count("\n") - 1
    return _block(embeds, cut, whole, rest, f'{attributes} data-lines="{first.first}-{last}"')


def source(embeds: Embeds, argument: str) -> str:
    """`{{ source eslabon.events.pattern:match }}`: the very lines of a definition, numbered, and a link to the file.

    Of its docstring's examples only three dots remain: they are one click away, and the page has its own.
    """
    found = definition(ROOT / "src", argument)
    code, _ = highlighted(textwrap.dedent(found.text), first=found.first, left_out=found.examples)
    last = found.first + found.text.rstrip("\n").count("\n")
    path = found.path.relative_to(ROOT).as_posix()
    link = f"{embeds.config.repo_url.rstrip('/')}/blob/main/{path}#L{found.first}-L{last}"
    lines = embeds.word("lines").format(first=found.first, last=last)
    name = escape(path).replace("/", "/<wbr>")  # on a narrow screen a path breaks after a folder
    return embeds.placeholder(
        f'<figure class="eslabon-lines"><figcaption><a href="{escape(link)}">{name}</a>, {lines}</figcaption>'
        f'<div class="highlight"><pre><code>{code}</code></pre></div></figure>'
    )


def lab(embeds: Embeds, argument: str) -> str:
    """`{{ lab labs/01-event-bus.py }}`: the cells of a lab in this language, executed, and its notebook."""
    file = _existing(argument, "labs")
    content: Lab = read_lab(file, embeds.language)
    notebook = write_notebook(content, file.stem, embeds.language, Path(embeds.config.site_dir))
    here = embeds.page.url
    wheel = (
        "../" * (here.count("/") + (0 if embeds.config.extra["live"] else 1)) + "wheels/" + embeds.config.extra["wheel"]
    )
    parts = [
        embeds.placeholder(
            f'<p class="eslabon-downloads"><a class="md-button" href="{get_relative_url(notebook, here)}" download>'
            f'{embeds.word("notebook")}</a> <a class="md-button" href="{wheel}" download>{embeds.word("wheel")}</a></p>'
        )
    ]
    number = 0
    for cell in content.cells:
        if cell.kind == "markdown":
            parts.append(cell.text)
            continue
        number += 1
        attributes = f'data-lab="{escape(file.stem)}" data-cell="{number}"'
        outputs = "".join(_output(embeds, output) for output in cell.outputs)
        cut = [Piece(cell.text.rstrip("\n") + "\n", 1, True)]
        parts.append(_block(embeds, cut, cell.text, outputs, attributes))
    return "\n\n".join(parts)


def _output(embeds: Embeds, output: tuple[str, str]) -> str:
    mime, text = output
    if mime == "text/plain":
        return _recorded(embeds, text)
    label = embeds.word("result")
    # A drawing that shrinks no further is scrolled, with the keyboard too.
    focus = f' tabindex="0" role="group" aria-label="{label}"' if "min-width:" in text else ""
    return f'<div class="eslabon-figure" data-recorded data-label="{label}"{focus}>{text}</div>'


def iam(embeds: Embeds, argument: str) -> str:
    """`{{ iam snippets/events/first_rule.py }}`: the IAM actions of the calls that the snippet makes when it is run."""
    file = _existing(argument, "snippets")
    command = [sys.executable, str(ROOT / "tools" / "actions.py"), str(file)]
    result = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    if result.returncode:
        raise EmbedError(f"its IAM actions are not known: {result.stderr.strip()}")
    # On a narrow screen an action breaks after its service.
    actions = (escape(action).replace(":", ":<wbr>") for action in json.loads(result.stdout))
    items = "".join(f"<li><code>{action}</code></li>" for action in actions)
    return embeds.placeholder(f'<ul class="eslabon-actions" aria-label="{embeds.word("actions")}">{items}</ul>')


def drawing(embeds: Embeds, argument: str) -> str:
    """`{{ drawing bus.svg }}`: an SVG of this language, or of both, inline, in the colours of the page."""
    places = [Path(embeds.config.docs_dir) / "drawings", ROOT / "docs/theme/drawings"]
    for place in places:
        if (place / argument).is_file():
            text = re.sub(r"<\?xml[^>]*\?>|<!--.*?-->", "", (place / argument).read_text("utf-8"), flags=re.S).strip()
            if "<title>" not in text:
                raise EmbedError("the drawing has no <title>, which is its alternative text")
            text = text.replace("<svg ", '<svg role="img" ', 1) if 'role="' not in text.split(">", 1)[0] else text
            return embeds.placeholder(f'<figure class="eslabon-drawing">{text}</figure>')
    raise EmbedError(
        f"there is no drawing {argument} in " + " or ".join(p.relative_to(ROOT).as_posix() for p in places)
    )


def limits(embeds: Embeds, argument: str) -> str:
    """`{{ limits operations }}`, `{{ limits inert }}`: what eslabon models, what it keeps without effect."""
    from eslabon.limits import inert, modelled_operations

    if argument == "operations":
        rows = [
            (service, ", ".join(f"<code>{name}</code>" for name in names))
            for service, names in modelled_operations().items()
        ]
        return embeds.placeholder(_table(embeds, ("service", "operations"), rows))
    if argument != "inert":
        raise EmbedError(f"limits are operations or inert, not {argument!r}")
    translated = yaml.safe_load((ROOT / "docs/hooks/inert.es.yml").read_text("utf-8"))
    rows = []
    for row in inert():
        reason = row.reason
        if embeds.language != "en":
            reason = translated.get(row.reason)
            if reason is None:
                raise EmbedError(f"docs/hooks/inert.es.yml has no translation of: {row.reason}")
        where = escape(row.where).replace(".", "<wbr>.").replace("_", "_<wbr>")
        rows.append((f"{row.service}: <code>{where}</code>", escape(reason)))
    return embeds.placeholder(_table(embeds, ("where", "reason"), rows))


def _table(embeds: Embeds, heads: tuple[str, ...], rows: list[tuple[str, str]]) -> str:
    head = "".join(f"<th>{embeds.word(name)}</th>" for name in heads)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return (
        f'<div class="md-typeset__scrollwrap"><div class="md-typeset__table"><table>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div></div>"
    )


EXPANSIONS = {"run": run, "source": source, "lab": lab, "iam": iam, "drawing": drawing, "limits": limits}
