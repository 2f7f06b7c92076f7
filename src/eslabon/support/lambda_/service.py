"""The API of AWS Lambda: functions, their permissions, their invocation."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from eslabon import jsontext
from eslabon.errors import Failure, NotModelled, ServiceError
from eslabon.ids import Arn
from eslabon.pagination import InvalidToken, page
from eslabon.service import Reply, Service
from eslabon.support.lambda_.asynchronous import accept, describe_event_invoke
from eslabon.support.lambda_.code import Package, PackageError, unpack
from eslabon.support.lambda_.functions import NAME, Configuration, EventInvokeConfig, Function, permission
from eslabon.support.lambda_.invocation import invoke, write_log
from eslabon.tags import ReservedTag, Tags, TooManyTags

if TYPE_CHECKING:
    from eslabon.cloud import Cloud

RUNTIMES = ("python3.10", "python3.11", "python3.12", "python3.13", "python3.14")
OTHER_PYTHONS = ("python2.7", "python3.6", "python3.7", "python3.8", "python3.9", "python3.15")
OTHER_LANGUAGES = ("nodejs", "java", "dotnet", "ruby", "go1", "provided", "custom")
NAME_CHARACTERS = 64
VARIABLES_BYTES = 4096
PAYLOAD_BYTES = 6_291_556
EVENT_BYTES = 1_048_576
POLICY_BYTES = 20_480
PAGE_SIZE = 50

DESTINATIONS = ("sqs", "lambda", "events")

# https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
RESERVED_VARIABLES = frozenset(
    {
        *("_HANDLER", "_X_AMZN_TRACE_ID", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_EXECUTION_ENV"),
        *("AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_VERSION"),
        *("AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME"),
        *("AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"),
        *("AWS_LAMBDA_RUNTIME_API", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR"),
    }
)


class Lambda(Service):
    """Lambda of one account and Region."""

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
        self.tags = Tags()

    def resources(self) -> list[str]:
        """ARNs of the functions."""
        return [function.arn for function in self.functions.values()]

    # Functions

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
        Tags: dict[str, str] | None = None,
    ) -> dict[str, Any]:
        """Create a Python function from the bytes of a zip; it is Pending for 2 seconds, then Active.

        Role is the ARN of a role that trusts lambda.amazonaws.com. Timeout in seconds, MemorySize in MB. Raises
        ResourceConflictException (the name is taken), InvalidParameterValueException (role, zip, runtime, variables).

        https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html

        >>> from eslabon import Cloud
        >>> cloud = Cloud()
        >>> cloud.client("lambda").create_function(FunctionName="f", Runtime="python3.13", Handler="app.handler",
        ...     Role="arn:aws:iam::123456789012:role/nobody", Code={"ZipFile": b"PK"})
        Traceback (most recent call last):
        botocore.errorfactory.InvalidParameterValueException: An error occurred (InvalidParameterValueException) when \
