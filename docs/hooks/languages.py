"""One build a language: addresses, menu, links to the same page in the other language. Translates no text."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import Any
from urllib.parse import quote

import yaml
from mkdocs.exceptions import ConfigurationError

DOCS = Path(__file__).resolve().parents[1]
ROOT = DOCS.parent
LANGUAGES = ("es", "en")
FEEDBACK = {
    "es": ("Sobre la página «{title}»", "Página: {url}\n\nQué esperabas:\n\nQué has encontrado:\n"),
    "en": ("About the page “{title}”", "Page: {url}\n\nWhat you expected:\n\nWhat you found:\n"),
}
_live = False


def on_startup(command: str, dirty: bool) -> None:
    global _live
    _live = command == "serve"


def on_config(config: Any) -> Any:
    """Give each language its own address below SITE_URL, and its menu from docs/nav.yml."""
    language = config.theme["language"]
    base = config.site_url.rstrip("/") + "/"
    config.extra["site_base"] = base
    config.extra["language"] = language
    config.extra["live"] = _live
    # The runner lies beside both languages; while a writer works, inside the only one there is.
    config.extra["runner_root"] = "_runner/" if _live else "../_runner/"
    config.extra["has_runner"] = (ROOT / "build/runner/runner.js").exists()
    config.extra["wheel"] = _wheel_name()
    if not _live:
        config.site_url = base + language + "/"
    # A draft (`make live`, or DRAFT=1) shows what is missing instead of failing on it.
    config.extra["draft"] = _live or bool(os.environ.get("DRAFT"))
    menu = yaml.safe_load((DOCS / "nav.yml").read_text("utf-8"))
    config.nav = _menu(menu, language, Path(config.docs_dir) if config.extra["draft"] else None)
    return config


def _wheel_name() -> str:
    version = re.search(r'^version = "([^"]+)"', (ROOT / "pyproject.toml").read_text("utf-8"), re.M)
    if not version:
        raise ConfigurationError('pyproject.toml: no line `version = "…"`')
    return f"eslabon-{version[1]}-py3-none-any.whl"


def _menu(entries: list[Any], language: str, docs: Path | None = None) -> list[Any]:
    """Turn the entries of docs/nav.yml into MkDocs' nav, without the pages that are not in `docs`, if given.

    >>> _menu(["index.md", {"es": "Eventos", "en": "Events", "pages": ["events/index.md"]}], "es")
    ['index.md', {'Eventos': ['events/index.md']}]
    """
    menu: list[Any] = []
    for entry in entries:
        path = entry if isinstance(entry, str) else entry.get("path")
        if path is None:
            pages = _menu(entry["pages"], language, docs)
            menu += [{entry[language]: pages}] if pages else []
        elif docs is None or (docs / path).exists():
            menu.append(path if isinstance(entry, str) else {entry[language]: path})
    return menu


def on_files(files: Any, config: Any) -> Any:
    """Theme files that only the build reads are not published."""
    for file in [f for f in files if f.src_uri.startswith(("drawings/", "root/", "assets/screenshot"))]:
        files.remove(file)
    return files


def on_page_context(context: dict[str, Any], page: Any, config: Any, nav: Any) -> dict[str, Any]:
    """Give the templates the address of this page in every language and the prefilled feedback link."""
    base = config.extra["site_base"]
    language = config.theme["language"]
    context["alternates"] = [{"lang": other, "absolute": f"{base}{other}/{page.url}"} for other in LANGUAGES]
    title, body = (text.format(title=page.title, url=page.canonical_url or page.url) for text in FEEDBACK[language])
    context["feedback_url"] = f"{config.repo_url.rstrip('/')}/issues/new?title={quote(title)}&body={quote(body)}"
    context["social_image"] = f"{base}{language}/assets/social-{language}.png"
    return context


def on_post_build(config: Any) -> None:
    """Only GitHub Pages' root 404 is ever served; a language's own would never be seen."""
    site = Path(config.site_dir)
    (site / "404.html").unlink(missing_ok=True)
    if config.extra["live"]:
        for name, target in (("runner", "_runner"), ("wheels", "wheels")):
            if (ROOT / "build" / name).exists():
                shutil.copytree(ROOT / "build" / name, site / target, dirs_exist_ok=True)
