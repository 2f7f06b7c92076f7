"""Lambda functions as targets: the event that one gets for a request, and the response that its result is.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from typing import Any

from eslabon.elbv2.application.headers import is_header, without_hop_by_hop
from eslabon.elbv2.application.messages import Headers, Request, Response

LIMIT = 1_048_576  # bytes of a request's body, and of the JSON of a response
AS_TEXT = ("application/json", "application/javascript", "application/xml")
HEALTH_CHECKER = "ELB-HealthChecker/2.0"


class Invalid(ValueError):
    """A request that no function can get, or a result that is no response; `cause` is a key of answers.CAUSES."""

    def __init__(self, cause: str, message: str) -> None:
        super().__init__(message)
        self.cause = cause


def event(request: Request, group: str, *, multi_value: bool = False) -> dict[str, Any]:
    """The event for a request; group: the target group's ARN. Raises Invalid when a function cannot get it.

    multi_value: lambda.multi_value_headers.enabled; otherwise the last of several values is what counts.

    >>> request = Request("GET", "/items?key=a%20b&key=c", (("Host", "example.com"), ("Accept", "*/*")))
    >>> event(request, "arn:…")["queryStringParameters"], event(request, "arn:…")["headers"]["host"]
    ({'key': 'c'}, 'example.com')
    >>> event(request, "arn:…", multi_value=True)["multiValueQueryStringParameters"]
    {'key': ['a%20b', 'c']}
    >>> event(Request("POST", "/", body=bytes(1_048_577)), "arn:…")
    Traceback (most recent call last):
    eslabon.elbv2.application.lambdatargets.Invalid: the body has 1,048,577 bytes; a Lambda function gets 1,048,576
    """
    if len(request.body) > LIMIT:
        raise Invalid("body too large", f"the body has {len(request.body):,} bytes; a Lambda function gets {LIMIT:,}")
    if request.header("upgrade"):
        raise Invalid("upgrade", "a Lambda function cannot take a connection over")
    pairs = (part.partition("=") for part in request.query_string.split("&") if part)
    query = [(key, value) for key, _, value in pairs]  # not decoded: that is the function's work
    headers = [(name.lower(), value) for name, value in request.headers]
    encoded = bool(request.body) and (bool(request.header("content-encoding")) or not _is_text(request))
    try:
        body = base64.b64encode(request.body).decode() if encoded else request.body.decode()
    except UnicodeDecodeError as error:
        raise Invalid("not UTF-8", f"the body is no UTF-8: {error}") from None
    whole: dict[str, Any] = {
        "requestContext": {"elb": {"targetGroupArn": group}},
        "httpMethod": request.method,
        "path": request.path,
    }
    if multi_value:
        whole |= {"multiValueQueryStringParameters": _lists(query), "multiValueHeaders": _lists(headers)}
    else:
        whole |= {"queryStringParameters": dict(query), "headers": dict(headers)}
    return {**whole, "body": body, "isBase64Encoded": encoded}


def _is_text(request: Request) -> bool:
    given = request.header("content-type")
    content_type = given[-1].partition(";")[0].strip().lower() if given else ""
    return content_type.startswith("text/") or content_type in AS_TEXT


def _lists(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for key, value in pairs:
        found.setdefault(key, []).append(value)
    return found


def health_check(group: str, path: str, *, multi_value: bool = False) -> dict[str, Any]:
    """The event of a health check.

    >>> health_check("arn:…", "/")["headers"]
    {'user-agent': 'ELB-HealthChecker/2.0'}
    """
    return event(Request("GET", path, (("user-agent", HEALTH_CHECKER),)), group, multi_value=multi_value)


def response(result: str, *, multi_value: bool = False) -> Response:
    """The response that a function's result (JSON text) is. Raises Invalid when it is none.

    AWS's guide asks for statusDescription and isBase64Encoded too; functions that leave them out are answered.

    >>> response('{"statusCode": 200, "statusDescription": "200 OK", "headers": {"X-Item": "1"}, "body": "hello"}')
    Response(status=200, headers=(('X-Item', '1'), ('Content-Length', '5')), body=b'hello', reason='OK')
    >>> response('{"statusCode": 200, "isBase64Encoded": true, "body": "aGVsbG8="}').body
    b'hello'
    >>> response('"hello"')
    Traceback (most recent call last):
    eslabon.elbv2.application.lambdatargets.Invalid: the function must return an object, not "hello"
    """
    if len(result.encode()) > LIMIT:
        raise Invalid("function response too large", f"the function's response exceeds {LIMIT:,} bytes")
    given = json.loads(result)
    if not isinstance(given, Mapping):
        raise _invalid(f"the function must return an object, not {result}")
    status = given.get("statusCode")
    if not isinstance(status, int) or not 200 <= status <= 599:
        raise _invalid(f"statusCode must be a number from 200 to 599, not {json.dumps(status)}")
    body, encoded = given.get("body") or "", given.get("isBase64Encoded", False)
    description = given.get("statusDescription") or ""
    if not isinstance(body, str) or not isinstance(encoded, bool) or not isinstance(description, str):
        raise _invalid("body and statusDescription must be texts, isBase64Encoded true or false")
    if not is_header("statusDescription", description):
        raise _invalid(f"statusDescription must be of one line, not {description!r}")
    try:
        content = base64.b64decode(body, validate=True) if encoded else body.encode()
    except ValueError:
        raise _invalid("isBase64Encoded is true, and the body is no Base64") from None
    headers = without_hop_by_hop(Headers(_headers(given, multi_value)))
    kept = tuple((name, value) for name, value in headers if name.lower() != "content-length")
    if status != 204:
        kept = (*kept, ("Content-Length", str(len(content))))
    return Response(status, kept, content, description.partition(" ")[2])


def _headers(given: Mapping[str, Any], multi_value: bool) -> list[tuple[str, str]]:
    """The headers: of the two forms, the one that the target group's attribute asks for."""
    wanted, other = ("multiValueHeaders", "headers") if multi_value else ("headers", "multiValueHeaders")
    if given.get(other) and not given.get(wanted):
        raise _invalid(f"lambda.multi_value_headers.enabled is {str(multi_value).lower()}: use {wanted}, not {other}")
    found = given.get(wanted) or {}
    if not isinstance(found, Mapping):
        raise _invalid(f"{wanted} must be an object")
    pairs = []
    for name, value in found.items():
        values = value if multi_value else [value]
        if not isinstance(values, list) or not all(isinstance(one, str | int | float) for one in values):
            raise _invalid(f"{wanted}: {name} must be {'a list of texts' if multi_value else 'a text'}")
        pairs += [(name, json.dumps(one) if isinstance(one, bool) else str(one)) for one in values]
    for pair in pairs:
        if not is_header(*pair):
            raise _invalid(f"{wanted}: {pair[0]!r} with {pair[1]!r} is no header")
    return pairs


def _invalid(message: str) -> Invalid:
    return Invalid("invalid function response", message)
