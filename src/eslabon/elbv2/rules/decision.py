"""Which rule of a listener decides: compiled once, asked for every request; leaves out what its action then does.

Rules whose hosts or paths begin or end with fixed texts are found by those texts, so that the time to decide hardly
grows with the number of rules; the rest are tried one after the other.

AWS: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-rules.html
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter

from eslabon.elbv2.application.messages import Request
from eslabon.elbv2.resources import Rule
from eslabon.elbv2.rules.actions import Action, compile_action
from eslabon.elbv2.rules.conditions import Checked, Condition, compile_condition
from eslabon.elbv2.rules.fields import HOST_HEADER, PATH_PATTERN
from eslabon.elbv2.rules.transforms import Rewrite, compile_transform
from eslabon.elbv2.rules.wildcards import Anchor, fold

_READERS: dict[str, Callable[[Request], str]] = {
    HOST_HEADER: lambda request: fold(request.host),
    PATH_PATTERN: attrgetter("path"),
}


@dataclass(frozen=True)
class Explanation:
    """Every rule with its conditions, in the order in which the listener tries them, and the rule that decides."""

    rules: list[tuple[Rule, list[Checked]]]
    won: Rule

    def __str__(self) -> str:
        return "\n".join(self.sentences())

    def sentences(self) -> list[str]:
        """Plain English for a page: one sentence a condition, and one that names the rule that decides.

        >>> rule = Rule("arn:b", 10, [{"Field": "path-pattern", "Values": ["/img/*"]}], [])
        >>> decision = compile_rules(Rule("arn:a", None, [], []), [rule])
        >>> decision.explain(Request("GET", "/img/a.png")).sentences()[1]
        'The rule with priority 10 decides: it is the first all of whose conditions hold.'
        >>> decision.explain(Request("GET", "/")).sentences()[-1]
        'The default rule decides: no other rule has all its conditions met.'
        """
        lines = []
        for rule, conditions in self.rules:
            for checked in conditions:
                verdict = "holds" if checked.held else "does not hold"
                lines.append(f"Priority {rule.priority}: {checked.text} {verdict}, because {checked.why}.")
            if rule is self.won:
                lines.append(
                    f"The rule with priority {rule.priority} decides: it is the first all of whose conditions hold."
                )
        if self.won.priority is None:
            lines.append("The default rule decides: no other rule has all its conditions met.")
        return lines


class _Prefixes:
    """Which of many prefixes a text has, in the time of a binary search.

    In alphabetical order, the prefix just before a text begins with every prefix that the text has. So the longest of
    them is that one, or the longest other prefix of that one, and so on.
    """

    def __init__(self, positions: Mapping[str, Sequence[int]]) -> None:
        self._texts = sorted(positions)
        self._shorter: list[int] = []  # where the longest other prefix of a prefix stands, or -1
        self._positions: list[list[int]] = []  # of the prefix, and of all that it begins with
        for text in self._texts:
            shorter = self._longest(text, len(self._shorter) - 1)
            self._shorter.append(shorter)
            self._positions.append([*positions[text], *(self._positions[shorter] if shorter >= 0 else ())])

    def _longest(self, text: str, at: int) -> int:
        while at >= 0 and not text.startswith(self._texts[at]):
            at = self._shorter[at]
        return at

    def find(self, text: str) -> Sequence[int]:
        at = self._longest(text, bisect_right(self._texts, text) - 1)
        return self._positions[at] if at >= 0 else ()


class _Index:
    """Where in the order the rules stand that need a text, or one that begins or ends so."""

    def __init__(self, read: Callable[[Request], str], filed: Iterable[tuple[Anchor, int]]) -> None:
        positions: dict[str, dict[str, list[int]]] = {"exact": {}, "prefix": {}, "suffix": {}}
        for (kind, text), position in filed:
            positions[kind].setdefault(text[::-1] if kind == "suffix" else text, []).append(position)
        self._read = read
        self._exact = positions["exact"]
        self._beginnings = _Prefixes(positions["prefix"])
        self._endings = _Prefixes(positions["suffix"]) if positions["suffix"] else None

    def find(self, request: Request) -> Sequence[int]:
        text = self._read(request)
        found = self._beginnings.find(text)
        if text in self._exact:
            found = [*self._exact[text], *found]
        return [*found, *self._endings.find(text[::-1])] if self._endings else found


class Decision:
    """A listener's compiled rules; `compile_rules` makes it."""

    def __init__(self, default: Rule, rules: Iterable[Rule]) -> None:
        self.default = default
        self.rules = sorted(rules, key=lambda rule: rule.priority or 0)
        self._conditions = [tuple(map(compile_condition, rule.conditions)) for rule in self.rules]
        self._tests = [[condition.holds for condition in conditions] for conditions in self._conditions]
        every = (default, *self.rules)
        self._actions = {rule.arn: compile_action(rule.actions[-1]) for rule in every if rule.actions}
        self._rewrites = {rule.arn: tuple(map(compile_transform, rule.transforms)) for rule in every if rule.transforms}
        self._indexes, self._unindexed = _index(self._conditions)

    def decide(self, request: Request) -> Rule:
        """The rule of the lowest priority all of whose conditions hold, or the default rule.

        A connection through a Network Load Balancer is a request with its client's address and nothing else.

        >>> images = Rule("arn:b", 10, [{"Field": "path-pattern", "Values": ["/img/*"]}], [])
        >>> decision = compile_rules(Rule("arn:a", None, [], []), [images])
        >>> decision.decide(Request("GET", "/img/a.png")).arn, decision.decide(Request("GET", "/")).arn
        ('arn:b', 'arn:a')
        """
        positions: Sequence[int] = self._unindexed
        for index in self._indexes:
            found = index.find(request)
            positions = [*positions, *found] if positions else found
        for position in sorted(positions) if len(positions) > 1 else positions:
            for holds in self._tests[position]:
                if not holds(request):
                    break
            else:
                return self.rules[position]
        return self.default

    def explain(self, request: Request) -> Explanation:
        """For every rule, which of its conditions hold for a request and why; and which rule decides.

        >>> rule = Rule("arn:b", 10, [{"Field": "path-pattern", "Values": ["/img/*"]}], [])
        >>> explained = compile_rules(Rule("arn:a", None, [], []), [rule]).explain(Request("GET", "/"))
        >>> explained.won.priority is None, explained.rules[0][1][0].held
        (True, False)
        """
        explained = [
            (rule, [condition.explain(request) for condition in conditions])
            for rule, conditions in zip(self.rules, self._conditions, strict=True)
        ]
        return Explanation(explained, self.decide(request))

    def action(self, rule: Rule) -> Action:
        """The compiled action of one of the rules.

        >>> fixed = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}
        >>> default = Rule("arn:a", None, [], [fixed])
        >>> compile_rules(default, []).action(default).status
        404
        """
        return self._actions[rule.arn]

    def rewrite(self, rule: Rule, request: Request) -> Request:
        """A request after the transforms of one of the rules; raises TransformFailed.

        >>> default = Rule("arn:a", None, [], [])
        >>> compile_rules(default, []).rewrite(default, Request("GET", "/")).target
        '/'
        """
        rewrites: Sequence[Rewrite] = self._rewrites.get(rule.arn, ()) if rule.transforms else ()
        for rewrite in rewrites:
            request = rewrite.apply(request)
        return request


def _index(rules: Sequence[tuple[Condition, ...]]) -> tuple[list[_Index], list[int]]:
    """File each rule under the condition whose texts the fewest rules share; those that have none apart."""
    choices = [[one for one in conditions if one.anchors] for conditions in rules]
    shared = Counter((one.field, anchor) for found in choices for one in found for anchor in one.anchors or ())
    filed: dict[str, list[tuple[Anchor, int]]] = {}
    unindexed = []
    for position, found in enumerate(choices):
        if not found:
            unindexed.append(position)
            continue
        best = min(found, key=lambda one: max(shared[one.field, anchor] for anchor in one.anchors or ()))
        filed.setdefault(best.field, []).extend((anchor, position) for anchor in best.anchors or ())
    return [_Index(_READERS[name], anchors) for name, anchors in filed.items()], unindexed


def compile_rules(default: Rule, rules: Iterable[Rule]) -> Decision:
    """Compile a listener's default rule and its others, in any order.

    Raises ServiceError and NotModelled as the checks of rules do.

    >>> compile_rules(Rule("arn:a", None, [], []), []).decide(Request("GET", "/")).arn
    'arn:a'
    """
    return Decision(default, rules)
