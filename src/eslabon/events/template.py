"""Input transformation: JSON paths into an event, templates filled with what they find; leaves out filters and slices.

AWS: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from eslabon import jsontext
from eslabon.errors import NotModelled

RESERVED = (
    "aws.events.rule-arn",
    "aws.events.rule-name",
    "aws.events.event.ingestion-time",
    "aws.events.event",
    "aws.events.event.json",
)
"""Variables that every template has: what `render` is given, and the event without and with its detail."""

VARIABLES_LIMIT = 100
PLACEHOLDER = re.compile(r"<([A-Za-z0-9_.\-]+)>")
STEP = re.compile(r"""\.([\w\-/]+|\*)|\[(\d+|\*)\]|\[(?:'([^']*)'|"([^"]*)")\]""")
STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)


class InvalidTemplate(ValueError):
    """EventBridge refuses this path or template."""


class _Missing:
    """What a path finds where the event has nothing."""

    def __repr__(self) -> str:
        return "MISSING"


MISSING = _Missing()


def compile_path(text: str) -> Callable[[Mapping[str, Any]], Any]:
    """Compile a JSON path to a function of the event that returns a JSON value, or None where the event has nothing.

    Paths have names after dots or in quoted brackets, array indices and `*`; a path with `*` finds a list.
    Raises InvalidTemplate, or NotModelled for other syntax.

    >>> event = {"detail": {"items": [{"sku": "a"}, {"sku": "b"}], "instance-id": "i-1"}}
    >>> compile_path("$.detail.instance-id")(event)
    'i-1'
    >>> compile_path("$.detail.items[0].sku")(event), compile_path("$.detail.items[*].sku")(event)
    ('a', ['a', 'b'])
    >>> compile_path("$.detail.nothing")(event) is None
    True
    >>> compile_path("detail")
    Traceback (most recent call last):
    eslabon.events.template.InvalidTemplate: detail is not a valid JSON path: it must begin with $
    """
    find = _finder(text)

    def value(event: Mapping[str, Any]) -> Any:
        found = find(event)
        return None if found is MISSING else found

    return value


def _finder(text: str) -> Callable[[Mapping[str, Any]], Any]:
    """Like `compile_path`, with MISSING where the event has nothing."""
    if not text.startswith("$"):
        raise InvalidTemplate(f"{text} is not a valid JSON path: it must begin with $")
    steps: list[str | int] = []
    position = 1
    while position < len(text):
        step = STEP.match(text, position)
        if step is None:
            nearby = [".name", "[0]", "[*]", "['name']"]
            raise NotModelled("events", f"{text[position:]} in the JSON path {text}", nearby)
        name, index, *quoted = step.groups()
        if index is not None and index != "*":
            steps.append(int(index))
        else:
            steps.append(next(part for part in (name, index, *quoted) if part is not None))
        position = step.end()
    return lambda event: _follow(event, steps)


def _follow(value: Any, steps: list[str | int]) -> Any:
    for position, step in enumerate(steps):
        if step == "*":
            inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
            found = (_follow(item, steps[position + 1 :]) for item in inside)
            return [item for item in found if item is not MISSING]
        if isinstance(step, int):
            if not isinstance(value, list) or step >= len(value):
                return MISSING
        elif not isinstance(value, dict) or step not in value:
            return MISSING
        value = value[step]
    return value


@dataclass(frozen=True)
class Template:
    """A compiled template; `compile_template` makes it. `parts` are texts and variables, in turn."""

    parts: tuple[str | _Variable, ...]

    def render(self, event: Mapping[str, Any], reserved: Mapping[str, str]) -> str:
        """What the target receives of an event.

        `reserved` holds aws.events.rule-arn, aws.events.rule-name and aws.events.event.ingestion-time.

        >>> template = compile_template({"state": "$.detail.state"}, '{"state": <state>, "text": "it is <state>"}')
        >>> template.render({"detail": {"state": "running"}}, {})
        '{"state": "running", "text": "it is running"}'
        >>> template.render({"detail": {}}, {})
        '{"state": "", "text": "it is "}'
        """
        return "".join(part if isinstance(part, str) else part.render(event, reserved) for part in self.parts)


