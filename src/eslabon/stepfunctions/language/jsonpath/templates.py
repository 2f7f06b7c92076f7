"""Payload templates: JSON in which a member whose name ends in `.$` takes its value from a path or intrinsic function.

AWS: https://states-language.net/#payload-template and
https://docs.aws.amazon.com/step-functions/latest/dg/input-output-inputpath-params.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from eslabon.stepfunctions.language.jsonpath.intrinsics import compile_intrinsic
from eslabon.stepfunctions.language.jsonpath.paths import compile_path
from eslabon.stepfunctions.language.scope import DefinitionError, Evaluate, filled

DYNAMIC = ".$"
DEEPEST = 200  # members in members, far from where Python's own stack would end


def compile_template(value: Any, field: str = "Parameters") -> Evaluate:
    """Compile a payload template to a function of the scope that answers the payload.

    `field` is the state's field the template stands in, for the message of a DefinitionError. What has nothing dynamic
    in it is handed out as it is, not copied: nobody changes a JSON value.

    >>> from eslabon.stepfunctions.language.scope import Scope
    >>> template = compile_template({"id.$": "$.order.id", "kind": "order", "items": [{"n.$": "$$.Map.Item.Index"}]})
    >>> template(Scope({"order": {"id": 7}}, context=lambda: {"Map": {"Item": {"Index": 0}}}))
    {'id': 7, 'kind': 'order', 'items': [{'n': 0}]}
    >>> compile_template(["constant", {"a": 1}])(Scope({}))
    ['constant', {'a': 1}]
    >>> template(Scope({}))
    Traceback (most recent call last):
    StateError: ('States.Runtime', "The JSONPath '$.order.id' specified \
for the field 'id.$' could not be found in the input '{}'")
    >>> compile_template({"id.$": 7})
    Traceback (most recent call last):
    DefinitionError: Parameters/id.$: a member whose name ends in .$ needs a path or \
an intrinsic function as a string, not 7
    """
    return _compile(value, field) or (lambda scope: value)


def _compile(value: Any, location: str, depth: int = 0) -> Evaluate | None:
    """None when there is nothing dynamic in the value."""
    if depth > DEEPEST:
        raise DefinitionError(f"{location[:100]}… nests more than {DEEPEST} levels deep")
    payload: Any = value
    if isinstance(value, dict):
        payload = {}  # the members in their order, under the names that they get
        parts = list(_members(value, location, depth, payload))
    elif isinstance(value, list):
        parts = [(index, _compile(item, f"{location}[{index}]", depth + 1)) for index, item in enumerate(value)]
    else:
        return None
    return filled(payload, parts)


def _members(
    value: dict[str, Any], location: str, depth: int, payload: dict[str, Any]
) -> Iterator[tuple[Any, Evaluate | None]]:
    for name, item in value.items():
        where = f"{location}/{name}"
        evaluate = _compile_dynamic(name, item, where) if name.endswith(DYNAMIC) else _compile(item, where, depth + 1)
        key = name.removesuffix(DYNAMIC)
        if key in payload:
            raise DefinitionError(f"{where}: the payload would have two members named {key!r}")
        payload[key] = item
        yield key, evaluate


def _compile_dynamic(name: str, value: Any, where: str) -> Evaluate:
    if not isinstance(value, str):
        wanted = "a path or an intrinsic function as a string"
        raise DefinitionError(f"{where}: a member whose name ends in .$ needs {wanted}, not {value!r}")
    try:
        return compile_path(value, name) if value.startswith("$") else compile_intrinsic(value, name)
    except DefinitionError as error:
        raise DefinitionError(f"{where}: {error.message}", error.column) from None
