"""AWS Certificate Manager's operations on imported certificates.

Left out: requesting, renewing, exporting and revoking certificates, ACME, private authorities, key usages and the
algorithm of the signature; that a chain certifies is seen by its names, not by its signatures.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from eslabon.errors import ServiceError
from eslabon.pagination import InvalidToken, page
from eslabon.service import Service
from eslabon.support.acm import x509
from eslabon.support.acm.x509 import Malformed, blocks, read_certificate, read_public_key
from eslabon.tags import ReservedTag, TooManyTags
from eslabon.tags import Tags as StoredTags

if TYPE_CHECKING:
    from eslabon.cloud import Cloud

LARGEST_KEY = 5120  # bytes
LISTED_A_PAGE = 1000
LISTED_NAMES = 100
KEY_ALGORITHMS = (
    *("RSA_1024", "RSA_2048", "RSA_3072", "RSA_4096"),
    *("EC_prime256v1", "EC_secp384r1", "EC_secp521r1"),
)
LISTED_ALGORITHMS = ("RSA_1024", "RSA_2048")  # unless others are asked for
# The services that may use a certificate; each says with `certificate_users(arn)` which resources of it do.
USERS = ("elbv2", "elb")

NOT_PEM = "The certificate body/chain provided is not in a valid PEM format."
NO_CERTIFICATE = "Unable to parse certificate. Please ensure the certificate is in PEM format."
SEVERAL = (
    "The certificate field contains more than one certificate. You can specify only one certificate in this field."
)
NO_KEY = "The private key is not supported."
OTHER_KEY = "The private key does not match the public key of the certificate."
NO_CHAIN = "Can not validate the certificate with the certificate chain."
NOT_VALID_NOW = "The certificate is not valid now: it is valid from {} to {}."

Answer = dict[str, Any]


@dataclass(slots=True)
class Imported:
    """A certificate with its key and chain, as they were given."""

    arn: str
    read: x509.Certificate
    body: bytes
    key: bytes
    chain: bytes
    created: datetime
    imported: datetime

    @property
    def pem(self) -> bytes:
        """The certificate and its chain, as a server shows them."""
        return self.body.rstrip() + b"\n" + self.chain


class Acm(Service):
    """ACM of one account and Region.

    >>> from eslabon import Cloud
    >>> from eslabon.support.acm.examples import CERTIFICATE, PRIVATE_KEY
    >>> acm = Cloud().client("acm")
    >>> arn = acm.import_certificate(Certificate=CERTIFICATE, PrivateKey=PRIVATE_KEY)["CertificateArn"]
    >>> acm.describe_certificate(CertificateArn=arn)["Certificate"]["DomainName"]
    'www.example.com'

    https://docs.aws.amazon.com/acm/latest/APIReference/Welcome.html
    """

    name: ClassVar[str] = "acm"
    principal: ClassVar[str] = "acm.amazonaws.com"
    modelled: ClassVar[Mapping[str, str]] = {"Tag": "*", "Filters": "keyTypes"}

    def __init__(self, cloud: Cloud, account: str, region: str) -> None:
        super().__init__(cloud, account, region)
        self.certificates: dict[str, Imported] = {}
        self._tags = StoredTags()

    def resources(self) -> list[str]:
        """ARNs of the certificates."""
        return list(self.certificates)

    def import_certificate(
        self,
        Certificate: bytes,
        PrivateKey: bytes,
        CertificateChain: bytes = b"",
        CertificateArn: str | None = None,
        Tags: Sequence[Mapping[str, str]] = (),
    ) -> Answer:
        """Import a certificate with its unencrypted key and perhaps its chain, all PEM; or replace an imported one.

        Raises ValidationException, ResourceNotFoundException, TooManyTagsException, InvalidTagException.

        https://docs.aws.amazon.com/acm/latest/APIReference/API_ImportCertificate.html
        https://docs.aws.amazon.com/acm/latest/userguide/import-certificate-prerequisites.html

        >>> from eslabon import Cloud
        >>> from eslabon.support.acm.examples import CERTIFICATE, PRIVATE_KEY
        >>> acm = Cloud().client("acm")
        >>> imported = acm.import_certificate(Certificate=CERTIFICATE, PrivateKey=PRIVATE_KEY)
        >>> again = acm.import_certificate(Certificate=CERTIFICATE, PrivateKey=PRIVATE_KEY,
        ...     CertificateArn=imported["CertificateArn"])
        >>> again["CertificateArn"] == imported["CertificateArn"]
        True
        >>> acm.import_certificate(Certificate=CERTIFICATE, PrivateKey=CERTIFICATE)
        Traceback (most recent call last):
        botocore.errorfactory.ValidationException: An error occurred (ValidationException) ... is not supported.
        """
        if CertificateArn and Tags:
            raise _invalid("Tagging is not permitted on re-import.")
        replaced = self._find(CertificateArn) if CertificateArn else None
        now = self.clock.datetime()
        read = _checked(Certificate, PrivateKey, CertificateChain, now)
        arn = replaced.arn if replaced else self.arn(f"certificate/{self.ids.uuid()}")
        self._tag(arn, Tags)
        created = replaced.created if replaced else now
        self.certificates[arn] = Imported(arn, read, Certificate, PrivateKey, CertificateChain, created, now)
        return {"CertificateArn": arn}

    def describe_certificate(self, CertificateArn: str) -> Answer:
        """Tell what is known of a certificate, and the resources that use it. Raises ResourceNotFoundException.

        https://docs.aws.amazon.com/acm/latest/APIReference/API_DescribeCertificate.html

        >>> from eslabon import Cloud
        >>> Cloud().client("acm").describe_certificate(
        ...     CertificateArn="arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012")
        Traceback (most recent call last):
        botocore.errorfactory.ResourceNotFoundException: An error occurred ...
        """
        found = self._find(CertificateArn)
        serial = f"{found.read.serial:x}"
        octets = bytes.fromhex("0" * (len(serial) % 2) + serial)
        detail = {
            **self._common(found),
            "SubjectAlternativeNames": found.read.names,
            "KeyAlgorithm": found.read.key_algorithm.replace("_", "-"),  # here the API writes it so
            "Serial": octets.hex(":"),
            "Subject": ",".join(f"{kind}={value}" for kind, value in found.read.subject),
            "Issuer": dict(found.read.issuer).get("O") or found.read.issuer[-1][1],
            "InUseBy": self._users(found.arn),
        }
        return {"Certificate": detail}

    def list_certificates(
        self,
        CertificateStatuses: Sequence[str] = (),
        Includes: Mapping[str, Sequence[str]] | None = None,
        NextToken: str | None = None,
        MaxItems: int = LISTED_A_PAGE,
        SortBy: str | None = None,
        SortOrder: str | None = None,
    ) -> Answer:
        """List certificates; those whose keys are not RSA of 1,024 or 2,048 bits only when keyTypes asks for them.

        Raises ValidationException.

        https://docs.aws.amazon.com/acm/latest/APIReference/API_ListCertificates.html

        >>> from eslabon import Cloud
        >>> from eslabon.support.acm.examples import CERTIFICATE, PRIVATE_KEY
        >>> acm = Cloud().client("acm")
        >>> _ = acm.import_certificate(Certificate=CERTIFICATE, PrivateKey=PRIVATE_KEY)
        >>> acm.list_certificates()["CertificateSummaryList"]
        []
        >>> listed = acm.list_certificates(Includes={"keyTypes": ["EC_prime256v1"]})["CertificateSummaryList"]
        >>> listed[0]["DomainName"], listed[0]["InUse"]
        ('www.example.com', False)
        """
        if bool(SortBy) != bool(SortOrder):
            raise _invalid("SortBy and SortOrder must be specified together.")
        algorithms = (Includes or {}).get("keyTypes", LISTED_ALGORITHMS)
        ordered = sorted(self.certificates.values(), key=lambda one: one.created, reverse=SortOrder == "DESCENDING")
        found = [
            one
            for one in ordered
            if one.read.key_algorithm in algorithms
            and (not CertificateStatuses or self._status(one) in CertificateStatuses)
        ]
        key = f"{algorithms}:{CertificateStatuses}:{SortOrder}"
        try:
            shown, following = page([self._listed(one) for one in found], MaxItems, NextToken, key)
        except InvalidToken:
            raise _invalid("The NextToken is not valid.") from None
        return {"CertificateSummaryList": shown, "NextToken": following}

    def get_certificate(self, CertificateArn: str) -> Answer:
        """Read a certificate and its chain as PEM; the key never comes out. Raises ResourceNotFoundException.

        https://docs.aws.amazon.com/acm/latest/APIReference/API_GetCertificate.html

        >>> from eslabon import Cloud
        >>> from eslabon.support.acm.examples import CERTIFICATE, PRIVATE_KEY
        >>> acm = Cloud().client("acm")
        >>> arn = acm.import_certificate(Certificate=CERTIFICATE, PrivateKey=PRIVATE_KEY)["CertificateArn"]
        >>> acm.get_certificate(CertificateArn=arn)["Certificate"].encode() == CERTIFICATE
        True
        """
        found = self._find(CertificateArn)
        return {"Certificate": found.body.decode(), "CertificateChain": found.chain.decode() or None}

    def delete_certificate(self, CertificateArn: str) -> None:
        """Delete a certificate that no resource uses. Raises ResourceInUseException, ResourceNotFoundException.

        https://docs.aws.amazon.com/acm/latest/APIReference/API_DeleteCertificate.html

        >>> from eslabon import Cloud
        >>> Cloud().client("acm").delete_certificate(
        ...     CertificateArn="arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012")
        Traceback (most recent call last):
        botocore.errorfactory.ResourceNotFoundException: An error occurred ...
        """
        found = self._find(CertificateArn)
        if self._users(found.arn):
            message = f"Certificate {found.arn} in account {self.account} is in use."
            raise ServiceError("ResourceInUseException", message)
        del self.certificates[found.arn]
        self._tags.remove(found.arn)

    # Tags

    def add_tags_to_certificate(self, CertificateArn: str, Tags: Sequence[Mapping[str, str]]) -> None:
        """Add or replace tags. Raises ResourceNotFoundException, TooManyTagsException, InvalidTagException.

        https://docs.aws.amazon.com/acm/latest/APIReference/API_AddTagsToCertificate.html

        >>> from eslabon import Cloud
        >>> from eslabon.support.acm.examples import CERTIFICATE, PRIVATE_KEY
        >>> acm = Cloud().client("acm")
        >>> arn = acm.import_certificate(Certificate=CERTIFICATE, PrivateKey=PRIVATE_KEY)["CertificateArn"]
        >>> _ = acm.add_tags_to_certificate(CertificateArn=arn, Tags=[{"Key": "team", "Value": "shop"}])
        >>> acm.list_tags_for_certificate(CertificateArn=arn)["Tags"]
        [{'Key': 'team', 'Value': 'shop'}]
        >>> acm.add_tags_to_certificate(CertificateArn=arn, Tags=[{"Key": "aws:team"}])
        Traceback (most recent call last):
        botocore.errorfactory.InvalidTagException: An error occurred ...
        """
        self._tag(self._find(CertificateArn).arn, Tags)

    def remove_tags_from_certificate(self, CertificateArn: str, Tags: Sequence[Mapping[str, str]]) -> None:
        """Remove tags; one that is given with a value, only if it has that value. Raises ResourceNotFoundException.

        https://docs.aws.amazon.com/acm/latest/APIReference/API_RemoveTagsFromCertificate.html

        >>> from eslabon import Cloud
        >>> from eslabon.support.acm.examples import CERTIFICATE, PRIVATE_KEY
        >>> acm = Cloud().client("acm")
        >>> arn = acm.import_certificate(Certificate=CERTIFICATE, PrivateKey=PRIVATE_KEY,
        ...     Tags=[{"Key": "team", "Value": "shop"}])["CertificateArn"]
        >>> _ = acm.remove_tags_from_certificate(CertificateArn=arn, Tags=[{"Key": "team", "Value": "bank"}])
        >>> len(acm.list_tags_for_certificate(CertificateArn=arn)["Tags"])
        1
        """
        arn = self._find(CertificateArn).arn
        there = self._tags.get(arn)
        named = [tag["Key"] for tag in Tags if tag.get("Value") in (None, there.get(tag["Key"]))]
        self._tags.remove(arn, named)

    def list_tags_for_certificate(self, CertificateArn: str) -> Answer:
        """List the tags of a certificate. Raises ResourceNotFoundException.

        https://docs.aws.amazon.com/acm/latest/APIReference/API_ListTagsForCertificate.html

        >>> from eslabon import Cloud
        >>> Cloud().client("acm").list_tags_for_certificate(
        ...     CertificateArn="arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012")
        Traceback (most recent call last):
        botocore.errorfactory.ResourceNotFoundException: An error occurred ...
        """
        tags = self._tags.get(self._find(CertificateArn).arn)
        return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}

    def _find(self, arn: str) -> Imported:
        found = self.certificates.get(arn)
        if found is None:
            raise ServiceError("ResourceNotFoundException", f"Could not find certificate {arn}.")
        return found

    def _tag(self, arn: str, tags: Sequence[Mapping[str, str]]) -> None:
        try:
            self._tags.put(arn, {tag["Key"]: tag.get("Value", "") for tag in tags})
        except ReservedTag as error:
            raise ServiceError("InvalidTagException", f"The tag key {error} begins with aws:, as AWS's do.") from None
        except TooManyTags:
            raise ServiceError("TooManyTagsException", "A certificate has at most 50 tags.") from None

    def _users(self, arn: str) -> list[str]:
        """ARNs of the resources that use a certificate."""
        place = {"region": self.region, "account": self.account}
        services: list[Any] = [self.cloud.service_in_use(name, **place) for name in USERS]
        return sorted({user for service in services if service for user in service.certificate_users(arn)})

    def _status(self, one: Imported) -> str:
        return "EXPIRED" if self.clock.datetime() > one.read.not_after else "ISSUED"

    def _common(self, one: Imported) -> Answer:
        return {
            "CertificateArn": one.arn,
            "DomainName": one.read.names[0],
            "Status": self._status(one),
            "Type": "IMPORTED",
            "CreatedAt": one.created,
            "ImportedAt": one.imported,
            "NotBefore": one.read.not_before,
            "NotAfter": one.read.not_after,
            "RenewalEligibility": "INELIGIBLE",
            "CertificateKeyPairOrigin": "CUSTOMER_PROVIDED",
        }

    def _listed(self, one: Imported) -> Answer:
        names = one.read.names
        return {
            **self._common(one),
            "KeyAlgorithm": one.read.key_algorithm.replace("_", "-"),
            "SubjectAlternativeNameSummaries": names[:LISTED_NAMES],
            "HasAdditionalSubjectAlternativeNames": len(names) > LISTED_NAMES,
            "InUse": bool(self._users(one.arn)),
            "Exported": False,
        }


def _invalid(message: str) -> ServiceError:
    return ServiceError("ValidationException", message)


def _checked(body: bytes, key: bytes, chain: bytes, now: datetime) -> x509.Certificate:
    """The certificate, if it may be imported with this key and chain at this time. Raises ValidationException."""
    (read, *more), issuers = _certificates(body), _certificates(chain) if chain else []
    if more:
        raise _invalid(SEVERAL)
    if read.key_algorithm not in KEY_ALGORITHMS:
        length = read.key_algorithm.rpartition("_")[2]
        raise _invalid(f"The private key length {length} is not supported for key algorithm.")
    if not read.names:
        raise _invalid("The certificate names no domain.")
    if _public_key(key) != read.public_key:
        raise _invalid(OTHER_KEY)
    if not read.not_before <= now <= read.not_after:
        raise _invalid(NOT_VALID_NOW.format(read.not_before, read.not_after))
    if any(one.issuer != issuer.subject for one, issuer in zip([read, *issuers], issuers, strict=False)):
        raise _invalid(NO_CHAIN)
    return read


def _certificates(pem: bytes) -> list[x509.Certificate]:
    try:
        found = blocks(pem)
    except Malformed:
        raise _invalid(NOT_PEM) from None
    try:
        return [read_certificate(content) for _, content in found]
    except Malformed:
        raise _invalid(NO_CERTIFICATE) from None


def _public_key(pem: bytes) -> bytes:
    """The public part of the only key; parameters of its curve may stand before it."""
    try:
        ((label, content),) = [one for one in blocks(pem) if one[0] != "EC PARAMETERS"]
        if len(pem) > LARGEST_KEY:
            raise Malformed("it is too large")
        return read_public_key(label, content)
    except ValueError:
        raise _invalid(NO_KEY) from None
