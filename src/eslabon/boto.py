"""The botocore hook: an API call becomes a method call, a ServiceError a ClientError.

No socket is opened, no credential read.

botocore is used as it is, through its own extension points: handlers for `before-parameter-build` and `before-call`,
which every session made after `import eslabon` registers, and the functions that look for configuration and
credentials.
"""

from __future__ import annotations

import io
import os
import time
from collections.abc import Mapping
from email.utils import formatdate
from functools import cache
from typing import Any

import boto3
import botocore.configprovider
import botocore.credentials
import botocore.handlers
import botocore.session
import botocore.waiter
from botocore.exceptions import UnknownServiceError
from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.response import StreamingBody

from eslabon import activation
from eslabon.clock import Clock
from eslabon.errors import NotModelled, ServiceError
from eslabon.gate import Operation

CALL_LATENCY = 0.01  # seconds of virtual time that each API call takes
_PLACE = "eslabon_place"
_PARAMETERS = "eslabon_parameters"


class Answer:
    """What botocore reads of an HTTP response."""

    def __init__(self, status: int, headers: Mapping[str, str]) -> None:
        self.status_code = status
        self.headers = headers
        self.content = b""
        self.raw = None


@cache
def operation(service: str, name: str) -> Operation:
    """The compiled operation of a service, by boto3's method name or the API's name.

    >>> operation("sqs", "create_queue").name, operation("sqs", "CreateQueue").method_name
    ('CreateQueue', 'create_queue')
    >>> operation("kinesis", "list_streams")
    Traceback (most recent call last):
    eslabon.errors.NotModelled: eslabon does not model kinesis. ...
    """
    from eslabon.cloud import service_class

    answering = service_class(service)
    model = service_model(service)
    names = {botocore.xform_name(api_name): api_name for api_name in model.operation_names}
    return Operation(answering, model.operation_model(names.get(name, name)))


@cache
def service_model(service: str) -> ServiceModel:
    """What botocore knows of a service: its operations, shapes and errors.

    >>> service_model("sqs").operation_model("CreateQueue").input_shape.required_members
    ['QueueName']
    >>> service_model("nothing")
    Traceback (most recent call last):
    eslabon.errors.NotModelled: eslabon does not model nothing. ...
    """
    return ServiceModel(_loader(os.environ.get("AWS_DATA_PATH")).load_service_model(service, "service-2"), service)


@cache
def _loader(data_path: str | None) -> Loader:
    """One loader for the process: it remembers the models that it has read, and models do not change."""
    folders = [os.path.expanduser(os.path.expandvars(path)) for path in (data_path or "").split(os.pathsep) if path]
    return _Models(extra_search_paths=folders)


class _Models(Loader):  # type: ignore[misc]  # botocore is untyped
    """botocore's loader; a service that it has no model of is none that eslabon models.

    The page ships the models of the services that eslabon models, so there this says what a call says elsewhere.
    """

    def load_service_model(self, service_name: str, type_name: str, api_version: str | None = None) -> Any:
        try:
            return super().load_service_model(service_name, type_name, api_version)
        except UnknownServiceError:
            if type_name != "service-2":
                raise  # not every service has waiters or paginators: botocore handles it
            raise _not_modelled(service_name) from None


def _not_modelled(service: str) -> NotModelled:
    from eslabon.cloud import SERVICES

    return NotModelled(service, nearby=sorted(SERVICES))


class _WaiterTime:
    """The `time` of botocore's waiters, which call, look and sleep: in the time of the cloud that answered."""

    clock: Clock | None = None

    @classmethod
    def sleep(cls, seconds: float) -> None:
        """Let time pass in that cloud."""
        answered, cls.clock = cls.clock, None
        if answered is None:
            time.sleep(seconds)  # a waiter of a client that eslabon does not answer
        else:
            answered.sleep(seconds)


def _keep_parameters(params: dict[str, Any], model: Any, context: dict[str, Any], **_: Any) -> None:
    """Before botocore's own handlers: what the reader passed, without the random tokens that botocore fills in."""
    context[_PARAMETERS] = dict(params)


def _answer(model: Any, context: dict[str, Any], **_: Any) -> tuple[Answer, dict[str, Any]]:
    """In place of the wire: call the service, shape its answer as botocore's parser would."""
    place: activation.Place = context.get(_PLACE) or activation.current()
    activation.check_thread(place.cloud)
    with place.cloud.clock.lock:
        return _answer_in(place, model, context)


def _answer_in(place: activation.Place, model: Any, context: dict[str, Any]) -> tuple[Answer, dict[str, Any]]:
    """The same, while nobody else does anything in the cloud."""
    cloud = place.cloud
    service_name, operation_name = model.service_model.service_name, model.name
    compiled = operation(service_name, operation_name)
    _WaiterTime.clock = cloud.clock
    cloud.clock.sleep(CALL_LATENCY)
    region = context["client_region"]
    service = cloud.service(service_name, region=region, account=place.account)
    parameters = context.get(_PARAMETERS) or {}
    error = None
    parsed: dict[str, Any]
    try:
        parsed = compiled.call(service, parameters)
        status = _status(model, parsed)
    except ServiceError as refused:
        status = refused.status
        parsed, error = _error(refused, model, service.query_codes)
    cloud.journal.record("call", service=service_name, operation=compiled.method_name, error=error)
    if model.has_streaming_output and error is None:
        _stream(model, parsed)
    request_id = cloud.ids.uuid()
    headers = {"x-amzn-requestid": request_id, "date": formatdate(cloud.clock.now, usegmt=True)}
    parsed["ResponseMetadata"] = {
        "RequestId": request_id,
        "HTTPStatusCode": status,
        "HTTPHeaders": headers,
        "RetryAttempts": 0,
    }
    return Answer(status, headers), parsed


