"""Which fields of a flow choose its target, and how many flows each target gets. The hash function is ours.

AWS says what is hashed, not how; targets of AWS and of this module differ, their shares do not.
"""

from __future__ import annotations

import hashlib
import math
import random
from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import accumulate
from typing import NamedTuple, TypeVar

Key = TypeVar("Key")
Chosen = TypeVar("Chosen")


class Packet(NamedTuple):
    """What the headers of a packet say; sequence: the number with which a TCP connection begins."""

    protocol: str  # tcp, udp; a Gateway Load Balancer takes any IP protocol
    source: str
    source_port: int
    destination: str
    destination_port: int
    sequence: int = 0


FIVE_TUPLE = ("protocol", "source", "source_port", "destination", "destination_port")
# What is hashed: by Network Load Balancers for each protocol, and by Gateway Load Balancers for each stickiness.type.
# https://docs.aws.amazon.com/elasticloadbalancing/latest/network/introduction.html
# https://docs.aws.amazon.com/elasticloadbalancing/latest/gateway/edit-target-group-attributes.html#flow-stickiness
FIELDS: Mapping[str, tuple[str, ...]] = {
    "tcp": (*FIVE_TUPLE, "sequence"),
    "udp": FIVE_TUPLE,
    "source_ip_dest_ip_proto": ("protocol", "source", "destination"),
    "source_ip_dest_ip": ("source", "destination"),
}


def flow_hash(packet: Packet, fields: Sequence[str]) -> int:
    """A number of 64 bits that depends on these fields of a packet, and on nothing else.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/network/introduction.html

    >>> first = Packet("tcp", "203.0.113.7", 50000, "198.51.100.1", 80, sequence=1)
    >>> again = first._replace(sequence=2)
    >>> flow_hash(first, FIELDS["tcp"]) == flow_hash(again, FIELDS["tcp"])
    False
    >>> flow_hash(first, FIELDS["udp"]) == flow_hash(again, FIELDS["udp"])
    True
    >>> flow_hash(first, ["flags"])
    Traceback (most recent call last):
    AttributeError: 'Packet' object has no attribute 'flags'
    """
    text = "|".join(str(getattr(packet, field)) for field in fields)
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest())


def pick(number: int, weighted: Sequence[tuple[Chosen, int]]) -> Chosen | None:
    """What a hash chooses, each with a share in proportion to its weight, 0-999; None: all weigh nothing.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-listeners.html#default-actions

    >>> [pick(number, [("blue", 1), ("green", 2)]) for number in range(3)]
    ['blue', 'green', 'green']
    >>> pick(7, [("blue", 0)]) is None
    True
    """
    total = sum(weight for _, weight in weighted)
    left = number % total if total else 0
    for one, weight in weighted:
        if left < weight:
            return one
        left -= weight
    return None


class Share(NamedTuple):
    """The flows that a target got, the number to be expected, and how many standard deviations lie between."""

    flows: int
    expected: float
    deviations: float


def spread(flows: int, weights: Mapping[Key, float | Fraction], chance: random.Random) -> dict[Key, Share]:
    """How many of a number of different flows each target gets when its share is in proportion to its weight.

    No flow is hashed: the counts are drawn, exactly but for rounding, from the multinomial distribution, which
    the counts of flows have when their hashes are independent and uniform. The time it takes hardly grows with the
    number of flows. weights: 1 for each target, or what `zones.shares` says. Raises ValueError when all weigh nothing.

    >>> for target, share in spread(10_000_000, {"i-0": 1, "i-1": 1, "i-2": 2}, random.Random(7)).items():
    ...     print(target, abs(share.flows - share.expected) < 10_000, round(share.expected))
    i-0 True 2500000
    i-1 True 2500000
    i-2 True 5000000
    >>> spread(0, {"i-0": 1}, random.Random(7))
    {'i-0': Share(flows=0, expected=0.0, deviations=0.0)}
    >>> spread(10, {}, random.Random(7))
    Traceback (most recent call last):
    ValueError: no target has a weight
    """
    rests = list(accumulate(reversed(list(weights.values()))))[::-1]  # the weight of a target and of all after it
    if not rests or not rests[0]:
        raise ValueError("no target has a weight")
    found: dict[Key, Share] = {}
    left = flows
    for (key, weight), rest in zip(weights.items(), rests, strict=True):
        count = _binomial(left, float(weight / rest) if rest else 0.0, chance)
        left -= count
        part = float(weight / rests[0])
        deviation = math.sqrt(flows * part * (1 - part))
        found[key] = Share(count, flows * part, (count - flows * part) / deviation if deviation else 0.0)
    return found


def _binomial(trials: int, probability: float, chance: random.Random) -> int:
    """How many of so many trials succeed.

    A trial succeeds when a number between 0 and 1 is below the probability. The middle one of all those numbers has a
    beta distribution: to draw it alone decides about half of the trials at once, and leaves the same question for the
    others (Devroye, Non-Uniform Random Variate Generation, X.4.3).
    """
    if probability in (0, 1):
        return trials if probability else 0
    successes = 0
    while trials > 20:
        middle = trials // 2 + 1
        number = chance.betavariate(middle, trials + 1 - middle)
        if number <= probability:
            successes += middle
            trials, probability = trials - middle, (probability - number) / (1 - number)
        else:
            trials, probability = middle - 1, probability / number
    return successes + sum(chance.random() < probability for _ in range(trials))
