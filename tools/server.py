"""Serves a folder on 127.0.0.1 with gzip and the MIME types that the page needs. Writes nothing, knows no TLS.

python tools/server.py build/site [--port 8000] [--prefix /eslabon/]
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import posixpath
import re
import socket
import sys
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

MIME = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".ipynb": "application/x-ipynb+json",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".map": "application/json",
    ".mjs": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".py": "text/x-python; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".wasm": "application/wasm",
    ".whl": "application/octet-stream",
    ".xml": "application/xml",
    ".zip": "application/zip",
}
# GitHub Pages compresses these kinds (and neither .zip nor .bin), so sizes seen here are the published ones.
COMPRESSED = {".css", ".html", ".ipynb", ".js", ".json", ".map", ".mjs", ".svg", ".txt", ".wasm", ".xml"}
# A name with the hash of the content never means anything else.
BY_CONTENT = re.compile(r"-[0-9a-f]{12,}\.")
TRIES = 20


class Site:
    """The files below a folder as (body, headers); compressed bodies are kept while the file does not change."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self._kept: dict[tuple[str, int, int], bytes] = {}
        self._lock = threading.Lock()

    def find(self, path: str) -> Path | None:
        """Return the file of a URL path below the root, index.html for a folder, or None."""
        target = (self.root / posixpath.normpath("/" + path).lstrip("/")).resolve()
        if target != self.root and self.root not in target.parents:
            return None
        if target.is_dir():
            target = target / "index.html"
        return target if target.is_file() else None

    def compressed(self, file: Path) -> bytes:
        state = file.stat()
        key = (str(file), state.st_mtime_ns, state.st_size)
        with self._lock:
            if key not in self._kept:
                self._kept[key] = gzip.compress(file.read_bytes(), 6, mtime=0)
            return self._kept[key]

    def warm(self) -> None:
        """Compress the large files before the first reader asks for them."""
        for file in sorted(self.root.glob("_runner/**/*"), key=lambda f: -f.stat().st_size):
            if file.is_file() and file.suffix in COMPRESSED and file.stat().st_size > 100_000:
                self.compressed(file)


class Handler(BaseHTTPRequestHandler):
    """Answers GET and HEAD for one Site below one prefix."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 1 << 16
    site: Site
    prefix = "/"

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def _answer(self, with_body: bool) -> None:
        path = unquote(urlsplit(self.path).path)
        if path == self.prefix.rstrip("/") and self.prefix != "/":
            return self._redirect(self.prefix)
        file = self.site.find(path[len(self.prefix) :]) if path.startswith(self.prefix) else None
        if file is not None and file.name == "index.html" and not path.endswith(("/", "index.html")):
            return self._redirect(path + "/")
        status = HTTPStatus.OK
        if file is None:
            status, file = HTTPStatus.NOT_FOUND, self.site.find("404.html")
        self._send(status, file, with_body)

    def _redirect(self, target: str) -> None:
        # One slash only: "//host" would be another origin.
        self.send_response(HTTPStatus.MOVED_PERMANENTLY)
        self.send_header("Location", "/" + target.lstrip("/"))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _send(self, status: HTTPStatus, file: Path | None, with_body: bool) -> None:
        suffix = file.suffix if file else ".txt"
        zipped = suffix in COMPRESSED and file is not None and "gzip" in self.headers.get("Accept-Encoding", "")
        body = b"404\n" if file is None else self.site.compressed(file) if zipped else file.read_bytes()
        tag = f'"{hashlib.sha256(body).hexdigest()[:20]}"'
        if status is HTTPStatus.OK and self.headers.get("If-None-Match") == tag:
            self.send_response(HTTPStatus.NOT_MODIFIED)
            self.send_header("ETag", tag)
            self.end_headers()
            return
        self.send_response(status)
        self.send_header("Content-Type", MIME.get(suffix, "application/octet-stream"))
        self.send_header("Content-Length", str(len(body)))
        named_by_content = status is HTTPStatus.OK and file is not None and BY_CONTENT.search(file.name)
        self.send_header("Cache-Control", "max-age=31536000, immutable" if named_by_content else "no-cache")
        self.send_header("ETag", tag)
        if suffix in COMPRESSED:
            self.send_header("Vary", "Accept-Encoding")
        if zipped:
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        if with_body:
            self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing for each request: the terminal shows the address, not the traffic."""


class Server(ThreadingHTTPServer):
    """A loopback server that nobody else shares the port with."""

    daemon_threads = True
    request_queue_size = 64
    allow_reuse_port = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A reader who leaves in the middle of an answer is no error; anything else is shown."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


def make_server(root: Path, port: int = 8000, prefix: str = "/") -> Server:
    """Return a server, not yet serving, on the first free port from `port` on (0: any)."""
    handler = type("SiteHandler", (Handler,), {"site": Site(root), "prefix": prefix})
    for candidate in range(port, port + TRIES) if port else [0]:
        if candidate and _answers(candidate):
            continue
        try:
            return Server(("127.0.0.1", candidate), handler)
        except OSError:
            continue
    raise OSError(f"no free port from {port} to {port + TRIES - 1} on 127.0.0.1: say another with PORT=…")


def _answers(port: int) -> bool:
    """Whether somebody listens there already, also one who bound all addresses."""
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("root", type=Path)
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--prefix", default="/")
    options = parser.parse_args()
    if not options.root.is_dir():
        sys.exit(f"{options.root} is not there yet: `make serve` builds it")
    try:
        server = make_server(
            options.root, options.port, "/" + options.prefix.strip("/") + "/" if options.prefix.strip("/") else "/"
        )
    except OSError as error:
        sys.exit(str(error))
    port = server.server_address[1]
    if options.port and port != options.port:
        print(f"Port {options.port} is taken; this is the next free one.")
    print(f"\n  Eslabón: http://127.0.0.1:{port}{options.prefix}\n\n  Ctrl+C stops it.", flush=True)
    handler: Any = server.RequestHandlerClass
    threading.Thread(target=handler.site.warm, daemon=True).start()
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        print()
    finally:
        server.server_close()


if __name__ == "__main__":
    main()
