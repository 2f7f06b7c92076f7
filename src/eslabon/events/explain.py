"""Why an event matches a pattern or does not, field by field, for people; leaves out rules, targets and permissions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from eslabon.events.conditions import Alternative, Condition, Fields, flatten, meets_all
from eslabon.events.matchers import Exact, Scalar
from eslabon.events.pattern import Pattern, compile_pattern
from eslabon.events.wording import SENTENCES, describe, listed, quote


@dataclass(frozen=True)
class FieldVerdict:
    """One field: its path from `$`, whether it is met, the sentence, a hint or "", the part of the path at fault."""

    path: str
    met: bool
    sentence: str
    hint: str
    decides: slice

    def __str__(self) -> str:
        lines = [f"{'✓' if self.met else '✗'} {self.path}"]
        if not self.met:
            lines.append(" " * (2 + self.decides.start) + "^" * (self.decides.stop - self.decides.start))
        lines += [f"  {text}" for text in (self.sentence, self.hint) if text]
        return "\n".join(lines)


@dataclass(frozen=True)
class Explanation:
    """Whether the event matches, the headline, and the fields that decide; str() is the text for people."""

    matched: bool
    headline: str
    fields: tuple[FieldVerdict, ...]

    def __str__(self) -> str:
        return "\n".join([self.headline, *map(str, self.fields)])


def explain(pattern: str | Mapping[str, Any] | Pattern, event: Mapping[str, Any], language: str = "en") -> Explanation:
    """Explain in English ("en") or Spanish ("es") why an event matches a pattern or not.

    For a match every field of the pattern is listed, for no match those that are not met; of the alternatives of `$or`
    the one with fewest of them. Raises InvalidPattern, and KeyError for another language.

    >>> print(explain({"detail": {"state": ["running"]}}, {"detail": {"state": "Running"}}))
    The event does not match.
    ✗ $.detail.state
               ^^^^^
      $.detail.state is "Running", but the pattern wants "running".
      Upper and lower case count: equals-ignore-case ignores them.
    >>> print(explain({"source": [{"prefix": "aws."}]}, {"source": "aws.ec2"}, language="es"))
    El evento coincide: cada campo del patrón encuentra un valor que acepta.
    ✓ $.source
      $.source es "aws.ec2"; el patrón pide un texto que empiece por "aws.".
    >>> explain({"source": ["shop"]}, {}).matched
    False
    """
    words = SENTENCES[language]
    if not isinstance(pattern, Pattern):
        pattern = compile_pattern(pattern if isinstance(pattern, str) else json.dumps(pattern))
    fields = flatten(event)
    matching = [alternative for alternative in pattern.alternatives if meets_all(alternative, fields)]
    nearest = (
        matching[0]
        if matching
        else min(
            pattern.alternatives, key=lambda alternative: sum(not _met(condition, fields) for condition in alternative)
        )
    )
    verdicts = [_verdict(condition, fields, event, language) for condition in nearest]
    if not matching:
        verdicts = [verdict for verdict in verdicts if not verdict.met] or [_apart(nearest, fields, language)]
    headline = words["match" if matching else "no match"]
    if len(pattern.alternatives) > 1:
        choice = words["chosen" if matching else "alternatives"].format(count=len(pattern.alternatives))
        headline = f"{headline} {choice}"
    return Explanation(bool(matching), headline, tuple(verdicts))


def _met(condition: Condition, fields: Fields) -> bool:
    """Whether one condition is met by itself."""
    values = fields.values.get(condition.path)
    return condition.accepts_absence if values is None else any(map(condition.accepts, values))


def _verdict(condition: Condition, fields: Fields, event: Mapping[str, Any], language: str) -> FieldVerdict:
    path = f"$.{condition.path}"
    wanted = listed([describe(matcher, language) for matcher in condition.matchers], language)
    values = fields.values.get(condition.path)
    met = _met(condition, fields)
    if values is None:
        return _verdict_of_missing(path, wanted, met, event, language)
    if met:
        # The value that decided comes first.
        values = sorted(values, key=condition.accepts, reverse=True)
    shown = listed([quote(value) for value in (values[:1] if met else values)], language)
    sentence = SENTENCES[language]["accepted" if met else "refused"].format(path=path, value=shown, wanted=wanted)
    return FieldVerdict(path, met, sentence, "" if met else _value_hint(condition, values, language), _last(path))


def _verdict_of_missing(path: str, wanted: str, met: bool, event: Mapping[str, Any], language: str) -> FieldVerdict:
    words = SENTENCES[language]
    reached, node, rest = _reach(event, "$", path[2:])
    if not rest:
        kind = "object" if isinstance(node, dict) else "empty"
    else:
        kind = "missing"
    if met:
        kind = "absent object" if kind == "object" else "absent"
    missing = len(path) - len(rest)
    decides = slice(missing, missing + len(rest.split(".")[0])) if rest else _last(path)
    hint = "" if met or not rest else _name_hint(reached, node, rest, language)
    return FieldVerdict(path, met, words[kind].format(path=path, wanted=wanted), hint, decides)


def _apart(alternative: Alternative, fields: Fields, language: str) -> FieldVerdict:
    """Every field is met by itself, but in different elements of a list."""
    paths = [condition.path for condition in alternative if condition.path in fields.places]
    first = f"$.{paths[0]}"
    sentence = SENTENCES[language]["elements"].format(paths=", ".join(f"$.{path}" for path in paths))
    return FieldVerdict(first, False, sentence, "", _last(first))


def _last(path: str) -> slice:
    """The last step of a path."""
    return slice(path.rfind(".") + 1, len(path))


def _reach(node: Any, reached: str, rest: str) -> tuple[str, Any, str]:
    """Follow a dotted path as far as the event goes: the way so far, what stands there, the rest of the path.

    >>> _reach({"detail": {"state.now": 1}}, "$", "detail.state.then")
    ('$.detail', {'state.now': 1}, 'state.then')
    """
    if isinstance(node, list):
        ways = [_reach(item, reached, rest) for item in node if isinstance(item, (dict, list))]
        return min(ways, key=lambda way: len(way[2]), default=(reached, node, rest))
    if not rest or not isinstance(node, dict):
        return reached, node, rest
    ways = [
        _reach(item, f"{reached}.{name}", rest[len(name) + 1 :])
        for name, item in node.items()
        if f"{rest}.".startswith(f"{name}.")
    ]
    return min(ways, key=lambda way: len(way[2]), default=(reached, node, rest))


def _value_hint(condition: Condition, values: list[Scalar], language: str) -> str:
    words = SENTENCES[language]
    for matcher in condition.matchers:
        if not isinstance(matcher, Exact):
            continue
        for value in values:
            if isinstance(value, str) and isinstance(matcher.value, str):
                if value.lower() == matcher.value.lower():
                    return words["case"]
                if value.strip() == matcher.value.strip():
                    return words["space"]
            elif str(value).lower() == str(matcher.value).lower():
                return words["type"].format(found=quote(value), wanted=quote(matcher.value))
    return ""


def _name_hint(reached: str, node: Any, rest: str, language: str) -> str:
    words = SENTENCES[language]
    if isinstance(node, str):
        return words["text"].format(path=reached)
    if not isinstance(node, dict):
        return ""
    name = rest.split(".")[0]
    by_lower = {other.lower(): other for other in node}
    close = get_close_matches(name.lower(), by_lower, n=1, cutoff=0.75)
    return words["similar"].format(path=f"{reached}.{by_lower[close[0]]}") if close else ""
