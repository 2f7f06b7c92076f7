"""The rules of listeners: made, described, changed, put in order, deleted; and what every rule's actions must be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from eslabon.elbv2.attributes import invalid
from eslabon.elbv2.operations.limits import LIMITS
from eslabon.elbv2.operations.registry import (
    PAGE,
    Answer,
    Many,
    Registry,
    Texts,
    chooses_anew,
    forward_groups,
    forwarded_to,
    paged,
)
from eslabon.elbv2.operations.sourcenat import NEEDS_IPV6
from eslabon.elbv2.resources import (
    ALB,
    APPLICATION,
    GATEWAY,
    NETWORK,
    Listener,
    LoadBalancer,
    Rule,
    TargetGroup,
)
from eslabon.elbv2.rules.actions import check_actions
from eslabon.elbv2.rules.conditions import check_conditions
from eslabon.elbv2.rules.decision import compile_rules
from eslabon.elbv2.rules.errors import invalid_action, validation_error
from eslabon.elbv2.rules.transforms import check_transforms
from eslabon.errors import ServiceError

RULES = LIMITS["rules-per-application-load-balancer"]  # default rules are not counted
GROUPS = LIMITS["target-groups-per-application-load-balancer"]

# Protocol of a listener: the protocols of the target groups that its rules may forward to; None: functions' groups.
# https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-target-groups.html#target-group-routing-configuration
GROUP_PROTOCOLS: Mapping[str | None, tuple[str | None, ...]] = {
    **dict.fromkeys(("HTTP", "HTTPS"), ("HTTP", "HTTPS", None)),
    "TCP": ("TCP", "TCP_UDP"),
    "TLS": ("TCP", "TLS"),
    "UDP": ("UDP", "TCP_UDP"),
    "TCP_UDP": ("TCP_UDP",),
    None: ("GENEVE",),
}


class Rules(Registry):
    """Operations on rules."""

    def create_rule(
        self, ListenerArn: str, Conditions: Many, Priority: int, Actions: Many, Tags: Many = (), Transforms: Many = ()
    ) -> Answer:
        """Create a rule of an Application Load Balancer, or of a dual-stack Network Load Balancer.

        Raises ListenerNotFound, PriorityInUse, TooManyRules, TargetGroupNotFound, IncompatibleProtocols,
        TargetGroupAssociationLimit, InvalidLoadBalancerAction, ValidationError.

        https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateRule.html

        >>> from eslabon.elbv2.operations.examples import example
        >>> shop = example()
        >>> images = [{"Field": "path-pattern", "Values": ["/img/*"]}]
        >>> gone = [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "410"}}]
        >>> asked = {"ListenerArn": shop.listener.arn, "Conditions": images, "Actions": gone}
        >>> shop.elbv2.create_rule(Priority=10, **asked)["Rules"][0]["Priority"]
        '10'
        >>> shop.elbv2.create_rule(Priority=10, **asked)
        Traceback (most recent call last):
        botocore.errorfactory.PriorityInUseException: An error occurred (PriorityInUse) ... Priority '10' is ...
        """
        listener = self._listener(ListenerArn)
        balancer = self.balancers[listener.balancer]
        if balancer.type == GATEWAY or (balancer.type != APPLICATION and balancer.address_type != "dualstack"):
            message = f"Rules are not supported for {balancer.address_type} load balancers with type '{balancer.type}'"
            raise ServiceError("UnsupportedProtocol", message)
        tags = self._check_tags(Tags)
        rule = Rule(
            arn=self._rule_arn(listener.arn),
            priority=Priority,
            conditions=check_conditions(Conditions, balancer.type),
            actions=self._check_actions(balancer, listener.protocol, listener.port, Actions),
            transforms=self._check_transforms(balancer, Transforms),
        )
        if any(one.priority == Priority for one in listener.rules.values()):
            raise ServiceError("PriorityInUse", f"Priority '{Priority}' is currently in use")
        if sum(len(one.rules) for one in balancer.listeners.values()) >= RULES:
            message = f"The maximum number of rules on load balancer '{balancer.arn}' has been reached"
            raise ServiceError("TooManyRules", message)
        self._have_rules(listener, listener.default, {**listener.rules, rule.arn: rule})
        self._tags.put(rule.arn, tags)
        return {"Rules": [_shown(rule)]}

    def describe_rules(
        self, ListenerArn: str = "", RuleArns: Texts = (), Marker: str = "", PageSize: int = PAGE
    ) -> Answer:
        """The rules of a listener in order, the default one last; or rules by ARN.

        Raises ListenerNotFound, RuleNotFound, ValidationError.

        https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeRules.html

        >>> from eslabon.elbv2.operations.examples import example
        >>> shop = example()
        >>> default, = shop.elbv2.describe_rules(ListenerArn=shop.listener.arn)["Rules"]
        >>> default["Priority"], default["IsDefault"], default["Conditions"]
        ('default', True, [])
        >>> shop.elbv2.describe_rules()
        Traceback (most recent call last):
        botocore.exceptions.ClientError: An error occurred (ValidationError) ...
        """
        if bool(ListenerArn) == bool(RuleArns):
            raise validation_error("You must specify either listener ARN or rule ARNs")
        if ListenerArn:
            listener = self._listener(ListenerArn)
            found = [*sorted(listener.rules.values(), key=lambda rule: rule.priority or 0), listener.default]
        else:
            found = [self._rule(arn)[1] for arn in RuleArns]
        return paged("Rules", [_shown(rule) for rule in found], PageSize, Marker, ListenerArn, RuleArns)

    def modify_rule(
        self,
        RuleArn: str,
        Conditions: Many | None = None,
        Actions: Many | None = None,
        Transforms: Many = (),
        ResetTransforms: bool = False,
    ) -> Answer:
        """Replace conditions, actions or transforms of a rule, not the default one. Raises as CreateRule does.

        https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_ModifyRule.html

        >>> from eslabon.elbv2.operations.examples import example
        >>> shop = example()
        >>> shop.elbv2.modify_rule(RuleArn=shop.listener.default.arn, Conditions=[])
        Traceback (most recent call last):
        botocore.errorfactory.OperationNotPermittedException: An error occurred (OperationNotPermitted) ...
        """
        listener, rule = self._changeable(RuleArn, "modified")
        balancer = self.balancers[listener.balancer]
        if Transforms and ResetTransforms:
            raise validation_error("Transforms and ResetTransforms cannot be specified at the same time")
        if Conditions is not None:
            rule = replace(rule, conditions=check_conditions(Conditions, balancer.type))
        if Actions is not None:
            rule = replace(rule, actions=self._check_actions(balancer, listener.protocol, listener.port, Actions))
        if Transforms or ResetTransforms:
            rule = replace(rule, transforms=self._check_transforms(balancer, Transforms))
        self._have_rules(listener, listener.default, {**listener.rules, rule.arn: rule})
        return {"Rules": [_shown(rule)]}

    def set_rule_priorities(self, RulePriorities: Many) -> Answer:
        """Put rules of one listener in another order, all of them or none.

        Raises RuleNotFound, PriorityInUse, OperationNotPermitted (the default rule), ValidationError.

        https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_SetRulePriorities.html

        >>> from eslabon.elbv2.operations.examples import example
        >>> shop = example()
        >>> default = {"RuleArn": shop.listener.default.arn, "Priority": 1}
        >>> shop.elbv2.set_rule_priorities(RulePriorities=[default])
        Traceback (most recent call last):
        botocore.errorfactory.OperationNotPermittedException: An error occurred (OperationNotPermitted) ...
        """
        wanted = {one.get("RuleArn", ""): one.get("Priority") for one in RulePriorities}
        held = [self._changeable(arn, "reprioritized")[0] for arn in wanted]
        if len(wanted) < len(RulePriorities) or None in wanted.values() or len({one.arn for one in held}) != 1:
            raise validation_error("Rules of one listener must be specified, each once and with a priority")
        listener = held[0]
        after = {arn: replace(one, priority=wanted.get(arn, one.priority)) for arn, one in listener.rules.items()}
        priorities = [rule.priority for rule in after.values()]
        for priority in priorities:
            if priorities.count(priority) > 1:
                raise ServiceError("PriorityInUse", f"Priority '{priority}' is currently in use")
        self._have_rules(listener, listener.default, after)
        return {"Rules": [_shown(after[arn]) for arn in wanted]}

    def delete_rule(self, RuleArn: str) -> None:
        """Delete a rule, not the default one. Raises RuleNotFound, OperationNotPermitted.

        https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DeleteRule.html

        >>> from eslabon.elbv2.operations.examples import example
        >>> shop = example()
        >>> shop.elbv2.delete_rule(RuleArn=shop.listener.default.arn)
        Traceback (most recent call last):
        botocore.errorfactory.OperationNotPermittedException: An error occurred (OperationNotPermitted) ... be deleted
        """
        listener, rule = self._changeable(RuleArn, "deleted")
        others = {arn: one for arn, one in listener.rules.items() if one is not rule}
        self._have_rules(listener, listener.default, others)
        self._tags.remove(rule.arn)

    def _rule_arn(self, listener: str) -> str:
        return self._new_arn(listener.split(":")[-1].replace("listener/", "listener-rule/"))

    def _changeable(self, arn: str, done: str) -> tuple[Listener, Rule]:
        listener, rule = self._rule(arn)
        if rule is listener.default:
            raise ServiceError("OperationNotPermitted", f"Default rule '{arn}' cannot be {done}")
        return listener, rule

    def _have_rules(self, listener: Listener, default: Rule, rules: dict[str, Rule]) -> None:
        """A listener has these rules from now on, compiled; targets are told whether their group is used."""
        decision = compile_rules(default, rules.values())
        listener.default, listener.rules, listener.decision = default, rules, decision
        self._rules_changed()

    # --- Actions ------------------------------------------------------------------------------------------------------

    def _check_actions(
        self, balancer: LoadBalancer, protocol: str | None, port: int | None, actions: Many
    ) -> list[dict[str, Any]]:
        """Actions as the API shows them, their target groups such as a listener of this protocol may have."""
        if balancer.type != APPLICATION and any(action["Type"] != "forward" for action in actions):
            raise invalid_action(f"Only forward actions are supported for load balancers with type '{balancer.type}'")
        checked = check_actions(actions, protocol or "GENEVE", port or 0)
        groups = [self._group(arn) for arn in forward_groups(checked)]
        for group in groups:
            self._check_group_fits(balancer, protocol, group)
        sticky = any(group.attributes.get("stickiness.enabled") == "true" for group in groups)
        if sticky and chooses_anew(checked):
            message = "You must enable group stickiness on a rule if you enabled target stickiness on one of its target"
            raise invalid(f"{message} groups")
        if protocol == "TLS" and len({group.protocol for group in groups}) > 1:
            raise invalid("A rule of a TLS listener cannot have both TCP and TLS target groups")
        if protocol == "TLS" and checked[0]["ForwardConfig"].get("TargetGroupStickinessConfig", {}).get("Enabled"):
            raise invalid("Target group stickiness is not supported for TLS listeners")
        if balancer.type == NETWORK and len({group.address_type for group in groups}) > 1:
            raise invalid("All target groups of an action must have the same IP address type")
        if len(forwarded_to(balancer) | {group.arn for group in groups}) > GROUPS:
            message = f"The maximum number of unique target groups on load balancer '{balancer.arn}' has been reached"
            raise ServiceError("TooManyUniqueTargetGroupsPerLoadBalancer", message)
        return checked

    @staticmethod
    def _check_transforms(balancer: LoadBalancer, transforms: Many) -> list[dict[str, Any]]:
        if transforms and balancer.type != APPLICATION:
            raise validation_error(f"Transforms are not supported for load balancers with type '{balancer.type}'")
        return check_transforms(transforms)

    def _check_group_fits(self, balancer: LoadBalancer, protocol: str | None, group: TargetGroup) -> None:
        if group.protocol not in GROUP_PROTOCOLS[protocol] or (group.type == ALB and protocol != "TCP"):
            message = f"The listener and its associated target group '{group.arn}' have incompatible protocols"
            raise ServiceError("IncompatibleProtocols", message)
        if group.address_type == "ipv6" and balancer.address_type == "ipv4":
            raise invalid(f"The IPv6 target group '{group.arn}' can only be used with dualstack load balancers")
        if group.address_type == "ipv4" and balancer.address_type == "dualstack" and protocol in NEEDS_IPV6:
            what = f"{protocol} listeners of dualstack load balancers"
            raise invalid(f"The IPv4 target group '{group.arn}' cannot be used with {what}")
        if self.users(group) not in ([], [balancer]):
            message = f"The following target groups cannot be associated with more than one load balancer: {group.arn}"
            raise ServiceError("TargetGroupAssociationLimit", message)


def _shown(rule: Rule) -> Answer:
    return {
        "RuleArn": rule.arn,
        "Priority": "default" if rule.priority is None else str(rule.priority),
        "Conditions": rule.conditions,
        "Actions": rule.actions,
        "IsDefault": rule.priority is None,
        "Transforms": rule.transforms,
    }
