"""`make serve`'s server: what a browser needs, and nothing outside its folder."""

from __future__ import annotations

import gzip
import http.client
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.server import Server, make_server


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    (root / "a").mkdir(parents=True)
    (root / "index.html").write_text("<p>home</p>", "utf-8")
    (root / "404.html").write_text("<p>none</p>", "utf-8")
    (root / "a/index.html").write_text("<p>a</p>", "utf-8")
    (root / "a/code.wasm").write_bytes(b"\0asm")
    (root / "a/run.mjs").write_text("export {}", "utf-8")
    (root / "a/data.bin").write_bytes(b"x" * 100)
    (tmp_path / "secret.txt").write_text("secret", "utf-8")
    return root


@pytest.fixture
def server(root: Path) -> Iterator[Server]:
    made = make_server(root, 0, "/repo/")
    threading.Thread(target=made.serve_forever, daemon=True).start()
    yield made
    made.shutdown()
    made.server_close()


def ask(server: Server, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_address[1], timeout=5)
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    result = answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    connection.close()
    return result


def test_it_listens_on_loopback_only(server: Server) -> None:
    assert server.server_address[0] == "127.0.0.1"


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("", "text/html; charset=utf-8"),
        ("a/code.wasm", "application/wasm"),
        ("a/run.mjs", "text/javascript; charset=utf-8"),
        ("a/data.bin", "application/octet-stream"),
    ],
)
def test_each_kind_of_file_has_its_mime_type(server: Server, path: str, kind: str) -> None:
    status, headers, _ = ask(server, "/repo/" + path)
    assert (status, headers["content-type"]) == (200, kind)


def test_text_and_wasm_are_compressed_for_who_accepts_it(server: Server) -> None:
    _, headers, body = ask(server, "/repo/", **{"Accept-Encoding": "gzip"})
    assert headers["content-encoding"] == "gzip" and gzip.decompress(body) == b"<p>home</p>"
    assert "content-encoding" not in ask(server, "/repo/")[1]
    assert "content-encoding" not in ask(server, "/repo/a/data.bin", **{"Accept-Encoding": "gzip"})[1]


def test_what_has_not_changed_is_not_sent_again(server: Server) -> None:
    tag = ask(server, "/repo/")[1]["etag"]
    assert ask(server, "/repo/", **{"If-None-Match": tag})[0] == 304


def test_a_folder_is_sent_to_its_slash_and_stays_on_this_server(server: Server) -> None:
    status, headers, _ = ask(server, "/repo/a")
    assert (status, headers["location"]) == (301, "/repo/a/")


@pytest.mark.parametrize(
    "path",
    ["/", "/other/", "/repo/none/", "/repo/../secret.txt", "/repo/%2e%2e/secret.txt", "/repo/a/..%2f..%2fsecret.txt"],
)
def test_nothing_outside_the_folder_is_served(server: Server, path: str) -> None:
    status, _, body = ask(server, path)
    assert status == 404 and b"secret" not in body


def test_a_port_that_is_taken_gives_way_to_the_next_free_one(root: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        server = make_server(root, port)
        assert server.server_address[1] > port
        server.server_close()
