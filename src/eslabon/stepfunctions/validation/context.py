"""Where in a definition the checks are, the variables that can be seen there, and what has been found wrong so far.

Codes: https://docs.aws.amazon.com/step-functions/latest/apireference/API_ValidateStateMachineDefinitionDiagnostic.html
AWS answers INVALID_JSONATA_EXPRESSION and UNSUPPORTED_JSONATA_EXPRESSION too; UNKNOWN_VARIABLE is ours.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from eslabon.stepfunctions.language.dataflow import JSONPATH
from eslabon.stepfunctions.language.scope import DefinitionError

STATES = "states"  # the reserved variable
ERROR, WARNING = "ERROR", "WARNING"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One problem: an ERROR keeps a state machine from being created, a WARNING does not.

    location: as a path from the definition's root, "/States/Pay/Next"; empty where the whole is meant.

    >>> str(Diagnostic(ERROR, "MISSING_END_STATE", "Workflow has no terminal state"))
    'MISSING_END_STATE: Workflow has no terminal state at null'
    """

    severity: str
    code: str
    message: str
    location: str = ""

    def __str__(self) -> str:
        """As CreateStateMachine names it in its refusal."""
        return f"{self.code}: {self.message} at {self.location or 'null'}"


class Variables:
    """The variables of one machine, branch or item processor; `outer` are those of the machine around it.

    isolated: whether the outer ones cannot be read, as in the child executions of a distributed Map.
    https://docs.aws.amazon.com/step-functions/latest/dg/workflow-variables.html
    """

    def __init__(self, outer: Variables | None = None, *, isolated: bool = False) -> None:
        self.outer = outer
        self.isolated = isolated
        self.assigned: dict[str, list[str]] = {}  # names, and where each is assigned
        self.read: list[tuple[str, str]] = []  # names, and where they are read
        self.scopes: list[Variables] = [] if outer is None else outer.scopes  # of the whole machine
        self.scopes.append(self)

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

    def check(self, context: Context) -> None:
        """Report names that an outer machine assigns too, and names that nothing assigns.

        >>> context, whole = Context(), Variables()
        >>> whole.assigned["n"], Variables(whole).assigned["n"] = ["/States/A/Assign/n"], ["/States/B/…/Assign/n"]
        >>> whole.scopes[1].check(context)
        >>> context.errors
        1
        """
        for name, places in self.assigned.items():
            taken = self.taken(name)
            if taken is not None:
                for place in places:
                    context.error(
                        place,
                        f"The variable '{name}' is assigned in an outer scope too, at {taken}. Call this one "
                        "otherwise: inner scopes cannot assign the variables of outer ones",
                    )
        for name, place in self.read:
            if not self.can_read(name):
                message = f"No state whose variables can be read here assigns ${name}."
                if self.taken(name) is not None:
                    message += " The child executions of a distributed Map cannot read outer variables."
                context.warn(place, "UNKNOWN_VARIABLE", message)


@dataclass(frozen=True, slots=True)
class Context:
    """What the checks of one part of a definition know; `within` makes the context of a part of that part."""

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
    found: dict[Diagnostic, None] = field(default_factory=dict)  # in the whole definition so far, each once

    def within(self, **changes: Any) -> Context:
        """The context of a part.

        >>> Context().within(language="JSONata").language
        'JSONata'
        """
        return replace(self, **changes)

    @property
    def diagnostics(self) -> list[Diagnostic]:
        """All that has been reported, in the order in which it was found."""
        return list(self.found)

    @property
    def errors(self) -> int:
        """How many errors have been reported."""
        return sum(one.severity == ERROR for one in self.found)

    def error(self, location: str | None, message: str, code: str = "SCHEMA_VALIDATION_FAILED") -> None:
        """Report an error; location: where it is, None where the whole text or workflow is meant.

        >>> context = Context()
        >>> context.error("/States/A", "State A has no Next", "MISSING_TRANSITION")
        >>> context.error("/States/A", "State A has no Next", "MISSING_TRANSITION")
        >>> context.errors, str(context.diagnostics[0])
        (1, 'MISSING_TRANSITION: State A has no Next at /States/A')
        """
        self.found[Diagnostic(ERROR, code, message, "" if location is None else location or "/")] = None

    def warn(self, location: str, code: str, message: str) -> None:
        """Report a warning.

        >>> context = Context()
        >>> context.warn("/States/A/Cause", "NO_PATH", "This looks like a path.")
        >>> context.errors, context.diagnostics[0].severity
        (0, 'WARNING')
        """
        self.found[Diagnostic(WARNING, code, message, location)] = None

    @contextmanager
    def compiling(self, location: str, beginning: str = "", **more: str) -> Iterator[None]:
        """Report as an error what is compiled inside and does not compile.

        beginning: of the message, before what the compiler says.

        >>> context = Context()
        >>> with context.compiling("/States/A/InputPath", "No path: "):
        ...     raise DefinitionError("it begins with $")
        >>> print(context.diagnostics[0])
        SCHEMA_VALIDATION_FAILED: No path: it begins with $ at /States/A/InputPath
        """
        try:
            yield
        except DefinitionError as error:
            self.error(location, beginning + error.message, **more)
