"""A cloud: its time, its services by account and Region, and the boto3 clients that talk to them.

No behaviour of any service.
"""

from __future__ import annotations

import importlib
import ipaddress
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from eslabon import activation, boto, delivery
from eslabon.clock import START, Clock
from eslabon.errors import NotModelled
from eslabon.ids import Ids
from eslabon.journal import Journal
from eslabon.mocks import UNSET, Mocks
from eslabon.network import Host, Network, WsgiApplication
from eslabon.service import Reply, Service

if TYPE_CHECKING:
    import boto3

    from eslabon.servers.serving import Server

ACCOUNT = "123456789012"
REGION = "us-east-1"

# boto3's name of a service, and the class that answers; imported when first asked.
SERVICES = {
    "events": "eslabon.events.service:Events",
    "elbv2": "eslabon.elbv2.service:ElasticLoadBalancingV2",
    "elb": "eslabon.elb.service:ElasticLoadBalancing",
    "stepfunctions": "eslabon.stepfunctions.service:StepFunctions",
    "sqs": "eslabon.support.sqs:Sqs",
    "lambda": "eslabon.support.lambda_:Lambda",
    "logs": "eslabon.support.logs:Logs",
    "iam": "eslabon.support.iam:Iam",
    "s3": "eslabon.support.s3:S3",
    "ec2": "eslabon.support.ec2:Ec2",
    "sts": "eslabon.support.sts:Sts",
    "cloudwatch": "eslabon.support.cloudwatch:CloudWatch",
    "acm": "eslabon.support.acm:Acm",
}
_GLOBAL = frozenset({"iam"})  # one for all Regions


