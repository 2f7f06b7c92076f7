"""Let a query without accents find accented words, and the other way round. Changes no text that a reader sees."""

from __future__ import annotations

import json
import re
import unicodedata
from pathlib import Path
from typing import Any


def fold(text: str) -> str:
    """Return the text without accents and in lower case.

    >>> fold("Gráfica")
    'grafica'
    >>> fold("")
    ''
    """
    decomposed = unicodedata.normalize("NFKD", text.lower())
    return "".join(character for character in decomposed if not unicodedata.combining(character))


def words_to_add(title: str, text: str) -> list[str]:
    """Return the folded forms of the accented words of a search entry, in order.

    >>> words_to_add("Gráfica", "<p>La cola grafica</p>")
    []
    >>> words_to_add("Patrón", "<p>Un patrón y una región</p>")
    ['patron', 'region']
    """
    words = set(re.findall(r"\w+", re.sub(r"<[^>]+>", " ", f"{title} {text}").lower()))
    return sorted({fold(word) for word in words} - words)


def on_post_build(config: Any) -> None:
    path = Path(config.site_dir) / "search" / "search_index.json"
    index = json.loads(path.read_text("utf-8"))
    for entry in index["docs"]:
        extra = words_to_add(entry["title"], entry["text"])
        if extra:
            # Results show the text of their entry as HTML: what is hidden is found, and not shown.
            entry["text"] += "<p hidden>" + " ".join(extra) + "</p>"
    path.write_text(json.dumps(index, ensure_ascii=False), "utf-8")
