"""Links the first use of a glossary term in a section to its meaning, shown as tooltip; leaves headings and code."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup
from bs4.element import NavigableString, Tag
from mkdocs.utils import get_relative_url

PAGE = "glossary.md"
UNTOUCHED = {
    "a",
    "abbr",
    "button",
    "code",
    "dt",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "pre",
    "script",
    "style",
    "summary",
    "svg",
    "template",
}
_terms: dict[str, tuple[str, str]] = {}
_pattern: re.Pattern[str] | None = None


def slug(term: str) -> str:
    """Return the id of a term in the glossary page.

    >>> slug("Cola de mensajes fallidos (DLQ)")
    'term-cola-de-mensajes-fallidos-dlq'
    """
    return "term-" + re.sub(r"[^\w]+", "-", term.lower()).strip("-")


def parse(text: str) -> dict[str, tuple[str, str]]:
    r"""Return the id and the meaning of each term of a definition list; several lines before `:` name one term.

    >>> parse("bus\nevent bus\n:   Where events *go*,\n    and leave.\n")
    {'bus': ('term-bus', 'Where events go, and leave.'), 'event bus': ('term-bus', 'Where events go, and leave.')}
    >>> parse("# Only a title\n")
    {}
    """
    terms: dict[str, tuple[str, str]] = {}
    names: list[str] = []
    meaning: list[str] = []

    def finish() -> None:
        if names and meaning:
            plain = _plain(" ".join(meaning))
            for name in names:
                terms[_plain(name)] = (slug(_plain(names[0])), plain)
        names.clear()
        meaning.clear()

    for line in text.splitlines():
        if line.startswith(":"):
            meaning.append(line[1:].strip())
        elif line.startswith(("    ", "\t")) and meaning:
            meaning.append(line.strip())
        elif not line.strip():
            if meaning:
                finish()
            elif names:
                names.clear()
        else:
            if meaning:
                finish()
            names.append(line.strip())
    finish()
    return terms


def _plain(markdown: str) -> str:
    text = re.sub(r"\{[#.:][^}]*\}", "", markdown)
    text = re.sub(r"\[([^\]]*)\](?:\([^)]*\)|\[[^\]]*\])", r"\1", text)
    return re.sub(r"[*`]|(?<!\w)_|_(?!\w)", "", text).strip()


def on_files(files: Any, config: Any) -> Any:
    global _terms, _pattern
    source = Path(config.docs_dir) / PAGE
    _terms = parse(source.read_text("utf-8")) if source.exists() else {}
    _pattern = pattern_of(_terms) if _terms else None
    return files


def pattern_of(terms: dict[str, tuple[str, str]]) -> re.Pattern[str]:
    """Return what finds the terms as whole words, the longest first, in any case."""
    names = sorted(terms, key=len, reverse=True)
    # "Custom Event Bus" is the name of a product.
    return re.compile(r"(?<![\w-])(?<!Custom )(" + "|".join(map(re.escape, names)) + r")(?![\w-])", re.I)


def on_page_content(html: str, page: Any, config: Any, files: Any) -> str:
    if _pattern is None:
        return html
    soup = BeautifulSoup(html, "html.parser")
    if page.file.src_uri == PAGE:
        for name in soup.find_all("dt"):
            known = _terms.get(name.get_text(" ", strip=True))
            if known and not soup.find(id=known[0]):
                name["id"] = known[0]
        return str(soup)
    link_terms(soup, _terms, _pattern, get_relative_url(PAGE.removesuffix(".md") + "/", page.url))
    return str(soup)


def link_terms(soup: BeautifulSoup, terms: dict[str, tuple[str, str]], pattern: re.Pattern[str], glossary: str) -> None:
    """Replace, between one `h2` and the next, the first use of each term in running text by a link with its meaning."""
    by_name = {name.lower(): value for name, value in terms.items()}
    seen: set[str] = set()
    for node in list(soup.descendants):
        if isinstance(node, Tag) and node.name == "h2":
            seen.clear()
        if type(node) is not NavigableString or not node.strip():
            continue
        if any(parent.name in UNTOUCHED for parent in node.parents):
            continue
        _link_in(soup, node, by_name, pattern, glossary, seen)


def _link_in(
    soup: BeautifulSoup,
    node: NavigableString,
    by_name: dict[str, tuple[str, str]],
    pattern: re.Pattern[str],
    glossary: str,
    seen: set[str],
) -> None:
    text, pieces, end = str(node), [], 0
    for match in pattern.finditer(text):
        anchor, meaning = by_name[match[0].lower()]
        if anchor in seen:
            continue
        seen.add(anchor)
        link = soup.new_tag("a", href=f"{glossary}#{anchor}", title=meaning)
        link["class"] = "eslabon-term"
        link.string = match[0]
        pieces += [NavigableString(text[end : match.start()]), link]
        end = match.end()
    if pieces:
        node.replace_with(*pieces, NavigableString(text[end:]))