@dataclass(frozen=True)
class _Variable:
    find: Callable[[Mapping[str, Any], Mapping[str, str]], Any]
    in_string: bool

    def render(self, event: Mapping[str, Any], reserved: Mapping[str, str]) -> str:
        value = self.find(event, reserved)
        if value is MISSING:
            value = ""
        if not self.in_string:
            return _json(value)
        if isinstance(value, str):
            return value  # as it is: EventBridge escapes nothing in it
        # An object in a string loses its quotes, so that the string does not end there.
        return _json(value).replace('"', "")


def compile_template(paths_map: Mapping[str, str], template: str) -> Template:
    r"""Check and compile an InputTransformer: InputPathsMap and InputTemplate.

    A placeholder inside a JSON string becomes text; outside, a JSON value. The template is a JSON value, or several,
    one a line. Raises InvalidTemplate.

    >>> compile_template({"id": "$.detail.id"}, '"order <id>"').render({"detail": {"id": 7}}, {})
    '"order 7"'
    >>> compile_template({}, '{"rule": <aws.events.rule-name>}').render({}, {"aws.events.rule-name": "orders"})
    '{"rule": "orders"}'
    >>> compile_template({}, '"order <id>"')
    Traceback (most recent call last):
    eslabon.events.template.InvalidTemplate: InputTemplate uses <id>, which InputPathsMap does not define
    >>> compile_template({"id": "$.id"}, 'order <id>')
    Traceback (most recent call last):
    eslabon.events.template.InvalidTemplate: InputTemplate is not valid JSON: a text needs quotes around it (order <id>)
    """
    if len(paths_map) > VARIABLES_LIMIT:
        raise InvalidTemplate(f"InputPathsMap has {len(paths_map)} variables, at most {VARIABLES_LIMIT} are allowed")
    paths = {}
    for name, path in paths_map.items():
        if name.lower().startswith("aws."):
            raise InvalidTemplate(f"InputPathsMap: {name} is reserved, a variable's name must not start with AWS.")
        paths[name] = _finder(path)
    strings = [match.span() for match in STRING.finditer(template)]
    parts: list[str | _Variable] = []
    position = 0
    for placeholder in PLACEHOLDER.finditer(template):
        name = placeholder[1]
        if name not in paths and name not in RESERVED:
            raise InvalidTemplate(f"InputTemplate uses <{name}>, which InputPathsMap does not define")
        in_string = any(start < placeholder.start() < end for start, end in strings)
        parts += [template[position : placeholder.start()], _Variable(_source(name, paths), in_string)]
        position = placeholder.end()
    parts.append(template[position:])
    _check_json(parts, template)
    return Template(tuple(parts))


def _source(
    name: str, paths: Mapping[str, Callable[[Mapping[str, Any]], Any]]
) -> Callable[[Mapping[str, Any], Mapping[str, str]], Any]:
    """Where a variable takes its value from, given the event and the reserved values."""
    if name in paths:
        find = paths[name]
        return lambda event, _: find(event)
    if name == "aws.events.event":
        return lambda event, _: {member: value for member, value in event.items() if member != "detail"}
    if name == "aws.events.event.json":
        return lambda event, _: dict(event)
    return lambda _, reserved: reserved.get(name, MISSING)


def _check_json(parts: list[str | _Variable], template: str) -> None:
    """The template must be JSON whatever its variables become: one value, or one a line."""
    sample = "".join(part if isinstance(part, str) else "0" for part in parts)
    lines = [line for line in sample.splitlines() if line.strip()]
    if not _is_json(sample) and not (lines and all(map(_is_json, lines))):
        hint = "" if sample.lstrip()[:1] in ('"', "{", "[") else ": a text needs quotes around it"
        raise InvalidTemplate(f"InputTemplate is not valid JSON{hint} ({template})")
    if any(_is_key(part, following) for part, following in zip(parts, parts[1:], strict=False)):
        raise InvalidTemplate(f"InputTemplate: a placeholder cannot be used as an object key ({template})")


def _is_key(part: str | _Variable, following: str | _Variable) -> bool:
    """Whether a variable in a string stands in a name: what follows it ends the string, and a colon comes next."""
    if isinstance(part, str) or not part.in_string or not isinstance(following, str):
        return False
    return re.match(r'(?:[^"\\]|\\.)*"\s*:', following) is not None


def _is_json(text: str) -> bool:
    try:
        jsontext.parse(text)
    except ValueError:
        return False
    return True


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
