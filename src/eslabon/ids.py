"""Names of things: ARNs, and identifiers from the cloud's seeded generator.

Nothing here reads a clock or the system's randomness.
"""

from __future__ import annotations

import random
import string
import uuid
from typing import NamedTuple

_ALPHABET = string.ascii_letters + string.digits


class Arn(NamedTuple):
    """An Amazon Resource Name in its parts.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html

    >>> Arn.parse("arn:aws:sqs:us-east-1:123456789012:orders").resource
    'orders'
    >>> Arn.parse("arn:aws:logs:us-east-1:123456789012:log-group:/aws/events/all").resource
    'log-group:/aws/events/all'
    >>> Arn.parse("orders")
    Traceback (most recent call last):
    ValueError: 'orders' is not an ARN, arn:partition:service:region:account:resource
    """

    partition: str
    service: str
    region: str
    account: str
    resource: str

    @classmethod
    def parse(cls, text: str) -> Arn:
        """Take an ARN apart; ValueError when it is none.

        >>> Arn.parse("arn:aws:iam::123456789012:role/worker")
        Arn(partition='aws', service='iam', region='', account='123456789012', resource='role/worker')
        >>> Arn.parse("arn:aws:sqs:us-east-1:123456789012:")
        Traceback (most recent call last):
        ValueError: 'arn:aws:sqs:us-east-1:123456789012:' is not an ARN, arn:partition:service:region:account:resource
        """
        parts = text.split(":", 5)
        if len(parts) != 6 or parts[0] != "arn" or not parts[1] or not parts[2] or not parts[5]:
            raise ValueError(f"{text!r} is not an ARN, arn:partition:service:region:account:resource")
        return cls(*parts[1:])

    def __str__(self) -> str:
        return ":".join(("arn", *self))


class Ids:
    """Identifiers and chance that are the same at every run of the same program.

    >>> Ids(1).uuid() == Ids(1).uuid()
    True
    >>> len(Ids(1).hex(32)), len(Ids(1).token(20))
    (32, 20)
    """

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def uuid(self) -> str:
        """A version 4 UUID, 36 characters.

        >>> len(Ids(1).uuid()), Ids(1).uuid()[14]
        (36, '4')
        """
        return str(uuid.UUID(int=self.random.getrandbits(128), version=4))

    def hex(self, length: int) -> str:
        """`length` hexadecimal digits.

        >>> Ids(1).hex(8) == Ids(1).hex(8), len(Ids(1).hex(8))
        (True, 8)
        """
        return f"{self.random.getrandbits(4 * length):0{length}x}"

    def token(self, length: int) -> str:
        """`length` letters and digits.

        >>> len(Ids(1).token(20)), Ids(1).token(20).isalnum()
        (20, True)
        """
        return "".join(self.random.choices(_ALPHABET, k=length))
