"""Where in a definition the checks are: its report, the query language, the variables that can be seen there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from eslabon.stepfunctions.language.dataflow import JSONPATH
from eslabon.stepfunctions.language.scope import DefinitionError
from eslabon.stepfunctions.validation.diagnostics import Report

STATES = "states"  # the reserved variable


class Variables:
    """The variables of one machine, branch or item processor; `outer` are those of the machine around it.

    isolated: whether the outer ones cannot be read, as in the child executions of a distributed Map.
    https://docs.aws.amazon.com/step-functions/latest/dg/workflow-variables.html
    """

    def __init__(self, outer: Variables | None = None, *, isolated: bool = False) -> None:
        self.outer = outer
        self.isolated = isolated
        self.inner: list[Variables] = []
        self.assigned: dict[str, list[str]] = {}  # names, and where each is assigned
        self.read: list[tuple[str, str]] = []  # names, and where they are read
        if outer is not None:
            outer.inner.append(self)

    def can_read(self, name: str) -> bool:
        """Whether a variable of this name can be read here.

        >>> whole = Variables()
        >>> whole.assigned["total"] = ["/States/Add/Assign/total"]
        >>> Variables(whole).can_read("total"), Variables(whole, isolated=True).can_read("total")
        (True, False)
        """
        if name in self.assigned:
            return True
        return self.outer is not None and not self.isolated and self.outer.can_read(name)

    def taken(self, name: str) -> str | None:
        """Where a machine around this one assigns a variable of this name; None when none does.

        >>> whole = Variables()
        >>> whole.assigned["total"] = ["/States/Add/Assign/total"]
        >>> Variables(whole).taken("total"), whole.taken("total") is None
        ('/States/Add/Assign/total', True)
        """
        if self.outer is None:
            return None
        return self.outer.assigned[name][0] if name in self.outer.assigned else self.outer.taken(name)

    def check(self, report: Report) -> None:
        """Report names that an outer machine assigns too, and names that nothing assigns.

        >>> report, whole = Report(), Variables()
        >>> whole.assigned["n"], Variables(whole).assigned["n"] = ["/States/A/Assign/n"], ["/States/B/…/Assign/n"]
        >>> whole.check(report)
        >>> report.failed
        True
        """
        for name, places in self.assigned.items():
            taken = self.taken(name)
            if taken is not None:
                for place in places:
                    report.error(
                        place,
                        f"The variable '{name}' is assigned in an outer scope too, at {taken}. Call this one "
                        "otherwise: inner scopes cannot assign the variables of outer ones",
                    )
        for name, place in self.read:
            if not self.can_read(name):
                message = f"No state whose variables can be read here assigns ${name}."
                if self.taken(name) is not None:
                    message += " The child executions of a distributed Map cannot read outer variables."
                report.warn(place, "UNKNOWN_VARIABLE", message)
        for inner in self.inner:
            inner.check(report)


@dataclass(frozen=True, slots=True)
class Context:
    """What the checks of one part of a definition know; `within` makes the context of a part of that part."""

    report: Report = field(default_factory=Report)
    type: str = "STANDARD"  # of the state machine or of a distributed Map's child executions; or EXPRESS
    whole_language: str = JSONPATH  # of the state machine
    language: str = JSONPATH  # of the state
    variables: Variables = field(default_factory=Variables)
    depth: int = 0  # machines, and tests of a Choice, around this one
    catching: bool = False  # inside an entry of Catch, where $states.errorOutput exists
    state: str = ""  # where the state is
    has_result: bool = False  # the state has a result, which its Output and Assign see as $states.result
    names: dict[str, str] = field(default_factory=dict)  # of all states so far, and where they are
    labels: dict[str, str] = field(default_factory=dict)

    def within(self, **changes: Any) -> Context:
        """The context of a part.

        >>> Context().within(language="JSONata").language
        'JSONata'
        """
        return replace(self, **changes)

    def error(self, location: str, message: str, **more: str) -> None:
        """Report an error.

        >>> context = Context()
        >>> context.error("/StartAt", "no")
        >>> context.report.failed
        True
        """
        self.report.error(location or "/", message, **more)

    @contextmanager
    def compiling(self, location: str, beginning: str = "", **more: str) -> Iterator[None]:
        """Report as an error what is compiled inside and does not compile.

        beginning: of the message, before what the compiler says.

        >>> context = Context()
        >>> with context.compiling("/States/A/InputPath", "No path: "):
        ...     raise DefinitionError("it begins with $")
        >>> print(context.report.diagnostics[0])
        SCHEMA_VALIDATION_FAILED: No path: it begins with $ at /States/A/InputPath
        """
        try:
            yield
        except DefinitionError as error:
            self.error(location, beginning + error.message, **more)
