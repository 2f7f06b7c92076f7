"""The API of AWS Lambda: functions, their permissions, their invocation.

Left out: tags, revisions as conditions of a change, updating and listing how asynchronous invocations end.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from eslabon.errors import Failure, NotModelled, ServiceError
from eslabon.ids import Arn
from eslabon.pagination import InvalidToken, page
from eslabon.service import Reply, Service
from eslabon.support.lambda_ import destinations, requests, statements
from eslabon.support.lambda_.asynchronous import accept
from eslabon.support.lambda_.code import unpack
from eslabon.support.lambda_.errors import invalid, not_found, pending
from eslabon.support.lambda_.functions import Configuration, Function
from eslabon.support.lambda_.invocation import invoke, write_log
from eslabon.support.lambda_.requests import EVENT_BYTES, PAYLOAD_BYTES, parse_event

if TYPE_CHECKING:
    from eslabon.cloud import Cloud

PAGE_SIZE = 50


class Lambda(Service):
    """Lambda of one account and Region: https://docs.aws.amazon.com/lambda/latest/api/"""

    name: ClassVar[str] = "lambda"
    principal: ClassVar[str] = "lambda.amazonaws.com"
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

    def __init__(self, cloud: Cloud, account: str, region: str) -> None:
        super().__init__(cloud, account, region)
        self.functions: dict[str, Function] = {}

    def resources(self) -> list[str]:
        """ARNs of the functions."""
        return [function.arn for function in self.functions.values()]

    # -- functions

    def create_function(
        self,
        FunctionName: str,
        Role: str,
        Code: dict[str, Any],
        Runtime: str | None = None,
        Handler: str | None = None,
        Description: str = "",
        Timeout: int = 3,
        MemorySize: int = 128,
        Environment: dict[str, Any] | None = None,
        DeadLetterConfig: dict[str, str] | None = None,
        PackageType: str = "Zip",
    ) -> dict[str, Any]:
        """Create a Python function from the bytes of a zip; it is Pending for 2 seconds, then Active.

        Role is the ARN of a role that trusts lambda.amazonaws.com. Timeout in seconds, MemorySize in MB. Raises
        ResourceConflictException (the name is taken), InvalidParameterValueException (role, zip, runtime, variables).

        https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html

        >>> from eslabon import Cloud
        >>> from eslabon.support.lambda_.examples import ECHO, example, zipped
        >>> example().client("lambda").list_functions()["Functions"][0]["FunctionArn"]
        'arn:aws:lambda:us-east-1:123456789012:function:f'
        >>> Cloud().client("lambda").create_function(FunctionName="f", Runtime="python3.13", Handler="app.handler",
        ...     Role="arn:aws:iam::123456789012:role/nobody", Code={"ZipFile": zipped(ECHO)})
        Traceback (most recent call last):
        botocore.errorfactory.InvalidParameterValueException: An error occurred (InvalidParameterValueException) when \
calling the CreateFunction operation: The role defined for the function cannot be assumed by Lambda.
        """
        if PackageType != "Zip":
            raise NotModelled("lambda", f"PackageType {PackageType}", ["Zip"])
        name, _ = requests.name_and_qualifier(FunctionName, self.account, self.region)
        if name in self.functions:
            raise ServiceError("ResourceConflictException", f"Function already exist: {name}", 409)
        if Runtime is None or Handler is None:
            raise invalid(
                "Runtime and Handler are mandatory parameters for functions created with deployment packages."
            )
        requests.check_runtime(Runtime)
        self._check_role(Role)
        configuration = Configuration(
            package=unpack(Code.get("ZipFile")),
            runtime=Runtime,
            handler=Handler,
            role=Role,
            description=Description,
            timeout=Timeout,
            memory=MemorySize,
            variables=requests.variables(Environment),
            dead_letter_target=destinations.dead_letter_target(DeadLetterConfig),
        )
        arn, now = self.arn(f"function:{name}"), self.clock.now
        function = Function(name, arn, configuration, created=now, modified=now, revision=self.ids.uuid())
        self.functions[name] = function
        self.journal.record("resource", arn=arn, state="created", type="function", name=name)
        self._link(function, configuration.dead_letter_target, "created")
        return function.describe(now)

    def get_function(self, FunctionName: str, Qualifier: str | None = None) -> dict[str, Any]:
        """Describe a function; where its code lies is not shown, since nobody can fetch it there.

        https://docs.aws.amazon.com/lambda/latest/api/API_GetFunction.html

        >>> from eslabon.support.lambda_.examples import example
        >>> client = example().client("lambda")
        >>> client.get_function(FunctionName="f")["Configuration"]["Handler"]
        'app.handler'
        >>> client.get_function(FunctionName="g")
        Traceback (most recent call last):
        botocore.errorfactory.ResourceNotFoundException: An error occurred (ResourceNotFoundException) when calling \
the GetFunction operation: Function not found: arn:aws:lambda:us-east-1:123456789012:function:g
        """
        function = self._function(FunctionName, Qualifier)
        return {"Configuration": function.describe(self.clock.now), "Code": {"RepositoryType": "S3"}}

    def get_function_configuration(self, FunctionName: str, Qualifier: str | None = None) -> dict[str, Any]:
        """Describe a function. Raises ResourceNotFoundException.

        https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionConfiguration.html

        >>> from eslabon.support.lambda_.examples import example
        >>> client = example().client("lambda")
        >>> client.get_function_configuration(FunctionName="function:f")["Timeout"]
        3
        >>> client.get_function_configuration(FunctionName="f", Qualifier="live")
        Traceback (most recent call last):
        botocore.errorfactory.ResourceNotFoundException: An error occurred (ResourceNotFoundException) when calling \
the GetFunctionConfiguration operation: Function not found: arn:aws:lambda:us-east-1:123456789012:function:f:live
        """
        return self._function(FunctionName, Qualifier).describe(self.clock.now)

    def list_functions(self, Marker: str | None = None, MaxItems: int = PAGE_SIZE) -> dict[str, Any]:
        """List functions by name, at most 50 a page.

        https://docs.aws.amazon.com/lambda/latest/api/API_ListFunctions.html

        >>> from eslabon.support.lambda_.examples import example
        >>> client = example().client("lambda")
        >>> [function["FunctionName"] for function in client.list_functions()["Functions"]]
        ['f']
        >>> client.list_functions(Marker="f")
        Traceback (most recent call last):
        botocore.errorfactory.InvalidParameterValueException: An error occurred (InvalidParameterValueException) when \
calling the ListFunctions operation: Invalid pagination token provided.
        """
        names = sorted(self.functions)
        try:
            shown, following = page(names, min(MaxItems, PAGE_SIZE), Marker, "functions")
        except InvalidToken:
            raise invalid("Invalid pagination token provided.") from None
        functions = [self.functions[name].describe(self.clock.now) for name in shown]
        return {"Functions": functions, "NextMarker": following}

    def update_function_code(self, FunctionName: str, ZipFile: bytes | None = None) -> dict[str, Any]:
        """Replace a function's code; invocations meet the old code for 1 second more.

        https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionCode.html

        >>> from eslabon.support.lambda_.examples import example, zipped
        >>> cloud = example()
        >>> client = cloud.client("lambda")
        >>> code = zipped("def handler(event, context): return 'new'")
        >>> client.update_function_code(FunctionName="f", ZipFile=code)["LastUpdateStatus"]
        'InProgress'
        >>> client.update_function_code(FunctionName="f", ZipFile=code)
        Traceback (most recent call last):
        botocore.errorfactory.ResourceConflictException: An error occurred (ResourceConflictException) when calling \
the UpdateFunctionCode operation: The operation cannot be performed at this time. An update is in progress for ...
        >>> cloud.clock.advance(1)
        >>> client.invoke(FunctionName="f")["Payload"].read()
        b'"new"'
        """
        function = self._changeable(FunctionName)
        function.change(self.clock.now, self.ids.uuid(), package=unpack(ZipFile))
        return function.describe(self.clock.now)

    def update_function_configuration(
        self,
        FunctionName: str,
        Role: str | None = None,
        Handler: str | None = None,
        Description: str | None = None,
        Timeout: int | None = None,
        MemorySize: int | None = None,
        Environment: dict[str, Any] | None = None,
        Runtime: str | None = None,
        DeadLetterConfig: dict[str, str] | None = None,
    ) -> dict[str, Any]:
        """Change what is given; invocations meet the old configuration for 1 second more.

        Environment replaces all variables; an empty dead-letter TargetArn removes the queue.

        https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionConfiguration.html

        >>> from eslabon.support.lambda_.examples import example
        >>> client = example().client("lambda")
        >>> client.update_function_configuration(FunctionName="f", Timeout=9)["Timeout"]
        9
        >>> client.update_function_configuration(FunctionName="g", Timeout=9)
        Traceback (most recent call last):
        botocore.errorfactory.ResourceNotFoundException: An error occurred (ResourceNotFoundException) when calling \
the UpdateFunctionConfiguration operation: Function not found: arn:aws:lambda:us-east-1:123456789012:function:g
        """
        function = self._changeable(FunctionName)
        given: dict[str, Any] = {
            "role": Role,
            "handler": Handler,
            "description": Description,
            "timeout": Timeout,
            "memory": MemorySize,
            "runtime": Runtime,
            "variables": requests.variables(Environment),
        }
        changes = {name: value for name, value in given.items() if value is not None}
        if Runtime is not None:
            requests.check_runtime(Runtime)
        if Role is not None:
            self._check_role(Role)
        if DeadLetterConfig is not None:
            changes["dead_letter_target"] = destinations.dead_letter_target(DeadLetterConfig)
            self._link(function, function.configuration.dead_letter_target, "deleted")
            self._link(function, changes["dead_letter_target"], "created")
        function.change(self.clock.now, self.ids.uuid(), **changes)
        return function.describe(self.clock.now)

    def delete_function(self, FunctionName: str) -> dict[str, Any]:
        """Delete a function; its log group stays. Raises ResourceNotFoundException.

        https://docs.aws.amazon.com/lambda/latest/api/API_DeleteFunction.html

        >>> from eslabon.support.lambda_.examples import example
        >>> client = example().client("lambda")
        >>> client.delete_function(FunctionName="f")["StatusCode"]
        204
        >>> client.delete_function(FunctionName="g")
        Traceback (most recent call last):
        botocore.errorfactory.ResourceNotFoundException: An error occurred (ResourceNotFoundException) when calling \
the DeleteFunction operation: Function not found: arn:aws:lambda:us-east-1:123456789012:function:g
        """
        function = self._function(FunctionName)
        del self.functions[function.name]
        self._link(function, function.configuration.dead_letter_target, "deleted")
        self._link_destinations(function, "deleted")
        self.journal.record("resource", arn=function.arn, state="deleted", type="function", name=function.name)
        return {"StatusCode": 204}

    # -- who may invoke

    def add_permission(
        self,
        FunctionName: str,
        StatementId: str,
        Action: str,
        Principal: str,
        SourceArn: str | None = None,
        SourceAccount: str | None = None,
    ) -> dict[str, Any]:
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

    def get_policy(self, FunctionName: str) -> dict[str, Any]:
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

    # -- invocation

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

    # -- how asynchronous invocations end

    def put_function_event_invoke_config(
        self,
        FunctionName: str,
        MaximumRetryAttempts: int | None = None,
        MaximumEventAgeInSeconds: int | None = None,
        DestinationConfig: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
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

    def get_function_event_invoke_config(self, FunctionName: str) -> dict[str, Any]:
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

    # -- shared by the operations

    def _function(self, given: str, qualifier: str | None = None) -> Function:
        """Find a function; versions and aliases do not exist here, so asking for one finds nothing."""
        name, own_qualifier = requests.name_and_qualifier(given, self.account, self.region)
        asked = qualifier or own_qualifier
        if name not in self.functions or asked not in (None, "$LATEST"):
            arn = self.arn(f"function:{name}")
            raise not_found(f"Function not found: {arn}:{asked}" if asked else f"Function not found: {arn}")
        return self.functions[name]

    def _changeable(self, given: str) -> Function:
        """Find a function that may be updated now."""
        function = self._function(given)
        if function.is_pending(self.clock.now):
            raise pending()
        if function.is_updating(self.clock.now):
            message = (
                f"The operation cannot be performed at this time. An update is in progress for resource: {function.arn}"
            )
            raise ServiceError("ResourceConflictException", message, 409)
        return function

    def _check_role(self, role_arn: str) -> None:
        iam: Any = self.cloud.service("iam", account=Arn.parse(role_arn).account)
        if not iam.trusts(role_arn, self.principal):
            raise invalid("The role defined for the function cannot be assumed by Lambda.")

    def _event_invoke(self, given: str) -> tuple[Function, destinations.EventInvokeConfig]:
        function = self._function(given)
        if function.event_invoke is None:
            raise not_found(f"The function {function.arn}:$LATEST doesn't have an EventInvokeConfig")
        return function, function.event_invoke

    def _link_destinations(self, function: Function, state: str) -> None:
        if function.event_invoke is not None:
            self._link(function, function.event_invoke.on_success, state)
            self._link(function, function.event_invoke.on_failure, state)

    def _link(self, function: Function, target: str, state: str) -> None:
        if target:
            self.journal.record("link", source=function.arn, target=target, state=state)
