"""Asynchronous invocations: events wait in Lambda's own queue, are retried, and leave records of how they ended.

Throttling is left out: every event finds an execution environment.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from eslabon.errors import Failure, ServiceError
from eslabon.ids import Arn
from eslabon.support.lambda_.destinations import AGE, RETRIES, UNCONFIGURED, EventInvokeConfig
from eslabon.support.lambda_.functions import Function
from eslabon.support.lambda_.invocation import Outcome, invoke, write_log
from eslabon.support.lambda_.output import iso

if TYPE_CHECKING:
    from eslabon.support.lambda_.service import Lambda

QUEUE_LATENCY = 0.05  # virtual seconds that an event waits before its first attempt

RETRY_DELAYS = (60.0, 120.0)  # https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
ERROR_MESSAGE_BYTES = 1024


@dataclass
class _QueuedEvent:
    """An event on its way through the attempts that a function has for it."""

    service: Lambda
    function: Function
    payload: str
    request_id: str
    accepted: float
    attempts: int = 0

    def attempt(self) -> None:
        """Run the function once, unless it is gone or the event has become too old."""
        if self._is_gone:
            return
        age = AGE if self._configured.age is None else self._configured.age
        if self.service.clock.now - self.accepted > age:
            self._end("EventAgeExceeded", None)
            return
        self.attempts += 1
        outcome = invoke(self.service, self.function, json.loads(self.payload), self.request_id)
        self.service.clock.call_later(outcome.elapsed, lambda: self._after(outcome))

    def _after(self, outcome: Outcome) -> None:
        write_log(self.service, self.function, outcome)
        if self._is_gone:
            return
        retries = RETRIES if self._configured.retries is None else self._configured.retries
        if outcome.error is None:
            self._end("Success", outcome)
        elif self.attempts > retries:
            self._end("RetriesExhausted", outcome)
        else:
            self.service.clock.call_later(RETRY_DELAYS[self.attempts - 1], self.attempt)

    @property
    def _is_gone(self) -> bool:
        return self.service.functions.get(self.function.name) is not self.function

    @property
    def _configured(self) -> EventInvokeConfig:
        return self.function.event_invoke or UNCONFIGURED

    def _end(self, condition: str, outcome: Outcome | None) -> None:
        """Send the record to the destination of this ending, and a discarded event to the dead-letter queue."""
        succeeded = condition == "Success"
        destination = self._configured.on_success if succeeded else self._configured.on_failure
        if destination:
            self._send_record(destination, self._record(condition, outcome), succeeded)
        dead_letter_target = self.function.running(self.service.clock.now).dead_letter_target
        if dead_letter_target and not succeeded:
            self._send_dead_letter(dead_letter_target, condition, outcome)

    def _record(self, condition: str, outcome: Outcome | None) -> dict[str, Any]:
        """The invocation record.

        https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
        """
        record: dict[str, Any] = {
            "version": "1.0",
            "timestamp": iso(self.service.clock.now),
            "requestContext": {
                "requestId": self.request_id,
                "functionArn": f"{self.function.arn}:$LATEST",
                "condition": condition,
                "approximateInvokeCount": self.attempts,
            },
            "requestPayload": json.loads(self.payload),
        }
        if outcome is not None:
            response: dict[str, Any] = {"statusCode": 200, "executedVersion": "$LATEST"}
            if outcome.error is not None:
                response["functionError"] = "Unhandled"
            record |= {"responseContext": response, "responsePayload": json.loads(outcome.payload)}
        return record

    def _send_record(self, destination: str, record: dict[str, Any], succeeded: bool) -> None:
        target = Arn.parse(destination)
        if target.service != "events":
            self._deliver(destination, json.dumps(record), {})
            return
        result = "Success" if succeeded else "Failure"
        detail = json.dumps(record)
        entry = {
            "Source": "lambda",
            "DetailType": f"Lambda Function Invocation Result – {result}",
            "Resources": [destination, f"{self.function.arn}:$LATEST"],
            "Detail": detail,
            "EventBusName": destination,
        }
        failure = None
        try:
            answer = self.service.cloud.call(
                "events", "put_events", {"Entries": [entry]}, region=target.region, account=target.account
            )
            if answer["FailedEntryCount"]:
                refused = answer["Entries"][0]
                failure = Failure(refused["ErrorCode"], refused["ErrorMessage"], retryable=False)
        except ServiceError as error:
            failure = Failure(error.code, error.message, retryable=False)
        self._record_delivery(destination, detail, failure)

    def _send_dead_letter(self, target: str, condition: str, outcome: Outcome | None) -> None:
        """https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html#invocation-dlq"""
        message = condition if outcome is None or outcome.error is None else outcome.error.message
        shortened = message.encode(errors="replace")[:ERROR_MESSAGE_BYTES].decode(errors="ignore")
        attributes = {
            "RequestID": {"DataType": "String", "StringValue": self.request_id},
            "ErrorCode": {"DataType": "Number", "StringValue": "200"},
            "ErrorMessage": {"DataType": "String", "StringValue": shortened or condition},
        }
        self._deliver(target, self.payload, {"MessageAttributes": attributes})

    def _deliver(self, target: str, payload: str, parameters: dict[str, Any]) -> None:
        """Send with the function's role, so that no resource policy is asked; what fails is dropped, as Lambda does."""
        self.service.cloud.deliver(
            target,
            payload,
            principal=self.service.principal,
            source_arn=self.function.arn,
            role_arn=self.function.running(self.service.clock.now).role,
            parameters=parameters,
            reply=lambda _, failure: self._record_delivery(target, payload, failure),
        )

    def _record_delivery(self, target: str, payload: str, failure: Failure | None) -> None:
        self.service.journal.record(
            "delivery",
            source=self.function.arn,
            target=target,
            payload=payload,
            attempt=1,
            error=failure and failure.code,
            message=failure and failure.message,
        )


def accept(service: Lambda, function: Function, payload: str) -> str:
    """Take an event into the function's queue; its request id comes back at once.

    >>> from eslabon.support.lambda_.examples import example
    >>> cloud = example("def handler(event, context): print(event)")
    >>> service = cloud.service("lambda")
    >>> len(accept(service, service.functions["f"], "7"))
    36
    >>> cloud.clock.run_until_idle()
    >>> events = cloud.client("logs").filter_log_events(logGroupName="/aws/lambda/f")["events"]
    >>> events[1]["message"]
    '7\\n'
    """
    event = _QueuedEvent(service, function, payload, service.ids.uuid(), service.clock.now)
    service.clock.call_later(QUEUE_LATENCY, event.attempt)
    return event.request_id
