"""A definition as a request brings it: JSON text, read, checked and compiled, or refused as a whole."""

from __future__ import annotations

from collections.abc import Iterable

from eslabon import jsontext
from eslabon.errors import ServiceError
from eslabon.stepfunctions.language.definition import Machine, compile_machine
from eslabon.stepfunctions.language.scope import DefinitionError


def compile_definition(text: str, type: str) -> Machine:  # noqa: A002, ARG001 - the API's word
    """The compiled state machine of a definition.

    type: STANDARD or EXPRESS. Raises InvalidDefinition.

    >>> compile_definition('{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}', "STANDARD").start_at
    'A'
    >>> compile_definition("[]", "STANDARD")
    Traceback (most recent call last):
    eslabon.errors.ServiceError: InvalidDefinition: Invalid State Machine Definition: ...
    """
    try:
        definition = jsontext.parse(text)
    except ValueError as error:
        raise invalid([f"INVALID_JSON_DESCRIPTION: {error}"]) from None
    if not isinstance(definition, dict):
        raise invalid(["INVALID_JSON_DESCRIPTION: a definition is a JSON object"])
    try:
        return compile_machine(definition)
    except DefinitionError as error:
        raise invalid([f"SCHEMA_VALIDATION_FAILED: {error.message}"]) from None
    except RecursionError:
        raise invalid(["SCHEMA_VALIDATION_FAILED: the definition nests too deeply"]) from None
    except (KeyError, TypeError, AttributeError, AssertionError) as error:  # its structure is not a definition's
        raise invalid([f"SCHEMA_VALIDATION_FAILED: {type_and_text(error)}"]) from None


def type_and_text(error: Exception) -> str:
    """What went wrong with a structure that is none of a definition's.

    >>> type_and_text(KeyError("States"))
    "the definition or a part of it has no 'States'"
    >>> type_and_text(TypeError("'int' object is not iterable"))
    "a part of the definition has the wrong type: 'int' object is not iterable"
    """
    if isinstance(error, KeyError):
        return f"the definition or a part of it has no {error}"
    return f"a part of the definition has the wrong type: {error}"


def invalid(problems: Iterable[str]) -> ServiceError:
    """The error that names all problems of a definition, as AWS writes them: code, message, and where.

    >>> invalid(["A: this at /States/B", "A: that at /States/C"]).message
    "Invalid State Machine Definition: 'A: this at /States/B, A: that at /States/C'"
    """
    return ServiceError("InvalidDefinition", f"Invalid State Machine Definition: '{', '.join(problems)}'")