class Cloud:
    """An empty account in one Region, in virtual time; other accounts and Regions come into being when they are used.

    >>> cloud = Cloud()
    >>> sorted(bus["Name"] for bus in cloud.client("events").list_event_buses()["EventBuses"])
    ['default']
    >>> cloud.client("kinesis").list_streams()
    Traceback (most recent call last):
    eslabon.errors.NotModelled: eslabon does not model kinesis. Modelled nearby: ...
    """

    def __init__(self, *, account: str = ACCOUNT, region: str = REGION, seed: int = 1, start: float = START) -> None:
        self.account = account
        self.region = region
        self.clock = Clock(start)
        self.ids = Ids(seed)
        self.journal = Journal(self.clock)
        self.network = Network()
        self.mocks = Mocks()
        self._services: dict[tuple[str, str, str], Service] = {}
        self._session: boto3.session.Session | None = None

    def session(self, *, region_name: str | None = None, account_id: str | None = None) -> boto3.session.Session:
        """A boto3 Session bound to this cloud, in the given Region and account.

        >>> session = Cloud().session(account_id="111122223333")
        >>> session.client("sts").get_caller_identity()["Account"], session.region_name
        ('111122223333', 'us-east-1')
        """
        place = activation.Place(self, account_id or self.account, region_name or self.region)
        return boto.bound_session(place)

    def client(self, service_name: str, region_name: str | None = None, **options: Any) -> Any:
        """A genuine boto3 client that always talks to this cloud; `options` as boto3's client() takes them.

        >>> cloud = Cloud()
        >>> _ = cloud.client("sqs", region_name="eu-south-1").create_queue(QueueName="orders")
        >>> cloud.client("sqs").list_queues().get("QueueUrls", [])  # another Region
        []
        """
        if self._session is None:
            self._session = self.session()
        return self._session.client(service_name, region_name=region_name, **options)

    def resource(self, service_name: str, region_name: str | None = None, **options: Any) -> Any:
        """A genuine boto3 resource that always talks to this cloud.

        >>> Cloud().resource("sqs").create_queue(QueueName="orders").url
        'https://sqs.us-east-1.amazonaws.com/123456789012/orders'
        """
        if self._session is None:
            self._session = self.session()
        return self._session.resource(service_name, region_name=region_name, **options)

    def service(self, name: str, *, region: str | None = None, account: str | None = None) -> Service:
        """What answers for a service in an account and Region; NotModelled when nothing does.

        >>> cloud = Cloud()
        >>> cloud.service("sqs") is cloud.service("sqs", region="us-east-1")
        True
        >>> cloud.service("kinesis")
        Traceback (most recent call last):
        eslabon.errors.NotModelled: eslabon does not model kinesis. ...
        """
        where = "" if name in _GLOBAL else region or self.region
        key = (name, account or self.account, where)
        found = self._services.get(key)
        if found is None:
            found = self._services[key] = service_class(name)(self, key[1], where)
        return found

    def service_in_use(self, name: str, *, region: str, account: str) -> Service | None:
        """What answers for a service, if anybody has asked for it before; nothing is made or imported.

        >>> cloud, place = Cloud(), {"region": "us-east-1", "account": "123456789012"}
        >>> cloud.service_in_use("sqs", **place) is None
        True
        >>> cloud.service("sqs") is cloud.service_in_use("sqs", **place)
        True
        """
        return self._services.get((name, account, "" if name in _GLOBAL else region))

    def call(
        self,
        service: str,
        operation: str,
        parameters: Mapping[str, Any],
        *,
        region: str | None = None,
        account: str | None = None,
    ) -> dict[str, Any]:
        """Call an operation as boto3 would, through the same gate; ServiceError when the service refuses.

        >>> cloud = Cloud()
        >>> cloud.call("sqs", "create_queue", {"QueueName": "orders"})
        {'QueueUrl': 'https://sqs.us-east-1.amazonaws.com/123456789012/orders'}
        >>> cloud.call("events", "describe_rule", {"Name": "orders"})
        Traceback (most recent call last):
        eslabon.errors.ServiceError: ResourceNotFoundException: Rule orders does not exist on EventBus default.
        """
        operation_object = boto.operation(service, operation)
        return operation_object.call(self.service(service, region=region, account=account), parameters)

    def deliver(
        self,
        arn: str,
        payload: str,
        *,
        principal: str,
        source_arn: str,
        reply: Reply,
        role_arn: str | None = None,
        parameters: Mapping[str, Any] | None = None,
    ) -> None:
        """Send `payload` to what receives at `arn`, as delivery.deliver does; `reply` is called once, now or later.

        >>> cloud = Cloud()
        >>> cloud.deliver("arn:aws:sqs:us-east-1:123456789012:gone", "{}", principal="events.amazonaws.com",
        ...     source_arn="arn:aws:events:us-east-1:123456789012:rule/orders",
        ...     reply=lambda result, failure: print(failure.code))
        >>> cloud.clock.run_until_idle()
        NO_RESOURCE
        """
        delivery.deliver(
            self,
            arn,
            payload,
            principal=principal,
            source_arn=source_arn,
            role_arn=role_arn,
            parameters=parameters or {},
            reply=reply,
        )

    def mock(
        self,
        target: str,
        answer: Any = None,
        *,
        result: Any = UNSET,
        error: str | None = None,
        cause: str | None = None,
    ) -> None:
        """Answer in place of what a Task calls, modelled or not; target: a state's name, or the Resource of Tasks.

        Give a result, an error with its cause, a function of the arguments (it may raise eslabon.TaskFailed), or a
        sequence of {"result": …} and {"error": …, "cause": …} for successive attempts, the last of which repeats. With
        no answer the mock is taken away. Raises TypeError or ValueError for what is no answer.

        >>> cloud = Cloud()
        >>> cloud.mock("arn:aws:states:::bedrock:invokeModel", result={"Body": {"text": "Hello"}})
        >>> cloud.mock("Charge card", [{"error": "Busy"}, {"result": {"paid": True}}])
        >>> cloud.mock("Charge card", {"paid": True})
        Traceback (most recent call last):
        TypeError: mock('Charge card', …): an answer is a function of the arguments, or a sequence; for one result ...
        """
        self.mocks.put(target, answer, result=result, error=error, cause=cause)

    def host(
        self,
        where: str,
        application: WsgiApplication | tuple[str, int] | None,
        *,
        port: int = 80,
        delay: float = 0.0,
        refuse: bool = False,
        silent: bool = False,
    ) -> None:
        """Put a WSGI application on an instance (its id) or at an address; None takes away what listens there.

        In place of an application, the (host, port) of a server that runs on 127.0.0.1. delay: seconds until it begins
        to work on a request. refuse: it closes what wants to connect. silent: it takes requests and never answers.
        Requests that the application makes come from there: so it reaches internal load balancers. Raises LookupError
        for an instance that does not exist or is terminated, ValueError for what is neither an id nor an address.

        >>> cloud = Cloud()
        >>> cloud.host("10.0.0.5", lambda environ, start_response: [], delay=2.5)
        >>> cloud.network.at("10.0.0.5", 80).delay
        2.5
        >>> cloud.host("10.0.0.5", None)
        >>> cloud.network.at("10.0.0.5", 80) is None
        True
        >>> cloud.host("i-0123456789abcdef0", None)
        Traceback (most recent call last):
        LookupError: there is no instance i-0123456789abcdef0 in us-east-1 that is not terminated: ...
        >>> cloud.host("shop.example.com", None)
        Traceback (most recent call last):
        ValueError: 'shop.example.com' is neither the id of an instance nor an IP address; ...
        """
        where = self._address(where)
        if application is None:
            self.network.detach(where, port)
            return
        answering = (
            _on_sockets("loopback").LoopbackServer(*application) if isinstance(application, tuple) else application
        )
        self.network.attach(where, port, Host(answering, delay, refuse, silent))

    def _address(self, where: str) -> str:
        """The address of an instance, or one that is given."""
        if where.startswith("i-"):
            ec2: Any = self.service("ec2")
            instance = ec2.instances.get(where)
            if instance is None or instance.state == "terminated":
                missing = f"there is no instance {where} in {self.region} that is not terminated"
                raise LookupError(f"{missing}: run_instances tells the ids of new ones, describe_instances of all")
            return str(instance.address)
        try:
            return str(ipaddress.ip_address(where))
        except ValueError:
            names = "names are of load balancers, or given by cloud.network.host"
            raise ValueError(f"{where!r} is neither the id of an instance nor an IP address; {names}") from None

    def serve(self, *, grace: float = 5.0) -> Server:
        """Let load balancers listen on 127.0.0.1, in a thread, while the block runs: `with cloud.serve() as server:`.

        From then on time follows the wall clock; `clock.advance` still jumps. grace: seconds that open connections have
        when the block ends. Raises RuntimeError when the cloud is served already.

        >>> with Cloud().serve() as server:
        ...     server.address("shop", 80)
        Traceback (most recent call last):
        LookupError: no load balancer is called shop
        """
        server: Server = _on_sockets("serving").Server(self, grace=grace)
        return server

    def resources(self) -> list[str]:
        """ARNs of everything that exists beyond what an empty account has: nothing, after a clean-up.

        >>> cloud = Cloud()
        >>> cloud.resources()
        []
        >>> url = cloud.client("sqs").create_queue(QueueName="orders")["QueueUrl"]
        >>> cloud.resources()
        ['arn:aws:sqs:us-east-1:123456789012:orders']
        """
        return sorted(arn for service in self._services.values() for arn in service.resources())

    @contextmanager
    def activated(self, region: str | None = None, account: str | None = None) -> Iterator[Cloud]:
        """Plain boto3 code in the block talks to this cloud, in this Region and account; see activation.activated.

        >>> import boto3
        >>> with Cloud().activated(region="eu-south-1"):
        ...     boto3.client("sqs").create_queue(QueueName="orders")["QueueUrl"]
        'https://sqs.eu-south-1.amazonaws.com/123456789012/orders'
        """
        with activation.activated(activation.Place(self, account or self.account, region or self.region)):
            yield self


def _on_sockets(module: str) -> Any:
    """A module of eslabon.servers, which the page does not have."""
    try:
        return importlib.import_module(f"eslabon.servers.{module}")
    except ImportError as missing:
        raise NotModelled("elbv2", "sockets in the page", ["urllib"]) from missing


def service_class(name: str) -> type[Service]:
    """The class that answers for a service; NotModelled when there is none.

    >>> service_class("sts").__name__
    'Sts'
    >>> service_class("kinesis")
    Traceback (most recent call last):
    eslabon.errors.NotModelled: eslabon does not model kinesis. Modelled nearby: ...
    """
    if name not in SERVICES:
        raise NotModelled(name, nearby=sorted(SERVICES))
    module, _, class_name = SERVICES[name].partition(":")
    found: type[Service] = getattr(importlib.import_module(module), class_name)
    return found
