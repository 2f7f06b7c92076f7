"""The cloud's network, in process: names and addresses, what answers there, and what WSGI applications answer.

No sockets, no streaming; certificates are for those that have them. How urllib gets here is urllibhook.py's.
"""

from __future__ import annotations

import io
import ipaddress
import sys
import traceback
import urllib.parse
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus
from typing import Any, NamedTuple

from eslabon import activation
from eslabon.errors import NotModelled

WsgiApplication = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
Headers = Sequence[tuple[str, str]]

CLIENT = "203.0.113.7"  # who is on the internet: an address for documentation, nobody's
PATIENCE = 127.0  # seconds until the operating system gives up connecting, with Linux's defaults
_PRIVATE = [ipaddress.IPv4Network(one) for one in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")]


@dataclass(slots=True)
class Host:
    """What listens at a port of an address, and how it behaves; delay: seconds until it begins to work on a request.

    refuse: it closes what wants to connect. silent: it takes requests and never answers.
    """

    application: WsgiApplication
    delay: float = 0.0
    refuse: bool = False
    silent: bool = False


class Call(NamedTuple):
    """A request as a client sends it; timeout: seconds that the client waits, None: as long as it takes."""

    method: str
    target: str  # path and query string
    headers: Headers
    body: bytes = b""
    scheme: str = "http"
    host: str = ""  # the name in the URL
    port: int = 80
    timeout: float | None = None
    context: Any = None  # the client's ssl.SSLContext, if it chose one
    client: str = CLIENT  # the address that it is sent from


class Result(NamedTuple):
    """What comes back."""

    status: int
    headers: Headers
    body: bytes = b""
    reason: str = ""


Endpoint = Callable[[Call], Result]


@lru_cache(maxsize=4096)
def is_private(address: str) -> bool:
    """Whether an IPv4 address is of a private network, as those of VPCs are; the internet knows no way there.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-target-groups.html#target-type

    >>> is_private("172.31.0.10"), is_private("203.0.113.7"), is_private("2001:db8::7")
    (True, False, False)
    """
    found = ipaddress.ip_address(address)
    return found.version == 4 and any(found in network for network in _PRIVATE)


class Unreachable(Exception):
    """A client has not got through: the reason is the OSError that its operating system, or its TLS, would give.

    >>> Unreachable(ConnectionRefusedError(111, "Connection refused")).reason.errno
    111
    """

    def __init__(self, reason: OSError) -> None:
        super().__init__(str(reason))
        self.reason = reason


def timed_out(call: Call) -> Unreachable:
    """What a client sees that nobody answers: of its operating system, or of its own time-out.

    >>> timed_out(Call("GET", "/", [])).reason.errno, timed_out(Call("GET", "/", [], timeout=5)).reason.errno
    (110, None)
    """
    own = TimeoutError("timed out")
    return Unreachable(TimeoutError(110, "Connection timed out") if call.timeout is None else own)


# Where the code that runs now, in this thread, is: in a network, at an address, with an active place.
_runs: ContextVar[tuple[Network | None, str, object]] = ContextVar("_runs", default=(None, CLIENT, None))


class Network:
    """The names and addresses that this cloud's network knows.

    >>> def hello(environ, start_response):
    ...     start_response("200 OK", [("Content-Type", "text/plain")])
    ...     return [environ["PATH_INFO"].encode()]
    >>> network = Network()
    >>> network.host("shop.example.com", hello)
    >>> network.find("SHOP.example.com") is hello, network.find("other.example.com")
    (True, None)
    """

    def __init__(self) -> None:
        self._hosts: dict[str, WsgiApplication] = {}
        self._addresses: dict[tuple[str, int], Host] = {}
        self.taken: set[str] = set()  # addresses of interfaces: no two in a cloud have the same, in whatever Regions
        self.resolvers: list[Callable[[str], Endpoint | None]] = []  # of services whose resources have names

    def host(self, name: str, application: WsgiApplication | None) -> None:
        """Let a WSGI application answer at a host name; None takes the name away.

        >>> network = Network()
        >>> network.host("shop.example.com", lambda environ, start_response: [])
        >>> network.host("shop.example.com", None)
        >>> network.find("shop.example.com") is None
        True
        """
        if application is None:
            self._hosts.pop(name.lower(), None)
        else:
            self._hosts[name.lower()] = application

    def find(self, name: str) -> WsgiApplication | None:
        """What answers at a host name, written in capitals or not; None when nothing does.

        >>> network = Network()
        >>> network.host("Shop.example.com", hello := lambda environ, start_response: [])
        >>> network.find("shop.EXAMPLE.com") is hello, network.find("example.com")
        (True, None)
        """
        return self._hosts.get(name.lower())

    def resolve(self, name: str) -> Endpoint | None:
        """What takes the requests to a host name: a WSGI application, or a resource that has this name.

        >>> network = Network()
        >>> network.resolvers.append(lambda name: (lambda call: Result(204, [])) if name == "shop.local" else None)
        >>> network.resolve("shop.local")(Call("GET", "/", [])).status, network.resolve("example.com")
        (204, None)
        """
        application = self.find(name)
        if application is not None:
            return lambda call: serve(application, call, call.client, catch=False)
        return next((found for resolver in self.resolvers if (found := resolver(name.lower()))), None)

    def attach(self, address: str, port: int, host: Host) -> None:
        """Let something listen at a port of an address, in place of what did.

        >>> network = Network()
        >>> network.attach("172.31.0.10", 80, Host(lambda environ, start_response: []))
        >>> network.at("172.31.0.10", 80).refuse, network.at("172.31.0.10", 443)
        (False, None)
        """
        self._addresses[address, port] = host

    def detach(self, address: str, port: int) -> None:
        """Let nothing listen there any more.

        >>> network = Network()
        >>> network.attach("172.31.0.10", 80, Host(lambda environ, start_response: []))
        >>> network.detach("172.31.0.10", 80)
        >>> network.at("172.31.0.10", 80) is None
        True
        """
        self._addresses.pop((address, port), None)

    def at(self, address: str, port: int) -> Host | None:
        """What listens at a port of an address; None: nothing, so a connection is refused.

        >>> Network().at("172.31.0.10", 80) is None
        True
        """
        return self._addresses.get((address, port))

    @contextmanager
    def running_at(self, address: str) -> Iterator[None]:
        """What the block runs is a program at this address: the requests that it makes come from there.

        >>> network = Network()
        >>> with network.running_at("172.31.0.10"):
        ...     network.caller
        '172.31.0.10'
        """
        before = _runs.set((self, address, activation.active()))
        try:
            yield
        finally:
            _runs.reset(before)

    @property
    def caller(self) -> str:
        """The address of the code that asks: of the machine where it runs, else of a client on the internet.

        A Lambda function that a program on a machine invokes runs elsewhere.

        >>> from eslabon import Cloud
        >>> with Cloud().activated() as cloud, cloud.network.running_at("172.31.0.10"):
        ...     with cloud.activated():
        ...         cloud.network.caller
        '203.0.113.7'
        """
        network, address, place = _runs.get()
        return address if network is self and place is activation.active() else CLIENT

    def release(self, address: str) -> None:
        """Let an address be taken again, with nothing listening there.

        >>> network = Network()
        >>> network.taken.add("172.31.0.10")
        >>> network.attach("172.31.0.10", 80, Host(lambda environ, start_response: []))
        >>> network.release("172.31.0.10")
        >>> network.taken, network.at("172.31.0.10", 80) is None
        (set(), True)
        """
        self.taken.discard(address)
        self._addresses = {place: host for place, host in self._addresses.items() if place[0] != address}


def serve(application: WsgiApplication, call: Call, client: str = "", *, catch: bool = True) -> Result:
    """What a WSGI application answers to a call; client: the address that it comes from.

    catch: an application that raises answers 500, as web servers do; the traceback is written to stderr. Raises
    ValueError for what is no response.

    >>> def hello(environ, start_response):
    ...     start_response("200 OK", [("Content-Type", "text/plain")])
    ...     return [environ["REQUEST_METHOD"].encode(), environ["HTTP_X_ITEM"].encode()]
    >>> serve(hello, Call("GET", "/", [("X-Item", "1"), ("x-item", "2")])).body
    b'GET1,2'
    >>> serve(lambda environ, start_response: [], Call("GET", "/", []))
    Traceback (most recent call last):
    ValueError: the application has not called start_response
    """
    started: list[tuple[str, list[tuple[str, str]]]] = []
    written: list[bytes] = []

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], None]:
        started.append((status, headers))
        return written.append

    try:
        chunks = list(application(_environ(call, client), start_response))
    except NotModelled:
        raise
    except Exception:
        if not catch:
            raise
        _tell(traceback.format_exc())
        return Result(500, [("Content-Type", "text/plain")], b"Internal Server Error", "Internal Server Error")
    if not started:
        raise ValueError("the application has not called start_response")
    status, headers = started[-1]
    code, _, reason = status.partition(" ")
    return Result(int(code), headers, b"".join([*written, *chunks]), reason or _phrase(int(code)))


@lru_cache(maxsize=256)
def _tell(trace: str) -> None:
    """Write a traceback to stderr, the same one once: health checks come back."""
    sys.stderr.write(trace)


def _phrase(status: int) -> str:
    return HTTPStatus(status).phrase if status in set(HTTPStatus) else ""


def _environ(call: Call, client: str) -> dict[str, Any]:
    """The call as WSGI has it (PEP 3333); a header that came several times is one, its values joined by commas."""
    path, _, query = call.target.partition("?")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": call.method,
        "SCRIPT_NAME": "",
        "RAW_URI": call.target,  # not WSGI's, but usual
        "PATH_INFO": urllib.parse.unquote(path, "latin-1"),
        "QUERY_STRING": query,
        "SERVER_NAME": call.host,
        "SERVER_PORT": str(call.port),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": client,
        "CONTENT_LENGTH": str(len(call.body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": call.scheme,
        "wsgi.input": io.BytesIO(call.body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in call.headers:
        key = name.upper().replace("-", "_")
        if key == "CONTENT_TYPE":
            environ[key] = value
        elif key != "CONTENT_LENGTH":
            key = f"HTTP_{key}"
            environ[key] = f"{environ[key]},{value}" if key in environ else value
    return environ
