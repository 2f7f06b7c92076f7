"""Tags of roles: added, removed, listed. Those that a role is created with come with CreateRole."""

from __future__ import annotations

from eslabon.support.iam.operations.registry import PAGE_SIZE, Answer, Registry, listing


class Tagging(Registry):
    """Operations on the tags of roles."""

    def tag_role(self, RoleName: str, Tags: list[dict[str, str]]) -> None:
        """Add or overwrite tags, at most 50 a role. Raises NoSuchEntity, LimitExceeded, InvalidInput.

        https://docs.aws.amazon.com/IAM/latest/APIReference/API_TagRole.html

        >>> from eslabon import Cloud
        >>> iam = Cloud().client("iam")
        >>> trust = '''{"Version": "2012-10-17", "Statement": {"Effect": "Allow",
        ...     "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}}'''
        >>> _ = iam.create_role(RoleName="worker", AssumeRolePolicyDocument=trust)
        >>> _ = iam.tag_role(RoleName="worker", Tags=[{"Key": "team", "Value": "shop"}])
        >>> _ = iam.tag_role(RoleName="worker", Tags=[{"Key": "TEAM", "Value": "post"}])
        >>> iam.list_role_tags(RoleName="worker")["Tags"]
        [{'Key': 'TEAM', 'Value': 'post'}]
        >>> iam.tag_role(RoleName="worker", Tags=[{"Key": "aws:team", "Value": "shop"}])
        Traceback (most recent call last):
        botocore.errorfactory.InvalidInputException: An error occurred ...
        """
        self._role(RoleName).add_tags(Tags)

    def untag_role(self, RoleName: str, TagKeys: list[str]) -> None:
        """Remove tags; keys that the role does not have are no error. Raises NoSuchEntity.

        https://docs.aws.amazon.com/IAM/latest/APIReference/API_UntagRole.html

        >>> from eslabon import Cloud
        >>> iam = Cloud().client("iam")
        >>> trust = '''{"Version": "2012-10-17", "Statement": {"Effect": "Allow",
        ...     "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}}'''
        >>> _ = iam.create_role(RoleName="worker", AssumeRolePolicyDocument=trust)
        >>> _ = iam.tag_role(RoleName="worker", Tags=[{"Key": "team", "Value": "shop"}])
        >>> _ = iam.untag_role(RoleName="worker", TagKeys=["team", "cost"])
        >>> iam.list_role_tags(RoleName="worker")["Tags"]
        []
        >>> iam.untag_role(RoleName="nobody", TagKeys=["team"])
        Traceback (most recent call last):
        botocore.errorfactory.NoSuchEntityException: An error occurred ...
        """
        tags = self._role(RoleName).tags
        for key in TagKeys:
            tags.pop(key, None)

    def list_role_tags(self, RoleName: str, Marker: str | None = None, MaxItems: int = PAGE_SIZE) -> Answer:
        """List a role's tags by key. Raises NoSuchEntity.

        https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListRoleTags.html

        >>> from eslabon import Cloud
        >>> iam = Cloud().client("iam")
        >>> trust = '''{"Version": "2012-10-17", "Statement": {"Effect": "Allow",
        ...     "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}}'''
        >>> _ = iam.create_role(RoleName="worker", AssumeRolePolicyDocument=trust)
        >>> iam.list_role_tags(RoleName="worker")["Tags"]
        []
        >>> iam.list_role_tags(RoleName="nobody")
        Traceback (most recent call last):
        botocore.errorfactory.NoSuchEntityException: An error occurred ...
        """
        return listing("Tags", self._role(RoleName).tag_list, MaxItems, Marker, RoleName)
