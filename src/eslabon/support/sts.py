"""AWS Security Token Service: who is calling; it hands out no credentials and assumes no role."""

from __future__ import annotations

from typing import Any, ClassVar

from eslabon.service import Service

READER = "reader"
"""The IAM user that every program without credentials of its own is."""

READER_ID = "AIDAESLABONREADER0000"
"""The unique id of that user: AIDA and 17 characters, as IAM makes them."""


class Sts(Service):
    """STS of one account."""

    name: ClassVar[str] = "sts"
    principal: ClassVar[str] = "sts.amazonaws.com"
    validation_code: ClassVar[str] = "ValidationError"

    def get_caller_identity(self) -> dict[str, Any]:
        """Say whose credentials signed the call: always the IAM user ``reader`` of the session's account.

        https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html

        >>> from eslabon import Cloud
        >>> Cloud().client("sts").get_caller_identity()["Arn"]
        'arn:aws:iam::123456789012:user/reader'

        Another account has a ``reader`` of its own:

        >>> other = Cloud().session(account_id="210987654321").client("sts")
        >>> other.get_caller_identity()["Account"]
        '210987654321'
        """
        return {
            "UserId": READER_ID,
            "Account": self.account,
            "Arn": f"arn:aws:iam::{self.account}:user/{READER}",
        }