calling the CreateFunction operation: The role defined for the function cannot be assumed by Lambda.
        """
        if PackageType != "Zip":
            raise NotModelled("lambda", f"PackageType {PackageType}", ["Zip"])
        name = self._name_here(FunctionName)[0]
        if name in self.functions:
            raise ServiceError("ResourceConflictException", f"Function already exist: {name}", 409)
        if Runtime is None or Handler is None:
            raise invalid(
                "Runtime and Handler are mandatory parameters for functions created with deployment packages."
            )
        check_runtime(Runtime)
        self._check_role(Role)
        configuration = Configuration(
            package=package_of(Code.get("ZipFile")),
            runtime=Runtime,
            handler=Handler,
            role=Role,
            description=Description,
            timeout=Timeout,
            memory=MemorySize,
            variables=variables_of(Environment),
            dead_letter_target=dead_letter_target_of(DeadLetterConfig),
        )
        arn = self.arn(f"function:{name}")
        self._put_tags(arn, Tags or {})
        moment = self.clock.datetime()
        function = Function(name, arn, configuration, self.clock.now, moment, self.ids.uuid())
        self.functions[name] = function
        self.journal.record("resource", arn=arn, state="created", type="function", name=name)
        self._link(function, configuration.dead_letter_target, "created")
        return function.describe(self.clock.now)

    def get_function(self, FunctionName: str, Qualifier: str | None = None) -> dict[str, Any]:
        """Describe a function with its tags; where its code lies is not shown, since nobody can fetch it there.

        https://docs.aws.amazon.com/lambda/latest/api/API_GetFunction.html
        """
        function = self._function(FunctionName, Qualifier)
        answer = {"Configuration": function.describe(self.clock.now), "Code": {"RepositoryType": "S3"}}
        tags = self.tags.get(function.arn)
        return {**answer, "Tags": tags} if tags else answer

    def get_function_configuration(self, FunctionName: str, Qualifier: str | None = None) -> dict[str, Any]:
        """Describe a function. Raises ResourceNotFoundException.

        https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionConfiguration.html
        """
        return self._function(FunctionName, Qualifier).describe(self.clock.now)

    def list_functions(self, Marker: str | None = None, MaxItems: int = PAGE_SIZE) -> dict[str, Any]:
        """List functions by name, at most 50 a page.

        https://docs.aws.amazon.com/lambda/latest/api/API_ListFunctions.html
        """
        names = sorted(self.functions)
        shown, following = self._page(names, min(MaxItems, PAGE_SIZE), Marker, "functions")
        functions = [self.functions[name].describe(self.clock.now) for name in shown]
        return {"Functions": functions, "NextMarker": following}

    def update_function_code(
        self,
        FunctionName: str,
        ZipFile: bytes | None = None,
        DryRun: bool = False,
        RevisionId: str | None = None,
    ) -> dict[str, Any]:
        """Replace a function's code; invocations meet the old code for 1 second more.

        https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionCode.html
        """
        function = self._changeable(FunctionName, RevisionId)
        package = package_of(ZipFile)
        if DryRun:
            return function.describe(self.clock.now)
        function.change(self.clock.now, self.clock.datetime(), self.ids.uuid(), package=package)
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
        RevisionId: str | None = None,
    ) -> dict[str, Any]:
        """Change what is given; invocations meet the old configuration for 1 second more.

        Environment replaces all variables; an empty dead-letter TargetArn removes the queue.

        https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionConfiguration.html
        """
        function = self._changeable(FunctionName, RevisionId)
        changes: dict[str, Any] = {
            "role": Role,
            "handler": Handler,
            "description": Description,
            "timeout": Timeout,
            "memory": MemorySize,
            "runtime": Runtime,
        }
        changes = {name: value for name, value in changes.items() if value is not None}
        if Runtime is not None:
            check_runtime(Runtime)
        if Role is not None:
            self._check_role(Role)
        if Environment is not None:
            changes["variables"] = variables_of(Environment)
        if DeadLetterConfig is not None:
            changes["dead_letter_target"] = dead_letter_target_of(DeadLetterConfig)
            self._link(function, function.configuration.dead_letter_target, "deleted")
            self._link(function, changes["dead_letter_target"], "created")
        function.change(self.clock.now, self.clock.datetime(), self.ids.uuid(), **changes)
        return function.describe(self.clock.now)

    def delete_function(self, FunctionName: str) -> dict[str, Any]:
        """Delete a function; its log group stays. Raises ResourceNotFoundException.

        https://docs.aws.amazon.com/lambda/latest/api/API_DeleteFunction.html
        """
        function = self._function(FunctionName)
        del self.functions[function.name]
        self.tags.remove(function.arn)
        self._link(function, function.configuration.dead_letter_target, "deleted")
        self._link_destinations(function, "deleted")
        self.journal.record("resource", arn=function.arn, state="deleted", type="function", name=function.name)
        return {"StatusCode": 204}

    # Who may invoke

    def add_permission(
        self,
        FunctionName: str,
        StatementId: str,
        Action: str,
        Principal: str,
        SourceArn: str | None = None,
        SourceAccount: str | None = None,
        RevisionId: str | None = None,
    ) -> dict[str, Any]:
        """Let a service, an account or a role act on the function; SourceArn may hold * and ?.

        Raises ResourceConflictException (the statement exists), InvalidParameterValueException (no such principal),
        PolicyLengthExceededException, PreconditionFailedException.

        https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html
        """
        function = self._function(FunctionName)
        self._check_policy_revision(function, RevisionId)
        if any(statement["Sid"] == StatementId for statement in function.permissions):
            message = (
                f"The statement id ({StatementId}) provided already exists. Please provide a new statement id, or "
                "remove the existing statement."
            )
            raise ServiceError("ResourceConflictException", message, 409)
        statement = permission(function.arn, StatementId, Action, Principal, SourceArn, SourceAccount)
        if statement is None:
            raise invalid("The provided principal was invalid. Please check the principal and try again.")
        statements = [*function.permissions, statement]
        size = len(json.dumps(statements))
        if size > POLICY_BYTES:
            message = f"The final policy size ({size}) is bigger than the limit ({POLICY_BYTES})."
            raise ServiceError("PolicyLengthExceededException", message)
        function.permit(statements, self.ids.uuid())
        return {"Statement": json.dumps(statement, separators=(",", ":"))}

    def remove_permission(self, FunctionName: str, StatementId: str, RevisionId: str | None = None) -> None:
        """Take a permission back. Raises ResourceNotFoundException, PreconditionFailedException.

        https://docs.aws.amazon.com/lambda/latest/api/API_RemovePermission.html
        """
        function = self._function(FunctionName)
        self._check_policy_revision(function, RevisionId)
        left = [statement for statement in function.permissions if statement["Sid"] != StatementId]
        if len(left) == len(function.permissions):
            raise not_found(f"Statement {StatementId} is not found in resource policy.")
        function.permit(left, self.ids.uuid())

    def get_policy(self, FunctionName: str) -> dict[str, Any]:
        """Show the function's policy, JSON text. Raises ResourceNotFoundException when it has none.

        https://docs.aws.amazon.com/lambda/latest/api/API_GetPolicy.html
        """
        function = self._function(FunctionName)
        if not function.permissions:
            raise not_found("The resource you requested does not exist.")
        return {"Policy": function.policy_text(), "RevisionId": function.policy_revision}

    # Invocation

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

        >>> import io, zipfile
        >>> from eslabon import Cloud
        >>> cloud = Cloud()
        >>> archive = io.BytesIO()
        >>> with zipfile.ZipFile(archive, "w") as package:
        ...     package.writestr("app.py", "def handler(event, context): return 10 / event")
        >>> trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        >>> role = cloud.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps(
        ...     {"Version": "2012-10-17", "Statement": trust}))["Role"]["Arn"]
        >>> client = cloud.client("lambda")
        >>> _ = client.create_function(FunctionName="f", Runtime="python3.13", Handler="app.handler", Role=role,
        ...     Code={"ZipFile": archive.getvalue()})
        >>> client.invoke(FunctionName="f", Payload="4")
        Traceback (most recent call last):
        botocore.errorfactory.ResourceConflictException: ... is currently in the following state: Pending
        >>> cloud.clock.advance(2)
        >>> client.invoke(FunctionName="f", Payload="4")["Payload"].read()
        b'2.5'
        >>> client.invoke(FunctionName="f", Payload="0")["FunctionError"]
        'Unhandled'
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
            event = parse_event(payload.encode(), EVENT_BYTES if invocation_type == "Event" else PAYLOAD_BYTES)
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

    # Asynchronous invocation

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
        """
        function = self._function(FunctionName)
        config = EventInvokeConfig(self.clock.datetime(), MaximumRetryAttempts, MaximumEventAgeInSeconds)
        return self._set_event_invoke(function, with_destinations(config, DestinationConfig or {}))

    def update_function_event_invoke_config(
        self,
        FunctionName: str,
        MaximumRetryAttempts: int | None = None,
        MaximumEventAgeInSeconds: int | None = None,
        DestinationConfig: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Change what is given of how asynchronous invocations end. Raises ResourceNotFoundException.

        https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionEventInvokeConfig.html
        """
        function, config = self._event_invoke(FunctionName)
        changes: dict[str, Any] = {"retries": MaximumRetryAttempts, "age": MaximumEventAgeInSeconds}
        given = {name: value for name, value in changes.items() if value is not None}
        changed = replace(config, modified=self.clock.datetime(), **given)
        return self._set_event_invoke(function, with_destinations(changed, DestinationConfig or {}))

    def get_function_event_invoke_config(self, FunctionName: str) -> dict[str, Any]:
        """Show how asynchronous invocations end. Raises ResourceNotFoundException.

        https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionEventInvokeConfig.html
        """
        return describe_event_invoke(*self._event_invoke(FunctionName))

    def list_function_event_invoke_configs(
        self, FunctionName: str, Marker: str | None = None, MaxItems: int = PAGE_SIZE
    ) -> dict[str, Any]:
        """List a function's configurations of asynchronous invocation: the unpublished version has one or none.

        https://docs.aws.amazon.com/lambda/latest/api/API_ListFunctionEventInvokeConfigs.html
        """
        function = self._function(FunctionName)
        configs = [] if function.event_invoke is None else [describe_event_invoke(function, function.event_invoke)]
        shown, following = self._page(configs, MaxItems, Marker, f"event invoke configs of {function.name}")
        return {"FunctionEventInvokeConfigs": shown, "NextMarker": following}

    def delete_function_event_invoke_config(self, FunctionName: str) -> None:
        """Go back to AWS's defaults. Raises ResourceNotFoundException.

        https://docs.aws.amazon.com/lambda/latest/api/API_DeleteFunctionEventInvokeConfig.html
        """
        function, _ = self._event_invoke(FunctionName)
        self._link_destinations(function, "deleted")
        function.event_invoke = None

    # Tags

    def tag_resource(self, Resource: str, Tags: dict[str, str]) -> None:
        """Add or overwrite a function's tags.

        https://docs.aws.amazon.com/lambda/latest/api/API_TagResource.html
        """
        self._put_tags(self._function(Resource).arn, Tags)

    def untag_resource(self, Resource: str, TagKeys: list[str]) -> None:
        """Remove tags from a function.

        https://docs.aws.amazon.com/lambda/latest/api/API_UntagResource.html
        """
        self.tags.remove(self._function(Resource).arn, TagKeys)

    def list_tags(self, Resource: str) -> dict[str, Any]:
        """List a function's tags.

        https://docs.aws.amazon.com/lambda/latest/api/API_ListTags.html
        """
        return {"Tags": self.tags.get(self._function(Resource).arn)}

    # Shared by the operations

    def _name_here(self, given: str) -> tuple[str, str | None]:
        """Read a function's name and qualifier. Raises NotModelled for functions of other accounts."""
        found = NAME.fullmatch(given)
        if found is None:
            raise invalid(f"{given} is not a function's name, partial ARN or ARN.")
        name = found["name"]
        if len(name) > NAME_CHARACTERS:
            message = (
                f"1 validation error detected: Value '{name}' at 'functionName' failed to satisfy constraint: "
                f"Member must have length less than or equal to {NAME_CHARACTERS}"
            )
            raise ServiceError("ValidationException", message)
        if found["account"] not in (None, self.account):
            raise NotModelled("lambda", f"calls from account {self.account} for a function of {found['account']}")
        if found["region"] not in (None, self.region):
            raise not_found(f"Functions from '{found['region']}' are not reachable in this region ('{self.region}')")
        return name, found["qualifier"]

    def _function(self, given: str, qualifier: str | None = None) -> Function:
        """Find a function; versions and aliases do not exist here, so asking for one finds nothing."""
        name, own_qualifier = self._name_here(given)
        asked = qualifier or own_qualifier
        if name not in self.functions or asked not in (None, "$LATEST"):
            arn = self.arn(f"function:{name}")
            raise not_found(f"Function not found: {arn}:{asked}" if asked else f"Function not found: {arn}")
        return self.functions[name]

    def _changeable(self, given: str, revision: str | None) -> Function:
        """Find a function that may be updated now."""
        function = self._function(given)
        if function.is_pending(self.clock.now):
            raise pending()
        if function.is_updating(self.clock.now):
            message = (
                f"The operation cannot be performed at this time. An update is in progress for resource: {function.arn}"
            )
            raise ServiceError("ResourceConflictException", message, 409)
        if revision is not None and revision != function.revision:
            raise revision_differs()
        return function

    def _check_policy_revision(self, function: Function, revision: str | None) -> None:
        if revision is not None and revision != function.policy_revision:
            raise revision_differs()

    def _check_role(self, role_arn: str) -> None:
        iam: Any = self.cloud.service("iam", account=Arn.parse(role_arn).account)
        if not iam.trusts(role_arn, self.principal):
            raise invalid("The role defined for the function cannot be assumed by Lambda.")

    def _event_invoke(self, given: str) -> tuple[Function, EventInvokeConfig]:
        function = self._function(given)
        if function.event_invoke is None:
            raise not_found(f"The function {function.arn}:$LATEST doesn't have an EventInvokeConfig")
        return function, function.event_invoke

    def _set_event_invoke(self, function: Function, config: EventInvokeConfig) -> dict[str, Any]:
        self._link_destinations(function, "deleted")
        function.event_invoke = config
        self._link_destinations(function, "created")
        return describe_event_invoke(function, config)

    def _link_destinations(self, function: Function, state: str) -> None:
        if function.event_invoke is not None:
            self._link(function, function.event_invoke.on_success, state)
            self._link(function, function.event_invoke.on_failure, state)

    def _link(self, function: Function, target: str, state: str) -> None:
        if target:
            self.journal.record("link", source=function.arn, target=target, state=state)

    def _put_tags(self, arn: str, tags: dict[str, str]) -> None:
        try:
            self.tags.put(arn, tags)
        except ReservedTag as error:
            raise invalid("Tag keys starting with aws: are reserved for AWS.") from error
        except TooManyTags as error:
            raise invalid("A function can have at most 50 tags.") from error

    def _page(self, items: list[Any], limit: int, marker: str | None, key: str) -> tuple[list[Any], str | None]:
        try:
            return page(items, limit, marker, key)
        except InvalidToken as error:
            raise invalid("Invalid pagination token provided.") from error


def invalid(message: str) -> ServiceError:
    """The error of a value that Lambda does not take."""
    return ServiceError("InvalidParameterValueException", message, Type="User")


def not_found(message: str) -> ServiceError:
    """The error of a function, statement or configuration that does not exist."""
    return ServiceError("ResourceNotFoundException", message, 404, Type="User")


def pending() -> ServiceError:
    """The error of a function that is still being created."""
    message = (
        "The operation cannot be performed at this time. The function is currently in the following state: Pending"
    )
    return ServiceError("ResourceConflictException", message, 409, Type="User")


def revision_differs() -> ServiceError:
    """The error of a change to something that somebody else has changed meanwhile."""
    message = (
        "The RevisionId provided does not match the latest RevisionId. Call the GetFunction/GetAlias API to retrieve "
        "the latest RevisionId"
    )
    return ServiceError("PreconditionFailedException", message, 412, Type="User")


def check_runtime(runtime: str) -> None:
    """Refuse a runtime that is not a current Python, in the way that tells AWS's other runtimes from mistakes."""
    if runtime in RUNTIMES:
        return
    if runtime.startswith(OTHER_LANGUAGES) or runtime in OTHER_PYTHONS:
        raise NotModelled("lambda", f"the runtime {runtime}", RUNTIMES)
    raise invalid(
        f"Value {runtime} at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: "
        f"[{', '.join(RUNTIMES)}] or be a valid ARN"
    )


def package_of(archive: bytes | None) -> Package:
    """Unpack the code of a function."""
    if archive is None:
        raise invalid("Please provide a source for function code.")
    try:
        return unpack(archive)
    except PackageError as error:
        raise invalid(str(error)) from error


def variables_of(environment: dict[str, Any] | None) -> dict[str, str] | None:
    """Read a function's own environment variables: at most 4 KB, none of Lambda's own."""
    if environment is None:
        return None
    variables: dict[str, str] = environment.get("Variables", {})
    reserved = sorted(RESERVED_VARIABLES & set(variables))
    if reserved:
        raise invalid(
            "Lambda was unable to configure your environment variables because the environment variables you have "
            "provided contains reserved keys that are currently not supported for modification. Reserved keys used in "
            f"this request: {', '.join(reserved)}"
        )
    measured = json.dumps(variables, separators=(",", ":"), ensure_ascii=False)
    if len(measured.encode()) > VARIABLES_BYTES:
        raise invalid(
            "Lambda was unable to configure your environment variables because the environment variables you have "
            f"provided exceeded the 4KB limit. String measured: {measured}"
        )
    return variables


def dead_letter_target_of(config: dict[str, str] | None) -> str:
    """Read the ARN of the queue for discarded events; empty for none."""
    target = (config or {}).get("TargetArn", "")
    if not target:
        return ""
    service = service_of(target)
    if service == "sns":
        raise NotModelled("lambda", "topics as dead-letter targets", ["Amazon SQS queues"])
    if service != "sqs":
        raise invalid(f"The provided dead-letter target {target} is neither a queue nor a topic.")
    return target


def service_of(target: str) -> str:
    """The service in an ARN, or the scheme of another address; "" when it is neither.

    >>> service_of("arn:aws:sqs:us-east-1:123456789012:orders"), service_of("kafka://orders"), service_of("arn:aws:sqs")
    ('sqs', 'kafka', '')
    """
    if not target.startswith("arn:"):
        return target.partition(":")[0]
    try:
        return Arn.parse(target).service
    except ValueError:
        return ""


def with_destinations(config: EventInvokeConfig, destinations: dict[str, Any]) -> EventInvokeConfig:
    """Replace the destinations that are given."""
    for member, name in (("OnSuccess", "on_success"), ("OnFailure", "on_failure")):
        if member not in destinations:
            continue
        destination = destinations[member].get("Destination", "")
        if destination:
            service = service_of(destination)
            if service in ("sns", "s3", "kafka"):
                raise NotModelled("lambda", f"{service} destinations", DESTINATIONS)
            if service not in DESTINATIONS:
                raise invalid(f"The destination ARN {destination} is invalid.")
        config = replace(config, **{name: destination})
    return config


def parse_event(payload: bytes, limit: int) -> Any:
    """Read the JSON that a function gets; nothing is an empty object.

    >>> parse_event(b"[7]", 6_291_556), parse_event(b"", 6_291_556)
    ([7], {})
    >>> parse_event(b"[7]", 2)
    Traceback (most recent call last):
    eslabon.errors.ServiceError: RequestTooLargeException: 3 byte payload is too large for the invocation type ...
    """
    if len(payload) > limit:
        message = f"{len(payload)} byte payload is too large for the invocation type (limit {limit} bytes)"
        raise ServiceError("RequestTooLargeException", message, 413, Type="User")
    if not payload:
        return {}
    try:
        return jsontext.parse(payload)
    except ValueError as error:
        message = f"Could not parse request body into json: {error}"
        raise ServiceError("InvalidRequestContentException", message, 400, Type="User") from error
