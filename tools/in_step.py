"""Says where the two languages of the site differ in anything but words, and which pages nobody has compared.

python tools/in_step.py            fails on differences, tells what the ledger has not seen
python tools/in_step.py --record   write docs/ledger.json: somebody has compared every page just now
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
LEDGER = DOCS / "ledger.json"
# Word order differs between languages, so these are compared as what a page has, not in order.
UNORDERED = {"link", "image"}
LANGUAGES = ("es", "en")
FENCE = re.compile(r"^\s*(```+|~~~+)")
HEADING = re.compile(r"^(#{1,6})\s+.*?(?:\{[^}]*#(?P<id>[\w-]+)[^}]*\})?\s*$")
EMBED = re.compile(r"^\s*\{\{ *([a-z]+) +(\S+) *\}\}\s*$")
ADMONITION = re.compile(r"^\s*(!!!|\?\?\?\+?)\s+([\w -]+?)(?:\s+\".*)?$")
TAB = re.compile(r"^\s*===[!+]?\s+\"")
LINK = re.compile(r"(?<!!)\[(?:[^\[\]]|\[[^\]]*\])*\]\(<?([^)\s>]+)>?[^)]*\)|<(https?://[^>\s]+)>")
IMAGE = re.compile(r"!\[[^\]]*\]\(([^)\s]+)[^)]*\)")
# Places whose address says the language: they are the same place when only that differs.
SAME_PLACE = (
    (r"docs\.aws\.amazon\.com/(?:es_es|en_us)/", "docs.aws.amazon.com/"),
    (r"aws\.amazon\.com/(?:es|en)/", "aws.amazon.com/"),
    (r"//(?:es|en)\.wikipedia\.org/wiki/.*", "//wikipedia.org/"),
)


@dataclass(frozen=True)
class Mark:
    """One thing that both languages must have at the same place: its kind, what it is, its line."""

    kind: str
    what: str
    line: int

    @property
    def key(self) -> tuple[str, str]:
        return self.kind, self.what


def same_place(link: str) -> str:
    """Return a link without what says the language of the page it leads to.

    >>> same_place("https://docs.aws.amazon.com/es_es/eventbridge/latest/userguide/eb-rules.html")
    'https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rules.html'
    >>> same_place("../glossary.md#term-bus")
    '../glossary.md'
    """
    for pattern, replacement in SAME_PLACE:
        link = re.sub(pattern, replacement, link)
    # Terms of the glossary have the word of the language as id.
    return re.sub(r"(glossary\.md)#term-.*", r"\1", link)


def marks(text: str) -> list[Mark]:
    r"""Return all that must be the same in both languages of a page, in order.

    >>> [(mark.kind, mark.what) for mark in marks("# A {#a}\n{{ run snippets/a.py }}\n!!! note\n    [b](b.md)\n")]
    [('heading', '# {#a}'), ('embed', 'run snippets/a.py'), ('admonition', '!!! note'), ('link', 'b.md')]
    >>> [(mark.kind, mark.what) for mark in marks("## Words\n")]
    [('heading', '## without id')]
    >>> marks("```\n# no heading\n```\n")
    [Mark(kind='fence', what='```', line=1)]
    """
    found: list[Mark] = []
    fence = ""
    lines = _body(text)
    for number, line in lines:
        opening = FENCE.match(line)
        if opening and (not fence or opening[1].startswith(fence)):
            if not fence:
                found.append(Mark("fence", line.strip(), number))
            fence = "" if fence else opening[1]
            continue
        if fence:
            continue
        if heading := HEADING.match(line):
            found.append(
                Mark("heading", f"{heading[1]} " + (f"{{#{heading['id']}}}" if heading["id"] else "without id"), number)
            )
        elif embed := EMBED.match(line):
            found.append(Mark("embed", f"{embed[1]} {embed[2]}", number))
        elif admonition := ADMONITION.match(line):
            found.append(Mark("admonition", f"{admonition[1]} {admonition[2]}", number))
        elif TAB.match(line):
            found.append(Mark("tab", "===", number))
        text_only = re.sub(r"`[^`]*`", "", line)
        found += [
            Mark("link", place, number)
            for place in sorted(same_place(link[1] or link[2]) for link in LINK.finditer(text_only))
        ]
        found += [Mark("image", image[1], number) for image in IMAGE.finditer(text_only)]
    return found


def _body(text: str) -> list[tuple[int, str]]:
    lines = list(enumerate(text.splitlines(), 1))
    if lines and lines[0][1] == "---":
        end = next((number for number, line in lines[1:] if line == "---"), 0)
        lines = [pair for pair in lines if pair[0] > end]
    return lines


def differences(page: str, one: str, other: str) -> list[str]:
    r"""Return, for people, where two languages of a page differ; one message a kind, the first place it happens.

    >>> differences("a.md", "# A {#a}\n", "# B {#a}\n")
    []
    >>> differences("a.md", "# A {#a}\n", "# B {#b}\n")
    ['a.md: heading: es line 1 has "# {#a}", en line 1 has "# {#b}"']
    >>> differences("a.md", "# A {#a}\n\n[x](y.md)\n", "# A {#a}\n")
    ['a.md: link: es line 3 has "y.md", en has none there']
    """
    first, second = marks(one), marks(other)
    messages = [
        f"{page}: {language} line {mark.line}: this heading has no {{#id}}, which links and tests need"
        for language, side in (("es", first), ("en", second))
        for mark in side
        if mark.what.endswith("without id")
    ]
    for kind in dict.fromkeys(mark.kind for mark in [*first, *second]):
        ours, theirs = ([mark for mark in side if mark.kind == kind] for side in (first, second))
        if kind in UNORDERED:
            ours, theirs = _unmatched(ours, theirs)
        messages += _first_difference(page, kind, ours, theirs)
    if not messages:
        ordered = ([mark for mark in side if mark.kind not in UNORDERED] for side in (first, second))
        messages += _first_difference(page, "order", *ordered)
    return messages


def _first_difference(page: str, kind: str, ours: list[Mark], theirs: list[Mark]) -> list[str]:
    for a, b in zip_longest(ours, theirs):
        if a is None or b is None or a.key != b.key:
            return [f"{page}: {kind}: {_side('es', a)}, {_side('en', b)}"]
    return []


def _unmatched(ours: list[Mark], theirs: list[Mark]) -> tuple[list[Mark], list[Mark]]:
    left = list(theirs)
    only_ours = []
    for mark in ours:
        same = next((other for other in left if other.what == mark.what), None)
        if same:
            left.remove(same)
        else:
            only_ours.append(mark)
    return only_ours, left


def _side(language: str, mark: Mark | None) -> str:
    return f'{language} line {mark.line} has "{mark.what}"' if mark else f"{language} has none there"


def pages(docs: Path, language: str) -> set[str]:
    return {path.relative_to(docs / language).as_posix() for path in (docs / language).rglob("*.md")}


def compare(docs: Path) -> list[str]:
    """Return all that differs between docs/es and docs/en."""
    both = {language: pages(docs, language) for language in LANGUAGES}
    messages = [
        f"{page}: is in {language} only"
        for language, other in (LANGUAGES, LANGUAGES[::-1])
        for page in sorted(both[language] - both[other])
    ]
    for page in sorted(both["es"] & both["en"]):
        one, other = ((docs / language / page).read_text("utf-8") for language in LANGUAGES)
        messages += differences(page, one, other)
    drawings = {language: {path.name for path in (docs / language).glob("drawings/*.svg")} for language in LANGUAGES}
    messages += [f"drawings/{name}: is in one language only" for name in sorted(drawings["es"] ^ drawings["en"])]
    return messages


def digests(docs: Path) -> dict[str, dict[str, str]]:
    """Return for each page that both languages have the hash of each side."""
    return {
        page: {
            language: hashlib.sha256((docs / language / page).read_bytes()).hexdigest()[:16] for language in LANGUAGES
        }
        for page in sorted(pages(docs, "es") & pages(docs, "en"))
    }


def not_compared(docs: Path, ledger: Path) -> list[str]:
    """Return what changed in one language only since somebody compared both: that one leads."""
    recorded: dict[str, dict[str, str]] = json.loads(ledger.read_text("utf-8")) if ledger.exists() else {}
    messages = []
    for page, now in digests(docs).items():
        before = recorded.get(page)
        if before is None:
            messages.append(f"{page}: nobody has compared its languages yet")
            continue
        changed = [language for language in LANGUAGES if before[language] != now[language]]
        if len(changed) == 1:
            messages.append(f"{page}: {changed[0]} changed after the languages were compared, the other did not")
        elif changed:
            messages.append(f"{page}: both languages changed after they were compared")
    return messages


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--record", action="store_true")
    options = parser.parse_args()
    wrong = compare(DOCS)
    print("\n".join(wrong))
    if options.record and not wrong:
        LEDGER.write_text(json.dumps(digests(DOCS), indent=1, sort_keys=True) + "\n", "utf-8")
        print(f"{LEDGER.relative_to(ROOT)} records that both languages of {len(digests(DOCS))} pages were compared.")
    elif not options.record:
        for message in not_compared(DOCS, LEDGER):
            print(f"note: {message} (compare them, then `make ledger`)")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