def _status(model: Any, parsed: Mapping[str, Any]) -> int:
    """The HTTP status of an answer: what a member of it says (Lambda's StatusCode), or the model."""
    for name, shape in (model.output_shape.members if model.output_shape else {}).items():
        if shape.serialization.get("location") == "statusCode" and name in parsed:
            return int(parsed[name])
    return int(model.http.get("responseCode", 200))


def _error(refused: ServiceError, model: Any, query_codes: Mapping[str, str]) -> tuple[dict[str, Any], str]:
    """The parsed form of an error: Code and Message, and the members of its shape beside them."""
    code = next(
        (shape.error_code for shape in model.service_model.error_shapes if shape.name == refused.code), refused.code
    )
    error = {"Message": refused.message, "Code": code}
    if refused.code in query_codes:  # SQS: the old code is shown, the shape's name still finds the exception class
        error |= {"Code": query_codes[refused.code], "QueryErrorCode": refused.code, "Type": "Sender"}
    return {"Error": error, **refused.members}, error["Code"]


def _stream(model: Any, parsed: dict[str, Any]) -> None:
    name = model.output_shape.serialization.get("payload")
    content = parsed.get(name, b"")
    if isinstance(content, str):
        content = content.encode()
    parsed[name] = StreamingBody(io.BytesIO(content), len(content))


def bound_session(place: activation.Place) -> boto3.session.Session:
    """A boto3 Session whose clients always talk to one place, whichever cloud is active.

    >>> from eslabon import Cloud
    >>> cloud = Cloud()
    >>> session = bound_session(activation.Place(cloud, "111122223333", "eu-south-1"))
    >>> session.client("sqs").create_queue(QueueName="orders")["QueueUrl"]
    'https://sqs.eu-south-1.amazonaws.com/111122223333/orders'
    """
    core = botocore.session.Session()
    core.set_config_variable("region", place.region)
    session = boto3.session.Session(botocore_session=core, region_name=place.region)

    def bind(context: dict[str, Any], **_: Any) -> None:
        context[_PLACE] = place

    session.events.register_first("before-parameter-build.*.*", bind)
    return session


# --- What sessions made from now on do differently -------------------------------------------------------------------


class _DummyCredentials(botocore.credentials.CredentialProvider):  # type: ignore[misc]  # botocore is untyped
    """Credentials that open nothing, so that nobody's real ones are looked for."""

    METHOD = "eslabon"

    def load(self) -> botocore.credentials.Credentials:
        return botocore.credentials.Credentials("AKIAIOSFODNN7EXAMPLE", "eslabon", method=self.METHOD)


def _credential_resolver(*_: Any, **__: Any) -> botocore.credentials.CredentialResolver:
    return botocore.credentials.CredentialResolver([_DummyCredentials()])


class _Region(botocore.configprovider.BaseProvider):  # type: ignore[misc]  # botocore is untyped
    """The default Region: the active place's."""

    def provide(self) -> str:
        place = activation.active()
        return place.region if place else "us-east-1"


def _config_mapping(session: Any, original: Any) -> dict[str, Any]:
    """botocore's configuration without environment and files; only AWS_DATA_PATH may say where the models are."""
    providers = botocore.configprovider
    mapping: dict[str, Any] = {}
    for name, chain in original(session).items():
        if isinstance(chain, providers.ChainProvider):
            kept: tuple[Any, ...] = (providers.InstanceVarProvider, providers.ConstantProvider)
            if name == "data_path":
                kept += (providers.EnvironmentProvider,)
            chosen = [provider for provider in chain._providers if isinstance(provider, kept)]
            mapping[name] = providers.ChainProvider(chosen, chain._conversion_func)
    mapping["region"] = providers.ChainProvider(
        [providers.InstanceVarProvider("region", session), _Region()],
    )
    for name in ("config_file", "credentials_file"):
        mapping[name] = providers.ConstantProvider(None)
    return mapping


def install() -> None:
    """Hook botocore, once for the process: `import eslabon` does it.

    >>> before = list(botocore.handlers.BUILTIN_HANDLERS)
    >>> install()  # done already
    >>> botocore.handlers.BUILTIN_HANDLERS == before
    True
    """
    if ("before-call", _answer) in botocore.handlers.BUILTIN_HANDLERS:
        return
    first = botocore.handlers.REGISTER_FIRST
    botocore.handlers.BUILTIN_HANDLERS.append(("before-parameter-build", _keep_parameters, first))
    botocore.handlers.BUILTIN_HANDLERS.append(("before-call", _answer))
    original = botocore.session.create_botocore_default_config_mapping
    botocore.session.create_botocore_default_config_mapping = lambda session: _config_mapping(session, original)
    botocore.session.create_loader = _loader
    botocore.credentials.create_credential_resolver = _credential_resolver
    botocore.waiter.time = _WaiterTime
    boto3.DEFAULT_SESSION = None  # one made before would still look for credentials
