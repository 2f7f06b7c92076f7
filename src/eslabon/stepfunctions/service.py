"""Step Functions in one account and Region: its operations are in modules of one area each, gathered here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from eslabon.errors import Failure, NotModelled, ServiceError
from eslabon.service import Reply
from eslabon.stepfunctions.api.aliases import Aliases
from eslabon.stepfunctions.api.executions import Executions
from eslabon.stepfunctions.api.machines import ACTIVE
from eslabon.stepfunctions.api.statemachines import StateMachines
from eslabon.stepfunctions.maps.maprunoperations import MapRuns
from eslabon.stepfunctions.tasks.activities import Activities
from eslabon.stepfunctions.validation.validation import Trials


class StepFunctions(StateMachines, Aliases, Executions, MapRuns, Activities, Trials):
    """Step Functions: https://docs.aws.amazon.com/step-functions/latest/apireference/"""

    modelled: ClassVar[Mapping[str, str]] = {
        "Tag": "*",
        "LoggingConfiguration": "*",
        "LogDestination": "*",
        "CloudWatchLogsLogGroup": "*",
        "TracingConfiguration": "*",
        "EncryptionConfiguration": "type",
        "RoutingConfigurationListItem": "*",
        "MockInput": "*",
        "MockErrorOutput": "*",
        "TestStateConfiguration": "*",
    }
    inert: ClassVar[Mapping[str, str]] = {
        "create_state_machine.tracingConfiguration": "It is kept and shown; there is no X-Ray that would get traces.",
        "update_state_machine.tracingConfiguration": "As in create_state_machine.",
        "start_execution.traceHeader": "It is for X-Ray.",
        "start_sync_execution.traceHeader": "It is answered, as AWS does, and else for X-Ray.",
        "test_state.revealSecrets": "It is for HTTP Tasks, which take a mock, and with a mock it is refused.",
    }

    def resources(self) -> list[str]:
        """ARNs of the state machines; one that is being deleted is none any more.

        >>> from eslabon.stepfunctions.api.examples import example
        >>> cloud, orders = example()
        >>> cloud.service("stepfunctions").resources() == [orders]
        True
        >>> _ = cloud.client("stepfunctions").delete_state_machine(stateMachineArn=orders)
        >>> cloud.service("stepfunctions").resources()
        []
        """
        return [*super().resources(), *(arn for arn, one in self._machines.items() if one.status == ACTIVE)]

    def deliver(
        self,
        arn: str,
        payload: str,
        *,
        principal: str,
        source_arn: str,
        source_account: str,
        role_arn: str | None,
        parameters: Mapping[str, Any],
        reply: Reply,
    ) -> None:
        """Start an execution of the state machine at `arn`, with the payload as its input; a role must be given.

        https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-targets.html
        """
        if parameters:
            raise NotModelled(self.name, f"deliver({', '.join(parameters)}=…)")
        if role_arn is None:
            message = f"{principal} starts an execution of {arn} with a role only."
            reply(None, Failure("NO_PERMISSIONS", message, retryable=False))
            return
        try:
            self.start_execution(stateMachineArn=arn, input=payload)
        except ServiceError as refused:
            code = "NO_RESOURCE" if refused.code == "StateMachineDoesNotExist" else refused.code
            reply(None, Failure(code, refused.message, retryable=False))
            return
        reply(None, None)
