"""Operations on security groups. A group is named by its id, and a rule by what it permits."""

from __future__ import annotations

import re
from collections.abc import Sequence

from eslabon.errors import ServiceError
from eslabon.support.ec2.finding import invalid, lookup
from eslabon.support.ec2.groups import EVERYTHING_IPV6, MOST_RULES, SecurityGroup, grouped, permissions, spoken
from eslabon.support.ec2.places import Shown
from eslabon.support.ec2.state import Many, State
from eslabon.support.ec2.tagging import tags_given

FILTERS = "description group-id group-name owner-id vpc-id"
CHARACTERS = "a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*"  # of names and descriptions
TEXT = re.compile(r"[a-zA-Z0-9. _\-:/()#,@\[\]+=&;{}!$*]{1,255}")


class SecurityGroups(State):
    """Security groups and their rules."""

    def create_security_group(
        self, GroupName: str, Description: str, VpcId: str | None = None, TagSpecifications: Many = ()
    ) -> Shown:
        """Create a security group that lets everything out and nothing in, in the default VPC.

        Raises InvalidParameterValue, InvalidVpcID.NotFound, InvalidGroup.Reserved, InvalidGroup.Duplicate, and what
        create_tags does.

        https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html

        >>> from eslabon import Cloud
        >>> ec2 = Cloud().client("ec2")
        >>> ec2.create_security_group(GroupName="web", Description="the web")["GroupId"][:3]
        'sg-'
        >>> ec2.create_security_group(GroupName="Web", Description="another")
        Traceback (most recent call last):
        botocore.exceptions.ClientError: An error occurred (InvalidGroup.Duplicate) ... already exists for VPC 'vpc-...'
        """
        lookup("vpc", [VpcId] if VpcId else [], self.vpcs)
        for given, what in ((GroupName, "name"), (Description, "description")):
            if not TEXT.fullmatch(given):
                allowed = f"strings less than 256 characters from the following set: {CHARACTERS}"
                raise invalid(f"Invalid security group {what}. Valid {what}s are {allowed}")
        if GroupName.lower().startswith("sg-"):
            raise invalid(f"Invalid group name '{GroupName}'. Group names may not be in the format sg-*")
        if GroupName.lower() == "default":
            raise ServiceError("InvalidGroup.Reserved", f"The security group name '{GroupName}' is reserved")
        if GroupName.lower() in (group.name.lower() for group in self.groups.values()):
            message = f"The security group '{GroupName}' already exists for VPC '{self.vpc}'"
            raise ServiceError("InvalidGroup.Duplicate", message)
        tags = tags_given(TagSpecifications, "security-group")
        group = SecurityGroup(self.new_id("sg"), GroupName, self.vpc, Description)
        if self.vpc in self.blocks:
            group.outbound[EVERYTHING_IPV6] = None
        self.groups[group.id] = group
        self.tags.put(group.id, tags)
        arn = self.arn(f"security-group/{group.id}")
        return {"GroupId": group.id, "SecurityGroupArn": arn, "Tags": self.shown_tags(group.id) or None}

    def describe_security_groups(self, GroupIds: Sequence[str] = (), Filters: Many = ()) -> Shown:
        """Describe security groups, those with the ids or all. Raises InvalidGroup.NotFound.

        https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSecurityGroups.html

        >>> from eslabon import Cloud
        >>> ec2 = Cloud().client("ec2")
        >>> [group["GroupName"] for group in ec2.describe_security_groups()["SecurityGroups"]]
        ['default']
        >>> ec2.describe_security_groups(GroupIds=["sg-0123456789abcdef0"])
        Traceback (most recent call last):
        botocore.exceptions.ClientError: An error occurred (InvalidGroup.NotFound) ... does not exist
        """
        shown = {
            group.id: {
                "GroupId": group.id,
                "GroupName": group.name,
                "Description": group.description,
                "VpcId": group.vpc,
                "OwnerId": self.account,
                "SecurityGroupArn": self.arn(f"security-group/{group.id}"),
                "IpPermissions": grouped(group.inbound, self.account),
                "IpPermissionsEgress": grouped(group.outbound, self.account),
            }
            for group in self.groups.values()
        }
        return {"SecurityGroups": self.described("sg", GroupIds, shown, Filters, FILTERS)}

    def delete_security_group(self, GroupId: str) -> Shown:
        """Delete a security group that nothing has, and that no other group's rules name.

        Raises InvalidGroup.NotFound, CannotDelete (the default group), DependencyViolation.

        https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteSecurityGroup.html

        >>> from eslabon import Cloud
        >>> ec2 = Cloud().client("ec2")
        >>> group = ec2.create_security_group(GroupName="web", Description="the web")["GroupId"]
        >>> ec2.delete_security_group(GroupId=group)["GroupId"] == group
        True
        >>> ec2.delete_security_group(GroupId=ec2.describe_security_groups()["SecurityGroups"][0]["GroupId"])
        Traceback (most recent call last):
        botocore.exceptions.ClientError: An error occurred (CannotDelete) ... cannot be deleted by a user
        """
        [group] = lookup("sg", [GroupId], self.groups)
        if group.id == self.default_group:
            message = f'the specified group: "{group.id}" name: "{group.name}" cannot be deleted by a user'
            raise ServiceError("CannotDelete", message)
        others = (other for other in self.groups.values() if other is not group)
        named = {permission.peer for other in others for permission in (*other.inbound, *other.outbound)}
        held = {one for interface in self.interfaces.values() for one in interface.groups}
        if group.id in named | held:
            raise ServiceError("DependencyViolation", f"resource {group.id} has a dependent object")
        del self.groups[group.id]
        self.tags.remove(group.id)
        return {"Return": True, "GroupId": group.id}

    def authorize_security_group_ingress(self, GroupId: str, IpPermissions: Many) -> Shown:
        """Let traffic in, from ranges of addresses or from what has another group; all is let in, or nothing.

        Raises InvalidGroup.NotFound, InvalidParameterValue, InvalidPermission.Malformed, InvalidPermission.Duplicate,
        MissingParameter, RulesPerSecurityGroupLimitExceeded.

        https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AuthorizeSecurityGroupIngress.html

        >>> from eslabon import Cloud
        >>> ec2 = Cloud().client("ec2")
        >>> group = ec2.create_security_group(GroupName="web", Description="the web")["GroupId"]
        >>> web = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
        >>> ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[web])["Return"]
        True
        >>> ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[web])
        Traceback (most recent call last):
        botocore.exceptions.ClientError: An error occurred (InvalidPermission.Duplicate) ...
        """
        return self._authorize(GroupId, "inbound", IpPermissions)

    def authorize_security_group_egress(self, GroupId: str, IpPermissions: Many) -> Shown:
        """Let traffic out; a new group has a rule that lets out all. Raises what authorize_security_group_ingress does.

        https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AuthorizeSecurityGroupEgress.html

        >>> from eslabon import Cloud
        >>> ec2 = Cloud().client("ec2")
        >>> group = ec2.create_security_group(GroupName="web", Description="the web")["GroupId"]
        >>> everything = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
        >>> ec2.authorize_security_group_egress(GroupId=group, IpPermissions=everything)
        Traceback (most recent call last):
        botocore.exceptions.ClientError: An error occurred (InvalidPermission.Duplicate) ...
        """
        return self._authorize(GroupId, "outbound", IpPermissions)

    def revoke_security_group_ingress(self, GroupId: str, IpPermissions: Many) -> Shown:
        """Take inbound rules away; permissions that there are not are answered, as for groups of a default VPC.

        Raises what authorize_security_group_ingress does, but for duplicates.

        https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RevokeSecurityGroupIngress.html

        >>> from eslabon import Cloud
        >>> ec2 = Cloud().client("ec2")
        >>> group = ec2.create_security_group(GroupName="web", Description="the web")["GroupId"]
        >>> web = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
        >>> _ = ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[web])
        >>> ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=[web])["UnknownIpPermissions"]
        []
        >>> answer = ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=[web])
        >>> answer["UnknownIpPermissions"][0]["FromPort"]
        80
        """
        return self._revoke(GroupId, "inbound", IpPermissions)

    def revoke_security_group_egress(self, GroupId: str, IpPermissions: Many) -> Shown:
        """Take outbound rules away. Raises what revoke_security_group_ingress does.

        https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RevokeSecurityGroupEgress.html

        >>> from eslabon import Cloud
        >>> ec2 = Cloud().client("ec2")
        >>> group = ec2.create_security_group(GroupName="web", Description="the web")["GroupId"]
        >>> [shown] = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"]
        >>> _ = ec2.revoke_security_group_egress(GroupId=group, IpPermissions=shown["IpPermissionsEgress"])
        >>> ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]["IpPermissionsEgress"]
        []
        """
        return self._revoke(GroupId, "outbound", IpPermissions)

    def _authorize(self, group_id: str, direction: str, given: Many) -> Shown:
        [group] = lookup("sg", [group_id], self.groups)
        wanted, there = permissions(given, self.groups, self.account), getattr(group, direction)
        for permission in wanted:
            if permission in there:
                message = f'the specified rule "{spoken(permission)}" already exists'
                raise ServiceError("InvalidPermission.Duplicate", message)
        if len(there) + len(wanted) > MOST_RULES:
            message = "The maximum number of rules per security group has been reached."
            raise ServiceError("RulesPerSecurityGroupLimitExceeded", message)
        there.update(wanted)
        return {"Return": True}

    def _revoke(self, group_id: str, direction: str, given: Many) -> Shown:
        [group] = lookup("sg", [group_id], self.groups)
        wanted, there = permissions(given, self.groups, self.account), getattr(group, direction)
        unknown = {one: description for one, description in wanted.items() if one not in there}
        for permission in wanted.keys() - unknown.keys():
            del there[permission]
        return {"Return": True, "UnknownIpPermissions": grouped(unknown, self.account)}
