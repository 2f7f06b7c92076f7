"""How EC2 finds what a request names: by id, with the errors of each kind; by filters, with wildcards. No pages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from ipaddress import IPv4Network, IPv6Network
from typing import Any, TypeVar

from eslabon.errors import NotModelled, ServiceError

Found = TypeVar("Found")
Block = TypeVar("Block", IPv4Network, IPv6Network)

# What an id begins with -> the code when nothing has it, the code when it cannot be one, what it is called.
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
KINDS = {
    "i": ("InvalidInstanceID.NotFound", "InvalidInstanceID.Malformed", "instance ID"),
    "ami": ("InvalidAMIID.NotFound", "InvalidAMIID.Malformed", "image ID"),
    "sg": ("InvalidGroup.NotFound", "InvalidGroupId.Malformed", "security group"),
    "subnet": ("InvalidSubnetID.NotFound", "InvalidSubnetID.Malformed", "subnet ID"),
    "subnet-cidr-assoc": (
        "InvalidSubnetCidrBlockAssociationID.NotFound",
        "InvalidSubnetCidrBlockAssociationID.Malformed",
        "subnet CIDR block association ID",
    ),
    "vpc": ("InvalidVpcID.NotFound", "InvalidVpcID.Malformed", "vpc ID"),
    "vpc-cidr-assoc": (
        "InvalidVpcCidrBlockAssociationID.NotFound",
        "InvalidVpcCidrBlockAssociationID.Malformed",
        "vpc CIDR block association ID",
    ),
    "igw": ("InvalidInternetGatewayID.NotFound", "InvalidInternetGatewayId.Malformed", "internetGateway ID"),
    "rtb": ("InvalidRouteTableID.NotFound", "InvalidRouteTableId.Malformed", "routeTable ID"),
    "eni": ("InvalidNetworkInterfaceID.NotFound", "InvalidNetworkInterfaceId.Malformed", "networkInterface ID"),
}


def invalid(message: str) -> ServiceError:
    """Make the error of a value that EC2 does not take.

    >>> invalid("The same permission must not appear multiple times").code
    'InvalidParameterValue'
    """
    return ServiceError("InvalidParameterValue", message)


def cidr(given: str, kind: type[Block]) -> Block:
    """A CIDR block, of IPv4Network or IPv6Network; what it says beyond its length is dropped, as EC2 does.

    Raises InvalidParameterValue.

    >>> cidr("100.68.0.18/18", IPv4Network)
    IPv4Network('100.68.0.0/18')
    >>> cidr("100.68.0.18/18", IPv6Network)
    Traceback (most recent call last):
    eslabon.errors.ServiceError: InvalidParameterValue: CIDR block 100.68.0.18/18 is malformed
    """
    try:
        return kind(given if "/" in given else "", strict=False)
    except ValueError:
        raise invalid(f"CIDR block {given} is malformed") from None


def lookup(kind: str, ids: Iterable[str], among: Mapping[str, Found]) -> list[Found]:
    """What has these ids, in their order; kind: what an id of it begins with.

    Raises the kind's errors, for the first id that is malformed or for all that name nothing.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html

    >>> lookup("i", ["i-0123456789abcdef0"], {"i-0123456789abcdef0": "running"})
    ['running']
    >>> lookup("i", ["i-0123456789abcdef0"], {})
    Traceback (most recent call last):
    eslabon.errors.ServiceError: InvalidInstanceID.NotFound: The instance ID 'i-0123456789abcdef0' does not exist
    >>> lookup("vpc", ["i-0123456789abcdef0"], {})
    Traceback (most recent call last):
    eslabon.errors.ServiceError: InvalidVpcID.Malformed: Invalid id: "i-0123456789abcdef0" (expecting "vpc-...")
    """
    not_found, malformed, called = KINDS[kind]
    wanted = list(dict.fromkeys(ids))
    for one in wanted:
        if not re.fullmatch(rf"{kind}-([0-9a-f]{{8}}|[0-9a-f]{{17}})", one):
            raise ServiceError(malformed, f'Invalid id: "{one}" (expecting "{kind}-...")')
    missing = [one for one in wanted if one not in among]
    if len(missing) > 1:
        raise ServiceError(not_found, f"The {called}s '{', '.join(missing)}' do not exist")
    if missing:
        raise ServiceError(not_found, f"The {called} '{missing[0]}' does not exist")
    return [among[one] for one in wanted]


def select(things: Iterable[dict[str, Any]], filters: Iterable[Mapping[str, Any]], known: str) -> list[dict[str, Any]]:
    """Those that pass all filters; a filter passes what has one of its values, in which * and ? are wildcards.

    known: the filters there are, beside tag:<key> and tag-key: vpc-id for the member VpcId, or state=State.Name where
    the member has another name. Raises InvalidParameterValue, and NotModelled for a filter that is not known.

    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Filtering.html

    >>> images = [{"Name": "al2023-x86_64"}, {"Name": "al2023-arm64", "Tags": [{"Key": "team", "Value": "shop"}]}]
    >>> select(images, [{"Name": "name", "Values": ["al2023-*", "x"]}], "name") == images
    True
    >>> select(images, [{"Name": "tag:team", "Values": ["shop"]}], "name") == images[1:]
    True
    >>> select(images, [{"Name": "colour", "Values": ["red"]}], "name")
    Traceback (most recent call last):
    eslabon.errors.NotModelled: eslabon does not model ec2 Filters by 'colour'. Modelled nearby: name, tag-key, ...
    """
    paths = {name: path or _member(name) for name, _, path in (one.partition("=") for one in known.split())}
    paths["tag-key"] = "Tags.Key"
    found = list(things)
    for one in filters:
        name, values = one.get("Name", "null"), one.get("Values")
        if not values:
            raise invalid(f"The filter '{name}' is invalid")
        if name not in paths and not name.startswith("tag:"):
            raise NotModelled("ec2", f"Filters by {name!r}", [*paths, "tag:<key>"])
        pattern = re.compile("|".join(map(_pattern, values)), re.DOTALL)
        found = [thing for thing in found if any(map(pattern.fullmatch, _values(thing, name, paths)))]
    return found


def _member(name: str) -> str:
    """VpcId for vpc-id."""
    return "".join(word.capitalize() for word in name.split("-"))


def _values(thing: dict[str, Any], name: str, paths: Mapping[str, str]) -> list[str]:
    """What a thing has for a filter: the members along its path, through structures and lists."""
    if name.startswith("tag:"):
        return [tag["Value"] for tag in thing.get("Tags") or () if tag["Key"] == name[4:]]
    found: list[Any] = [thing]
    for step in paths[name].split("."):
        below = [one[step] for one in found if one.get(step) is not None]
        found = [item for one in below for item in (one if isinstance(one, list) else [one])]
    return [str(value).lower() if isinstance(value, bool) else str(value) for value in found]


def _pattern(value: str) -> str:
    """A filter's value as a regular expression: a backslash before a wildcard makes it a plain character."""
    wildcards = {"*": ".*", "?": "."}
    return "".join(wildcards.get(part) or re.escape(part[-1]) for part in re.findall(r"\\[*?\\]|.", value, re.DOTALL))
