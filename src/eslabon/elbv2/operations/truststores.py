"""Trust stores, by whose certificates a listener verifies its clients; no revocation lists, no shared stores."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from eslabon.elbv2.operations.registry import PAGE, Answer, Many, Registry, Texts, chosen, find, paged
from eslabon.errors import ServiceError

if TYPE_CHECKING:
    from eslabon.cloud import Cloud

STORES = 20  # an account
CERTIFICATES = 25  # a store
_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----\s[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----")


@dataclass(frozen=True, slots=True)
class TrustStore:
    """The certificates of authorities, in PEM form."""

    name: str
    arn: str
    certificates: tuple[str, ...]


class TrustStores(Registry):
    """Operations on trust stores."""

    def __init__(self, cloud: Cloud, account: str, region: str) -> None:
        super().__init__(cloud, account, region)
        self.trust_stores: dict[str, TrustStore] = {}  # by ARN

    def _trust_store(self, arn: str) -> TrustStore:
        return find(self.trust_stores, arn, "trust store")

    def create_trust_store(
        self, Name: str, CaCertificatesBundleS3Bucket: str, CaCertificatesBundleS3Key: str, Tags: Many = ()
    ) -> Answer:
        """Create a trust store of the certificates in an object of S3.

        Raises DuplicateTrustStoreName, TooManyTrustStores, CaCertificatesBundleNotFound, InvalidCaCertificatesBundle.

        https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTrustStore.html

        >>> from eslabon import Cloud
        >>> cloud = Cloud()
        >>> s3, elbv2 = cloud.client("s3"), cloud.client("elbv2")
        >>> _ = s3.create_bucket(Bucket="authorities")
        >>> pem = "-----BEGIN CERTIFICATE-----\\nMIIB\\n-----END CERTIFICATE-----\\n"
        >>> _ = s3.put_object(Bucket="authorities", Key="all.pem", Body=pem * 2)
        >>> asked = {"CaCertificatesBundleS3Bucket": "authorities", "CaCertificatesBundleS3Key": "all.pem"}
        >>> elbv2.create_trust_store(Name="partners", **asked)["TrustStores"][0]["NumberOfCaCertificates"]
        2
        >>> elbv2.create_trust_store(Name="partners", **asked)
        Traceback (most recent call last):
        botocore.errorfactory.DuplicateTrustStoreNameException: An error occurred (DuplicateTrustStoreName) ...
        """
        tags = self._check_tags(Tags)
        if any(store.name == Name for store in self.trust_stores.values()):
            raise ServiceError("DuplicateTrustStoreName", f"A trust store with the name '{Name}' already exists")
        if len(self.trust_stores) >= STORES:
            raise ServiceError("TooManyTrustStores", f"You have reached the maximum of {STORES} trust stores")
        certificates = self._bundle(CaCertificatesBundleS3Bucket, CaCertificatesBundleS3Key)
        store = TrustStore(Name, self._new_arn(f"truststore/{Name}"), certificates)
        self.trust_stores[store.arn] = store
        self._tags.put(store.arn, tags)
        return {"TrustStores": [_shown(store)]}

    def _bundle(self, bucket: str, key: str) -> tuple[str, ...]:
        try:
            body: bytes = self.ask("s3", "get_object", Bucket=bucket, Key=key)["Body"]
        except ServiceError as missing:
            raise ServiceError("CaCertificatesBundleNotFound", missing.message) from None
        found = tuple(_CERTIFICATE.findall(body.decode("latin-1")))
        if not 1 <= len(found) <= CERTIFICATES:
            message = f"The bundle has {len(found)} certificates in PEM form; it must have 1 to {CERTIFICATES}"
            raise ServiceError("InvalidCaCertificatesBundle", message)
        return found

    def describe_trust_stores(
        self, TrustStoreArns: Texts = (), Names: Texts = (), Marker: str = "", PageSize: int = PAGE
    ) -> Answer:
        """Describe trust stores, all or by ARN or name. Raises TrustStoreNotFound.

        https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeTrustStores.html

        >>> from eslabon import Cloud
        >>> elbv2 = Cloud().client("elbv2")
        >>> elbv2.describe_trust_stores()["TrustStores"]
        []
        >>> elbv2.describe_trust_stores(Names=["partners"])
        Traceback (most recent call last):
        botocore.errorfactory.TrustStoreNotFoundException: An error occurred (TrustStoreNotFound) ...
        """
        found = [_shown(store) for store in chosen(self.trust_stores, TrustStoreArns, Names, "trust store")]
        return paged("TrustStores", found, PageSize, Marker, TrustStoreArns, Names)

    def delete_trust_store(self, TrustStoreArn: str) -> None:
        """Delete a trust store that no listener verifies clients by. Raises TrustStoreNotFound, TrustStoreInUse.

        https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DeleteTrustStore.html

        >>> from eslabon import Cloud
        >>> gone = "arn:aws:elasticloadbalancing:us-east-1:123456789012:truststore/partners/0123456789abcdef"
        >>> Cloud().client("elbv2").delete_trust_store(TrustStoreArn=gone)
        Traceback (most recent call last):
        botocore.errorfactory.TrustStoreNotFoundException: An error occurred (TrustStoreNotFound) ...
        """
        store = self._trust_store(TrustStoreArn)
        if any((listener.mutual or {}).get("TrustStoreArn") == store.arn for listener in self._listeners()):
            raise ServiceError("TrustStoreInUse", f"Trust store '{store.arn}' is currently in use by a listener")
        del self.trust_stores[store.arn]
        self._tags.remove(store.arn)


def _shown(store: TrustStore) -> Answer:
    return {
        "Name": store.name,
        "TrustStoreArn": store.arn,
        "Status": "ACTIVE",
        "NumberOfCaCertificates": len(store.certificates),
        "TotalRevokedEntries": 0,
    }
