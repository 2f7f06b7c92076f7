"""How asynchronous invocations end: retries, age, destinations, put and shown. Updating and listing are left out."""

from __future__ import annotations

from typing import Any

from eslabon.support.lambda_ import destinations
from eslabon.support.lambda_.errors import not_found
from eslabon.support.lambda_.functions import Function
from eslabon.support.lambda_.operations.registry import Answer, Registry


class EventInvokeConfigs(Registry):
    """Operations on what a function says about its asynchronous invocations."""

    def put_function_event_invoke_config(
        self,
        FunctionName: str,
        MaximumRetryAttempts: int | None = None,
        MaximumEventAgeInSeconds: int | None = None,
        DestinationConfig: dict[str, Any] | None = None,
    ) -> Answer:
        """Say how asynchronous invocations end; what is left out goes back to AWS's default.

        Destinations are ARNs of queues, functions and event buses, reached with the function's role.

        https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionEventInvokeConfig.html

        >>> from eslabon.support.lambda_.examples import example
        >>> client = example().client("lambda")
        >>> config = client.put_function_event_invoke_config(FunctionName="f", MaximumRetryAttempts=0)
        >>> config["FunctionArn"], config["MaximumRetryAttempts"]
        ('arn:aws:lambda:us-east-1:123456789012:function:f:$LATEST', 0)
        >>> client.put_function_event_invoke_config(FunctionName="g")
        Traceback (most recent call last):
        botocore.errorfactory.ResourceNotFoundException: An error occurred (ResourceNotFoundException) when calling \
the PutFunctionEventInvokeConfig operation: Function not found: arn:aws:lambda:us-east-1:123456789012:function:g
        """
        function = self._function(FunctionName)
        config = destinations.EventInvokeConfig(
            modified=self.clock.datetime(),
            retries=MaximumRetryAttempts,
            age=MaximumEventAgeInSeconds,
            on_success=destinations.destination(DestinationConfig, "OnSuccess"),
            on_failure=destinations.destination(DestinationConfig, "OnFailure"),
        )
        self._link_destinations(function, "deleted")
        function.event_invoke = config
        self._link_destinations(function, "created")
        return config.describe(function.arn)

    def get_function_event_invoke_config(self, FunctionName: str) -> Answer:
        """Show how asynchronous invocations end. Raises ResourceNotFoundException.

        https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionEventInvokeConfig.html

        >>> from eslabon.support.lambda_.examples import example
        >>> client = example().client("lambda")
        >>> _ = client.put_function_event_invoke_config(FunctionName="f", MaximumEventAgeInSeconds=60)
        >>> client.get_function_event_invoke_config(FunctionName="f")["MaximumEventAgeInSeconds"]
        60
        >>> _ = client.delete_function_event_invoke_config(FunctionName="f")
        >>> client.get_function_event_invoke_config(FunctionName="f")
        Traceback (most recent call last):
        botocore.errorfactory.ResourceNotFoundException: An error occurred (ResourceNotFoundException) when calling \
the GetFunctionEventInvokeConfig operation: The function ...:f:$LATEST doesn't have an EventInvokeConfig
        """
        function, config = self._event_invoke(FunctionName)
        return config.describe(function.arn)

    def delete_function_event_invoke_config(self, FunctionName: str) -> None:
        """Go back to AWS's defaults. Raises ResourceNotFoundException.

        https://docs.aws.amazon.com/lambda/latest/api/API_DeleteFunctionEventInvokeConfig.html

        >>> from eslabon.support.lambda_.examples import example
        >>> client = example().client("lambda")
        >>> _ = client.put_function_event_invoke_config(FunctionName="f", MaximumRetryAttempts=0)
        >>> _ = client.delete_function_event_invoke_config(FunctionName="f")
        >>> client.delete_function_event_invoke_config(FunctionName="f")
        Traceback (most recent call last):
        botocore.errorfactory.ResourceNotFoundException: An error occurred (ResourceNotFoundException) when calling \
the DeleteFunctionEventInvokeConfig operation: The function ...:f:$LATEST doesn't have an EventInvokeConfig
        """
        function, _ = self._event_invoke(FunctionName)
        self._link_destinations(function, "deleted")
        function.event_invoke = None

    def _event_invoke(self, given: str) -> tuple[Function, destinations.EventInvokeConfig]:
        function = self._function(given)
        if function.event_invoke is None:
            raise not_found(f"The function {function.arn}:$LATEST doesn't have an EventInvokeConfig")
        return function, function.event_invoke
