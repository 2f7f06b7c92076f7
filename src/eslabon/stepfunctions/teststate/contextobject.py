"""The context object that a tested state sees: the one of the request, checked, over one that is made up.

https://docs.aws.amazon.com/step-functions/latest/dg/input-output-contextobject.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eslabon import jsontext
from eslabon.errors import ServiceError

_KINDS: Mapping[str, tuple[str, Any]] = {
    "text": ("a string", lambda value: isinstance(value, str)),
    "count": ("an integer of 0 or more", lambda value: type(value) is int and value >= 0),
    "any": ("a JSON value", lambda value: True),
}

# The fields of the context object; those of an object are a table of their own.
_FIELDS: Mapping[str, Any] = {
    "Execution": {
        "Id": "text",
        "Input": "any",
        "Name": "text",
        "RoleArn": "text",
        "StartTime": "text",
        "RedriveCount": "count",
        "RedriveTime": "text",
    },
    "State": {"EnteredTime": "text", "Name": "text", "RetryCount": "count"},
    "StateMachine": {"Id": "text", "Name": "text"},
    "Task": {"Token": "text"},
    "Map": {"Item": {"Index": "count", "Key": "text", "Value": "any", "Source": "text"}},
}


def read_context(text: str) -> dict[str, Any]:
    """The context object of a request. Raises ValidationException.

    >>> read_context('{"Task": {"Token": "t1"}}')
    {'Task': {'Token': 't1'}}
    >>> read_context('{"Execution": {"Id": 1}}')
    Traceback (most recent call last):
    ServiceError: ValidationException: Invalid Context object provided: Execution.Id must be a string
    >>> read_context('{"State": {"RetryCount": -1}}')
    Traceback (most recent call last):
    ServiceError: ValidationException: Invalid Context object provided: State.RetryCount must be an integer of 0 or more
    >>> read_context('{"Tasks": {}}')
    Traceback (most recent call last):
    ServiceError: ValidationException: Invalid Context object provided: Field 'Tasks' is not allowed
    """
    try:
        context = jsontext.parse(text)
    except ValueError as error:
        raise _invalid(f"it is not JSON: {error}") from None
    if not isinstance(context, dict):
        raise _invalid("it must be a JSON object")
    _check(context, _FIELDS, "")
    return context


def _check(given: Mapping[str, Any], fields: Mapping[str, Any], path: str) -> None:
    for name, value in given.items():
        kind = fields.get(name)
        if kind is None:
            raise _invalid(f"Field '{path}{name}' is not allowed")
        if isinstance(kind, str):
            called, good = _KINDS[kind]
            if not good(value):
                raise _invalid(f"{path}{name} must be {called}")
        elif isinstance(value, dict):
            _check(value, kind, f"{path}{name}.")
        else:
            raise _invalid(f"{path}{name} must be an object")


def _invalid(problem: str) -> ServiceError:
    return ServiceError("ValidationException", f"Invalid Context object provided: {problem}")


def merged(made: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """A context object whose fields are the given ones, and where they are missing those that were made.

    >>> merged({"State": {"Name": "A", "RetryCount": 0}}, {"State": {"RetryCount": 2}, "Task": {"Token": "t1"}})
    {'State': {'Name': 'A', 'RetryCount': 2}, 'Task': {'Token': 't1'}}
    """
    whole: dict[str, Any] = {name: dict(fields) for name, fields in made.items()}
    for name, fields in given.items():
        whole[name] = {**whole.get(name, {}), **fields}
    return whole
