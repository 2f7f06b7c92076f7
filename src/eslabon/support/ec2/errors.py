"""EC2's errors of identifiers: which code says that one is malformed, or names nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TypeVar

from eslabon.errors import ServiceError

Found = TypeVar("Found")

# What an id begins with -> the code when nothing has it, the code when it cannot be one, what it is called.
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
KINDS = {
    "i": ("InvalidInstanceID.NotFound", "InvalidInstanceID.Malformed", "instance"),
    "ami": ("InvalidAMIID.NotFound", "InvalidAMIID.Malformed", "image"),
    "sg": ("InvalidGroup.NotFound", "InvalidGroupId.Malformed", "security group"),
    "subnet": ("InvalidSubnetID.NotFound", "InvalidSubnetID.Malformed", "subnet"),
    "vpc": ("InvalidVpcID.NotFound", "InvalidVpcID.Malformed", "vpc"),
}


def lookup(kind: str, ids: Iterable[str], among: Mapping[str, Found]) -> list[Found]:
    """What has these ids, in their order; kind: what an id of it begins with.

    Raises the kind's errors for the first id that is malformed, then for all that name nothing.

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
    wanted = list(ids)
    for one in wanted:
        if not re.fullmatch(rf"{kind}-([0-9a-f]{{8}}|[0-9a-f]{{17}})", one):
            raise ServiceError(malformed, f'Invalid id: "{one}" (expecting "{kind}-...")')
    missing = [one for one in wanted if one not in among]
    if missing:
        many = len(missing) > 1
        name = called if called == "security group" else f"{called} ID" + "s" * many
        raise ServiceError(not_found, f"The {name} '{', '.join(missing)}' {'do' if many else 'does'} not exist")
    return [among[one] for one in wanted]
