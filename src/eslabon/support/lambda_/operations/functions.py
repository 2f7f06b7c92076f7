"""Functions: created, described, listed, updated, deleted. Their tags, versions and aliases are left out.

Also left out: revisions as conditions of a change.
"""

from __future__ import annotations

from typing import Any

from eslabon.errors import NotModelled, ServiceError
from eslabon.ids import Arn
from eslabon.pagination import InvalidToken, page
from eslabon.support.lambda_ import destinations, requests
from eslabon.support.lambda_.code import unpack
from eslabon.support.lambda_.errors import invalid, pending
from eslabon.support.lambda_.functions import Configuration, Function
from eslabon.support.lambda_.operations.registry import Answer, Registry

PAGE_SIZE = 50


class Functions(Registry):
    """Operations on functions."""

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
    ) -> Answer:
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

    def get_function(self, FunctionName: str, Qualifier: str | None = None) -> Answer:
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

    def get_function_configuration(self, FunctionName: str, Qualifier: str | None = None) -> Answer:
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

    def list_functions(self, Marker: str | None = None, MaxItems: int = PAGE_SIZE) -> Answer:
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

    def update_function_code(self, FunctionName: str, ZipFile: bytes | None = None) -> Answer:
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
    ) -> Answer:
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

    def delete_function(self, FunctionName: str) -> Answer:
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
