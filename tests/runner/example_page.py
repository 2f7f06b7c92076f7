"""Writes a small page of runnable blocks under the site's policy, so that the runner is tested apart from the site."""

from __future__ import annotations

from html import escape
from pathlib import Path

from tools.csp import with_policy

PAGE = """<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>Runnable programs</title>
<link rel="stylesheet" href="../_runner/runner.css">
<script type="module" src="../_runner/runner.js"></script>
</head>
<body data-md-color-scheme="default">
<main><h1>Runnable programs</h1>
{blocks}
</main>
</body>
</html>
"""


def block(
    source: str,
    *,
    language: str = "en",
    recorded: str = "",
    snippet: str = "events/example",
    lab: str = "",
    cell: int = 0,
    files: str = "",
) -> str:
    """One block as the site writes it. files: the HTML of what the program finds beside itself."""
    place = f'data-lab="{lab}" data-cell="{cell}"' if lab else f'data-snippet="{snippet}"'
    shown = f'<pre class="eslabon-output" data-recorded>{escape(recorded)}</pre>' if recorded else ""
    return (
        f'<div class="eslabon-run" {place} data-language="{language}">'
        f'<template class="eslabon-source">{escape(source)}</template>'
        f'<div class="eslabon-code"><pre><code>{escape(source)}</code></pre></div>{files}{shown}</div>'
    )


def write_page(path: Path, blocks: list[str], language: str = "en") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(with_policy(PAGE.format(language=language, blocks="\n".join(blocks))), "utf-8")
