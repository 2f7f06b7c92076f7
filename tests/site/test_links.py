"""Every link and anchor of the built site leads somewhere, and the checker that says so finds each kind of mistake."""

from __future__ import annotations

from pathlib import Path

import pytest

import links


def test_every_link_and_anchor_of_the_site_leads_somewhere_and_nothing_is_fetched_from_elsewhere(site: Path) -> None:
    assert links.problems(site) == []


@pytest.mark.parametrize(
    ("html", "problem"),
    [
        ('<a href="b/">x</a>', None),
        ('<a href="b/#there">x</a>', None),
        ('<a href="#here">x</a>', None),
        ('<a href="https://aws.amazon.com/">x</a>', None),
        ('<a href="c/">x</a>', "links to c/, which is not there"),
        ('<a href="b/#gone">x</a>', "links to b/#gone, where no id is 'gone'"),
        ('<a href="/b/">x</a>', "links to /b/, which breaks where the site is published below a path"),
        ('<a href="../outside.html">x</a>', "links to ../outside.html, which is not there"),
        ('<a href="javascript:void(0)">x</a>', "links to javascript:void(0): javascript is no address of a page"),
        ('<script src="https://example.com/a.js"></script>', "fetches https://example.com/a.js from elsewhere"),
        ('<link rel="stylesheet" href="//example.com/a.css">', "fetches //example.com/a.css from elsewhere"),
        ('<link rel="canonical" href="https://example.com/">', None),
        ('<img src="gone.svg">', "fetches gone.svg, which is not there"),
        ('<p id="here">x</p>', "the id 'here' is there twice"),
    ],
)
def test_a_mistake_is_found(tmp_path: Path, html: str, problem: str | None) -> None:
    site = tmp_path / "site"
    (site / "b").mkdir(parents=True)
    (tmp_path / "outside.html").write_text("outside", "utf-8")
    (site / "b/index.html").write_text('<h1 id="there">b</h1>', "utf-8")
    (site / "index.html").write_text(f'<h1 id="here">a</h1>{html}', "utf-8")
    assert links.problems(site) == ([f"index.html: {problem}"] if problem else [])
