"""What listeners with TLS have: certificates, security policies, ALPN, mutual authentication."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from eslabon.elbv2.operations.registry import Registry
from eslabon.elbv2.rules.errors import validation_error
from eslabon.errors import ServiceError

SECURE = ("HTTPS", "TLS")
DEFAULT_POLICY = "ELBSecurityPolicy-2016-08"  # of listeners made through the API


class Certificates(Registry):
    """Operations on certificates of listeners."""

    def _tls(
        self,
        protocol: str | None,
        policy: str | None,
        certificates: Sequence[Mapping[str, Any]] | None,
        alpn: Sequence[str] | None,
        mutual: Mapping[str, Any] | None,
    ) -> dict[str, Any]:
        """The fields of a Listener that TLS has."""
        if protocol not in SECURE:
            for name, value in {"A certificate": certificates, "A security policy": policy, "Mutual": mutual}.items():
                if value:
                    raise validation_error(f"{name} cannot be specified for {protocol} listeners")
            return {"certificates": [], "ssl_policy": None, "alpn": (), "mutual": None}
        if not certificates:
            raise validation_error(f"A certificate must be specified for {protocol} listeners")
        raise ServiceError("CertificateNotFound", f"Certificate '{certificates[0]['CertificateArn']}' not found")
