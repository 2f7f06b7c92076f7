"""Checks that links of built pages lead to files, anchors to ids, and that nothing comes from elsewhere."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

# What a browser fetches by itself when it opens a page.
FETCHED = (
    ("script", "src"),
    ("link", "href"),
    ("img", "src"),
    ("source", "src"),
    ("iframe", "src"),
    ("video", "src"),
    ("audio", "src"),
    ("object", "data"),
    ("embed", "src"),
    ("use", "href"),
    ("image", "href"),
)
# `link` elements that name a page rather than fetch one.
NAMED = {"alternate", "canonical", "prev", "next", "edit", "license"}
ELSEWHERE = {"http", "https", "mailto"}


@dataclass
class Page:
    """The links of one built page, and the ids that links may lead to."""

    links: list[str] = field(default_factory=list)
    fetched: list[str] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)
    repeated: set[str] = field(default_factory=set)


def read(html: str) -> Page:
    """Return what a page links to and fetches.

    >>> page = read('<a href="b/#c">x</a><script src="d.js"></script><h1 id="e">y</h1><link rel="canonical" href="https://example.com/">')
    >>> page.links, page.fetched, page.ids
    (['b/#c'], ['d.js'], {'e'})
    """
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.page


class _Reader(HTMLParser):
    """Notes what start tags say; no tree is needed for that, and it takes a fifth of the time."""

    def __init__(self) -> None:
        super().__init__()
        self.page = Page()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        identifier = said.get("id")
        if identifier:
            (self.page.repeated if identifier in self.page.ids else self.page.ids).add(identifier)
        if tag == "a" and "href" in said:
            self.page.links.append(said["href"])
        if tag == "link" and NAMED & set(said.get("rel", "").split()):
            return
        self.page.fetched += [said[attribute] for name, attribute in FETCHED if name == tag and attribute in said]


def problems(site: Path) -> list[str]:
    """Return, for people, what is wrong with the links of a built site, page by page."""
    pages = {path: read(path.read_text("utf-8")) for path in sorted(site.rglob("*.html"))}
    by_place = {path.resolve(): page for path, page in pages.items()}
    found = []
    for path, page in pages.items():
        place = path.relative_to(site).as_posix()
        found += [f"{place}: the id {identifier!r} is there twice" for identifier in sorted(page.repeated)]
        for link in page.fetched:
            parts = urlsplit(link)
            if parts.scheme in ELSEWHERE or link.startswith("//"):
                found.append(f"{place}: fetches {link} from elsewhere")
            elif parts.scheme != "data" and _target(site, path, parts.path) is None:
                found.append(f"{place}: fetches {link}, which is not there")
        for link in page.links:
            problem = _problem(site, path, link, by_place)
            if problem:
                found.append(f"{place}: {problem}")
    return found


def _target(site: Path, page: Path, path: str) -> Path | None:
    if path.startswith("/"):
        return None
    target = (page.parent / unquote(path)).resolve() if path else page.resolve()
    if target.is_dir():
        target = target / "index.html"
    inside = site.resolve() in target.parents
    return target if inside and target.is_file() else None


def _problem(site: Path, page: Path, link: str, pages: dict[Path, Page]) -> str | None:
    parts = urlsplit(link)
    if parts.scheme in ELSEWHERE:
        return None
    if parts.scheme:
        return f"links to {link}: {parts.scheme} is no address of a page"
    if parts.path.startswith("/") or link.startswith("//"):
        return f"links to {link}, which breaks where the site is published below a path"
    target = _target(site, page, parts.path)
    if target is None:
        return f"links to {link}, which is not there"
    if parts.fragment and target.suffix == ".html":
        if unquote(parts.fragment) not in pages[target].ids and parts.fragment != "__top":
            return f"links to {link}, where no id is {parts.fragment!r}"
    return None


def main() -> None:
    wrong = problems(Path(sys.argv[1]))
    print("\n".join(wrong))
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
