"""What a client may carry for the balancer, but neither read nor change: cookie values. Their key is not rotated.

The standard library has no cipher: the text is mixed with SHAKE-256 of key and nonce, and signed with HMAC-SHA-256.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

from eslabon.ids import Ids


class Seal:
    """Writes what a client may carry but neither read nor change.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/sticky-sessions.html

    >>> seal = Seal(Ids(1))
    >>> text = seal.close("AWSALB", {"target": "i-0"})
    >>> "i-0" in text, seal.open("AWSALB", text)
    (False, {'target': 'i-0'})
    >>> seal.open("AWSALB", text[:-4] + "AAAA"), seal.open("AWSALBTG", text)
    (None, None)
    """

    def __init__(self, ids: Ids) -> None:
        self._ids = ids
        self._key = ids.hex(64).encode()

    def close(self, name: str, value: Any) -> str:
        """A JSON value as a text that the cookie of this name may hold, another one each time.

        >>> seal = Seal(Ids(1))
        >>> seal.close("AWSALB", 1) == seal.close("AWSALB", 1)
        False
        """
        nonce = self._ids.random.randbytes(12)
        sealed = nonce + self._mix(nonce, json.dumps(value, separators=(",", ":")).encode())
        return base64.urlsafe_b64encode(self._tag(name, sealed) + sealed).decode().rstrip("=")

    def open(self, name: str, text: str) -> Any:
        """The value; None when the text was not written here, for a cookie of this name, or when it was changed.

        >>> seal = Seal(Ids(1))
        >>> text = seal.close("AWSALB", [1])
        >>> seal.open("AWSALB", text), seal.open("AWSALB", "x%20"), Seal(Ids(2)).open("AWSALB", text)
        ([1], None, None)
        """
        try:
            whole = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        except ValueError:
            return None
        tag, sealed = whole[:16], whole[16:]
        if not hmac.compare_digest(tag, self._tag(name, sealed)):
            return None
        return json.loads(self._mix(sealed[:12], sealed[12:]))

    def _mix(self, nonce: bytes, data: bytes) -> bytes:
        stream = hashlib.shake_256(self._key + nonce).digest(len(data))
        return (int.from_bytes(data, "big") ^ int.from_bytes(stream, "big")).to_bytes(len(data), "big")

    def _tag(self, name: str, sealed: bytes) -> bytes:
        return hmac.digest(self._key, name.encode() + b"=" + sealed, "sha256")[:16]
