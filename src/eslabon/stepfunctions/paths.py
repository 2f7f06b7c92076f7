"""JSONPaths, compiled to functions of a scope; reference paths, which also put a value. No intrinsic functions.

AWS: https://docs.aws.amazon.com/step-functions/latest/dg/amazon-states-language-paths.html and
https://states-language.net/#path. Where those leave a word open, the answer is that of the implementation that the
specification names, https://github.com/json-path/JsonPath.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from eslabon.stepfunctions.pathsteps import compile_steps
from eslabon.stepfunctions.pathsyntax import Path, parse_path
from eslabon.stepfunctions.scope import ABSENT, DefinitionError, Evaluate, Scope, StateError

RUNTIME = "States.Runtime"
RESULT_PATH_MATCH_FAILURE = "States.ResultPathMatchFailure"


def compile_path(text: str, field: str = "InputPath") -> Evaluate:
    """Compile a path to a function of the scope that answers what it finds.

    A definite path answers its node and fails where there is none, with the cause that AWS words by `field`: a member
    of a payload template ("total.$") or a field of a state. Any other path answers a list, empty when nothing matches.
    Raises DefinitionError. https://docs.aws.amazon.com/step-functions/latest/dg/amazon-states-language-paths.html

    >>> scope = Scope({"items": [{"sku": "a"}, {"sku": "b"}]}, variables={"order": {"id": 7}})
    >>> compile_path("$.items[0].sku")(scope), compile_path("$.items[*].sku")(scope), compile_path("$order.id")(scope)
    ('a', ['a', 'b'], 7)
    >>> compile_path("$.nothing[*]")(scope)
    []
    >>> compile_path("$.sum")(scope)
    Traceback (most recent call last):
    eslabon.stepfunctions.scope.StateError: ('States.Runtime', "Invalid path '$.sum' : No results for path: $['sum']")
    >>> compile_path("total")
    Traceback (most recent call last):
    eslabon.stepfunctions.scope.DefinitionError: 'total' at position 0: a path begins with $
    """
    return compiled(parse_path(text), field)


def compile_lookup(text: str) -> Evaluate:
    """Compile a path to a function of the scope that answers ABSENT where a definite path finds nothing.

    For those that ask whether something is there (`IsPresent`) or word its absence themselves. Raises DefinitionError.

    >>> compile_lookup("$.total")(Scope({"total": None})) is None
    True
    >>> compile_lookup("$.total")(Scope({})) is ABSENT, compile_lookup("$.total[*]")(Scope({}))
    (True, [])
    >>> compile_lookup("$[")
    Traceback (most recent call last):
    eslabon.stepfunctions.scope.DefinitionError: '$[' at position 2: an index, a slice, *, a name in quotes or ?(…) is \
