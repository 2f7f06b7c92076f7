"""Rewriting the host header or the URL of a request on its way to the target; leaves out which rule it met.

AWS does not say what makes a transform fail. Here it is a result that is no host or no URL, or a `$n` without a group.

AWS: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-transforms.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from eslabon.elbv2.application.messages import Request
from eslabon.elbv2.rules.errors import validation_error
from eslabon.elbv2.rules.regexes import compile_regex

Json = Mapping[str, Any]

HOST_REWRITE, URL_REWRITE = "host-header-rewrite", "url-rewrite"
CONFIGS = {HOST_REWRITE: "HostHeaderRewriteConfig", URL_REWRITE: "UrlRewriteConfig"}
LENGTH = 1024

_VALID = {HOST_REWRITE: re.compile(r"[A-Za-z0-9._-]+(?::\d{1,5})?"), URL_REWRITE: re.compile(r"/[!-~]*")}
_GROUP = re.compile(r"\$(\d+)")


class TransformFailed(ValueError):
    """The pattern matched, but the result cannot be sent: the client gets 500."""


@dataclass(frozen=True, slots=True)
class Rewrite:
    """One compiled transform."""

    type: str
    pattern: re.Pattern[str]
    replacement: str

    def apply(self, request: Request) -> Request:
        """The request as the target gets it: the same when the pattern does not match. Raises TransformFailed.

        >>> rewrite = compile_transform({"Type": "url-rewrite", "UrlRewriteConfig": {"Rewrites": [
        ...     {"Regex": "^/api/(.+)$", "Replace": "/$1"}]}})
        >>> rewrite.apply(Request("GET", "/api/orders?n=1")).target
        '/orders?n=1'
        >>> rewrite.apply(Request("GET", "/web")).target
        '/web'
        >>> compile_transform({"Type": "url-rewrite", "UrlRewriteConfig": {"Rewrites": [
        ...     {"Regex": "^/", "Replace": "$1"}]}}).apply(Request("GET", "/"))
        Traceback (most recent call last):
        eslabon.elbv2.rules.transforms.TransformFailed: "$1" names a group that the regular expression does not have
        """
        before = request.authority if self.type == HOST_REWRITE else request.url
        found = self.pattern.search(before)
        if not found:
            return request
        after = before[: found.start()] + self._expand(found) + before[found.end() :]
        if not _VALID[self.type].fullmatch(after):
            raise TransformFailed(f'"{after}" is not valid in the place of "{before}"')
        if self.type == URL_REWRITE:
            return replace(request, target=after)
        headers = tuple((name, after if name.lower() == "host" else value) for name, value in request.headers)
        return replace(request, target=request.url, headers=headers)

    def _expand(self, found: re.Match[str]) -> str:
        def group(reference: re.Match[str]) -> str:
            number = int(reference[1])
            if number > self.pattern.groups:
                raise TransformFailed(f'"{reference[0]}" names a group that the regular expression does not have')
            return found[number] or ""

        return _GROUP.sub(group, self.replacement)


def check_transforms(transforms: Sequence[Json]) -> list[dict[str, Any]]:
    """Check the transforms of a rule that is not the default one (which has none), and return them.

    Raises ServiceError with ValidationError, and NotModelled.

    >>> host = {"Type": "host-header-rewrite", "HostHeaderRewriteConfig": {"Rewrites": [
    ...     {"Regex": "^(.+)[.]example[.]com$", "Replace": "$1.example.org"}]}}
    >>> check_transforms([host]) == [host], check_transforms([])
    (True, [])
    >>> check_transforms([host, host])
    Traceback (most recent call last):
    eslabon.errors.ServiceError: ValidationError: A rule can only have one 'host-header-rewrite' transform
    """
    types = [compile_transform(transform).type for transform in transforms]
    for name in types:
        if types.count(name) > 1:
            raise validation_error(f"A rule can only have one '{name}' transform")
    return [dict(transform) for transform in transforms]


def compile_transform(transform: Json) -> Rewrite:
    """Check and compile one transform as the API has it; raises ServiceError with ValidationError, and NotModelled.

    >>> compile_transform({"Type": "url-rewrite"})
    Traceback (most recent call last):
    eslabon.errors.ServiceError: ValidationError: For transforms of type 'url-rewrite', you must specify ...
    """
    kind = transform["Type"]
    config = CONFIGS[kind]
    other = sorted(set(transform) - {"Type", config})
    if other:
        raise validation_error(f"For transforms of type '{kind}', you cannot specify '{other[0]}'")
    rewrites = transform.get(config, {}).get("Rewrites", ())
    if len(rewrites) != 1:
        raise validation_error(f"For transforms of type '{kind}', you must specify '{config}' with exactly one rewrite")
    rewrite = rewrites[0]
    if len(rewrite["Replace"]) > LENGTH:
        raise validation_error(f"The replacement is too long; the limit is '{LENGTH}' characters")
    return Rewrite(kind, compile_regex(rewrite["Regex"], LENGTH), rewrite["Replace"])
