"""Task tokens: whoever holds one ends its task, or says that it is alive.

A worker's token and that of a callback are the same here; the tasks that they belong to are in `tasks`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from eslabon import jsontext
from eslabon.errors import ServiceError
from eslabon.stepfunctions.api.registry import Registry
from eslabon.stepfunctions.running.history import LARGEST

if TYPE_CHECKING:
    from eslabon.cloud import Cloud
    from eslabon.stepfunctions.tasks.tasks import Attempt


class Tokens(Registry):
    """Operations on task tokens."""

    def __init__(self, cloud: Cloud, account: str, region: str) -> None:
        super().__init__(cloud, account, region)
        self.closed_tokens: set[str] = set()  # of tasks that have ended

    def send_task_success(self, taskToken: str, output: str) -> None:
        """End the task of a token: output, JSON text, is its result.

        Raises InvalidOutput (no JSON, over 256 KiB), InvalidToken, TaskTimedOut (the task has ended).

        https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskSuccess.html

        >>> from eslabon.stepfunctions.tasks.taskexamples import callback
        >>> attempt = callback()
        >>> states = attempt.execution.service.cloud.client("stepfunctions")
        >>> _ = states.send_task_success(taskToken=attempt.token, output='{"approved": true}')
        >>> states.describe_execution(executionArn=attempt.execution.arn)["output"]
        '{"approved":true}'
        >>> states.send_task_success(taskToken=attempt.token, output="{}")
        Traceback (most recent call last):
        botocore.errorfactory.TaskTimedOut: An error occurred (TaskTimedOut) ...
        >>> states.send_task_success(taskToken="mine", output="{}")
        Traceback (most recent call last):
        botocore.errorfactory.InvalidToken: An error occurred (InvalidToken) ...
        """
        attempt = self._attempt(taskToken)
        if len(output.encode("utf-8", "surrogatepass")) > LARGEST:
            raise ServiceError("InvalidOutput", f"Invalid Output: 'The output is larger than {LARGEST} bytes'")
        try:
            result = jsontext.parse(output)
        except ValueError:
            raise ServiceError("InvalidOutput", f"Invalid Output: '{output[:80]}'") from None
        self._end(attempt, lambda: attempt.succeed(result))

    def send_task_failure(self, taskToken: str, error: str | None = None, cause: str | None = None) -> None:
        """End the task of a token as failed. Raises InvalidToken, TaskTimedOut (the task has ended).

        https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskFailure.html

        >>> from eslabon.stepfunctions.tasks.taskexamples import callback
        >>> attempt = callback()
        >>> states = attempt.execution.service.cloud.client("stepfunctions")
        >>> _ = states.send_task_failure(taskToken=attempt.token, error="Refused")
        >>> states.describe_execution(executionArn=attempt.execution.arn)["error"]
        'Refused'
        >>> states.send_task_failure(taskToken="mine", error="Refused")
        Traceback (most recent call last):
        botocore.errorfactory.InvalidToken: An error occurred (InvalidToken) ...
        """
        attempt = self._attempt(taskToken)
        self._end(attempt, lambda: attempt.fail(error, cause, event="Failed"))

    def send_task_heartbeat(self, taskToken: str) -> None:
        """Say that the worker of a token is alive: its HeartbeatSeconds begin again; its TimeoutSeconds do not.

        Raises InvalidToken, TaskTimedOut (the task has ended).

        https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskHeartbeat.html

        >>> from eslabon.stepfunctions.tasks.taskexamples import callback
        >>> attempt = callback(HeartbeatSeconds=60)
        >>> states = attempt.execution.service.cloud.client("stepfunctions")
        >>> for _ in range(3):
        ...     attempt.execution.clock.advance(50)
        ...     answer = states.send_task_heartbeat(taskToken=attempt.token)
        >>> states.describe_execution(executionArn=attempt.execution.arn)["status"]
        'RUNNING'
        >>> states.send_task_heartbeat(taskToken="mine")
        Traceback (most recent call last):
        botocore.errorfactory.InvalidToken: An error occurred (InvalidToken) ...
        """
        attempt = self._attempt(taskToken)
        self.clock.call_at(self.clock.now, attempt.beat)

    def _end(self, attempt: Attempt, end: Callable[[], None]) -> None:
        """End a task at the caller's time, which is ahead of the clock's where the caller itself runs inside it."""
        attempt.answered = True
        self.clock.call_at(self.clock.now, lambda: attempt.settle(end))

    def _attempt(self, token: str) -> Attempt:
        attempt = self.attempts.get(token)
        if attempt is None and token not in self.closed_tokens:
            raise ServiceError("InvalidToken", "Invalid Token: 'Invalid token'")
        if attempt is None or attempt.answered or attempt.overdue():
            raise ServiceError("TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'")
        return attempt
