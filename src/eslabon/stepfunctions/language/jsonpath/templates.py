"""Payload templates: JSON in which a member whose name ends in `.$` takes its value from a path or intrinsic function.

AWS: https://states-language.net/#payload-template and
https://docs.aws.amazon.com/step-functions/latest/dg/input-output-inputpath-params.html
"""

from __future__ import annotations

from typing import Any

from eslabon.stepfunctions.language.jsonpath.intrinsics import compile_intrinsic
from eslabon.stepfunctions.language.jsonpath.paths import compile_path
from eslabon.stepfunctions.language.scope import DefinitionError, Evaluate, Scope

DYNAMIC = ".$"
DEEPEST = 200  # members in members, far from where Python's own stack would end


def compile_template(value: Any, field: str = "Parameters") -> Evaluate:
    """Compile a payload template to a function of the scope that answers the payload.

    `field` is the state's field the template stands in, for the message of a DefinitionError. What has nothing dynamic
    in it is handed out as it is, not copied: nobody changes a JSON value.

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
    evaluate = _compile(value, field)
    return evaluate if evaluate is not None else _constant(value)


def _constant(value: Any) -> Evaluate:
    return lambda scope: value


def _compile(value: Any, location: str, depth: int = 0) -> Evaluate | None:
    """None when there is nothing dynamic in the value."""
    if depth > DEEPEST:
        raise DefinitionError(f"{location[:100]}… nests more than {DEEPEST} levels deep")
    if isinstance(value, dict):
        return _compile_object(value, location, depth)
    if isinstance(value, list):
        parts = [_compile(item, f"{location}[{index}]", depth + 1) for index, item in enumerate(value)]
        if all(part is None for part in parts):
            return None
        evaluates = [part or _constant(item) for part, item in zip(parts, value, strict=True)]
        return lambda scope: [evaluate(scope) for evaluate in evaluates]
    return None


def _compile_object(value: dict[str, Any], location: str, depth: int) -> Evaluate | None:
    dynamic: list[tuple[str, Evaluate]] = []
    payload: dict[str, Any] = {}  # the members in their order, with the constant ones filled in
    for name, item in value.items():
        where = f"{location}/{name}"
        if name.endswith(DYNAMIC):
            evaluate: Evaluate | None = _compile_dynamic(name, item, where)
            name = name.removesuffix(DYNAMIC)
        else:
            evaluate = _compile(item, where, depth + 1)
        if name in payload:
            raise DefinitionError(f"{where}: the payload would have two members named {name!r}")
        payload[name] = item
        if evaluate is not None:
            dynamic.append((name, evaluate))
    if not dynamic:
        return None

    def build(scope: Scope) -> dict[str, Any]:
        built = payload.copy()
        for name, evaluate in dynamic:
            built[name] = evaluate(scope)
        return built

    return build


def _compile_dynamic(name: str, value: Any, where: str) -> Evaluate:
    if not isinstance(value, str):
        wanted = "a path or an intrinsic function as a string"
        raise DefinitionError(f"{where}: a member whose name ends in .$ needs {wanted}, not {value!r}")
    try:
        return compile_path(value, name) if value.startswith("$") else compile_intrinsic(value, name)
    except DefinitionError as error:
        raise DefinitionError(f"{where}: {error.message}", error.column) from None
