"""Operations on tags."""

from __future__ import annotations

from collections.abc import Sequence

from eslabon.support.ec2.filters import member, paged, select
from eslabon.support.ec2.state import RESOURCE_TYPES, Answer, Many, State, checked_tags

FILTERS = {
    "key": member("Key"),
    "resource-id": member("ResourceId"),
    "resource-type": member("ResourceType"),
    "value": member("Value"),
}


class Tagging(State):
    """Tags of instances, security groups, and what an account has without making it."""

    def create_tags(self, Resources: Sequence[str], Tags: Many) -> None:
        """Add or replace tags, of all resources or of none.

        Raises InvalidID, the errors of the ids' kinds, InvalidParameterValue, TagLimitExceeded.

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
        given = checked_tags(Tags)
        before = {resource: self.tags.get(resource) for resource in Resources if self.exists(resource)}
        for resource in before:
            self.fits(before[resource] | given)
        for resource in before:
            self.tags.put(resource, given)

    def delete_tags(self, Resources: Sequence[str], Tags: Many = ()) -> None:
        """Delete tags: those with these keys (and values, where they are given), or all. Raises InvalidID and its like.

        https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteTags.html

        >>> from eslabon import Cloud
        >>> ec2 = Cloud().client("ec2")
        >>> vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
        >>> _ = ec2.create_tags(Resources=[vpc], Tags=[{"Key": "team", "Value": "shop"}])
        >>> _ = ec2.delete_tags(Resources=[vpc], Tags=[{"Key": "team", "Value": "other"}])
        >>> len(ec2.describe_tags()["Tags"])
        1
        >>> _ = ec2.delete_tags(Resources=[vpc], Tags=[{"Key": "team"}])
        >>> ec2.describe_tags()["Tags"]
        []
        """
        for resource in Resources:
            self.exists(resource)
        for resource in Resources:
            has = self.tags.get(resource)
            given = [(tag["Key"], tag.get("Value")) for tag in Tags] or [(key, None) for key in has]
            self.tags.remove(resource, [key for key, value in given if value in (None, has.get(key))])

    def describe_tags(self, Filters: Many = (), MaxResults: int | None = None, NextToken: str | None = None) -> Answer:
        """Describe the tags of all resources.

        https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeTags.html

        >>> from eslabon import Cloud
        >>> ec2 = Cloud().client("ec2")
        >>> group = [{"ResourceType": "security-group", "Tags": [{"Key": "team", "Value": "shop"}]}]
        >>> _ = ec2.create_security_group(GroupName="web", Description="the web", TagSpecifications=group)
        >>> [(tag["ResourceType"], tag["Key"], tag["Value"]) for tag in ec2.describe_tags()["Tags"]]
        [('security-group', 'team', 'shop')]
        """
        described = [
            {"ResourceId": resource, "ResourceType": RESOURCE_TYPES[resource.partition("-")[0]], **tag}
            for resource in (*self.instances, *self.groups, *self.vpcs, *self.subnets, *self.images)
            for tag in self.shown_tags(resource)
        ]
        return paged("Tags", select(described, Filters, FILTERS, "describe_tags"), MaxResults, NextToken)
