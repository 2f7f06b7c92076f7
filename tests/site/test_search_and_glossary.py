"""What search and glossary add to pages: folded accents, a link for the first use of a term; nothing else."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup

import glossary
import search

TERMS = glossary.parse("bus\nbuses\n:   Where events go.\n\nregla\n:   What chooses events.\n")


def linked(html: str) -> str:
    soup = BeautifulSoup(html, "html.parser")
    glossary.link_terms(soup, TERMS, glossary.pattern_of(TERMS), "../glossary/")
    return str(soup)


def test_the_first_use_of_a_term_leads_to_its_meaning() -> None:
    assert linked("<p>Un bus y otro bus.</p>") == (
        '<p>Un <a class="eslabon-term" href="../glossary/#term-bus" title="Where events go.">bus</a> y otro bus.</p>'
    )


def test_another_name_of_a_term_and_a_capital_lead_to_it_too() -> None:
    assert 'href="../glossary/#term-bus"' in linked("<p>Dos buses</p>")
    assert 'href="../glossary/#term-regla"' in linked("<p>Regla</p>")


def test_each_section_links_a_term_again() -> None:
    assert linked("<p>bus</p><h2>x</h2><p>bus</p><h3>y</h3><p>bus</p>").count("eslabon-term") == 2


@pytest.mark.parametrize(
    "html",
    [
        "<h2>bus</h2>",
        "<code>bus</code>",
        "<pre>bus</pre>",
        '<a href="x">bus</a>',
        "<p>autobus, bus-stop, busca</p>",
        "<p>Custom Bus</p>",
        "<svg><text>bus</text></svg>",
    ],
)
def test_headings_code_links_drawings_and_parts_of_words_stay(html: str) -> None:
    assert linked(html) == html


def test_a_query_without_accents_finds_words_that_have_them() -> None:
    assert search.words_to_add("Gráfica", "<p>de <em>región</em> a ACCIÓN</p>") == ["accion", "grafica", "region"]
