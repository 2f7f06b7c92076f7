"""The context object that a tested state sees: the one of the request, checked, over one that is made up.

https://docs.aws.amazon.com/step-functions/latest/dg/input-output-contextobject.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from eslabon import jsontext
from eslabon.errors import ServiceError
from eslabon.stepfunctions.validation.kinds import is_object, is_text


def _is_count(value: Any) -> bool:
    return type(value) is int and value >= 0


# What the fields of the context object hold, by their paths: how a message calls it, and whether a value is that.
_KINDS: Mapping[str, tuple[str, Callable[[Any], bool]]] = {
    path: (called, good)
    for called, good, paths in (
        ("an object", is_object, "Execution Map Map.Item State StateMachine Task"),
        ("a JSON value", lambda value: True, "Execution.Input Map.Item.Value"),
        ("an integer of 0 or more", _is_count, "Execution.RedriveCount Map.Item.Index State.RetryCount"),
        (
            "a string",
            is_text,
            "Execution.Id Execution.Name Execution.RoleArn Execution.StartTime Execution.RedriveTime Map.Item.Key "
            "Map.Item.Source State.EnteredTime State.Name StateMachine.Id StateMachine.Name Task.Token",
        ),
    )
    for path in paths.split()
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
    _check(context, "")
    return context


def _check(given: Mapping[str, Any], inside: str) -> None:
    for name, value in given.items():
        path = f"{inside}{name}"
        if path not in _KINDS:
            raise _invalid(f"Field '{path}' is not allowed")
        called, good = _KINDS[path]
        if not good(value):
            raise _invalid(f"{path} must be {called}")
        if good is is_object:
            _check(value, f"{path}.")


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
