"""Diagnostics: one problem of a definition each, and the report that gathers them. It finds none itself.

Codes: https://docs.aws.amazon.com/step-functions/latest/apireference/API_ValidateStateMachineDefinitionDiagnostic.html
AWS answers INVALID_JSONATA_EXPRESSION and UNSUPPORTED_JSONATA_EXPRESSION too; UNKNOWN_VARIABLE is ours.
"""

from __future__ import annotations

from dataclasses import dataclass

ERROR, WARNING = "ERROR", "WARNING"

SCHEMA_VALIDATION_FAILED = "SCHEMA_VALIDATION_FAILED"  # the code of whatever has none of its own


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


class Report:
    """The problems found so far, each once.

    >>> report = Report()
    >>> report.error("/States/A", "Field 'Nxt' is not supported")
    >>> report.error("/States/A", "Field 'Nxt' is not supported")
    >>> [str(found) for found in report.diagnostics]
    ["SCHEMA_VALIDATION_FAILED: Field 'Nxt' is not supported at /States/A"]
    """

    def __init__(self) -> None:
        self._found: dict[Diagnostic, None] = {}
        self.errors = 0  # reported so far, each time that one was

    @property
    def diagnostics(self) -> list[Diagnostic]:
        """All of them, in the order in which they were found."""
        return list(self._found)

    @property
    def failed(self) -> bool:
        """Whether any is an error.

        >>> report = Report()
        >>> report.warn("/States/A/Cause", "NO_PATH", "This looks like a path.")
        >>> report.failed
        False
        """
        return self.errors > 0

    def error(self, location: str, message: str, code: str = SCHEMA_VALIDATION_FAILED) -> None:
        """Add an error.

        >>> report = Report()
        >>> report.error("/States/A", "State A has no Next", "MISSING_TRANSITION")
        >>> report.errors, str(report.diagnostics[0])
        (1, 'MISSING_TRANSITION: State A has no Next at /States/A')
        """
        self._found[Diagnostic(ERROR, code, message, location)] = None
        self.errors += 1

    def warn(self, location: str, code: str, message: str) -> None:
        """Add a warning.

        >>> report = Report()
        >>> report.warn("/States/A/Cause", "NO_PATH", "This looks like a path.")
        >>> report.errors, report.diagnostics[0].severity
        (0, 'WARNING')
        """
        self._found[Diagnostic(WARNING, code, message, location)] = None
