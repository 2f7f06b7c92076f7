"""Where messages begin and end: every case of framing.json, in one piece and byte by byte, and what holds always."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eslabon.servers.framing import (
    Body,
    ChunkedBody,
    Malformed,
    parse_request,
    parse_response,
    read_request,
    read_response,
    request_body,
    response_body,
    split_head,
)
from tests.servers.framing_cases import ACCEPTED, CASES, REFUSED, Case, raw


def read(pieces: list[bytes]) -> tuple[str, str, bytes, bytes]:
    """Method, target, body and what follows a request that comes in these pieces."""
    coming = iter(pieces)
    data = b""
    while (found := split_head(data)) is None:
        data += next(coming)
    head = parse_request(found[0])
    body = request_body(head)
    content, rest = body.feed(found[1])
    while not body.complete:
        more, rest = body.feed(next(coming))
        content += more
    return head.method, head.target, content, rest


def test_there_are_as_many_cases_as_the_project_asks_for() -> None:
    assert len(REFUSED) >= 40
    assert len({case["id"] for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case["id"])
def test_what_two_readers_could_take_differently_is_refused(case: Case) -> None:
    with pytest.raises(Malformed) as refused:
        read([raw(case)])
    assert refused.value.status == case["status"]


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case["id"])
def test_it_is_refused_too_when_it_comes_byte_by_byte(case: Case) -> None:
    data = raw(case)
    pieces = [data[at : at + 1] for at in range(len(data))] if len(data) < 2000 else [data[:20], data[20:]]
    with pytest.raises(Malformed):
        read(pieces)


@pytest.mark.parametrize("case", ACCEPTED, ids=lambda case: case["id"])
@pytest.mark.parametrize("size", [1, 7, 1 << 20])
def test_what_has_one_meaning_is_read(case: Case, size: int) -> None:
    data = raw(case) + b"GET /next HTTP/1.1\r\nHost: a\r\n\r\n"
    size = size if len(data) < 2000 else 1 << 20
    method, target, body, rest = read([data[at : at + size] for at in range(0, len(data), size)])
    assert (method, target, body.decode()) == (case["method"], case["target"], case["body"])
    assert b"GET /next HTTP/1.1".startswith(rest[:18])


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case["id"])
def test_it_is_refused_too_after_a_request_that_was_well_formed(case: Case) -> None:
    for before in (
        b"GET / HTTP/1.1\r\nHost: a\r\n",
        b"GET / HTTP/1.0\r\n",
        b"POST / HTTP/1.0\r\nContent-Length: 1\r\n",
    ):
        with pytest.raises(Malformed) as refused:
            found = read_request(raw(case), parse_request(before))
            assert found is not None
            body = request_body(found[0])
            while not body.complete:
                body.feed(found[1] or b"\0")
        assert refused.value.status == case["status"]


@pytest.mark.parametrize("case", ACCEPTED, ids=lambda case: case["id"])
def test_a_request_that_is_repeated_is_read_alike(case: Case) -> None:
    first = read_request(raw(case))
    assert first is not None
    again = read_request(raw(case), first[0])
    assert again == first and again[0].headers is first[0].headers


def test_a_request_of_another_version_is_read_anew() -> None:
    first = parse_request(b"GET / HTTP/1.0\r\n")
    with pytest.raises(Malformed):
        read_request(b"GET / HTTP/1.1\r\n\r\n", first)


def test_a_head_that_only_begins_as_the_last_one_is_another() -> None:
    first = parse_request(b"GET / HTTP/1.1\r\nHost: a\r\n")
    longer = read_request(b"GET / HTTP/1.1\r\nHost: a\r\nX-Item: 1\r\n\r\n", first)
    assert longer is not None and len(longer[0].headers) == 2
    assert read_request(b"GET / HTTP/1.1\r\nHost: a\r\n", first) is None
    response = parse_response(b"HTTP/1.1 200 OK\r\nServer: a\r\n")
    other = read_response(b"HTTP/1.1 200 OK\r\nServer: ab\r\n\r\n", response)
    assert other is not None and other[0].headers == (("Server", "ab"),)


@pytest.mark.parametrize(
    ("head", "method", "left"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n", "GET", 9),
        (b"HTTP/1.1 200 OK\r\n", "GET", None),  # RFC 9112, section 6.3: until the connection closes
        (b"HTTP/1.1 204 No Content\r\nContent-Length: 9\r\n", "GET", 0),
        (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n", "GET", 0),
        (b"HTTP/1.1 103 Early Hints\r\n", "GET", 0),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n", "HEAD", 0),
    ],
)
def test_how_long_a_response_is_depends_on_the_request_too(head: bytes, method: str, left: int | None) -> None:
    body = response_body(parse_response(head), method)
    assert body.left == left
    assert body.complete is (left == 0)


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n",
        b"HTTP/1.1 200 OK\r\nX-Long: 1\r\n 2\r\n",
        b"HTTP/1.1 200 OK\nServer: a\r\n",
        b"HTTP/1.1 20 OK\r\n",
        b"HTTP/2 200\r\n",
        b"200 OK\r\n",
    ],
)
def test_a_response_that_two_readers_could_take_differently_is_refused(head: bytes) -> None:
    with pytest.raises(Malformed):
        response_body(parse_response(head), "GET")


@settings(deadline=None)
@given(st.lists(st.binary(min_size=1, max_size=300), max_size=8), st.lists(st.integers(1, 50), min_size=1))
def test_chunks_are_read_alike_however_they_are_cut(contents: list[bytes], sizes: list[int]) -> None:
    data = b"".join(b"%x\r\n%b\r\n" % (len(one), one) for one in contents) + b"0\r\n\r\n" + b"NEXT"
    body, found, rest = ChunkedBody(), b"", b""
    at = 0
    for number in range(len(data)):
        size = sizes[number % len(sizes)]
        piece = data[at : at + size]
        at += size
        if body.complete:
            rest += piece
            continue
        content, rest = body.feed(piece)
        found += content
    assert found == b"".join(contents)
    assert rest == b"NEXT"


@given(st.binary(max_size=200))
def test_no_bytes_make_the_reader_fail_in_any_other_way(data: bytes) -> None:
    for start in (b"", b"GET / HTTP/1.1\r\nHost: a\r\n"):
        try:
            found = split_head(start + data + b"\r\n\r\n")
            assert found
            request_body(parse_request(found[0])).feed(found[1])
        except Malformed:
            pass
    try:
        ChunkedBody().feed(data)
    except Malformed:
        pass


def test_a_body_without_length_never_ends_by_itself() -> None:
    body = Body(None)
    assert body.feed(b"all") == (b"all", b"")
    assert not body.complete
