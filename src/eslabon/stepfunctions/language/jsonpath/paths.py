"""JSONPaths, compiled to functions of a scope; reference paths, which also put a value. No intrinsic functions.

AWS: https://docs.aws.amazon.com/step-functions/latest/dg/amazon-states-language-paths.html and
https://states-language.net/#path.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from eslabon.stepfunctions.language.errornames import RESULT_PATH_MATCH_FAILURE, RUNTIME
from eslabon.stepfunctions.language.jsonpath.pathsyntax import Key, Path, child, follow, parse_path
from eslabon.stepfunctions.language.jsonvalues import compact
from eslabon.stepfunctions.language.scope import ABSENT, DefinitionError, Evaluate, Scope, StateError

Absence = Callable[[Scope], str]
"""The cause of the failure when a path finds nothing."""


def compile_path(text: str, field: str = "InputPath", *, reference: bool = False) -> Evaluate:
    """Compile a path to a function of the scope that answers what it finds.

    A definite path answers its node and fails where there is none, with the cause that AWS words by `field`: a member
    of a payload template ("total.$") or a field of a state. Any other path answers a list, empty when nothing matches;
    with `reference`, as in fields that take a reference path, it raises DefinitionError, like bad syntax.
    https://docs.aws.amazon.com/step-functions/latest/dg/amazon-states-language-paths.html

    >>> scope = Scope({"items": [{"sku": "a"}, {"sku": "b"}]}, variables={"order": {"id": 7}})
    >>> compile_path("$.items[0].sku")(scope), compile_path("$.items[*].sku")(scope), compile_path("$order.id")(scope)
    ('a', ['a', 'b'], 7)
    >>> compile_path("$.nothing[*]")(scope)
    []
    >>> compile_path("$.sum")(scope)
    Traceback (most recent call last):
    StateError: ('States.Runtime', "Invalid path '$.sum' : No results for path: $['sum']")
    >>> compile_path("total")
    Traceback (most recent call last):
    DefinitionError: 'total' at position 0: a path begins with $
    """
    path = parse_path(text)
    if reference:
        _definite(path)
    return compile_parsed(path, _absence(path, field))


def compile_parsed(path: Path, absence: Absence) -> Evaluate:
    """Compile a parsed path; `absence` words the cause of the failure when a definite one finds nothing.

    >>> find = compile_parsed(parse_path("$.a"), lambda scope: "there is no a")
    >>> find(Scope({"a": None})) is None
    True
    >>> find(Scope({}))
    Traceback (most recent call last):
    StateError: ('States.Runtime', 'there is no a')
    """
    keys = path.keys
    if path.root == "$" and keys is not None and all(isinstance(key, str) for key in keys):
        # Most paths are names alone: an object answers them, everything else raises.
        def follow_names(scope: Scope) -> Any:
            value = scope.document
            try:
                for name in keys:
                    value = value[name]
            except (KeyError, TypeError):
                raise StateError(RUNTIME, absence(scope)) from None
            return value

        return follow_names
    look = _look(path)

    def look_for(scope: Scope) -> Any:
        value = look(scope)
        if value is ABSENT:
            raise StateError(RUNTIME, absence(scope))
        return value

    return look_for


def compile_lookup(text: str) -> Evaluate:
    """Compile a path to a function of the scope that answers ABSENT where a definite path finds nothing.

    For those that ask whether something is there (`IsPresent`), or word its absence themselves. Raises DefinitionError.

    >>> compile_lookup("$.total")(Scope({"total": None})) is None
    True
    >>> compile_lookup("$.total")(Scope({})) is ABSENT, compile_lookup("$.total[*]")(Scope({}))
    (True, [])
    >>> compile_lookup("$[")
    Traceback (most recent call last):
    DefinitionError: '$[' at position 2: an index, a slice, *, a name in quotes or ...
    """
    return _look(parse_path(text))


def _look(path: Path) -> Evaluate:
    root, keys = _root(path), path.keys
    if keys is None:
        return lambda scope: path.find(root(scope))
    return lambda scope: follow(root(scope), keys)


def _root(path: Path) -> Evaluate:
    """Where the path begins."""
    if path.root == "$":
        return lambda scope: scope.document
    if path.root == "$$":
        return lambda scope: dict(scope.context)
    name = path.root
    return lambda scope: scope.variables.get(name, ABSENT)


def _absence(path: Path, field: str) -> Absence:
    """How AWS words that a definite path finds nothing."""
    if field.endswith(".$"):
        return lambda scope: (
            f"The JSONPath '{path.text}' specified for the field '{field}' "
            f"could not be found in the input '{compact(scope.document)}'"
        )
    root = _root(path)
    return lambda scope: f"Invalid path '{path.text}' : {_reason(path, root(scope))}"


def _reason(path: Path, value: Any) -> str:
    """At which step a definite path stops, and why."""
    if value is ABSENT:
        return f"There is no variable ${path.root}"
    walked = "$"
    keys = path.keys or ()
    for key in keys:
        found = child(value, key)
        if found is ABSENT:
            if isinstance(key, int) and not isinstance(value, list):
                return f"Filter: [{key}] can only be applied to arrays. Current context is: {compact(value)}"
            if isinstance(key, str) and not isinstance(value, dict):
                return f"Expected to find an object with property ['{key}'] in path {walked} but found {compact(value)}"
            if isinstance(key, str) and key != keys[-1]:
                return f"Missing property in path {walked}{_step(key)}"
            break
        walked, value = walked + _step(key), found
    return "No results for path: $" + "".join(map(_step, keys))


def _step(key: Key) -> str:
    return f"['{key}']" if isinstance(key, str) else f"[{key}]"


def _definite(path: Path) -> Sequence[Key]:
    if path.keys is None:
        raise DefinitionError(f"{path.text} is no reference path: it must mean one node, without * : , ? or ..")
    return path.keys


def compile_reference_path(text: str) -> Callable[[Any, Any], Any]:
    """Compile a reference path, one that can only mean one node of the input, as `ResultPath` needs.

    Answers a function of a document and a value: a new document with the value at the path, and the objects on the way
    that are missing. It raises StateError, States.ResultPathMatchFailure, where the path does not fit the document: a
    name inside something that is no object, an index that the array does not have. Raises DefinitionError.
    https://states-language.net/#ref-paths

    >>> document = {"a": 1}
    >>> compile_reference_path("$.b.c")(document, 2), document
    ({'a': 1, 'b': {'c': 2}}, {'a': 1})
    >>> compile_reference_path("$")(document, 2)
    2
    >>> compile_reference_path("$.a.b")(document, 2)
    Traceback (most recent call last):
    StateError: ('States.ResultPathMatchFailure', \
'Unable to apply ReferencePath $.a.b to input {"a":1}')
    >>> compile_reference_path("$.orders[*]")
    Traceback (most recent call last):
    DefinitionError: $.orders[*] is no reference path: it must mean one node, ...
    """
    path = parse_path(text)
    keys = _definite(path)
    if path.root != "$":
        raise DefinitionError(f"{text} cannot be written to: a result goes into the state's input, $ or $.…")
    if any(isinstance(key, int) and key < 0 for key in keys):
        raise DefinitionError(f"{text} is no reference path: its indexes count from 0 up")

    def put(document: Any, value: Any) -> Any:
        try:
            return _with(document, keys, value)
        except LookupError:
            cause = f"Unable to apply ReferencePath {text} to input {compact(document)}"
            raise StateError(RESULT_PATH_MATCH_FAILURE, cause) from None

    return put


def _with(node: Any, keys: Sequence[Key], value: Any) -> Any:
    """A copy of a node with a value at the place that the keys lead to; LookupError when there is no such place."""
    if not keys:
        return value
    key, further = keys[0], keys[1:]
    if isinstance(key, str) and (node is ABSENT or isinstance(node, dict)):
        members = {} if node is ABSENT else node
        return {**members, key: _with(members.get(key, ABSENT), further, value)}
    if isinstance(key, int) and isinstance(node, list):
        return [*node[:key], _with(node[key], further, value), *node[key + 1 :]]
    raise LookupError(key)
