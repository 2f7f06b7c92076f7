"""What the operations share: where balancers, listeners, rules and target groups are kept and found. No operation.

Messages that users of AWS have reported are AWS's; others are ours, in its manner.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from eslabon.elbv2.balancing.health import why_unused
from eslabon.elbv2.resources import INSTANCE, IP, Listener, LoadBalancer, Rule, TargetGroup
from eslabon.elbv2.rules.errors import validation_error
from eslabon.errors import ServiceError
from eslabon.pagination import InvalidToken, page
from eslabon.service import Service
from eslabon.tags import ReservedTag, Tags, TooManyTags

if TYPE_CHECKING:
    from eslabon.cloud import Cloud

Answer = dict[str, Any]
Many = Sequence[Mapping[str, Any]]
Texts = Sequence[str]


class Named(Protocol):
    """What has a name."""

    @property
    def name(self) -> str:
        """The name."""


Found = TypeVar("Found")
Thing = TypeVar("Thing", bound=Named)

PAGE = 400

# Kind of resource: what is in its ARN after the account, and the code for one that is not there.
_KINDS = {
    "load balancer": (r"loadbalancer/(app|net|gwy)/[\w-]+/\w+", "LoadBalancerNotFound"),
    "listener": (r"listener/(app|net|gwy)/[\w-]+/\w+/\w+", "ListenerNotFound"),
    "listener rule": (r"listener-rule/(app|net|gwy)/[\w-]+/\w+/\w+/\w+", "RuleNotFound"),
    "target group": (r"targetgroup/[\w-]+/\w+", "TargetGroupNotFound"),
    "trust store": (r"truststore/[\w-]+/\w+", "TrustStoreNotFound"),
}


class Registry(Service):
    """The balancers and target groups of one account and Region."""

    name = "elbv2"
    prefix = "elasticloadbalancing"
    principal = "elasticloadbalancing.amazonaws.com"
    validation_code = "ValidationError"

    def __init__(self, cloud: Cloud, account: str, region: str) -> None:
        super().__init__(cloud, account, region)
        self.balancers: dict[str, LoadBalancer] = {}  # by ARN, oldest first
        self.groups: dict[str, TargetGroup] = {}  # by ARN, oldest first
        self._users: dict[str, LoadBalancer] = {}  # who forwards to a target group, by its ARN
        self._tags = Tags()

    def ask(self, service: str, operation: str, **parameters: Any) -> Answer:
        """Call another service here, as Elastic Load Balancing does for its own ends.

        >>> from eslabon import Cloud
        >>> Cloud().service("elbv2").ask("sqs", "list_queues")
        {}
        """
        return self.cloud.call(service, operation, parameters, region=self.region, account=self.account)

    @property
    def _ec2(self) -> Any:
        return self.cloud.service("ec2", region=self.region, account=self.account)

    # --- What there is ------------------------------------------------------------------------------------------------

    def _balancer(self, arn: str) -> LoadBalancer:
        return find(self.balancers, arn, "load balancer")

    def _group(self, arn: str) -> TargetGroup:
        return find(self.groups, arn, "target group")

    def _listener(self, arn: str) -> Listener:
        return find({one.arn: one for one in self._listeners()}, arn, "listener")

    def _rule(self, arn: str) -> tuple[Listener, Rule]:
        held = {rule.arn: (one, rule) for one in self._listeners() for rule in (*one.rules.values(), one.default)}
        return find(held, arn, "listener rule")

    def _listeners(self) -> Iterator[Listener]:
        return (listener for balancer in self.balancers.values() for listener in balancer.listeners.values())

    def certificate_users(self, arn: str) -> list[str]:
        """The ARNs of the balancers that have a certificate, for ACM, which does not delete one in use.

        >>> from eslabon import Cloud
        >>> Cloud().service("elbv2").certificate_users("arn:aws:acm:us-east-1:123456789012:certificate/1")
        []
        """
        return sorted({listener.balancer for listener in self._listeners() if arn in listener.certificates})

    def users(self, group: TargetGroup) -> list[LoadBalancer]:
        """The balancers that have a rule, a default one too, which forwards to a target group: one at most.

        >>> from eslabon.elbv2.operations.examples import example
        >>> shop = example()
        >>> [balancer.name for balancer in shop.service.users(shop.group)]
        ['shop']
        """
        return [self._users[group.arn]] if group.arn in self._users else []

    # --- Whether targets are used -------------------------------------------------------------------------------------

    def _rules_changed(self) -> None:
        self._users = {arn: balancer for balancer in self.balancers.values() for arn in forwarded_to(balancer)}
        for group in self.groups.values():
            self.settle(group)

    def settle(self, group: TargetGroup) -> None:
        """Bring the health of a group's targets up to date with who uses it, and forget those that have drained.

        >>> from eslabon.elbv2.operations.examples import example
        >>> shop = example()
        >>> shop.service.settle(shop.group)
        >>> [target.health.state for target in shop.group.targets.values()]
        ['initial']
        """
        now, users = self.clock.now, self.users(group)
        zones = {node.zone for balancer in users for node in balancer.nodes} | {None, "all"}
        nodes = [node for one in self.balancers.values() for node in one.nodes] if group.type == IP else []
        taken = {node.address for node in nodes} | {node.ipv6 for node in nodes}
        for key, target in list(group.targets.items()):
            state = target.health.at(now)
            if target.deregistered is not None:
                if state != "draining":
                    del group.targets[key]
                continue
            why = why_unused(
                used=bool(users),
                zone_enabled=target.zone in zones,
                instance=self._instance_state(target.id) if group.type == INSTANCE else "running",
                ip_usable=target.id not in taken,
            )
            if why.code:
                target.health.unuse(now, why)
            elif state == "unused":
                target.health.use(now)
        self.check_health(group)

    def _instance_state(self, instance: str) -> str:
        found = self._ec2.instances.get(instance)
        return str(found.state) if found else "terminated"

    def check_health(self, group: TargetGroup) -> None:
        """See that health checks run while the targets of a group are used; nothing does here.

        >>> from eslabon.elbv2.operations.examples import example
        >>> shop = example()
        >>> shop.service.check_health(shop.group)
        """

    # --- Tags, pages, names -------------------------------------------------------------------------------------------

    def _check_tags(self, given: Many) -> dict[str, str]:
        """Tags by key. Raises DuplicateTagKeys, ValidationError, TooManyTags."""
        tags = {tag["Key"]: tag.get("Value", "") for tag in given}
        if len(tags) < len(given):
            raise ServiceError("DuplicateTagKeys", "Tag keys must be unique")
        try:
            Tags().put("", tags)
        except ReservedTag as reserved:
            raise validation_error(f"Tag key '{reserved}' is not valid: the prefix 'aws:' is reserved") from None
        except TooManyTags:
            raise ServiceError("TooManyTags", "The maximum number of tags for a resource is 50") from None
        return tags

    def _forget_tags(self, listener: Listener) -> None:
        for arn in (listener.arn, listener.default.arn, *listener.rules):
            self._tags.remove(arn)

    def _new_arn(self, path: str) -> str:
        return self.arn(f"{path}/{self.ids.hex(16)}")


def find(held: Mapping[str, Found], arn: str, kind: str) -> Found:
    """What is held under an ARN; ServiceError: ValidationError for no ARN of this kind, else the kind's code.

    >>> find({}, "shop", "trust store")
    Traceback (most recent call last):
    eslabon.errors.ServiceError: ValidationError: 'shop' is not a valid trust store ARN
    >>> arn = "arn:aws:elasticloadbalancing:us-east-1:123456789012:truststore/partners/0123456789abcdef"
    >>> find({}, arn, "trust store")
    Traceback (most recent call last):
    eslabon.errors.ServiceError: TrustStoreNotFound: One or more trust stores not found
    >>> find({arn: 1}, arn, "trust store")
    1
    """
    if arn in held:
        return held[arn]
    path, code = _KINDS[kind]
    if not re.fullmatch(rf"arn:aws[\w-]*:elasticloadbalancing:[\w-]+:\d{{12}}:{path}", arn):
        raise validation_error(f"'{arn}' is not a valid {kind} ARN")
    raise ServiceError(code, f"One or more {kind.removeprefix('listener ')}s not found")


def existing(held: Mapping[str, Found], arn: str, kind: str) -> Found | None:
    """What is to be deleted, which may be gone already. Raises ServiceError with ValidationError for no such ARN.

    >>> arn = "arn:aws:elasticloadbalancing:us-east-1:123456789012:truststore/partners/0123456789abcdef"
    >>> existing({}, arn, "trust store") is None, existing({arn: 1}, arn, "trust store")
    (True, 1)
    >>> existing({}, "shop", "trust store")
    Traceback (most recent call last):
    eslabon.errors.ServiceError: ValidationError: 'shop' is not a valid trust store ARN
    """
    try:
        return find(held, arn, kind)
    except ServiceError as missing:
        if missing.code == "ValidationError":
            raise
        return None


def chosen(held: Mapping[str, Thing], arns: Texts, names: Texts, kind: str) -> list[Thing]:
    """What a request to describe asks for: by ARN, by name, or everything. Raises ServiceError as `find` does.

    >>> from eslabon.elbv2.operations.examples import example
    >>> balancers = example().service.balancers
    >>> [one.name for one in chosen(balancers, [], ["shop"], "load balancer")]
    ['shop']
    >>> chosen(balancers, [], ["orders"], "load balancer")
    Traceback (most recent call last):
    eslabon.errors.ServiceError: LoadBalancerNotFound: Load balancers '[orders]' not found
    """
    if arns and names:
        raise validation_error(f"Names and ARNs of {kind}s cannot be specified at the same time")
    if arns:
        return [find(held, arn, kind) for arn in arns]
    by_name = {one.name: one for one in held.values()}
    missing = [name for name in names if name not in by_name]
    if missing:
        which = f"Load balancers '[{', '.join(missing)}]'" if kind == "load balancer" else f"One or more {kind}s"
        raise ServiceError(_KINDS[kind][1], f"{which} not found")
    return [one for name, one in by_name.items() if not names or name in names]


def paged(member: str, items: Many, size: int, marker: str, *of: object) -> Answer:
    """An answer with a page of a list; of: what the list is of, besides. ServiceError with ValidationError.

    >>> first = paged("Limits", [{"Name": "a"}, {"Name": "b"}], 1, "")
    >>> first["Limits"], paged("Limits", [{"Name": "a"}, {"Name": "b"}], 1, first["NextMarker"])
    ([{'Name': 'a'}], {'Limits': [{'Name': 'b'}], 'NextMarker': None})
    >>> paged("Limits", [], 1, "next")
    Traceback (most recent call last):
    eslabon.errors.ServiceError: ValidationError: Marker 'next' is not valid
    """
    try:
        shown, following = page(items, size, marker or None, ":".join(map(str, (member, *of))))
    except InvalidToken:
        raise validation_error(f"Marker '{marker}' is not valid") from None
    return {member: shown, "NextMarker": following}


def forward_groups(actions: Iterable[Mapping[str, Any]]) -> list[str]:
    """The ARNs of the target groups that checked actions forward to, in order, each once.

    >>> forward_groups([{"Type": "forward", "ForwardConfig": {"TargetGroups": [{"TargetGroupArn": "…/a"}]}}])
    ['…/a']
    >>> forward_groups([{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}])
    []
    """
    groups = [one for action in actions for one in action.get("ForwardConfig", {}).get("TargetGroups", ())]
    return list(dict.fromkeys(one["TargetGroupArn"] for one in groups))


def chooses_anew(actions: Iterable[Mapping[str, Any]]) -> bool:
    """Whether checked actions choose one of several target groups for every request, without group stickiness.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-action-types.html#forward-actions

    >>> two = [{"TargetGroupArn": "…/a"}, {"TargetGroupArn": "…/b"}]
    >>> chooses_anew([{"Type": "forward", "ForwardConfig": {"TargetGroups": two}}])
    True
    >>> sticky = {"Enabled": True, "DurationSeconds": 60}
    >>> chooses_anew([{"ForwardConfig": {"TargetGroups": two, "TargetGroupStickinessConfig": sticky}}])
    False
    """
    configs = [action["ForwardConfig"] for action in actions if "ForwardConfig" in action]
    several = [config for config in configs if len(config["TargetGroups"]) > 1]
    return any(not config.get("TargetGroupStickinessConfig", {}).get("Enabled") for config in several)


def forwarded_to(balancer: LoadBalancer) -> set[str]:
    """The ARNs of the target groups that any rule of a balancer forwards to.

    >>> from eslabon.elbv2.operations.examples import example
    >>> shop = example()
    >>> forwarded_to(shop.balancer) == {shop.group.arn}
    True
    """
    return {arn for listener in balancer.listeners.values() for arn in forwarded_by(listener)}


def forwarded_by(listener: Listener) -> set[str]:
    """The ARNs of the target groups that any rule of a listener forwards to.

    >>> from eslabon.elbv2.operations.examples import example
    >>> shop = example()
    >>> forwarded_by(shop.listener) == {shop.group.arn}
    True
    """
    return {arn for rule in (listener.default, *listener.rules.values()) for arn in forward_groups(rule.actions)}


def check_name(name: str, kind: str) -> None:
    """Refuse a name of a balancer ("The load balancer name") or of a target group that AWS does not take.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html

    >>> check_name("shop", "Target group name")
    >>> check_name("shop-", "Target group name")
    Traceback (most recent call last):
    eslabon.errors.ServiceError: ValidationError: Target group name 'shop-' cannot begin or end with a hyphen(-)
    """
    why = ""
    if len(name) > 32:
        why = "cannot be longer than '32' characters"
    elif not re.fullmatch(r"[A-Za-z0-9-]+", name):
        why = "can only contain characters that are alphanumeric characters and hyphens(-)"
    elif name[0] == "-" or name[-1] == "-":
        why = "cannot begin or end with a hyphen(-)"
    if why:
        raise validation_error(f"{kind} '{name}' {why}")
