"""Activities, whose workers poll for tasks, and task tokens, with which a task ends; encryption is left out.

A worker's token and that of a callback are the same here; the tasks that they belong to are in `tasks`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from eslabon import jsontext
from eslabon.errors import ServiceError
from eslabon.stepfunctions.api import arns
from eslabon.stepfunctions.api.tagging import Tagging, checked_tags
from eslabon.stepfunctions.language.jsonvalues import compact
from eslabon.stepfunctions.running.history import LARGEST

if TYPE_CHECKING:
    from eslabon.cloud import Cloud
    from eslabon.stepfunctions.running.execution import Execution
    from eslabon.stepfunctions.tasks.tasks import Attempt

POLL = 60.0  # seconds: https://docs.aws.amazon.com/step-functions/latest/apireference/API_GetActivityTask.html
NO_ACTIVITY = "States.Runtime"


@dataclass
class Activity:
    """An activity, and the tasks that wait for a worker, oldest first."""

    name: str
    arn: str
    created: datetime
    waiting: deque[Attempt] = field(default_factory=deque)

    def has_task(self) -> bool:
        """Whether a task waits that has not ended meanwhile.

        >>> from datetime import datetime
        >>> arn = "arn:aws:states:us-east-1:123456789012:activity:inspect"
        >>> Activity("inspect", arn, datetime(2026, 1, 1)).has_task()
        False
        """
        while self.waiting and not self.waiting[0].live:
            self.waiting.popleft()
        return bool(self.waiting)


class Activities(Tagging):
    """Operations on activities and task tokens."""

    def __init__(self, cloud: Cloud, account: str, region: str) -> None:
        super().__init__(cloud, account, region)
        self.closed_tokens: set[str] = set()  # of tasks that have ended
        self._activities: dict[str, Activity] = {}

    def resources(self) -> list[str]:
        """ARNs of the activities, and of what else there is."""
        return [*super().resources(), *self._activities]

    def create_activity(self, name: str, tags: Sequence[Mapping[str, str]] = ()) -> dict[str, Any]:
        """Create an activity; asked again, it answers the one that there is, whose tags stay as they are.

        Raises InvalidName, TooManyTags.

        https://docs.aws.amazon.com/step-functions/latest/apireference/API_CreateActivity.html

        >>> from eslabon import Cloud
        >>> states = Cloud().client("stepfunctions")
        >>> states.create_activity(name="inspect")["activityArn"]
        'arn:aws:states:us-east-1:123456789012:activity:inspect'
        >>> states.create_activity(name="my inspection")
        Traceback (most recent call last):
        botocore.errorfactory.InvalidName: An error occurred (InvalidName) ...
        """
        arns.check_name(name)
        arn = self.arn(f"activity:{name}")
        if arn not in self._activities:
            self._put_tags(arn, checked_tags(tags))
            self._activities[arn] = Activity(name, arn, self.clock.datetime())
            self.journal.record("resource", arn=arn, state="created", type="activity", name=name)
        return {"activityArn": arn, "creationDate": self._activities[arn].created}

    def describe_activity(self, activityArn: str) -> dict[str, Any]:
        """Describe an activity. Raises ActivityDoesNotExist, InvalidArn.

        https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeActivity.html

        >>> from eslabon import Cloud
        >>> states = Cloud().client("stepfunctions")
        >>> inspect = states.create_activity(name="inspect")["activityArn"]
        >>> states.describe_activity(activityArn=inspect)["name"]
        'inspect'
        >>> states.describe_activity(activityArn=inspect + "s")
        Traceback (most recent call last):
        botocore.errorfactory.ActivityDoesNotExist: An error occurred (ActivityDoesNotExist) ...
        """
        activity = self._activity(activityArn)
        return {"activityArn": activity.arn, "name": activity.name, "creationDate": activity.created}

    def list_activities(self, maxResults: int = 0, nextToken: str | None = None) -> dict[str, Any]:
        """List the activities. Raises InvalidToken.

        https://docs.aws.amazon.com/step-functions/latest/apireference/API_ListActivities.html

        >>> from eslabon import Cloud
        >>> states = Cloud().client("stepfunctions")
        >>> _ = states.create_activity(name="inspect")
        >>> [activity["name"] for activity in states.list_activities()["activities"]]
        ['inspect']
        >>> states.list_activities(nextToken="more")
        Traceback (most recent call last):
        botocore.errorfactory.InvalidToken: An error occurred (InvalidToken) ...
        """
        shown, following = self._page(list(self._activities.values()), maxResults, nextToken, "activities")
        listed = [{"activityArn": one.arn, "name": one.name, "creationDate": one.created} for one in shown]
        return {"activities": listed, "nextToken": following}

    def delete_activity(self, activityArn: str) -> None:
        """Delete an activity; one that is not there is no error. Its tasks stay until their time runs out.

        https://docs.aws.amazon.com/step-functions/latest/apireference/API_DeleteActivity.html

        >>> from eslabon import Cloud
        >>> states = Cloud().client("stepfunctions")
        >>> inspect = states.create_activity(name="inspect")["activityArn"]
        >>> _ = states.delete_activity(activityArn=inspect)
        >>> states.list_activities()["activities"]
        []
        >>> states.delete_activity(activityArn="inspect")
        Traceback (most recent call last):
        botocore.errorfactory.InvalidArn: An error occurred (InvalidArn) ...
        """
        arns.parse(activityArn, "activity")
        if self._activities.pop(activityArn, None) is not None:
            self._tags.remove(activityArn)
            self.journal.record("resource", arn=activityArn, state="deleted", type="activity", name="")

    def get_activity_task(self, activityArn: str, workerName: str | None = None) -> dict[str, Any]:
        """Take a task of an activity; it waits up to 60 seconds for one, and answers nothing when none comes.

        Raises ActivityDoesNotExist, InvalidArn.

        https://docs.aws.amazon.com/step-functions/latest/apireference/API_GetActivityTask.html

        >>> from eslabon.stepfunctions.api.examples import cloud_with_role
        >>> cloud, role = cloud_with_role()
        >>> states = cloud.client("stepfunctions")
        >>> inspect = states.create_activity(name="inspect")["activityArn"]
        >>> before = cloud.clock.now
        >>> "taskToken" in states.get_activity_task(activityArn=inspect), round(cloud.clock.now - before)
        (False, 60)
        >>> machine = states.create_state_machine(name="orders", roleArn=role, definition=f'''
        ...     {{"StartAt": "A", "States": {{"A": {{"Type": "Task", "Resource": "{inspect}", "End": true}}}}}}''')
        >>> _ = states.start_execution(stateMachineArn=machine["stateMachineArn"], input='{"n": 1}')
        >>> states.get_activity_task(activityArn=inspect)["input"]
        '{"n":1}'
        >>> states.get_activity_task(activityArn=inspect + "s")
        Traceback (most recent call last):
        botocore.errorfactory.ActivityDoesNotExist: An error occurred (ActivityDoesNotExist) ...
        """
        activity = self._activity(activityArn)
        if not self.clock.wait_until(activity.has_task, self.clock.now + POLL):
            return {}
        attempt = activity.waiting.popleft()
        attempt.started(workerName=workerName)
        return {"taskToken": attempt.token, "input": compact(attempt.arguments)}

    def offer(self, attempt: Attempt) -> None:
        """Let an attempt wait for a worker of its activity.

        >>> from eslabon.stepfunctions.api.examples import callback
        >>> attempt = callback()
        >>> service = attempt.execution.service
        >>> service.offer(attempt)  # its resource is no activity that there is
        >>> service.clock.advance(1)
        >>> attempt.execution.cause
        "Activity Does Not Exist: 'arn:aws:states:::sqs:sendMessage.waitForTaskToken'"
        """
        activity = self._activities.get(attempt.resource.text)
        if activity is None:
            cause = f"Activity Does Not Exist: '{attempt.resource.text}'"
            attempt.later(0.0, lambda: attempt.fail(NO_ACTIVITY, cause, event="ScheduleFailed"))
            return
        activity.waiting.append(attempt)

    def _activity(self, arn: str) -> Activity:
        arns.parse(arn, "activity")
        if arn not in self._activities:
            raise ServiceError("ActivityDoesNotExist", f"Activity Does Not Exist: '{arn}'")
        return self._activities[arn]

    def _is_tagged(self, arn: str) -> bool:
        return arn in self._activities or super()._is_tagged(arn)

    # -- task tokens

    def send_task_success(self, taskToken: str, output: str) -> None:
        """End the task of a token: output, JSON text, is its result.

        Raises InvalidOutput (no JSON, over 256 KiB), InvalidToken, TaskTimedOut (the task has ended).

        https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskSuccess.html

        >>> from eslabon.stepfunctions.api.examples import callback
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

        >>> from eslabon.stepfunctions.api.examples import callback
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

        >>> from eslabon.stepfunctions.api.examples import callback
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

    # -- what a Task asks that starts an execution and waits for it

    def standard_execution(self, arn: str) -> Execution:
        """A Standard execution. Raises InvalidArn for an Express one, which nobody can wait for.

        >>> from eslabon.stepfunctions.api.examples import callback
        >>> execution = callback().execution
        >>> execution.service.standard_execution(execution.arn) is execution
        True
        >>> execution.service.standard_execution("arn:aws:states:us-east-1:123456789012:express:orders:first:1")
        Traceback (most recent call last):
        eslabon.errors.ServiceError: InvalidArn: ...
        """
        return self._execution(arn)
