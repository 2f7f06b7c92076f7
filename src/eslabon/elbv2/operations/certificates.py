"""What listeners with TLS have: certificates, a security policy, ALPN, mutual authentication. No IAM certificates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eslabon.elbv2.operations.limits import CERTIFICATES
from eslabon.elbv2.operations.registry import PAGE, Answer, Many, Texts, paged
from eslabon.elbv2.operations.sslpolicies import DEFAULT, SslPolicies, find_policy
from eslabon.elbv2.operations.tagging import Tagging
from eslabon.elbv2.resources import Listener
from eslabon.elbv2.rules.errors import validation_error
from eslabon.errors import NotModelled, ServiceError

SECURE = ("HTTPS", "TLS")
ALPN = ("HTTP1Only", "HTTP2Only", "HTTP2Optional", "HTTP2Preferred", "None")
Mutual = Mapping[str, Any] | None
MODES = ("off", "passthrough", "verify")


class ListenerCertificates(SslPolicies, Tagging):
    """Operations on certificates of listeners."""

    def add_listener_certificates(self, ListenerArn: str, Certificates: Many) -> Answer:
        """Add a certificate to the list from which a listener chooses by the name that the client asks for (SNI).

        Raises ListenerNotFound, CertificateNotFound, TooManyCertificates (25), ValidationError.

        https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_AddListenerCertificates.html

        >>> from eslabon.elbv2.operations.examples import example
        >>> shop = example()
        >>> certificate = [{"CertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/1"}]
        >>> shop.elbv2.add_listener_certificates(ListenerArn=shop.listener.arn, Certificates=certificate)
        Traceback (most recent call last):
        botocore.exceptions.ClientError: ... Certificates are not supported for listeners with protocol 'HTTP'
        """
        listener = self._secure_listener(ListenerArn)
        arn = self._certificate(Certificates)
        if arn not in listener.certificates[1:]:
            others = [one for one in self._listeners() if one.balancer == listener.balancer]
            if sum(len(one.certificates[1:]) for one in others) >= CERTIFICATES:
                raise ServiceError("TooManyCertificates", f"A load balancer has at most {CERTIFICATES} certificates")
            listener.certificates.append(arn)
        return {"Certificates": [{"CertificateArn": arn, "IsDefault": False}]}

    def remove_listener_certificates(self, ListenerArn: str, Certificates: Many) -> None:
        """Take a certificate from the list; the default one stays. Raises ListenerNotFound, OperationNotPermitted.

        https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_RemoveListenerCertificates.html

        >>> from eslabon.elbv2.operations.examples import example
        >>> shop = example()
        >>> shop.elbv2.remove_listener_certificates(ListenerArn=shop.listener.arn, Certificates=[])
        Traceback (most recent call last):
        botocore.exceptions.ClientError: ... Certificates are not supported for listeners with protocol 'HTTP'
        """
        listener = self._secure_listener(ListenerArn)
        arn = _only(Certificates)
        if arn in listener.certificates[1:]:
            del listener.certificates[listener.certificates.index(arn, 1)]
        elif arn == listener.certificates[0]:
            raise ServiceError("OperationNotPermitted", f"The default certificate '{arn}' cannot be removed")

    def describe_listener_certificates(self, ListenerArn: str, Marker: str = "", PageSize: int = PAGE) -> Answer:
        """The default certificate of a listener, and then its list. Raises ListenerNotFound.

        https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeListenerCertificates.html

        >>> from eslabon.elbv2.operations.examples import example
        >>> shop = example()
        >>> shop.elbv2.describe_listener_certificates(ListenerArn=shop.listener.arn)["Certificates"]
        []
        """
        arns = self._listener(ListenerArn).certificates
        listed = [{"CertificateArn": arn, "IsDefault": place == 0} for place, arn in enumerate(arns)]
        return paged("Certificates", listed, PageSize, Marker, ListenerArn)

    # --- What a request says of TLS -----------------------------------------------------------------------------------

    def _tls(self, protocol: str | None, policy: str | None, certificates: Many, alpn: Texts, mutual: Mutual) -> Answer:
        """The fields of a Listener that only TLS has. Raises what CreateListener raises."""
        if mutual and protocol == "TLS":
            raise NotModelled(self.name, "MutualAuthentication of TLS listeners", ("HTTPS listeners",))
        for name, value, protocols in (
            ("Certificates", certificates, SECURE),
            ("Security policies", policy, SECURE),
            ("ALPN policies", alpn, ("TLS",)),
            ("Mutual authentication settings", mutual, ("HTTPS",)),
        ):
            if value and protocol not in protocols:
                raise validation_error(f"{name} are not supported for listeners with protocol '{protocol}'")
        if protocol not in SECURE:
            return {"certificates": [], "ssl_policy": None, "alpn": (), "mutual": None}
        if not certificates:
            raise validation_error(f"A certificate must be specified for {protocol} listeners")
        find_policy(policy or DEFAULT)
        if alpn and (len(alpn) > 1 or alpn[0] not in ALPN):
            raise ServiceError("ALPNPolicyNotFound", f"ALPN policy '{alpn[0]}' must be one of '{', '.join(ALPN)}'")
        return {
            "certificates": [self._certificate(certificates)],
            "ssl_policy": policy or DEFAULT,
            "alpn": list(alpn),
            "mutual": self._mutual(mutual or {"Mode": "off"}) if protocol == "HTTPS" else None,
        }

    def _certificate(self, given: Many) -> str:
        arn = _only(given)
        if ":iam:" in arn:
            raise NotModelled(self.name, "certificates of IAM", ("certificates of ACM",))
        if ":acm:" not in arn:
            raise validation_error(f"Certificate ARN '{arn}' is not valid")
        try:
            self.ask("acm", "describe_certificate", CertificateArn=arn)
        except ServiceError:
            raise ServiceError("CertificateNotFound", f"Certificate '{arn}' not found") from None
        return arn

    def _mutual(self, given: Mapping[str, Any]) -> Answer:
        mode = given.get("Mode")
        if mode not in MODES:
            raise validation_error(f"Mutual authentication mode '{mode}' must be one of '{', '.join(MODES)}'")
        if mode != "verify":
            others = sorted(given.keys() - {"Mode"})
            if others:
                raise validation_error(f"{others[0]} cannot be specified with mutual authentication mode '{mode}'")
            return {"Mode": mode}
        if "TrustStoreArn" not in given:
            raise validation_error("A trust store ARN must be specified with mutual authentication mode 'verify'")
        self._trust_store(given["TrustStoreArn"])
        return {"IgnoreClientCertificateExpiry": False, "AdvertiseTrustStoreCaNames": "off", **given}

    def _secure_listener(self, arn: str) -> Listener:
        listener = self._listener(arn)
        if listener.protocol not in SECURE:
            raise validation_error(f"Certificates are not supported for listeners with protocol '{listener.protocol}'")
        return listener


def _only(certificates: Many) -> str:
    if len(certificates) != 1 or not certificates[0].get("CertificateArn"):
        raise validation_error("Exactly one certificate must be specified")
    return str(certificates[0]["CertificateArn"])
