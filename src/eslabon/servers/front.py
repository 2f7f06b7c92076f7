"""What an HTTP server knows of that to which requests lead: the seam between bytes and balancers. No behaviour."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from eslabon.elbv2.application.messages import Headers, Request, Response
from eslabon.servers.framing import ResponseHead


class Place(NamedTuple):
    """Where a target listens."""

    host: str
    port: int
    tls: bool = False


class Reply(Protocol):
    """What a client gets; close: its connection ends with it."""

    response: Response
    close: bool


class Going(Protocol):
    """A request on its way to a target; headers: for it, without the trace. close: both connections end with it."""

    rewritten: Request
    headers: Headers
    trace: str
    close: bool


class Front(Protocol):
    """What requests lead to: all that a server knows of a listener. `arrival` is what it said of the connection."""

    @property
    def idle_timeout(self) -> float:
        """Seconds without a byte after which a connection ends."""

    @property
    def keep_alive(self) -> float:
        """Seconds that a connection of a client may last."""

    def connect(self, peer: tuple[str, int], tls: ssl.SSLObject | None) -> Any:
        """What requests of this connection come with; None: it is closed."""

    def begin(self, arrival: Any, request: Request) -> tuple[Any, Any]:
        """What a request leads to: (a Reply, None) or (None, a Going)."""

    def place(self, going: Any) -> Place | None:
        """Where the target listens on a socket; None: it answers in this process."""

    def call(self, going: Any, body: bytes, reply: Callable[[Callable[[], Any]], None]) -> None:
        """Let a target in this process answer; `reply` is called once, now or later, with what makes the Reply."""

    def finish(self, going: Any, head: ResponseHead) -> Any:
        """The Reply for the head of the target's answer; its body is passed on."""

    def fail(self, going: Any, cause: str) -> Any:
        """The Reply when the target does not answer; `cause` is a key of answers.CAUSES."""

    def gone(self, going: Any) -> bool:
        """Whether the target was deregistered while it worked, and the deregistration delay is over."""

    def refuse(self, arrival: Any, request: Request, cause: str) -> Any:
        """The Reply for what is no request; `request`: as much of it as could be read."""

    def end(self, reply: Any, sent: int, received: int) -> None:
        """The exchange is over: `sent` bytes went to the client, `received` came after the head of its request."""


class Listening(Protocol):
    """What takes the connections of a listener; made in the event loop."""

    def protocol(self) -> asyncio.BaseProtocol:
        """What talks to the next client."""

    async def drain(self, grace: float) -> None:
        """End; what is under way has `grace` seconds."""
