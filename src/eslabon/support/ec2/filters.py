"""Filters of EC2's Describe operations: names and values, with wildcards. Which there are, each operation says."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from eslabon.errors import NotModelled, ServiceError
from eslabon.pagination import InvalidToken, page

Shown = dict[str, Any]
Read = Callable[[Shown], Iterable[Any]]  # the values that a thing has for a filter


def member(*path: str) -> Read:
    """What reads a member of a shown thing, through structures and the lists between.

    >>> list(member("State", "Name")({"State": {"Name": "running"}}))
    ['running']
    >>> list(member("Groups", "GroupId")({"Groups": [{"GroupId": "sg-1"}, {"GroupId": "sg-2"}]}))
    ['sg-1', 'sg-2']
    >>> list(member("PublicIpAddress")({}))
    []
    """

    def read(shown: Any) -> Iterable[Any]:
        found = [shown]
        for name in path:
            below = [one[name] for one in found if name in one]
            found = [item for one in below for item in (one if isinstance(one, list) else [one])]
        return found

    return read


def select(
    things: Sequence[Shown], filters: Iterable[Mapping[str, Any]], known: Mapping[str, Read], operation: str
) -> list[Shown]:
    """Those that pass all filters; a filter passes what has one of its values, in which * and ? are wildcards.

    known: the filters of the operation beside tag:key and tag-key. Raises InvalidParameterValue, and NotModelled for
    a filter that is not among them.

    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Filtering.html

    >>> images = [{"Name": "al2023-x86_64"}, {"Name": "al2023-arm64", "Tags": [{"Key": "team", "Value": "shop"}]}]
    >>> known = {"name": member("Name")}
    >>> select(images, [{"Name": "name", "Values": ["al2023-*", "x"]}], known, "describe_images") == images
    True
    >>> select(images, [{"Name": "tag:team", "Values": ["shop"]}], known, "describe_images") == images[1:]
    True
    >>> select(images, [{"Name": "colour", "Values": ["red"]}], known, "describe_images")
    Traceback (most recent call last):
    eslabon.errors.NotModelled: eslabon does not model ec2 describe_images(Filters=…) by 'colour'. Modelled nearby: ...
    """
    for one in filters:
        name, values = one.get("Name"), one.get("Values")
        if not name or not values:
            raise ServiceError("InvalidParameterValue", f"The filter '{name or 'null'}' is invalid")
        read = _tagged(name[4:]) if name.startswith("tag:") else known.get(name)
        if name == "tag-key":
            read = member("Tags", "Key")
        if read is None:
            raise NotModelled("ec2", f"{operation}(Filters=…) by {name!r}", [*sorted(known), "tag:<key>", "tag-key"])
        pattern = re.compile("|".join(_pattern(value) for value in values), re.DOTALL)
        things = [thing for thing in things if any(pattern.fullmatch(_text(value)) for value in read(thing))]
    return list(things)


def _tagged(key: str) -> Read:
    return lambda shown: [tag["Value"] for tag in shown.get("Tags", ()) if tag["Key"] == key]


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _pattern(value: str) -> str:
    """A filter's value as a regular expression: a backslash before a wildcard makes it a plain character."""
    wildcards = {"*": ".*", "?": "."}
    parts = re.findall(r"\\[*?\\]|.", value, re.DOTALL)
    return "".join(wildcards.get(part) or re.escape(part[-1]) for part in parts)


def paged(name: str, things: Sequence[Any], limit: int | None, token: str | None) -> Shown:
    """An answer with a page of things under `name`: all of them without a limit. Raises InvalidPaginationToken.

    >>> paged("Vpcs", [1, 2, 3], 2, None)["Vpcs"], paged("Vpcs", [], None, None)
    ([1, 2], {'Vpcs': [], 'NextToken': None})
    >>> paged("Vpcs", [1, 2, 3], 2, "?")
    Traceback (most recent call last):
    eslabon.errors.ServiceError: InvalidPaginationToken: The specified pagination token is invalid
    """
    try:
        shown, following = page(things, limit or len(things), token, name)
    except InvalidToken:
        raise ServiceError("InvalidPaginationToken", "The specified pagination token is invalid") from None
    return {name: shown, "NextToken": following}
