"""The gate that every call passes.

Botocore's model of an operation, compiled once into what checks and copies its input and output.

botocore has already checked types, required and unknown members and minima. Wording of constraint violations follows
AWS's "validation error detected" form, which its JSON services share.
"""

from __future__ import annotations

import datetime as dt
import inspect
import re
from collections.abc import Callable, Mapping
from typing import Any

from botocore import xform_name
from botocore.utils import parse_to_aware_datetime

from eslabon.errors import NotModelled, ServiceError
from eslabon.service import Service

# (value, path, complaints) -> a copy of the value
Taker = Callable[[Any, str, list[str]], Any]
Giver = Callable[[Any], Any]
_SCALARS: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "character": (str,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "boolean": (bool,),
    "timestamp": (dt.datetime,),
}


class Operation:
    """One operation of one service, ready to be called with a dict of parameters."""

    def __init__(self, service_class: type[Service], model: Any) -> None:
        self.name = model.name
        self.method_name: str = xform_name(model.name)
        method = getattr(service_class, self.method_name, None)
        self.modelled = method is not None
        self.known = tuple(inspect.signature(method).parameters)[1:] if method else ()
        self._service_class = service_class
        self._nearby = () if method else tuple(operations(service_class, model.service_model))
        self._method = method
        self._takers = self._input(model.input_shape) if method else {}
        self._give = _giver(model.output_shape, {}) if model.output_shape else None

    def call(self, service: Service, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Check and copy the parameters, call the method, copy what it returns.

        Raises NotModelled, and ServiceError for what the model or the service refuses.

        >>> from eslabon import Cloud, boto
        >>> events = Cloud().service("events")
        >>> boto.operation("events", "list_rules").call(events, {"NamePrefix": "orders"})
        {'Rules': []}
        >>> boto.operation("events", "list_rules").call(events, {"Limit": 101})
        Traceback (most recent call last):
        eslabon.errors.ServiceError: ValidationException: 1 validation error detected: Value '101' at 'limit' ...
        >>> boto.operation("events", "put_rule").call(events, {"Name": "orders", "ScheduleExpression": "rate(1 day)"})
        Traceback (most recent call last):
        eslabon.errors.NotModelled: eslabon does not model events put_rule(ScheduleExpression=…). Modelled nearby: ...
        """
        method = self._method
        if method is None:
            raise NotModelled(service.name, f"{self.method_name}()", self._nearby)
        taken: dict[str, Any] = {}
        complaints: list[str] = []
        takers = self._takers
        for name, value in parameters.items():
            if value is None:
                continue
            take = takers.get(name)
            if take is None:
                raise NotModelled(service.name, f"{self.method_name}({name}=…)", self.known)
            taken[name] = take(value, _member_path("", name), complaints)
        if complaints:
            raise ServiceError(service.validation_code, _detected(complaints), service.validation_status)
        result = method(service, **taken)
        return self._give(result or {}) if self._give else {}

    def _input(self, shape: Any) -> dict[str, Taker]:
        if shape is None:
            return {}
        members = shape.members
        unknown = set(self.known) - set(members)
        if unknown:
            raise TypeError(f"{self._service_class.__name__}.{self.method_name}: the API has no {sorted(unknown)}")
        built: dict[str, Taker] = {}
        return {
            name: _taker(members[name], f"{self.method_name}.{name}", self._service_class, built) for name in self.known
        }


def operations(service_class: type[Service], service_model: Any) -> list[str]:
    """The operations of the API that a service models, by their boto3 names.

    >>> from eslabon import boto, cloud
    >>> operations(cloud.service_class("sts"), boto.service_model("sts"))
    ['get_caller_identity']
    """
    offered = {xform_name(name) for name in service_model.operation_names}
    return sorted(name for name in offered if inspect.isfunction(getattr(service_class, name, None)))


def _detected(complaints: list[str]) -> str:
    count = len(complaints)
    return f"{count} validation error{'' if count == 1 else 's'} detected: " + "; ".join(complaints)


def _member_path(parent: str, name: str) -> str:
    """AWS writes members in lower camel case and list positions from 1: entries.1.member.detailType."""
    lower = name[:1].lower() + name[1:]
    return f"{parent}.{lower}" if parent else lower


def _taker(shape: Any, place: str, service_class: type[Service], built: dict[str, Taker]) -> Taker:
    if shape.name in built and shape.type_name == "structure":  # a structure that holds itself
        return lambda value, path, complaints: built[shape.name](value, path, complaints)
    if shape.type_name == "structure":
        return _structure_taker(shape, service_class, built)
    if shape.type_name == "list":
        member = _taker(shape.member, f"{place}.member", service_class, built)
        check = _checker(shape, place, service_class)

        def take_list(value: Any, path: str, complaints: list[str]) -> Any:
            if check:
                check(value, path, complaints)
            return [member(one, f"{path}.{number}.member", complaints) for number, one in enumerate(value, 1)]

        return take_list
    if shape.type_name == "map":
        key_check = _checker(shape.key, f"{place}.key", service_class)
        of_value = _taker(shape.value, f"{place}.value", service_class, built)

        def take_map(value: Any, path: str, complaints: list[str]) -> Any:
            if key_check:
                for key in value:
                    key_check(key, path, complaints)
            return {key: of_value(one, f"{path}.{key}", complaints) for key, one in value.items()}

        return take_map
    check = _checker(shape, place, service_class)
    convert = _CONVERSIONS.get(shape.type_name)

    def take(value: Any, path: str, complaints: list[str]) -> Any:
        if check:
            check(value, path, complaints)
        return convert(value) if convert else value

    return take


def _structure_taker(shape: Any, service_class: type[Service], built: dict[str, Taker]) -> Taker:
    listed = service_class.modelled.get(shape.name)
    if listed is None:

        def refuse(value: Any, path: str, complaints: list[str]) -> Any:
            raise NotModelled(service_class.name, path)

        return refuse
    built[shape.name] = lambda value, path, complaints: value  # marks it as being compiled: a structure may hold itself
    names = list(shape.members) if listed == "*" else listed.split()
    unknown = set(names) - set(shape.members)
    if unknown:
        raise TypeError(f"{service_class.__name__}.modelled: {shape.name} has no {sorted(unknown)}")
    members = {name: _taker(shape.members[name], f"{shape.name}.{name}", service_class, built) for name in names}

    def take_structure(value: Any, path: str, complaints: list[str]) -> Any:
        taken = {}
        for name, one in value.items():
            if one is None:
                continue
            take = members.get(name)
            if take is None:
                raise NotModelled(service_class.name, f"{path}.{name}", names)
            taken[name] = take(one, _member_path(path, name), complaints)
        return taken

    built[shape.name] = take_structure
    return take_structure


def _bytes(value: Any) -> bytes:
    if isinstance(value, str):
        return value.encode()
    return bytes(value.read() if hasattr(value, "read") else value)


def _when(value: Any) -> dt.datetime:
    when: dt.datetime = parse_to_aware_datetime(value)
    return when.astimezone(dt.UTC)


_CONVERSIONS: dict[str, Callable[[Any], Any]] = {"blob": _bytes, "timestamp": _when}


def _checker(shape: Any, place: str, service_class: type[Service]) -> Callable[[Any, str, list[str]], None] | None:
    """What the model says about a value beyond its type, as one function; None when it says nothing."""
    if place in service_class.gate_skips:
        return None
    constraints = shape.metadata
    sized = shape.type_name in ("string", "list", "blob", "map")
    maximum, minimum = constraints.get("max"), constraints.get("min")
    allowed = constraints.get("enum")
    pattern = re.compile(_python_pattern(constraints["pattern"])) if "pattern" in constraints else None
    if maximum is None and not allowed and pattern is None and minimum is None:
        return None
    what = "length" if sized else "value"

    def check(value: Any, path: str, complaints: list[str]) -> None:
        size = len(value) if sized else value

        def complain(constraint: str) -> None:
            shown = "" if shape.metadata.get("sensitive") else f"Value '{value}' "
            complaints.append(f"{shown}at '{path}' failed to satisfy constraint: Member must {constraint}")

        if maximum is not None and size > maximum:
            complain(f"have {what} less than or equal to {maximum}")
        if minimum is not None and size < minimum:
            complain(f"have {what} greater than or equal to {minimum}")
        if allowed and value not in allowed:
            complain(f"satisfy enum value set: [{', '.join(allowed)}]")
        if pattern and isinstance(value, str) and not pattern.fullmatch(value):
            complain(f"satisfy regular expression pattern: {constraints['pattern']}")

    return check


def _python_pattern(pattern: str) -> str:
    """The models' patterns are Java's: \\p{…} classes that Python's re lacks become their nearest class."""
    return re.sub(r"\\p\{(\w+)\}", lambda found: _CLASSES.get(found[1], r"\w"), pattern)


_CLASSES = {"L": r"\w", "Z": r"\s", "N": r"\d", "Alnum": "A-Za-z0-9", "Graph": "\x21-\x7e", "Print": "\x20-\x7e"}


def _giver(shape: Any, built: dict[str, Giver]) -> Giver:
    """A function that copies an answer, and fails on what the API's answer does not have: a mistake of eslabon's."""
    if shape.name in built:
        return lambda value: built[shape.name](value)
    if shape.type_name == "structure":
        built[shape.name] = lambda value: value
        members = {name: _giver(member, built) for name, member in shape.members.items()}

        def give_structure(value: Any) -> Any:
            try:
                return {name: members[name](one) for name, one in value.items() if one is not None}
            except KeyError as error:
                raise TypeError(f"the API's {shape.name} has no member {error}") from None

        built[shape.name] = give_structure
        return give_structure
    if shape.type_name == "list":
        member = _giver(shape.member, built)
        return lambda value: [member(one) for one in value]
    if shape.type_name == "map":
        of_value = _giver(shape.value, built)
        return lambda value: {key: of_value(one) for key, one in value.items()}
    expected = _SCALARS.get(shape.type_name)

    def give(value: Any) -> Any:
        if expected and not isinstance(value, expected):
            raise TypeError(f"the API's {shape.name} is a {shape.type_name}, not {value!r}")
        return value

    return give
