"""With what a service refuses a call, for tests that say so."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError


def _response(call: Any, *arguments: Any, **parameters: Any) -> Any:
    with pytest.raises(ClientError) as raised:
        call(*arguments, **parameters)
    return raised.value.response


def refused(call: Any, *arguments: Any, **parameters: Any) -> tuple[str, str]:
    """The code and the message."""
    error = _response(call, *arguments, **parameters)["Error"]
    return error["Code"], error["Message"]


def refused_code(call: Any, *arguments: Any, **parameters: Any) -> str:
    """The code."""
    return refused(call, *arguments, **parameters)[0]


def refused_status(call: Any, *arguments: Any, **parameters: Any) -> tuple[str, int]:
    """The code and the HTTP status."""
    response = _response(call, *arguments, **parameters)
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]
