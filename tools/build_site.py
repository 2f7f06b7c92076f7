"""Builds the whole site into build/site: both languages, and what lies beside them. It serves nothing.

Each language is one strict MkDocs build; the two run side by side and land only when both are good.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from xml.sax.saxutils import escape

from bs4 import BeautifulSoup

sys.path.insert(0, str(Path(__file__).parent))
import csp

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "build"
SITE = BUILD / "site"
THEME = ROOT / "docs/theme"
CONFIGURATIONS = {"es": "mkdocs.yml", "en": "mkdocs.en.yml"}
# DRAFT=1 is for writers: what is missing is shown in the page. Nothing published is ever a draft.
STRICT = [] if os.environ.get("DRAFT") else ["--strict"]
DEFAULT_URL = "https://example.github.io/eslabon/"
OFFLINE_README = {
    "es": (
        "LEEME.txt",
        "Eslabón sin conexión\n\nPara leer: abre es/index.html.\n"
        "Para buscar y ejecutar los programas hace falta un servidor, y Python lo trae:\n\n    python3 serve.py .\n\n"
        "y abre la dirección que dice, seguida de es/.\n",
    ),
    "en": (
        "README.txt",
        "Eslabón offline\n\nTo read: open en/index.html.\n"
        "To search and to run the programs a server is needed, and Python has one:\n\n    python3 serve.py .\n\n"
        "and open the address that it says, followed by en/.\n",
    ),
}


def base_url() -> str:
    """Return the address that the site is published at, with its last slash."""
    return (os.environ.get("SITE_URL") or DEFAULT_URL).rstrip("/") + "/"


def build_languages(target: Path) -> None:
    """Run both MkDocs builds at once; exit with what they said when one fails."""
    environment = dict(
        os.environ, NO_MKDOCS_2_WARNING="1", SITE_URL=base_url(), PYTHONPATH=str(ROOT / "src"), PYTHONHASHSEED="0"
    )
    # What IAM allows each program is asked for by every page: all at once, boto3 is imported once.
    snippets = sorted(str(path) for path in (ROOT / "snippets").rglob("*.py"))
    command = [sys.executable, str(ROOT / "tools/actions.py"), *snippets]
    subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
    running = {
        language: subprocess.Popen(
            [sys.executable, "-m", "mkdocs", "build", *STRICT, "-f", name, "-d", str(target / language)],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for language, name in CONFIGURATIONS.items()
    }
    said = {language: process.communicate()[0] for language, process in running.items()}
    failed = [language for language, process in running.items() if process.returncode]
    for language in failed:
        print(f"--- {CONFIGURATIONS[language]}\n{said[language]}")
    if failed:
        sys.exit(f"The site was not built: see above ({', '.join(failed)}).")


def copy_shared(target: Path) -> None:
    """Put what both languages share beside them: the runner, the wheel, the root pages."""
    runner = BUILD / "runner"
    if (runner / "runner.js").exists():
        shutil.copytree(runner, target / "_runner")
    else:
        print("NOTE: build/runner is not built, so the pages show code and recorded output, without Run.")
    if (BUILD / "wheels").exists():
        shutil.copytree(BUILD / "wheels", target / "wheels")
    for page in sorted((THEME / "root").iterdir()):
        text = page.read_text("utf-8").replace("{{ base }}", base_url())
        (target / page.name).write_text(text, "utf-8")
    for name in ("favicon.svg", "social-es.png"):
        if (THEME / "assets" / name).exists():
            shutil.copy(THEME / "assets" / name, target / name)
    (target / ".nojekyll").touch()


def pages_of(folder: Path) -> list[Path]:
    """Return the pages of a language, the first one first, in the order of its menu."""
    order: list[Path] = [folder / "index.html"]
    menu = BeautifulSoup((folder / "index.html").read_text("utf-8"), "html.parser").select(
        "nav.md-nav--primary a[href]"
    )
    for link in menu:
        path = (folder / str(link["href"]).split("#")[0] / "index.html").resolve()
        if path.exists() and path not in order and folder.resolve() in path.parents:
            order.append(path)
    return order + [
        page for page in sorted(folder.rglob("index.html")) if page.resolve() not in {p.resolve() for p in order}
    ]


def write_indexes(target: Path) -> None:
    """Write sitemap.xml with the languages of each page, robots.txt, and llms.txt for each language and the root."""
    base = base_url()
    addresses = []
    for language in CONFIGURATIONS:
        lines = []
        for page in pages_of(target / language):
            place = page.resolve().relative_to((target / language).resolve()).as_posix().removesuffix("index.html")
            soup = BeautifulSoup(page.read_text("utf-8"), "html.parser")
            description = soup.select_one("meta[name=description]")
            title = (soup.title.get_text() if soup.title else place).removesuffix(" - Eslabón")
            lines.append(
                f"- [{title}]({base}{language}/{place}): {description['content'] if description else ''}".rstrip(": ")
            )
            links = "".join(
                f'<xhtml:link rel="alternate" hreflang="{other}" href="{escape(f"{base}{other}/{place}")}"/>'
                for other in CONFIGURATIONS
                if (target / other / place / "index.html").exists()
            )
            addresses.append(f"<url><loc>{escape(f'{base}{language}/{place}')}</loc>{links}</url>")
        root = BeautifulSoup((target / language / "index.html").read_text("utf-8"), "html.parser")
        summary = root.select_one("meta[name=description]")
        (target / language / "llms.txt").write_text(
            f"# Eslabón\n\n> {summary['content'] if summary else ''}\n\n" + "\n".join(lines) + "\n", "utf-8"
        )
    (target / "sitemap.xml").write_text(
        '<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" '
        'xmlns:xhtml="http://www.w3.org/1999/xhtml">\n' + "\n".join(addresses) + "\n</urlset>\n",
        "utf-8",
    )
    (target / "robots.txt").write_text(f"User-agent: *\nAllow: /\nSitemap: {base}sitemap.xml\n", "utf-8")
    (target / "llms.txt").write_text(
        "# Eslabón\n\n> AWS integration services, with programs that run in the page, in two languages.\n\n"
        f"- [Español]({base}es/llms.txt)\n- [English]({base}en/llms.txt)\n",
        "utf-8",
    )


def offline_html(html: str, language: str) -> str:
    """Return a page whose links open from a folder, where no server turns `rules/` into `rules/index.html`.

    What is not in the folder, the other language and the download itself, is linked where it is published.

    >>> offline_html('<a href="../rules/#or">x</a> <a href="https://aws.amazon.com/">y</a> <a href=".">z</a>', "es")
    '<a href="../rules/index.html#or">x</a> <a href="https://aws.amazon.com/">y</a> <a href="./index.html">z</a>'
    >>> offline_html('<a href="../../../en/events/bus/">x</a>', "es")
    '<a href="https://example.github.io/eslabon/en/events/bus/">x</a>'
    """
    other = next(name for name in CONFIGURATIONS if name != language)
    html = re.sub(rf'href="[./]*/\.\./((?:{other}/|eslabon-{language}\.zip)[^"]*)"', rf'href="{base_url()}\1"', html)
    html = re.sub(r'href="(\.\.?)"', r'href="\1/index.html"', html)
    return re.sub(r'href="((?![a-z]+:|//)[^"#?]*/)((?:#[^"]*)?)"', r'href="\1index.html\2"', html)


def write_offline(target: Path, language: str) -> None:
    """Write eslabon-<language>.zip: one language, what it needs to run, and a server."""
    name, text = OFFLINE_README[language]
    path = target / f"eslabon-{language}.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        archive.writestr(f"eslabon/{name}", text)
        archive.write(ROOT / "tools/server.py", "eslabon/serve.py")
        for folder in (language, "_runner", "wheels"):
            for file in sorted((target / folder).rglob("*")) if (target / folder).exists() else []:
                if file.is_file():
                    place = f"eslabon/{file.relative_to(target).as_posix()}"
                    if file.suffix == ".html":
                        archive.writestr(place, offline_html(file.read_text("utf-8"), language))
                    else:
                        archive.write(file, place)


def main() -> None:
    began = time.perf_counter()
    fresh = BUILD / "site.new"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    build_languages(fresh)
    copy_shared(fresh)
    write_indexes(fresh)
    pages = csp.protect(fresh)
    for language in CONFIGURATIONS:
        write_offline(fresh, language)
    shutil.rmtree(SITE, ignore_errors=True)
    fresh.rename(SITE)
    print(f"Site: {pages} pages in build/site, {time.perf_counter() - began:.1f} s")


if __name__ == "__main__":
    main()
