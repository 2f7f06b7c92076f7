"""Step Functions: the Amazon States Language and the service that runs it; `draw` and `timeline` show what it did."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from eslabon.stepfunctions.pictures import draw, recorded, timeline

__all__ = ["draw", "recorded", "timeline"]


def __getattr__(name: str) -> Any:
    """Pictures are imported when they are wanted: who runs state machines does not need them."""
    if name in __all__:
        from eslabon.stepfunctions import pictures

        return getattr(pictures, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
