"""What the balancer answers by itself, each answer with what causes it, as a table; the pages that it sends."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import NamedTuple

from eslabon.elbv2.application.desync import is_clean
from eslabon.elbv2.application.headers import SERVER, Attributes, date, for_client, forwarded_addresses, set_by
from eslabon.elbv2.application.messages import Headers, Request, Response

LINE_LIMIT = 16 * 1024  # bytes of a request line, and of a single header
HEAD_LIMIT = 64 * 1024  # of all headers
FORWARDED_LIMIT = 30  # addresses in X-Forwarded-For
CONNECT_TIMEOUT = 10.0  # seconds until a target must have taken a connection
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#]")


class Cause(NamedTuple):
    """Why a balancer answers by itself; error_reason: what access logs say of functions."""

    status: int
    when: str
    error_reason: str = ""
    modelled: bool = True


# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html#load-balancer-http-error-codes
# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-access-logs.html#error-reason-codes
CAUSES: dict[str, Cause] = {
    "malformed request": Cause(400, "the request is not HTTP, or the desync mitigation mode blocks it"),
    "headers too large": Cause(400, "a header exceeds 16 KB, or all together 64 KB"),
    "incomplete request": Cause(400, "the client closed the connection before it had sent the whole body"),
    "plain HTTP": Cause(400, "plain HTTP was sent to an HTTPS listener"),
    "upgrade": Cause(400, "the client wants WebSockets, and the target is a Lambda function"),
    "not UTF-8": Cause(400, "the request to a Lambda function has bytes that are not UTF-8", "LambdaBadRequest"),
    "unauthenticated": Cause(401, "the rule authenticates users, and the user is not", modelled=False),
    "blocked by WAF": Cause(403, "AWS WAF blocked the request", modelled=False),
    "TRACE": Cause(405, "the method is TRACE"),
    "silent client": Cause(408, "the client sent nothing for as long as the idle timeout"),
    "body too large": Cause(413, "the target is a Lambda function, and the body exceeds 1 MB", "LambdaRequestTooLarge"),
    "target too long": Cause(414, "URL and query string exceed 16 KB"),
    "client left": Cause(460, "the client closed the connection before the target had answered"),
    "too many addresses": Cause(463, "X-Forwarded-For has more than 30 addresses"),
    "protocol version": Cause(464, "the request is HTTP/1.1, and the target group's version HTTP/2 or gRPC"),
    "transform failed": Cause(500, "a transform of the rule produced what cannot be sent"),
    "transfer coding": Cause(501, "Transfer-Encoding is neither chunked nor identity"),
    "refused": Cause(502, "the target refused the connection: nothing listens at its port"),
    "closed": Cause(502, "the target closed the connection before it had answered"),
    "malformed response": Cause(502, "what the target answered is not HTTP"),
    "handshake": Cause(502, "the TLS handshake with the target failed"),
    "deregistered": Cause(502, "the deregistration delay was over before the target had answered"),
    "access denied": Cause(502, "the function's policy does not let the balancer invoke it", "LambdaAccessDenied"),
    "no function": Cause(502, "the Lambda function does not exist any more", "LambdaResourceNotFound"),
    "function failed": Cause(502, "the Lambda function raised an error, or timed out", "LambdaUnhandled"),
    "invalid function response": Cause(502, "the Lambda function's response is malformed", "LambdaInvalidResponse"),
    "function response too large": Cause(502, "the Lambda function's response exceeds 1 MB", "LambdaResponseTooLarge"),
    "no targets": Cause(503, "no target that could get it is registered in the target group"),
    "no weight": Cause(503, "all target groups of the rule have the weight 0"),
    "connection time-out": Cause(504, "the target did not take the connection within 10 seconds"),
    "idle time-out": Cause(504, "the target did not answer within the idle timeout"),
    "identity provider": Cause(561, "the identity provider answered with an error", modelled=False),
}

# Phrases where the balancer's are not those of RFC 9110.
PHRASES = {
    405: "Not Allowed",
    408: "Request Time-out",
    413: "Request Entity Too Large",
    414: "Request-URI Too Large",
    503: "Service Temporarily Unavailable",
    504: "Gateway Time-out",
}
# What the page says besides the status, as AWS shows it: https://repost.aws/knowledge-center/api-gateway-private-integration-errors
NOTES = {"plain HTTP": "The plain HTTP request was sent to HTTPS port"}


def refusal(request: Request) -> str | None:
    """Why the balancer takes no notice of any rule for a request, as a key of CAUSES; None: it looks at its rules.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html

    >>> refusal(Request("TRACE", "/")), refusal(Request("GET", "/"))
    ('TRACE', None)
    >>> refusal(Request("GET", "/", (("X-Forwarded-For", ", ".join(["192.0.2.1"] * 31)),)))
    'too many addresses'
    """
    if len(request.target) > LINE_LIMIT:
        return "target too long"
    if not request.target.startswith("/") and not _is_target(request):
        return "malformed request"
    refused = request.fields.once(_refused)
    return "TRACE" if request.method == "TRACE" and refused != "headers too large" else refused


def is_usual(target: str) -> bool:
    """Whether nothing is the matter with a request target by itself, as of most: it is a path, and not too long.

    >>> is_usual("/cart?size=m"), is_usual("http://example.com/"), is_usual("/a b"), is_usual("/" + "a" * LINE_LIMIT)
    (True, False, False, False)
    """
    return target.startswith("/") and len(target) <= LINE_LIMIT and is_clean(target)


def _is_target(request: Request) -> bool:
    """Whether what is no path is a whole URL, or the * of OPTIONS (RFC 9112, section 3.2)."""
    return _URL.match(request.target) is not None or (request.method, request.target) == ("OPTIONS", "*")


def _refused(headers: Headers) -> str | None:
    size = headers.size
    if size > HEAD_LIMIT or (size > LINE_LIMIT and max(Headers([one]).size for one in headers) > LINE_LIMIT):
        return "headers too large"
    coded = headers.by_name.get("transfer-encoding")
    if coded and not {part.strip().lower() for part in ",".join(coded).split(",")} <= {"chunked", "identity"}:
        return "transfer coding"
    return "too many addresses" if forwarded_addresses(headers) > FORWARDED_LIMIT else None


def phrase(status: int) -> str:
    """The reason phrase with which the balancer sends a status; empty for those that are AWS's own.

    >>> phrase(503), phrase(502), phrase(460)
    ('Service Temporarily Unavailable', 'Bad Gateway', '')
    """
    return PHRASES.get(status) or (HTTPStatus(status).phrase if status in set(HTTPStatus) else "")


def page(status: int, note: str = "") -> bytes:
    r"""The page that the balancer sends with a status: of 503 it has 162 bytes, of 502 it has 122.

    note: what it says besides.

    >>> len(page(503)), len(page(502))
    (162, 122)
    >>> page(504).splitlines()[3]
    b'<center><h1>504 Gateway Time-out</h1></center>'
    """
    heading = f"{status} {phrase(status)}".rstrip()
    title, told = (f"{status} {note}", [f"<center>{note}</center>"]) if note else (heading, [])
    lines = ["<html>", f"<head><title>{title}</title></head>", "<body>", f"<center><h1>{heading}</h1></center>", *told]
    return "\r\n".join([*lines, "</body>", "</html>", ""]).encode()


def failure(cause: str) -> Response:
    """The response for a cause, a key of CAUSES; `own` gives it its headers.

    >>> failure("no targets").status, failure("no targets").headers
    (503, (('Content-Type', 'text/html'),))
    >>> failure("bad luck")
    Traceback (most recent call last):
    KeyError: 'bad luck'
    """
    status = CAUSES[cause].status
    return Response(status, (("Content-Type", "text/html"),), page(status, NOTES.get(cause, "")))


def own(response: Response, listener: Attributes, now: float) -> Response:
    """The balancer's own answer with its headers, and a redirect's with its page.

    listener: its attributes; routing.http.response.server.enabled takes the Server header away.

    >>> answer = own(failure("no targets"), {}, now=0)
    >>> for name, value in answer.headers:
    ...     print(f"{name}: {value}")
    Server: awselb/2.0
    Date: Thu, 01 Jan 1970 00:00:00 GMT
    Content-Type: text/html
    Content-Length: 162
    >>> own(failure("no targets"), {"routing.http.response.server.enabled": "false"}, now=0).headers[0][0]
    'Date'
    """
    body, headers = response.body, response.headers
    if 300 <= response.status < 400:
        body, headers = page(response.status), (("Content-Type", "text/html"), *headers)
    server = () if listener.get("routing.http.response.server.enabled") == "false" else (("Server", SERVER),)
    dated = ("Date", date(int(now)))
    if response.status == 204:  # it has no content, whatever a rule says
        body = b""
    length = () if response.status == 204 else (("Content-Length", str(len(body))),)
    whole = (*server, dated, *headers, *length)
    reason = phrase(response.status) or response.reason
    return Response(response.status, for_client(Headers(whole), set_by(listener), now), body, reason)
