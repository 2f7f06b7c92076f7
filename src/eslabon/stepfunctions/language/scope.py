"""What an expression of the Amazon States Language can see, values with expressions in them, the errors of both.

No syntax: `paths`, `intrinsics` and `templates` read a scope in JSONPath mode, `jsonata` in JSONata mode.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from eslabon.clock import START
from eslabon.ids import Ids

# A compiled expression, template or field: reads a scope, answers a JSON value. Compiled once, called often.
Evaluate = Callable[["Scope"], Any]

ABSENT: Any = object()  # no value at all, which null is not


class Scope:
    """The values that one state's expressions see, while it runs.

    `document` is what `$` means to a JSONPath and changes along the state's fields (input, result, …); `input`,
    `result` and `error_output` are the members of JSONata's `$states`, ABSENT until they exist. `variables` are those
    of this and the enclosing scopes. `now` tells the time.

    >>> scope = Scope({"n": 1}, variables={"x": 2})
    >>> scope.document, scope.input, scope.variables["x"], scope.result is ABSENT
    ({'n': 1}, {'n': 1}, 2, True)
    >>> scope.context
    {}
    """

    __slots__ = ("_context", "_converted", "_ids", "_now", "document", "error_output", "input", "result", "variables")

    def __init__(
        self,
        input: Any,
        *,
        variables: Mapping[str, Any] | None = None,
        context: Callable[[], Mapping[str, Any]] = dict,
        ids: Ids | None = None,
        now: Callable[[], float] = lambda: START,
    ) -> None:
        self.document = self.input = input
        self.result = ABSENT
        self.error_output = ABSENT
        self.variables = {} if variables is None else variables
        self._context = context
        self._ids = ids or Ids(1)
        self._now = now

    @property
    def context(self) -> Mapping[str, Any]:
        """The context object, `$$` and `$states.context`; made when it is asked for, because few states ask."""
        return self._context()

    @property
    def ids(self) -> Ids:
        """The cloud's generator, for the functions that draw a number or an id."""
        return self._ids

    def now(self) -> float:
        """The time in seconds since 1970.

        >>> Scope({}).now()
        1767225600.0
        """
        return self._now()

    @property
    def converted(self) -> dict[int, tuple[Any, Any]]:
        """Values as the JSONata library wants them, by their ids: all expressions of a state share them."""
        try:
            return self._converted
        except AttributeError:
            self._converted: dict[int, tuple[Any, Any]] = {}
            return self._converted


def filled(value: Any, parts: Iterable[tuple[Any, Evaluate | None]]) -> Evaluate | None:
    """An object or array of a definition with what is computed in it: a copy at each call. None when nothing is.

    parts: names or indexes, each with what computes the value there, or None for what stays.

    >>> evaluate = filled({"n": 1, "total": ""}, [("n", None), ("total", lambda scope: scope.input)])
    >>> evaluate(Scope(7)), filled([1], [(0, None)]) is None
    ({'n': 1, 'total': 7}, True)
    """
    dynamic = [(key, evaluate) for key, evaluate in parts if evaluate is not None]
    if not dynamic:
        return None

    def build(scope: Scope) -> Any:
        built = value.copy()
        for key, evaluate in dynamic:
            built[key] = evaluate(scope)
        return built

    return build


class StateError(Exception):
    """A state fails: `error` is a name that Retry and Catch compare, `cause` is for people.

    `location` is the field whose expression failed, where AWS says it ("Output/result"). The cause is completed by the
    interpreter, which knows the state's name and the id of the event that entered it, unless `complete`.
    """

    def __init__(self, error: str | None, cause: str | None, *, location: str = "", complete: bool = False) -> None:
        super().__init__(error, cause)
        self.error = error
        self.cause = cause
        self.location = location
        self.complete = complete


class DefinitionError(ValueError):
    """An expression that cannot be compiled: what is wrong, and at which column of its text (from 0)."""

    def __init__(self, message: str, column: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.column = column
