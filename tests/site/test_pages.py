"""What every built page has: language, title, description, its other language, a policy, and only embedded code."""

from __future__ import annotations

import gzip
import json
import re
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

import pytest
from bs4 import BeautifulSoup

import csp
import links

SITE = Path(__file__).resolve().parents[2] / "build/site"
PAGES = [
    path.relative_to(SITE).as_posix()
    for language in ("es", "en")
    for path in sorted((SITE / language).rglob("index.html"))
]
ON_A_TELEPHONE = 320  # pixels of a screen of 360 that a lab's chart has


@cache
def parsed(page: str) -> BeautifulSoup:
    return BeautifulSoup((SITE / page).read_text("utf-8"), "html.parser")


@cache
def compressed(file: Path) -> int:
    """Bytes of a file on the wire; what pages share is compressed once."""
    return len(gzip.compress(file.read_bytes()))


def test_there_are_pages() -> None:
    assert "es/index.html" in PAGES and "en/index.html" in PAGES


@pytest.mark.parametrize("page", PAGES)
def test_a_page_says_its_language_its_title_and_what_it_is_about(page: str) -> None:
    soup = parsed(page)
    assert soup.html["lang"] == page[:2]
    assert len(soup.select("h1")) == 1
    assert len(soup.select_one("meta[name=description]")["content"]) > 20
    assert soup.title.get_text().strip()
    for name in ("og:title", "og:description", "og:url", "og:image"):
        assert soup.select_one(f'meta[property="{name}"]')["content"]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_names_itself_in_both_languages_and_links_to_the_other(page: str) -> None:
    soup = parsed(page)
    other = "en" if page.startswith("es") else "es"
    place = page[3:].removesuffix("index.html")
    named = {link["hreflang"]: link["href"] for link in soup.select("head link[hreflang]")}
    assert named["es"].endswith(f"/es/{place}") and named["en"].endswith(f"/en/{place}")
    switch = soup.select_one("header a[hreflang]")
    assert switch["hreflang"] == other
    target = ((SITE / page).parent / switch["href"]).resolve()
    assert target == (SITE / other / place).resolve() and (target / "index.html").exists()


@pytest.mark.parametrize("page", PAGES)
def test_a_page_can_be_edited_and_commented_on(page: str) -> None:
    soup = parsed(page)
    assert f"/docs/{page[:2]}/" in soup.select_one("a[rel=edit]")["href"]
    assert any("/issues/new?title=" in link["href"] for link in soup.select("a[href]"))


@pytest.mark.parametrize("page", ["index.html", "404.html", *PAGES])
def test_a_page_has_a_policy_that_its_own_scripts_keep(page: str) -> None:
    html = (SITE / page).read_text("utf-8")
    policies = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]+)"', html)
    assert policies == [csp.policy(html)]
    assert "'unsafe-eval'" not in policies[0] and "http" not in policies[0]
    # Whatever the policy governs comes after it.
    assert html.index("Content-Security-Policy") < min(
        html.index(tag) for tag in ("<script", "<link", "<style") if tag in html
    )
    assert not re.search(r"<[^>]+\son\w+\s*=", re.sub(r"<template.*?</template>", "", html, flags=re.S))


@pytest.mark.parametrize("page", PAGES)
def test_pictures_have_a_text_and_code_comes_from_a_file(page: str) -> None:
    article = parsed(page).select_one("article")
    for picture in article.select("img"):
        assert picture.get("alt"), picture
    for drawing in article.select("figure.eslabon-drawing svg"):
        assert drawing.find("title").get_text(strip=True)
    for code in article.select("pre"):
        if "import boto3" in code.get_text():
            assert code.find_parent(class_=("eslabon-run", "eslabon-lines")), code.get_text()[:80]


@pytest.mark.parametrize("page", PAGES)
def test_markers_and_annotation_marks_are_in_no_code_that_runs(page: str) -> None:
    for source in parsed(page).select("template.eslabon-source"):
        text = source.get_text()
        assert text.strip() and "--8<--" not in text and not re.search(r"# \(\d+\)!?\s*$", text, re.M)
        compile(text, page, "exec", flags=0x2000)  # as a notebook's cell may, it may await


@pytest.mark.parametrize("page", PAGES)
def test_a_page_weighs_at_most_150_kb_before_anything_is_run(page: str) -> None:
    html = SITE / page
    files = [(html.parent / fetched).resolve() for fetched in links.read(html.read_text("utf-8")).fetched]
    assert sum(map(compressed, [html, *files])) <= 150_000


def test_the_sitemap_and_llms_txt_name_every_page() -> None:
    names = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9"}
    listed = {element.text for element in ElementTree.parse(SITE / "sitemap.xml").findall(".//s:loc", names)}
    assert len(listed) == len(PAGES)
    for page in PAGES:
        place = page.removesuffix("index.html")
        assert any(address.endswith("/" + place) for address in listed)
        assert f"/{place})" in (SITE / page[:2] / "llms.txt").read_text("utf-8")


@pytest.mark.parametrize("language", ["es", "en"])
def test_a_language_can_be_downloaded_and_read_from_a_folder(language: str, tmp_path: Path) -> None:
    import zipfile

    with zipfile.ZipFile(SITE / f"eslabon-{language}.zip") as archive:
        archive.extractall(tmp_path)
    home = BeautifulSoup((tmp_path / "eslabon" / language / "index.html").read_text("utf-8"), "html.parser")
    followed = [
        link["href"].split("#")[0]
        for link in home.select("article a[href], nav a[href]")
        if not re.match(r"[a-z]+:", link["href"])
    ]
    assert followed
    for link in filter(None, followed):
        assert (tmp_path / "eslabon" / language / link).is_file(), link
    assert (tmp_path / "eslabon/serve.py").is_file()


@pytest.mark.parametrize("page", [page for page in PAGES if "/labs/" in page])
def test_a_lab_s_chart_is_legible_on_a_telephone(page: str) -> None:
    for chart in parsed(page).select("div.eslabon-figure > svg:not([style*=min-width])"):  # others are scrolled
        width = float(chart["viewbox"].split()[2])
        sizes = [float(part["font-size"]) for part in [chart, *chart.select("[font-size]")]]
        assert min(sizes) * min(1, ON_A_TELEPHONE / width) >= 10


@pytest.mark.parametrize("notebook", sorted(SITE.glob("*/labs/*.ipynb")), ids=lambda path: path.name)
def test_a_downloaded_notebook_has_no_syntax_that_jupyter_does_not_know(notebook: Path) -> None:
    cells = json.loads(notebook.read_text("utf-8"))["cells"]
    headings = [line for cell in cells for line in "".join(cell["source"]).split("\n") if line.startswith("#")]
    assert headings
    assert not [line for line in headings if "{#" in line]
