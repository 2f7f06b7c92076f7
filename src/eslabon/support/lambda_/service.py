"""AWS Lambda in one account and Region: Invoke, what other services invoke, and the other operations, gathered.

Left out: tags, revisions as conditions of a change, updating and listing how asynchronous invocations end.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any, ClassVar

from eslabon.errors import Failure, NotModelled, ServiceError
from eslabon.service import Reply
from eslabon.support.lambda_.asynchronous import accept
from eslabon.support.lambda_.errors import pending
from eslabon.support.lambda_.invocation import invoke, write_log
from eslabon.support.lambda_.operations.eventinvokeconfigs import EventInvokeConfigs
from eslabon.support.lambda_.operations.functions import Functions
from eslabon.support.lambda_.operations.permissions import Permissions
from eslabon.support.lambda_.requests import EVENT_BYTES, PAYLOAD_BYTES, parse_event


class Lambda(Functions, Permissions, EventInvokeConfigs):
    """Lambda of one account and Region: https://docs.aws.amazon.com/lambda/latest/api/"""

    modelled: ClassVar[Mapping[str, str]] = {
        "FunctionCode": "ZipFile",
        "Environment": "*",
        "DeadLetterConfig": "*",
        "DestinationConfig": "*",
        "OnSuccess": "*",
        "OnFailure": "*",
    }
    inert: ClassVar[Mapping[str, str]] = {
        "create_function.Runtime": "The code runs in the Python that runs this page, whichever version is named.",
        "create_function.MemorySize": "Memory is not measured; more of it makes nothing faster.",
        "update_function_configuration.Runtime": "The code runs in the Python that runs this page.",
        "update_function_configuration.MemorySize": "Memory is not measured; more of it makes nothing faster.",
    }
    # AWS answers a wrong runtime with InvalidParameterValueException.
    gate_skips: ClassVar[frozenset[str]] = frozenset(
        {"create_function.Runtime", "update_function_configuration.Runtime"}
    )

    def resources(self) -> list[str]:
        """ARNs of the functions."""
        return [function.arn for function in self.functions.values()]

    def invoke(
        self,
        FunctionName: str,
        InvocationType: str = "RequestResponse",
        LogType: str = "None",
        Payload: bytes = b"",
        Qualifier: str | None = None,
    ) -> dict[str, Any]:
        """Run a function and wait for its result (RequestResponse), queue an event for it (Event), or check (DryRun).

        An error in the function is no error of the call: FunctionError is then "Unhandled" and Payload describes it.
        Raises ResourceNotFoundException, ResourceConflictException (the function is Pending),
        InvalidRequestContentException (no JSON), RequestTooLargeException.

        https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html

        >>> from eslabon.support.lambda_.examples import example
        >>> client = example("def handler(event, context): return 10 / event").client("lambda")
        >>> client.invoke(FunctionName="f", Payload="4")["Payload"].read()
        b'2.5'
        >>> client.invoke(FunctionName="f", Payload="0")["FunctionError"]
        'Unhandled'
        >>> client.invoke(FunctionName="f", Payload="four")
        Traceback (most recent call last):
        botocore.errorfactory.InvalidRequestContentException: An error occurred (InvalidRequestContentException) when \
calling the Invoke operation: Could not parse request body into json: ...
        """
        function = self._function(FunctionName, Qualifier)
        event = parse_event(Payload, EVENT_BYTES if InvocationType == "Event" else PAYLOAD_BYTES)
        if InvocationType == "DryRun":
            return {"StatusCode": 204}
        if function.is_pending(self.clock.now):
            raise pending()
        if InvocationType == "Event":
            accept(self, function, json.dumps(event))
            return {"StatusCode": 202}
        outcome = invoke(self, function, event, self.ids.uuid())
        self.clock.sleep(outcome.elapsed)
        write_log(self, function, outcome)
        answer: dict[str, Any] = {
            "StatusCode": 200,
            "ExecutedVersion": "$LATEST",
            "Payload": outcome.payload.encode(),
        }
        if outcome.error is not None:
            answer["FunctionError"] = "Unhandled"
        if LogType == "Tail":
            answer["LogResult"] = base64.b64encode(outcome.log_tail()).decode()
        return answer

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
        """Invoke the function at arn with a payload when its policy lets the principal, or when a role is used.

        parameters: InvocationType, "Event" (default: replies when the event is queued) or "RequestResponse" (replies
        with the result, or with a Failure whose members are FunctionError and Payload).

        https://docs.aws.amazon.com/lambda/latest/dg/lambda-services.html
        """
        invocation_type = parameters.get("InvocationType", "Event")
        if set(parameters) - {"InvocationType"} or invocation_type not in ("Event", "RequestResponse"):
            raise NotModelled("lambda", f"deliver({parameters})", ["InvocationType Event or RequestResponse"])
        try:
            function = self._function(arn)
            data = payload.encode(errors="surrogatepass")  # JSON text may hold a lone surrogate
            event = parse_event(data, EVENT_BYTES if invocation_type == "Event" else PAYLOAD_BYTES)
        except ServiceError as error:
            code = "NO_RESOURCE" if error.code == "ResourceNotFoundException" else "INVALID_PARAMETER"
            reply(None, Failure(code, error.message, retryable=False))
            return
        if role_arn is None and not self.admits(
            function.policy,
            arn,
            principal=principal,
            action="lambda:InvokeFunction",
            resource=function.arn,
            source_arn=source_arn,
            source_account=source_account,
            reply=reply,
        ):
            return
        if function.is_pending(self.clock.now):
            reply(None, Failure("ERROR_FROM_TARGET", pending().message, retryable=True))
            return
        if invocation_type == "Event":
            accept(self, function, json.dumps(event))
            reply(None, None)
            return
        outcome = invoke(self, function, event, self.ids.uuid())

        def answer() -> None:
            write_log(self, function, outcome)
            if outcome.error is None:
                reply(outcome.payload, None)
            else:
                members = {"FunctionError": "Unhandled", "Payload": outcome.payload}
                error = outcome.error
                reply(None, Failure(error.error_type, error.message, retryable=True, members=members))

        self.clock.call_later(outcome.elapsed, answer)
