"""Which of the targets that are in service gets a request, and which target group. Anomaly mitigation is left out.

A chooser belongs to a target group and a node: every node takes its own turns.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from eslabon.elbv2.resources import Key, Target
from eslabon.errors import NotModelled


class Chooser:
    """Takes the targets in turn, those in slow start mode less often; counts the requests in flight.

    slow_start: seconds, the attribute slow_start.duration_seconds; 0: off. chance: the cloud's generator.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html#modify-routing-algorithm

    >>> from eslabon.elbv2.balancing.examples import targets
    >>> chooser = Chooser(random.Random(1))
    >>> [chooser.choose(targets(3), now=0).id for _ in range(4)]
    ['i-0', 'i-1', 'i-2', 'i-0']
    """

    def __init__(self, chance: random.Random, slow_start: float = 0) -> None:
        self.chance = chance
        self.slow_start = slow_start
        self.in_flight: dict[Key, int] = {}
        self._turn = 0
        self._credit: dict[Key, float] = {}

    def choose(self, targets: Sequence[Target], now: float) -> Target:
        """One of these, which are at least one; IndexError when there is none.

        With slow start, every choice gives each target credit as large as its weight; the one with the most is chosen
        and pays for all.

        >>> from eslabon.elbv2.balancing.examples import targets
        >>> chooser = Chooser(random.Random(1), slow_start=100)
        >>> old, new = targets(2)
        >>> new.health.warming = 0.0
        >>> chosen = [chooser.choose([old, new], now=50).id for _ in range(300)]
        >>> chosen.count("i-0"), chosen.count("i-1")
        (200, 100)
        >>> chooser.choose([], now=0)
        Traceback (most recent call last):
        IndexError: list index out of range
        """
        if len(targets) < 2:
            return targets[0]
        if not self.slow_start:
            self._turn += 1
            return targets[(self._turn - 1) % len(targets)]
        weights = [weight(target, self.slow_start, now) for target in targets]
        credit = [self._credit.get(target.key, 0.0) + own for target, own in zip(targets, weights, strict=True)]
        best = targets[credit.index(max(credit))]
        self._credit = {target.key: own for target, own in zip(targets, credit, strict=True)}
        self._credit[best.key] -= sum(weights)
        return best

    def begin(self, target: Target) -> None:
        """A request goes to this target.

        >>> from eslabon.elbv2.balancing.examples import targets
        >>> chooser = Chooser(random.Random(1))
        >>> chooser.begin(targets(1)[0])
        >>> chooser.in_flight["i-0", 80]
        1
        """
        key = target.key
        self.in_flight[key] = self.in_flight.get(key, 0) + 1

    def end(self, target: Target) -> None:
        """It is answered, or lost.

        >>> from eslabon.elbv2.balancing.examples import targets
        >>> chooser = Chooser(random.Random(1))
        >>> chooser.begin(targets(1)[0]); chooser.end(targets(1)[0])
        >>> chooser.in_flight
        {}
        """
        key = target.key
        left = self.in_flight.get(key, 0) - 1
        if left > 0:
            self.in_flight[key] = left
        else:
            self.in_flight.pop(key, None)


class LeastOutstandingRequests(Chooser):
    """The target with the fewest requests in flight; among equals, in turn.

    >>> from eslabon.elbv2.balancing.examples import targets
    >>> chooser = LeastOutstandingRequests(random.Random(1))
    >>> chooser.begin(targets(2)[0])
    >>> chooser.choose(targets(2), now=0).id
    'i-1'
    """

    def choose(self, targets: Sequence[Target], now: float) -> Target:
        """One of these: the one that is least busy."""
        busy = [self.in_flight.get(target.key, 0) for target in targets]
        fewest = min(busy, default=0)
        return super().choose([one for one, number in zip(targets, busy, strict=True) if number == fewest], now)


class WeightedRandom(Chooser):
    """Any target, in random order; all weigh the same, because no anomaly is looked for.

    >>> from eslabon.elbv2.balancing.examples import targets
    >>> chooser = WeightedRandom(random.Random(1))
    >>> sorted({chooser.choose(targets(3), now=0).id for _ in range(30)})
    ['i-0', 'i-1', 'i-2']
    """

    def choose(self, targets: Sequence[Target], now: float) -> Target:
        """One of these, by chance."""
        return self.chance.choice(targets)


ALGORITHMS: dict[str, type[Chooser]] = {
    "round_robin": Chooser,
    "least_outstanding_requests": LeastOutstandingRequests,
    "weighted_random": WeightedRandom,
}


def chooser_for(attributes: Mapping[str, str], chance: random.Random) -> Chooser:
    """The chooser that a target group's attributes ask for.

    >>> type(chooser_for({"load_balancing.algorithm.type": "weighted_random"}, random.Random(1))).__name__
    'WeightedRandom'
    >>> chooser_for({"slow_start.duration_seconds": "30"}, random.Random(1)).slow_start
    30.0
    >>> chooser_for({"load_balancing.algorithm.anomaly_mitigation": "on"}, random.Random(1))
    Traceback (most recent call last):
    eslabon.errors.NotModelled: eslabon does not model elbv2 load_balancing.algorithm.anomaly_mitigation=on...
    """
    if attributes.get("load_balancing.algorithm.anomaly_mitigation") == "on":
        raise NotModelled("elbv2", "load_balancing.algorithm.anomaly_mitigation=on", ["off"])
    kind = ALGORITHMS[attributes.get("load_balancing.algorithm.type", "round_robin")]
    return kind(chance, slow_start(attributes))


def slow_start(attributes: Mapping[str, str]) -> float:
    """The seconds of slow start that a target group's attributes ask for; only round robin has it.

    >>> slow_start({"slow_start.duration_seconds": "30"}), slow_start({})
    (30.0, 0.0)
    >>> slow_start({"slow_start.duration_seconds": "30", "load_balancing.algorithm.type": "weighted_random"})
    0.0
    """
    alone = attributes.get("load_balancing.algorithm.type", "round_robin") == "round_robin"
    return float(attributes.get("slow_start.duration_seconds", "0")) if alone else 0.0


def weight(target: Target, slow_start: float, now: float) -> float:
    """What part of its full share a target gets now: in slow start mode a growing one, in a straight line to 1.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html#slow-start-mode

    >>> from eslabon.elbv2.balancing.examples import targets
    >>> target = targets(1)[0]
    >>> weight(target, 100, now=0)
    1.0
    >>> target.health.warming = 0.0
    >>> [weight(target, 100, now) for now in (0, 25, 100, 200)]
    [0.0, 0.25, 1.0, 1.0]
    """
    since = target.health.warming
    return 1.0 if since is None or now >= since + slow_start else (now - since) / slow_start


def has_become_healthy(target: Target, targets: Iterable[Target], slow_start: float, now: float) -> None:
    """Put a target that has just become healthy in slow start mode, if AWS would.

    targets: of its group. It needs a healthy one that is not in that mode; those registered by the same operation do
    not count the first time. Health ends the mode when the state changes, `weight` when the time is over.

    >>> from eslabon.elbv2.balancing.examples import targets
    >>> old, new = targets(2)
    >>> new.registered = new.health.since = 60.0
    >>> has_become_healthy(new, [old, new], slow_start=30, now=60)
    >>> new.health.warming, weight(new, 30, now=75)
    (60, 0.5)
    >>> has_become_healthy(old, [old], slow_start=30, now=60)
    >>> old.health.warming is None
    True
    """
    first_time = target.health.before == "initial"
    if slow_start and any(
        other.health.state == "healthy"
        and weight(other, slow_start, now) == 1.0
        and not (first_time and other.registered == target.registered)
        for other in targets
        if other is not target
    ):
        target.health.warming = now


def choose_group(groups: Sequence[Mapping[str, Any]], chance: random.Random) -> str | None:
    """The ARN of one of the target groups of a forward action, by weight; None: all weigh nothing.

    groups: TargetGroups as the API has them; Weight 0-999, and 1 where none is given.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-action-types.html#forward-actions

    >>> blue, green = {"TargetGroupArn": "blue", "Weight": 0}, {"TargetGroupArn": "green", "Weight": 5}
    >>> choose_group([blue, green], random.Random(1)), choose_group([{"TargetGroupArn": "blue"}], random.Random(1))
    ('green', 'blue')
    >>> choose_group([blue], random.Random(1)) is None
    True
    """
    weights = [group.get("Weight", 1) for group in groups]
    if not any(weights):
        return None
    group = groups[0] if len(groups) == 1 else chance.choices(groups, weights)[0]
    arn: str = group["TargetGroupArn"]
    return arn
