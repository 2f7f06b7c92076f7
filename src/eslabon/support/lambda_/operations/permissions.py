"""Who may invoke a function: statements of its policy added, removed, shown. How one is written is statements.py's."""

from __future__ import annotations

import json

from eslabon.support.lambda_ import statements
from eslabon.support.lambda_.errors import not_found
from eslabon.support.lambda_.operations.registry import Answer, Registry


class Permissions(Registry):
    """Operations on the policies of functions."""

    def add_permission(
        self,
        FunctionName: str,
        StatementId: str,
        Action: str,
        Principal: str,
        SourceArn: str | None = None,
        SourceAccount: str | None = None,
    ) -> Answer:
        """Let a service, an account or a role act on the function; SourceArn may hold * and ?.

        Raises ResourceConflictException (the statement exists), InvalidParameterValueException (no such principal),
        PolicyLengthExceededException.

        https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html

        >>> from eslabon.support.lambda_.examples import example
        >>> client = example().client("lambda")
        >>> permission = {"FunctionName": "f", "StatementId": "rule", "Action": "lambda:InvokeFunction"}
        >>> statement = client.add_permission(Principal="events.amazonaws.com", **permission)["Statement"]
        >>> json.loads(statement)["Principal"]
        {'Service': 'events.amazonaws.com'}
        >>> client.add_permission(Principal="sqs.amazonaws.com", **permission)
        Traceback (most recent call last):
        botocore.errorfactory.ResourceConflictException: An error occurred (ResourceConflictException) when calling \
the AddPermission operation: The statement id (rule) provided already exists. Please provide a new statement id, ...
        """
        function = self._function(FunctionName)
        new = statements.statement(function.arn, StatementId, Action, Principal, SourceArn, SourceAccount)
        function.permit(statements.added(function.permissions, new), self.ids.uuid())
        return {"Statement": json.dumps(new, separators=(",", ":"))}

    def remove_permission(self, FunctionName: str, StatementId: str) -> None:
        """Take a permission back. Raises ResourceNotFoundException.

        https://docs.aws.amazon.com/lambda/latest/api/API_RemovePermission.html

        >>> from eslabon.support.lambda_.examples import example
        >>> client = example().client("lambda")
        >>> permission = {"FunctionName": "f", "StatementId": "rule", "Action": "lambda:InvokeFunction"}
        >>> statement = client.add_permission(Principal="events.amazonaws.com", **permission)["Statement"]
        >>> _ = client.remove_permission(FunctionName="f", StatementId="rule")
        >>> client.remove_permission(FunctionName="f", StatementId="rule")
        Traceback (most recent call last):
        botocore.errorfactory.ResourceNotFoundException: An error occurred (ResourceNotFoundException) when calling \
the RemovePermission operation: Statement rule is not found in resource policy.
        """
        function = self._function(FunctionName)
        function.permit(statements.removed(function.permissions, StatementId), self.ids.uuid())

    def get_policy(self, FunctionName: str) -> Answer:
        """Show the function's policy, JSON text. Raises ResourceNotFoundException when it has none.

        https://docs.aws.amazon.com/lambda/latest/api/API_GetPolicy.html

        >>> from eslabon.support.lambda_.examples import example
        >>> client = example().client("lambda")
        >>> permission = {"FunctionName": "f", "StatementId": "rule", "Action": "lambda:InvokeFunction"}
        >>> statement = client.add_permission(Principal="events.amazonaws.com", **permission)["Statement"]
        >>> json.loads(client.get_policy(FunctionName="f")["Policy"])["Statement"] == [json.loads(statement)]
        True
        >>> _ = client.remove_permission(FunctionName="f", StatementId="rule")
        >>> client.get_policy(FunctionName="f")
        Traceback (most recent call last):
        botocore.errorfactory.ResourceNotFoundException: An error occurred (ResourceNotFoundException) when calling \
the GetPolicy operation: The resource you requested does not exist.
        """
        function = self._function(FunctionName)
        if not function.permissions:
            raise not_found("The resource you requested does not exist.")
        return {"Policy": function.policy_text(), "RevisionId": function.policy_revision}
