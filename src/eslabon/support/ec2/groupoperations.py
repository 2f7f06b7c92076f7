"""Operations on security groups and their rules."""

from __future__ import annotations

from collections.abc import Sequence

from eslabon.errors import ServiceError
from eslabon.support.ec2.errors import lookup
from eslabon.support.ec2.filters import member, paged, select
from eslabon.support.ec2.groups import (
    ALL,
    MOST_RULES,
    Permission,
    Rule,
    SecurityGroup,
    checked_text,
    grouped,
    permissions,
    shown_rule,
    spoken,
)
from eslabon.support.ec2.state import Answer, Many, State

FILTERS = {
    "description": member("Description"),
    "group-id": member("GroupId"),
    "group-name": member("GroupName"),
    "owner-id": member("OwnerId"),
    "vpc-id": member("VpcId"),
}


class SecurityGroups(State):
    """Security groups and their rules."""

    def create_security_group(
        self, GroupName: str, Description: str, VpcId: str | None = None, TagSpecifications: Many = ()
    ) -> Answer:
        """Create a security group that lets everything out and nothing in, in the default VPC.

        Raises InvalidParameterValue, InvalidVpcID.NotFound, InvalidGroup.Duplicate.

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
        checked_text("security group name", GroupName)
        checked_text("security group description", Description)
        for given, what in ((GroupName, "group name"), (Description, "group description")):
            if not given:
                raise ServiceError("MissingParameter", f"The {what} must not be empty")
        if GroupName.lower().startswith("sg-"):
            message = f"Invalid group name '{GroupName}'. Group names may not be in the format sg-*"
            raise ServiceError("InvalidParameterValue", message)
        if GroupName.lower() in (group.name.lower() for group in self.groups.values()):
            message = f"The security group '{GroupName}' already exists for VPC '{self.vpc.id}'"
            raise ServiceError("InvalidGroup.Duplicate", message)
        tags = self.tags_given(TagSpecifications, "security-group")
        group = SecurityGroup(self.new_id("sg"), GroupName, self.vpc.id, Description)
        self._add_rules(group, True, {Permission(ALL, None, None, "0.0.0.0/0"): None})
        self.groups[group.id] = group
        self.tags.put(group.id, tags)
        arn = self.arn(f"security-group/{group.id}")
        return {"GroupId": group.id, "SecurityGroupArn": arn, "Tags": self.shown_tags(group.id) or None}

    def describe_security_groups(
        self,
        GroupIds: Sequence[str] = (),
        GroupNames: Sequence[str] = (),
        Filters: Many = (),
        MaxResults: int | None = None,
        NextToken: str | None = None,
    ) -> Answer:
        """Describe security groups, those with the ids and the names or all. Raises InvalidGroup.NotFound.

        https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSecurityGroups.html

        >>> from eslabon import Cloud
        >>> ec2 = Cloud().client("ec2")
        >>> [group["GroupName"] for group in ec2.describe_security_groups()["SecurityGroups"]]
        ['default']
        >>> ec2.describe_security_groups(GroupNames=["web"])
        Traceback (most recent call last):
        botocore.exceptions.ClientError: An error occurred (InvalidGroup.NotFound) ... does not exist in default VPC ...
        """
        wanted = lookup("sg", GroupIds, self.groups) + [self._group(None, name) for name in GroupNames]
        described = [
            {
                "GroupId": group.id,
                "GroupName": group.name,
                "Description": group.description,
                "VpcId": group.vpc,
                "OwnerId": self.account,
                "SecurityGroupArn": self.arn(f"security-group/{group.id}"),
                "Tags": self.shown_tags(group.id) or None,
                "IpPermissions": grouped((one for one in group.rules.values() if not one.egress), self.account),
                "IpPermissionsEgress": grouped((one for one in group.rules.values() if one.egress), self.account),
            }
            for group in (wanted if GroupIds or GroupNames else self.groups.values())
        ]
        found = select(described, Filters, FILTERS, "describe_security_groups")
        return paged("SecurityGroups", found, MaxResults, NextToken)

    def delete_security_group(self, GroupId: str | None = None, GroupName: str | None = None) -> Answer:
        """Delete a security group that nothing has, and that no other group's rules name.

        Raises InvalidGroup.NotFound, CannotDelete (the default group), DependencyViolation.

        https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteSecurityGroup.html

        >>> from eslabon import Cloud
        >>> ec2 = Cloud().client("ec2")
        >>> group = ec2.create_security_group(GroupName="web", Description="the web")["GroupId"]
        >>> ec2.delete_security_group(GroupId=group)["GroupId"] == group
        True
        >>> ec2.delete_security_group(GroupName="default")
        Traceback (most recent call last):
        botocore.exceptions.ClientError: An error occurred (CannotDelete) ... cannot be deleted by a user
        """
        group = self._group(GroupId, GroupName)
        if group.id == self.default_group:
            message = f'the specified group: "{group.id}" name: "{group.name}" cannot be deleted by a user'
            raise ServiceError("CannotDelete", message)
        others = (other for other in self.groups.values() if other is not group)
        named = any(rule.permission.peer == group.id for other in others for rule in other.rules.values())
        if named or any(group.id in interface.groups for interface in self.interfaces.values()):
            raise ServiceError("DependencyViolation", f"resource {group.id} has a dependent object")
        del self.groups[group.id]
        self.tags.remove(group.id)
        return {"Return": True, "GroupId": group.id}

    def authorize_security_group_ingress(
        self,
        GroupId: str | None = None,
        GroupName: str | None = None,
        IpPermissions: Many = (),
        IpProtocol: str | None = None,
        FromPort: int | None = None,
        ToPort: int | None = None,
        CidrIp: str | None = None,
    ) -> Answer:
        """Let traffic in, from ranges of addresses or from what has another group; all is let in, or nothing.

        Raises InvalidGroup.NotFound, InvalidParameterValue, InvalidPermission.Malformed, InvalidPermission.Duplicate,
        MissingParameter, InvalidParameterCombination, RulesPerSecurityGroupLimitExceeded.

        https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AuthorizeSecurityGroupIngress.html

        >>> from eslabon import Cloud
        >>> ec2 = Cloud().client("ec2")
        >>> web = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "CidrIp": "0.0.0.0/0"}
        >>> answer = ec2.authorize_security_group_ingress(GroupName="default", **web)
        >>> answer["SecurityGroupRules"][0]["CidrIpv4"]
        '0.0.0.0/0'
        >>> ec2.authorize_security_group_ingress(GroupName="default", **web)
        Traceback (most recent call last):
        botocore.exceptions.ClientError: An error occurred (InvalidPermission.Duplicate) ...
        """
        given = _together(IpPermissions, IpProtocol, FromPort, ToPort, CidrIp)
        return self._authorize(self._group(GroupId, GroupName), False, given)

    def authorize_security_group_egress(self, GroupId: str, IpPermissions: Many = ()) -> Answer:
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
        return self._authorize(self._group(GroupId, None), True, IpPermissions)

    def revoke_security_group_ingress(
        self,
        GroupId: str | None = None,
        GroupName: str | None = None,
        IpPermissions: Many = (),
        IpProtocol: str | None = None,
        FromPort: int | None = None,
        ToPort: int | None = None,
        CidrIp: str | None = None,
        SecurityGroupRuleIds: Sequence[str] = (),
    ) -> Answer:
        """Take inbound rules away, by what they permit or by their ids; permissions that there are not are answered.

        Raises InvalidSecurityGroupRuleId.NotFound, and what authorize_security_group_ingress does.

        https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RevokeSecurityGroupIngress.html

        >>> from eslabon import Cloud
        >>> ec2 = Cloud().client("ec2")
        >>> web = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "CidrIp": "0.0.0.0/0"}
        >>> _ = ec2.authorize_security_group_ingress(GroupName="default", **web)
        >>> answer = ec2.revoke_security_group_ingress(GroupName="default", **web)
        >>> len(answer["RevokedSecurityGroupRules"]), answer["UnknownIpPermissions"]
        (1, [])
        >>> answer = ec2.revoke_security_group_ingress(GroupName="default", **web)
        >>> len(answer["RevokedSecurityGroupRules"]), answer["UnknownIpPermissions"][0]["FromPort"]
        (0, 80)
        """
        given = _together(IpPermissions, IpProtocol, FromPort, ToPort, CidrIp)
        return self._revoke(self._group(GroupId, GroupName), False, given, SecurityGroupRuleIds)

    def revoke_security_group_egress(
        self, GroupId: str, IpPermissions: Many = (), SecurityGroupRuleIds: Sequence[str] = ()
    ) -> Answer:
        """Take outbound rules away, by what they permit or by their ids; permissions that there are not are answered.

        Raises what revoke_security_group_ingress does.

        https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RevokeSecurityGroupEgress.html

        >>> from eslabon import Cloud
        >>> ec2 = Cloud().client("ec2")
        >>> group = ec2.create_security_group(GroupName="web", Description="the web")["GroupId"]
        >>> [shown] = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"]
        >>> _ = ec2.revoke_security_group_egress(GroupId=group, IpPermissions=shown["IpPermissionsEgress"])
        >>> ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]["IpPermissionsEgress"]
        []
        """
        return self._revoke(self._group(GroupId, None), True, IpPermissions, SecurityGroupRuleIds)

    def _group(self, group_id: str | None, name: str | None) -> SecurityGroup:
        if group_id:
            return lookup("sg", [group_id], self.groups)[0]
        if not name:
            raise ServiceError("MissingParameter", "The request must contain the parameter groupName or groupId")
        found = next((group for group in self.groups.values() if group.name == name), None)
        if found is None:
            message = f"The security group '{name}' does not exist in default VPC '{self.vpc.id}'"
            raise ServiceError("InvalidGroup.NotFound", message)
        return found

    def _permissions(self, given: Many) -> dict[Permission, str | None]:
        peers = {group.name: group.id for group in self.groups.values()} | {group: group for group in self.groups}
        return permissions(given, peers, self.account)

    def _authorize(self, group: SecurityGroup, egress: bool, given: Many) -> Answer:
        wanted = self._permissions(given)
        if not wanted:
            raise ServiceError("MissingParameter", "The request must contain the parameter ipPermissions")
        there = [rule.permission for rule in group.rules.values() if rule.egress == egress]
        for permission in wanted:
            if permission in there:
                message = f'the specified rule "{spoken(permission)}" already exists'
                raise ServiceError("InvalidPermission.Duplicate", message)
        if len(there) + len(wanted) > MOST_RULES:
            message = "The maximum number of rules per security group has been reached."
            raise ServiceError("RulesPerSecurityGroupLimitExceeded", message)
        added = self._add_rules(group, egress, wanted)
        return {"Return": True, "SecurityGroupRules": [shown_rule(rule, group.id, self.account) for rule in added]}

    def _add_rules(self, group: SecurityGroup, egress: bool, wanted: dict[Permission, str | None]) -> list[Rule]:
        added = [Rule(self.new_id("sgr"), egress, permission, about) for permission, about in wanted.items()]
        group.rules |= {rule.id: rule for rule in added}
        return added

    def _revoke(self, group: SecurityGroup, egress: bool, given: Many, ids: Sequence[str]) -> Answer:
        rules = {rule.id: rule for rule in group.rules.values() if rule.egress == egress}
        wanted = self._permissions(given)
        if not wanted and not ids:
            raise ServiceError("MissingParameter", "The request must contain ipPermissions or securityGroupRuleIds")
        for one in ids:
            if one not in rules:
                message = f"The security group rule ID '{one}' does not exist"
                raise ServiceError("InvalidSecurityGroupRuleId.NotFound", message)
        gone = [rule for rule in rules.values() if rule.id in ids or rule.permission in wanted]
        for rule in gone:
            del group.rules[rule.id]
        held = [rule.permission for rule in rules.values()]
        unknown = [
            Rule("", egress, permission, about) for permission, about in wanted.items() if permission not in held
        ]
        revoked = [shown_rule(rule, group.id, self.account) for rule in gone]
        for shown in revoked:
            del shown["GroupOwnerId"]
            shown["ReferencedGroupId"] = shown.pop("ReferencedGroupInfo", {}).get("GroupId")
        unknown_permissions = grouped(unknown, self.account)
        return {"Return": True, "RevokedSecurityGroupRules": revoked, "UnknownIpPermissions": unknown_permissions}


def _together(listed: Many, protocol: str | None, first: int | None, last: int | None, cidr: str | None) -> Many:
    """IpPermissions: those that are listed, or the one whose parts are parameters of their own."""
    parts = {
        "IpProtocol": protocol,
        "FromPort": first,
        "ToPort": last,
        "IpRanges": [{"CidrIp": cidr}] if cidr else None,
    }
    alone = {name: value for name, value in parts.items() if value is not None}
    if listed and alone:
        message = "The parameter 'ipPermissions' may not be used in combination with 'ipProtocol' and its like"
        raise ServiceError("InvalidParameterCombination", message)
    return [alone] if alone else listed
