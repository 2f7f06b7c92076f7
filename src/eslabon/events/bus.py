"""Event buses, rules and targets as values, and what of them is in effect: changes take effect after a delay.

Delivers nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from eslabon.events.index import PatternIndex
from eslabon.events.pattern import Pattern
from eslabon.permissions import Policy

# AWS: "allow a short period of time for changes to take effect". It states no figure; this one is ours.
RULE_DELAY = 10.0
RULES_A_BUS = 300  # https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html
TARGETS_A_RULE = 5
BUSES = 100


@dataclass(frozen=True)
class Target:
    """Where a rule sends: the parameters of PutTargets as given, and what was compiled from them."""

    id: str
    arn: str
    given: Mapping[str, Any]
    transform: Any  # Callable[[event, reserved values], text]

    @property
    def role_arn(self) -> str | None:
        """The execution role, when the target has one."""
        role: str | None = self.given.get("RoleArn")
        return role


@dataclass(frozen=True)
class Rule:
    """A rule as the control plane describes it; every change makes a new one."""

    name: str
    arn: str
    bus: str
    pattern_text: str
    pattern: Pattern
    state: str
    description: str | None
    role_arn: str | None
    created_by: str
    targets: Mapping[str, Target] = field(default_factory=dict)


@dataclass
class Bus:
    """One event bus: `rules` is what the API shows, `matching` asks what is in effect now."""

    name: str
    arn: str
    created: dt.datetime
    modified: dt.datetime
    description: str | None = None
    dead_letter: Mapping[str, Any] | None = None
    policy_text: str | None = None
    policy: Policy | None = None
    rules: dict[str, Rule] = field(default_factory=dict)
    _pending: list[tuple[float, str, Rule | None]] = field(default_factory=list)
    _active: dict[str, Rule] = field(default_factory=dict)
    _index: PatternIndex[str] = field(default_factory=PatternIndex)

    def change(self, name: str, rule: Rule | None, now: float) -> None:
        """Store a rule, or with None forget it; events meet the change RULE_DELAY seconds later.

        >>> from eslabon.events.pattern import compile_pattern
        >>> pattern, now = compile_pattern('{"source": ["shop"]}'), dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
        >>> arn = "arn:aws:events:us-east-1:123456789012:rule/orders"
        >>> orders = Rule("orders", arn, "default", pattern.text, pattern, "ENABLED", None, None, "123456789012")
        >>> bus = Bus("default", "arn:aws:events:us-east-1:123456789012:event-bus/default", now, now)
        >>> bus.change("orders", orders, now=0.0)
        >>> [len(bus.matching({"source": "shop"}, now=second)) for second in (9.9, 10.0)]
        [0, 1]
        >>> bus.change("orders", None, now=20.0)
        >>> list(bus.rules), [len(bus.matching({"source": "shop"}, now=second)) for second in (29.9, 30.0)]
        ([], [1, 0])
        """
        if rule is None:
            self.rules.pop(name, None)
        else:
            self.rules[name] = rule
        self._pending.append((now + RULE_DELAY, name, rule))

    def matching(self, event: Mapping[str, Any], now: float) -> list[Rule]:
        """The rules in effect now that this event matches, in the order in which they took effect.

        >>> now = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
        >>> bus = Bus("default", "arn:aws:events:us-east-1:123456789012:event-bus/default", now, now)
        >>> bus.matching({"source": "shop"}, now=0.0)  # it has no rules; `change` shows one that has
        []
        """
        self._take_effect(now)
        return [self._active[name] for name in self._index.matching(event)]

    def _take_effect(self, now: float) -> None:
        while self._pending and self._pending[0][0] <= now:
            _, name, rule = self._pending.pop(0)
            before = self._active.pop(name, None)
            same = before and rule and before.pattern is rule.pattern and rule.state != "DISABLED"
            if before and not same:
                self._index.remove(name)
            if rule is None or rule.state == "DISABLED":
                continue
            self._active[name] = rule
            if not same:
                self._index.add(name, rule.pattern)