expected in the brackets
    """
    path = parse_path(text)
    root = _root(path)
    if not path.definite:
        return _many(path, root)
    keys = path.keys

    def look(scope: Scope) -> Any:
        value = root(scope)
        for key in keys:
            value = _child(value, key)
            if value is ABSENT:
                return ABSENT
        return value

    return look


def compiled(path: Path, field: str) -> Evaluate:
    """Compile a parsed path, like `compile_path`."""
    root = _root(path)
    if not path.definite:
        return _many(path, root)
    keys = path.keys
    if path.root == "$" and not keys:
        return lambda scope: scope.document

    def fail(scope: Scope) -> StateError:
        return StateError(RUNTIME, _nothing(path, field, root(scope), scope))

    if all(isinstance(key, str) for key in keys):
        # Only names: an object answers them, everything else raises.
        if path.root == "$":

            def follow_names(scope: Scope) -> Any:
                value = scope.document
                try:
                    for key in keys:
                        value = value[key]
                except (KeyError, TypeError):
                    raise fail(scope) from None
                return value

            return follow_names

    def follow(scope: Scope) -> Any:
        value = root(scope)
        if value is ABSENT:
            raise fail(scope)
        for key in keys:
            value = _child(value, key)
            if value is ABSENT:
                raise fail(scope)
        return value

    return follow


def _root(path: Path) -> Evaluate:
    """Where the path begins."""
    if path.root == "$":
        return lambda scope: scope.document
    if path.root == "$$":
        return lambda scope: scope.context
    name = path.root
    return lambda scope: scope.variables.get(name, ABSENT)


def _many(path: Path, root: Evaluate) -> Evaluate:
    """A path that may mean several nodes."""
    find = compile_steps(path.steps)

    def evaluate(scope: Scope) -> Any:
        value = root(scope)
        return [] if value is ABSENT else find(value, scope)

    return evaluate


def _child(value: Any, key: str | int) -> Any:
    """The member or element, or ABSENT."""
    if isinstance(key, str):
        return value.get(key, ABSENT) if isinstance(value, Mapping) else ABSENT
    if isinstance(value, list) and -len(value) <= key < len(value):
        return value[key]
    return ABSENT


def _nothing(path: Path, field: str, root: Any, scope: Scope) -> str:
    """The cause when a definite path finds nothing, as AWS words it."""
    if field.endswith(".$"):
        shown = compact(scope.document)
        return f"The JSONPath '{path.text}' specified for the field '{field}' could not be found in the input '{shown}'"
    return f"Invalid path '{path.text}' : {_reason(path.keys, root)}"


def _reason(keys: Sequence[str | int], value: Any) -> str:
    """At which step a definite path stops, and why."""
    walked = "$"
    for position, key in enumerate(keys):
        where = walked + (f"['{key}']" if isinstance(key, str) else f"[{key}]")
        child = _child(value, key)
        if child is ABSENT:
            if isinstance(key, int) and not isinstance(value, list):
                return f"Filter: [{key}] can only be applied to arrays. Current context is: {compact(value)}"
            if isinstance(key, str) and not isinstance(value, Mapping):
                return f"Expected to find an object with property ['{key}'] in path {walked} but found {compact(value)}"
            if isinstance(key, str) and position < len(keys) - 1:
                return f"Missing property in path {where}"
            break
        walked, value = where, child
    return "No results for path: $" + "".join(f"['{key}']" if isinstance(key, str) else f"[{key}]" for key in keys)


def compact(value: Any) -> str:
    """The JSON text of a value without white space, as AWS shows values in causes.

    >>> compact({"a": [1, "é"]})
    '{"a":[1,"é"]}'
    """
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


class ReferencePath:
    """A path to a single node, where a value can be put; `compile_reference_path` makes it."""

    __slots__ = ("keys", "text")

    def __init__(self, text: str, keys: tuple[str | int, ...]) -> None:
        self.text = text
        self.keys = keys

    def put(self, document: Any, value: Any) -> Any:
        """A new document with `value` at the path, and the objects on the way that are missing; `document` stays.

        Raises StateError States.ResultPathMatchFailure where the path does not fit the document: a name inside
        something that is no object, an index that the array does not have.

        >>> document = {"a": 1}
        >>> compile_reference_path("$.b.c").put(document, 2), document
        ({'a': 1, 'b': {'c': 2}}, {'a': 1})
        >>> compile_reference_path("$").put(document, 2)
        2
        >>> compile_reference_path("$.a.b").put(document, 2)
        Traceback (most recent call last):
        eslabon.stepfunctions.scope.StateError: ('States.ResultPathMatchFailure', \
'Unable to apply ReferencePath $.a.b to input {"a":1}')
        """
        return self._put(document, value, 0, document)

    def _put(self, current: Any, value: Any, depth: int, document: Any) -> Any:
        if depth == len(self.keys):
            return value
        key = self.keys[depth]
        if isinstance(key, str):
            if current is ABSENT:
                current = {}
            if isinstance(current, dict):
                return {**current, key: self._put(current.get(key, ABSENT), value, depth + 1, document)}
        elif isinstance(current, list) and 0 <= key < len(current):
            return [*current[:key], self._put(current[key], value, depth + 1, document), *current[key + 1 :]]
        cause = f"Unable to apply ReferencePath {self.text} to input {compact(document)}"
        raise StateError(RESULT_PATH_MATCH_FAILURE, cause)


def compile_reference_path(text: str) -> ReferencePath:
    """Compile a reference path: one that can only mean one node of the document, as `ResultPath` needs.

    Raises DefinitionError. https://states-language.net/#ref-paths

    >>> compile_reference_path("$.ledgers[0].count").keys
    ('ledgers', 0, 'count')
    >>> compile_reference_path("$.orders[*]")
    Traceback (most recent call last):
    eslabon.stepfunctions.scope.DefinitionError: $.orders[*] is not a reference path: it must name a single node, \
without * : , ? or ..
    """
    path = parse_path(text)
    if not path.definite:
        raise DefinitionError(f"{text} is not a reference path: it must name a single node, without * : , ? or ..")
    if path.root != "$":
        raise DefinitionError(f"{text} cannot be written to: a value is put into the state's input, $ or $.…")
    if any(isinstance(key, int) and key < 0 for key in path.keys):
        raise DefinitionError(f"{text} is not a reference path: its indexes count from 0 up")
    return ReferencePath(text, path.keys)
