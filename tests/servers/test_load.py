"""Load for ten seconds, without an error: wrk where it is installed, otherwise clients of our own."""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable

import pytest

from tests.servers.conftest import TIMEOUT, EchoServer, World
from tests.servers.test_trouble import behind, states

Echoes = Callable[[int], list[EchoServer]]
SECONDS = 10
CLIENTS = 32
GET = b"GET / HTTP/1.1\r\nHost: shop.example.com\r\n\r\n"


async def client(address: tuple[str, int], until: float, found: Counter[str]) -> None:
    """One connection, one request after the other; whatever goes wrong is counted, and a new connection opened."""
    while time.monotonic() < until:
        try:
            reader, writer = await asyncio.open_connection(*address)
            while time.monotonic() < until:
                writer.write(GET)
                head = await reader.readuntil(b"\r\n\r\n")
                length = re.search(rb"Content-Length: (\d+)", head)
                assert length
                await reader.readexactly(int(length[1]))
                found[head[9:12].decode()] += 1
                if b"Connection: close" in head:
                    break
            writer.close()
        except (OSError, asyncio.IncompleteReadError) as error:
            found[type(error).__name__] += 1


def load(address: tuple[str, int], seconds: float) -> Counter[str]:
    """What came of requests over CLIENTS connections."""

    async def all_of_them() -> Counter[str]:
        found: Counter[str] = Counter()
        until = time.monotonic() + seconds
        await asyncio.gather(*(client(address, until, found) for _ in range(CLIENTS)))
        return found

    return asyncio.run(all_of_them())


@pytest.mark.long
def test_ten_seconds_of_load_bring_no_error(world: World, echoes: Echoes) -> None:
    with behind(world, *(target.place for target in echoes(2))) as server:
        host, port = server.address("shop", 80)
        wrk = shutil.which("wrk")
        if wrk is None:
            assert set(load((host, port), SECONDS)) == {"200"}
            return
        command = [wrk, "-t1", f"-c{CLIENTS}", f"-d{SECONDS}s", f"http://{host}:{port}/"]
        ran = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS * 6)
    assert "Socket errors" not in ran.stdout
    assert "Non-2xx" not in ran.stdout
    found = re.search(r"(\d+) requests in", ran.stdout)
    assert found
    assert int(found[1]) > 100


@pytest.mark.long
def test_a_target_that_dies_under_load_is_out_after_its_health_checks_in_real_time(
    world: World, echoes: Echoes
) -> None:
    """Two checks, five seconds apart, must fail: the window is ten seconds and the time-out of a check."""
    targets = echoes(2)
    with behind(world, *(target.place for target in targets)) as server:
        address = server.address("shop", 80)
        results: list[Counter[str]] = []
        during = threading.Thread(target=lambda: results.append(load(address, 14)))
        during.start()
        targets[1].kill()
        during.join(14 + TIMEOUT)
        assert sorted(states(world)) == ["healthy", "unhealthy"]
        cut = {"IncompleteReadError", "ConnectionResetError"}  # answers that had begun when it died
        assert set(results[0]) <= {"200", "502"} | cut
        assert set(load(address, 3)) == {"200"}
