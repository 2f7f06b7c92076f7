"""Gives every page of a built site a policy with the hashes of its own inline scripts; styles stay free."""

from __future__ import annotations

import base64
import hashlib
import re
import sys
from pathlib import Path

SCRIPT = re.compile(r"<script(?P<attributes>[^>]*)>(?P<text>.*?)</script>", re.S | re.I)
CHARSET = re.compile(r'<meta charset="?utf-8"?\s*/?>', re.I)
POLICY = (
    "default-src 'none'",
    "script-src 'self' 'wasm-unsafe-eval'{hashes}",
    "worker-src 'self' blob:",
    "connect-src 'self'",
    "style-src 'self' 'unsafe-inline'",  # the editor and Material set styles; they load nothing
    "img-src 'self' data: blob:",
    "font-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
)


def inline_scripts(html: str) -> list[str]:
    """Return the text of each script that would run and has no `src`.

    >>> inline_scripts('<script>a()</script><script src="b.js"></script><script type="application/json">{}</script>')
    ['a()']
    """
    return [
        match["text"]
        for match in SCRIPT.finditer(html)
        if " src" not in match["attributes"] and "application/" not in match["attributes"]
    ]


def policy(html: str) -> str:
    """Return the policy of one page.

    >>> "sha256-" in policy("<script>a()</script>"), "sha256-" in policy("<p>nothing</p>")
    (True, False)
    """
    digests = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in inline_scripts(html)]
    hashes = "".join(f" 'sha256-{digest}'" for digest in sorted(set(digests)))
    return "; ".join(POLICY).format(hashes=hashes)


def with_policy(html: str) -> str:
    """Return the page with its policy right after the charset, before anything that it governs.

    >>> with_policy("<head><meta charset='utf-8'></head>")
    Traceback (most recent call last):
    ValueError: no <meta charset="utf-8">
    """
    if "Content-Security-Policy" in html:
        return html
    changed, count = CHARSET.subn(
        lambda match: f'{match[0]}<meta http-equiv="Content-Security-Policy" content="{policy(html)}">', html, count=1
    )
    if not count:
        raise ValueError('no <meta charset="utf-8">')
    return changed


def protect(site: Path) -> int:
    """Give every page below a folder its policy and return how many there are."""
    pages = sorted(site.rglob("*.html"))
    for page in pages:
        try:
            page.write_text(with_policy(page.read_text("utf-8")), "utf-8")
        except ValueError as error:
            raise ValueError(f"{page}: {error}") from None
    return len(pages)


if __name__ == "__main__":
    print(f"{protect(Path(sys.argv[1]))} pages have a content security policy")
