"""What a Task can call, by its resource. (first: Lambda functions)"""

from __future__ import annotations

from typing import TYPE_CHECKING

from eslabon.errors import NotModelled

if TYPE_CHECKING:
    from eslabon.stepfunctions.tasks import Attempt


def call(attempt: Attempt) -> None:
    """Call what the attempt's resource names; it answers through the attempt."""
    raise NotModelled("stepfunctions", f"a Task that calls {attempt.resource.text}")
