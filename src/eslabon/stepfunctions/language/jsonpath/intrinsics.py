"""Intrinsic functions, `States.Format('{}', $.name)`, parsed and compiled; what each does is in `intrinsicfunctions`.

AWS: https://docs.aws.amazon.com/step-functions/latest/dg/intrinsic-functions.html and
https://states-language.net/#intrinsic-functions.
"""

from __future__ import annotations

import re
from typing import Any

from eslabon.stepfunctions.language.errornames import INTRINSIC_FAILURE
from eslabon.stepfunctions.language.jsonpath.intrinsicfunctions import FUNCTIONS, InvalidArguments
from eslabon.stepfunctions.language.jsonpath.paths import compile_parsed
from eslabon.stepfunctions.language.jsonpath.pathsyntax import read_path
from eslabon.stepfunctions.language.jsonpath.reader import Reader
from eslabon.stepfunctions.language.jsonvalues import compact
from eslabon.stepfunctions.language.scope import ABSENT, DefinitionError, Evaluate, Scope, StateError

MOST_FUNCTIONS = 10  # in one field, nested ones counted

NAME = re.compile(r"[A-Za-z0-9_]+(?:\.[A-Za-z0-9_]+)*")
# Reserved in a text are ' { } and the backslash, which escapes them; {} is a place that States.Format fills.
TEXT = re.compile(r"(?:\\[\\'{}]|\\|\{\}|[^\\{}'])*")
ESCAPED = re.compile(r"\\([\\'{}])")


def compile_intrinsic(text: str, field: str) -> Evaluate:
    r"""Compile the invocation of an intrinsic function to a function of the scope that answers its result.

    Raises DefinitionError for what is no invocation: unknown names, wrong numbers of arguments, braces without a
    backslash, more than 10 functions. What goes wrong later is a StateError: States.IntrinsicFailure for an argument
    that the function does not take, States.Runtime for a path that finds nothing.
    https://docs.aws.amazon.com/step-functions/latest/dg/intrinsic-functions.html

    >>> scope = Scope({"name": "Ana", "total": 9})
    >>> compile_intrinsic(r"States.Format('{} owes \{{}\}', $.name, States.MathAdd($.total, 1))", "text.$")(scope)
    'Ana owes {10}'
    >>> compile_intrinsic("States.Array('a', 1.5, null, true, $)", "all.$")(Scope([]))
    ['a', 1.5, None, True, []]
    >>> compile_intrinsic("States.MathAdd($.name, 1)", "sum.$")(scope)
    Traceback (most recent call last):
    StateError: ('States.IntrinsicFailure', "The function 'States.MathAdd($.name, 1)' ...
    >>> compile_intrinsic("States.Sum(1, 2)", "sum.$")
    Traceback (most recent call last):
    DefinitionError: 'States.Sum(1, 2)' at position 0: there is no intrinsic function ...
    """
    invocation = _Invocation(text)
    evaluate = invocation.call()
    invocation.blanks()
    if not invocation.done:
        raise invocation.error(f"{invocation.rest[:20]!r} does not belong to the intrinsic function")
    if invocation.functions > MOST_FUNCTIONS:
        raise DefinitionError(
            f"{field} has {invocation.functions} intrinsic functions, at most {MOST_FUNCTIONS} are allowed in a field"
        )
    return evaluate


class _Invocation(Reader):
    """The text of an invocation, compiled as it is read."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.functions = 0  # that have been read
        self.template = -1  # where the last template begins: States.Format itself sees to its escapes

    def call(self) -> Evaluate:
        """A function and its arguments."""
        start = self.position
        name = self.match(NAME) or ""
        function = FUNCTIONS.get(name)
        if function is None:
            self.position = start
            if not name.startswith("States."):
                raise self.error("a path ($…) or an intrinsic function (States.…) is expected")
            raise self.error(f"there is no intrinsic function {name}, only {', '.join(FUNCTIONS)}")
        self.functions += 1
        arguments = self._arguments(name)
        if not function.least <= len(arguments) <= function.most:
            self.position = start
            raise self.error(f"{name} takes {function.arity}, not {len(arguments)}")

        def evaluate(scope: Scope) -> Any:
            values = [argument(scope) for argument in arguments]
            try:
                return function.call(scope, values)
            except InvalidArguments as problem:
                raise self._failure(f"Invalid arguments in {name}: {problem}") from None

        return evaluate

    def _arguments(self, name: str) -> list[Evaluate]:
        self.expect("(", f"the ( of {name}")
        self.blanks()
        if self.take(")"):
            return []
        if name == "States.JsonToString" and not self.sees("$") and not self.sees("States."):
            raise self.error(f"the argument of {name} is a path")
        if name == "States.Format":
            self.template = self.position
        what = "a path, a text in apostrophes, a number, null, true, false or a function"
        with self.deeper():
            arguments = self.several(_Invocation._argument, what)
        self.expect(")", "a comma or )")
        return arguments

    def _argument(self) -> Evaluate | None:
        if self.sees("$"):
            return self._path()
        if self.sees("'"):
            return self._text()
        if self.sees("States."):
            return self.call()
        value = self.scalar()
        return None if value is ABSENT else lambda scope: value

    def _path(self) -> Evaluate:
        path = read_path(self)
        missing = f"The JsonPath argument for the field '{path.text}' could not be found in the input"
        return compile_parsed(path, lambda scope: self._cause(f"{missing} '{compact(scope.document)}'"))

    def _text(self) -> Evaluate:
        """A text in apostrophes."""
        start = self.position
        self.take("'")
        written = self.match(TEXT) or ""
        if not self.take("'"):
            brace = self.rest[:1]
            complaint = f"matching braces not found: write \\{brace} for a {brace}"
            raise self.error(complaint if brace else "the text has no closing apostrophe")
        if "\\" in ESCAPED.sub("", written):

            def fail(scope: Scope) -> Any:
                raise self._failure("a backslash escapes one of ' { } \\, and must itself be escaped")

            return fail
        text = written if start == self.template else ESCAPED.sub(r"\1", written)
        return lambda scope: text

    def _failure(self, problem: str) -> StateError:
        return StateError(INTRINSIC_FAILURE, self._cause(problem))

    def _cause(self, problem: str) -> str:
        return f"The function '{self.text}' had the following error: {problem}"
