"""Intrinsic functions: not yet."""

from __future__ import annotations

from eslabon.stepfunctions.scope import DefinitionError, Evaluate


def compile_intrinsic(text: str, field: str) -> Evaluate:
    """Compile an intrinsic function."""
    raise DefinitionError(f"{field}: intrinsic functions come next ({text})")
