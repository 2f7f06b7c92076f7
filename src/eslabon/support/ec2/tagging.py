"""Tags of instances, security groups, and what an account has without making it. DescribeTags is left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from eslabon.errors import NotModelled, ServiceError
from eslabon.support.ec2.finding import KINDS, invalid, lookup
from eslabon.support.ec2.state import Many, State
from eslabon.tags import ReservedTag, Tags, TooManyTags

LONGEST_KEY, LONGEST_VALUE = 128, 256
TAGGED = ("i", "sg", "subnet", "vpc", "ami")  # what ids begin with
LATER = ("volume", "network-interface", "spot-instances-request", "elastic-gpu")  # what RunInstances makes beside


class Tagging(State):
    """Operations on tags, and the tags with which something is made."""

    def create_tags(self, Resources: Sequence[str], Tags: Many) -> None:
        """Add or replace tags, of all resources or of none.

        Raises InvalidID, the errors of the kinds of ids, InvalidParameterValue, InvalidTagKey.Malformed,
        TagLimitExceeded.

        https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateTags.html

        >>> from eslabon import Cloud
        >>> ec2 = Cloud().client("ec2")
        >>> vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
        >>> _ = ec2.create_tags(Resources=[vpc], Tags=[{"Key": "team", "Value": "shop"}])
        >>> ec2.describe_vpcs()["Vpcs"][0]["Tags"]
        [{'Key': 'team', 'Value': 'shop'}]
        >>> ec2.create_tags(Resources=["i-0123456789abcdef0"], Tags=[{"Key": "team", "Value": "shop"}])
        Traceback (most recent call last):
        botocore.exceptions.ClientError: An error occurred (InvalidInstanceID.NotFound) ...
        """
        self._exist(Resources)
        merged = {resource: checked_tags(Tags, self.tags.get(resource)) for resource in Resources}
        for resource, tags in merged.items():
            self.tags.put(resource, tags)

    def delete_tags(self, Resources: Sequence[str], Tags: Many = ()) -> None:
        """Delete tags: those with these keys (and values, where they are given), or all. Raises InvalidID and its like.

        https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteTags.html

        >>> from eslabon import Cloud
        >>> ec2 = Cloud().client("ec2")
        >>> vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
        >>> _ = ec2.create_tags(Resources=[vpc], Tags=[{"Key": "team", "Value": "shop"}])
        >>> _ = ec2.delete_tags(Resources=[vpc], Tags=[{"Key": "team", "Value": "other"}])
        >>> len(ec2.describe_vpcs()["Vpcs"][0]["Tags"])
        1
        >>> _ = ec2.delete_tags(Resources=[vpc], Tags=[{"Key": "team"}])
        >>> "Tags" in ec2.describe_vpcs()["Vpcs"][0]
        False
        """
        self._exist(Resources)
        for resource in Resources:
            has = self.tags.get(resource)
            given = [(tag["Key"], tag.get("Value")) for tag in Tags] or [(key, None) for key in has]
            self.tags.remove(resource, [key for key, value in given if value in (None, has.get(key))])

    def _exist(self, resources: Sequence[str]) -> None:
        everything = {**self.instances, **self.groups, **self.subnets, **self.vpcs, **self.images}
        for resource in resources:
            kind = resource.partition("-")[0]
            if kind not in KINDS:
                raise ServiceError("InvalidID", f"The ID '{resource}' is not valid")
            if kind not in TAGGED:
                raise NotModelled("ec2", f"tags of {resource}", TAGGED)
            lookup(kind, [resource], everything)


def tags_given(specifications: Many, kind: str) -> dict[str, str]:
    """The tags of TagSpecifications for the resources of a kind. Raises InvalidParameterValue, TagLimitExceeded.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_TagSpecification.html

    >>> given = [{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "shop"}]}]
    >>> tags_given(given, "instance")
    {'Name': 'shop'}
    >>> tags_given(given, "security-group")
    Traceback (most recent call last):
    eslabon.errors.ServiceError: InvalidParameterValue: 'instance' is not a valid taggable resource type for this ...
    """
    found: dict[str, str] = {}
    for one in specifications:
        given = one.get("ResourceType")
        if kind == "instance" and given in LATER:
            raise NotModelled("ec2", f"TagSpecifications of {given!r}", [kind])
        if given != kind:
            raise invalid(f"'{given}' is not a valid taggable resource type for this operation.")
        found = checked_tags(one.get("Tags", ()), found)
    return found


def checked_tags(given: Many, before: Mapping[str, str]) -> dict[str, str]:
    """The tags that a resource has then; one without a value has the empty one.

    Raises InvalidParameterValue, InvalidTagKey.Malformed, TagLimitExceeded.

    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html

    >>> checked_tags([{"Key": "team", "Value": "shop"}, {"Key": "new"}], {"old": "1"})
    {'old': '1', 'team': 'shop', 'new': ''}
    >>> checked_tags([{"Key": "team"}, {"Key": "team"}], {})
    Traceback (most recent call last):
    eslabon.errors.ServiceError: InvalidParameterValue: Duplicate tag key 'team' specified.
    """
    found: dict[str, str] = {}
    for tag in given:
        key, value = tag.get("Key", ""), tag.get("Value", "")
        if key in found:
            raise invalid(f"Duplicate tag key '{key}' specified.")
        if not key:
            raise ServiceError("InvalidTagKey.Malformed", "Tag keys cannot be empty")
        if len(key) > LONGEST_KEY or len(value) > LONGEST_VALUE:
            longest = f"{LONGEST_KEY} characters, and values at most {LONGEST_VALUE}"
            raise invalid(f"Tag keys have at most {longest}: '{key}'")
        found[key] = value
    try:
        Tags().put("", {**before, **found})
    except ReservedTag:
        raise invalid("Tag keys starting with 'aws:' are reserved for internal use") from None
    except TooManyTags:
        message = "The maximum number of Tags for a resource has been reached."
        raise ServiceError("TagLimitExceeded", message) from None
    return {**before, **found}
