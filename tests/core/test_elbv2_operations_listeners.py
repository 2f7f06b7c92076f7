"""Listeners and rules: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateListener.html"""

from __future__ import annotations

from typing import Any

import pytest

from eslabon import NotModelled
from eslabon.elbv2.application.messages import Request
from eslabon.elbv2.operations.examples import Example, example
from eslabon.elbv2.operations.sslpolicies import POLICIES
from eslabon.support.acm.examples import CERTIFICATE, PRIVATE_KEY
from tests.core.refusals import refused

GONE = [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "410"}}]
IMAGES = [{"Field": "path-pattern", "Values": ["/img/*"]}]


def forward(*arns: str) -> list[dict[str, Any]]:
    groups = [{"TargetGroupArn": arn, "Weight": 1} for arn in arns]
    return [{"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}]


@pytest.fixture
def shop() -> Example:
    return example()


def balancer(shop: Example, kind: str, name: str = "other") -> str:
    made = shop.elbv2.create_load_balancer(Name=name, Type=kind, Subnets=shop.subnets)
    return str(made["LoadBalancers"][0]["LoadBalancerArn"])


def group(shop: Example, name: str, protocol: str = "HTTP", port: int = 80, **parameters: Any) -> str:
    asked = {"TargetType": "ip"} | parameters
    made = shop.elbv2.create_target_group(Name=name, Protocol=protocol, Port=port, VpcId=shop.balancer.vpc, **asked)
    return str(made["TargetGroups"][0]["TargetGroupArn"])


def listen(
    shop: Example,
    arn: str,
    protocol: str | None = "HTTP",
    port: int | None = 8080,
    actions: Any = GONE,
    **parameters: Any,
) -> Any:
    place = {"Protocol": protocol, "Port": port} if protocol else {}
    asked = {"LoadBalancerArn": arn, "DefaultActions": actions} | place | parameters
    return shop.elbv2.create_listener(**asked)["Listeners"][0]


def certificate(shop: Example) -> str:
    acm = shop.cloud.client("acm")
    return str(acm.import_certificate(Certificate=CERTIFICATE, PrivateKey=PRIVATE_KEY)["CertificateArn"])


def secure(shop: Example, **parameters: Any) -> Any:
    arn = certificate(shop)
    return listen(shop, shop.balancer.arn, "HTTPS", 443, Certificates=[{"CertificateArn": arn}], **parameters)


class TestListeners:
    def test_arns_tell_the_balancer_and_the_default_rule_is_the_listeners(self, shop: Example) -> None:
        made = listen(shop, shop.balancer.arn)
        path = shop.balancer.arn.split(":loadbalancer/")[1]
        assert f":listener/{path}/" in made["ListenerArn"]
        default = shop.elbv2.describe_rules(ListenerArn=made["ListenerArn"])["Rules"][0]
        assert default["RuleArn"].startswith(made["ListenerArn"].replace(":listener/", ":listener-rule/") + "/")
        assert default["Actions"] == made["DefaultActions"]
        assert default["IsDefault"]

    @pytest.mark.parametrize(
        ("kind", "good", "bad"),
        [
            ("application", ["HTTP"], ["TCP", "TLS", "UDP", "TCP_UDP", "GENEVE"]),
            ("network", ["TCP", "UDP", "TCP_UDP"], ["HTTP", "HTTPS", "GENEVE"]),
        ],
    )
    def test_protocols_are_those_of_the_type(self, shop: Example, kind: str, good: list[str], bad: list[str]) -> None:
        arn = balancer(shop, kind)
        for port, protocol in enumerate(good, 1):
            actions = GONE if kind == "application" else forward(group(shop, f"g{port}", protocol))
            assert listen(shop, arn, protocol, port, actions)["Protocol"] == protocol
        for protocol in bad:
            code, message = refused(listen, shop=shop, arn=arn, protocol=protocol)
            assert code == "ValidationError"
            assert message.startswith(f"Listener protocol '{protocol}' must be one of '")

    def test_http_on_a_network_load_balancer_is_refused_as_aws_says_it(self, shop: Example) -> None:
        assert refused(listen, shop=shop, arn=balancer(shop, "network")) == (
            "ValidationError",
            "Listener protocol 'HTTP' must be one of 'TLS, TCP, TCP_UDP, UDP'",
        )

    def test_a_gateway_load_balancer_has_one_listener_without_port_and_protocol(self, shop: Example) -> None:
        arn = balancer(shop, "gateway")
        behind = forward(group(shop, "appliances", "GENEVE", 6081))
        assert refused(listen, shop=shop, arn=arn, actions=behind)[0] == "ValidationError"
        made = listen(shop, arn, None, None, behind)
        assert made.keys().isdisjoint({"Protocol", "Port"})
        assert listen(shop, arn, None, None, behind)["ListenerArn"] == made["ListenerArn"]

    def test_a_port_is_taken_once_and_the_same_request_finds_its_listener(self, shop: Example) -> None:
        made = listen(shop, shop.balancer.arn)
        assert listen(shop, shop.balancer.arn)["ListenerArn"] == made["ListenerArn"]
        assert refused(listen, shop=shop, arn=shop.balancer.arn, port=80) == (
            "DuplicateListener",
            f"A listener already exists on this port for this load balancer '{shop.balancer.arn}'",
        )
        change = refused(shop.elbv2.modify_listener, ListenerArn=made["ListenerArn"], Port=80)
        assert change[0] == "DuplicateListener"

    def test_ports_are_up_to_65535(self, shop: Example) -> None:
        assert refused(listen, shop=shop, arn=shop.balancer.arn, port=65_536)[0] == "ValidationError"

    def test_protocol_and_port_must_be_given(self, shop: Example) -> None:
        create, arn = shop.elbv2.create_listener, shop.balancer.arn
        assert refused(create, LoadBalancerArn=arn, DefaultActions=GONE, Port=81)[0] == "ValidationError"
        assert refused(create, LoadBalancerArn=arn, DefaultActions=GONE, Protocol="HTTP")[0] == "ValidationError"

    def test_a_balancer_has_at_most_fifty(self, shop: Example) -> None:
        for port in range(1000, 1049):  # and port 80
            listen(shop, shop.balancer.arn, port=port)
        assert refused(listen, shop=shop, arn=shop.balancer.arn)[0] == "TooManyListeners"

    def test_they_are_described_by_balancer_or_arn(self, shop: Example) -> None:
        made = listen(shop, shop.balancer.arn)
        describe = shop.elbv2.describe_listeners
        found = describe(LoadBalancerArn=shop.balancer.arn)["Listeners"]
        assert [one["Port"] for one in found] == [80, 8080]
        assert describe(ListenerArns=[made["ListenerArn"]])["Listeners"] == [made]
        assert refused(describe)[0] == "ValidationError"
        assert refused(describe, ListenerArns=["shop"])[1] == "'shop' is not a valid listener ARN"

    def test_what_a_change_leaves_out_stays(self, shop: Example) -> None:
        arn = shop.listener.arn
        changed = shop.elbv2.modify_listener(ListenerArn=arn, Port=8080)["Listeners"][0]
        assert changed["DefaultActions"][0]["TargetGroupArn"] == shop.group.arn
        changed = shop.elbv2.modify_listener(ListenerArn=arn, DefaultActions=GONE)["Listeners"][0]
        assert (changed["Port"], changed["DefaultActions"][0]["Type"]) == (8080, "fixed-response")

    def test_a_refused_change_changes_nothing(self, shop: Example) -> None:
        change = {"ListenerArn": shop.listener.arn, "Port": 8080}
        assert refused(shop.elbv2.modify_listener, DefaultActions=forward(shop.group.arn + "0"), **change)[0] == (
            "TargetGroupNotFound"
        )
        assert refused(shop.elbv2.modify_listener, Protocol="HTTPS", **change)[0] == "ValidationError"
        assert shop.elbv2.describe_listeners(ListenerArns=[shop.listener.arn])["Listeners"][0]["Port"] == 80

    def test_quic_is_not_modelled(self, shop: Example) -> None:
        with pytest.raises(NotModelled, match="QUIC"):
            listen(shop, balancer(shop, "network"), "QUIC", 443)


class TestTargetGroupsOfListeners:
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-target-groups.html"""

    @pytest.mark.parametrize(
        ("protocol", "good", "bad"),
        [
            ("TCP", ["TCP", "TCP_UDP"], ["UDP", "TLS", "HTTP", "GENEVE"]),
            ("UDP", ["UDP", "TCP_UDP"], ["TCP", "TLS"]),
            ("TCP_UDP", ["TCP_UDP"], ["TCP", "UDP"]),
        ],
    )
    def test_protocols_of_a_network_load_balancer(
        self, shop: Example, protocol: str, good: list[str], bad: list[str]
    ) -> None:
        arn = balancer(shop, "network")
        for port, one in enumerate(good, 1):
            listen(shop, arn, protocol, port, forward(group(shop, f"good{port}", one)))
        for port, one in enumerate(bad, 100):
            behind = group(shop, f"bad{port}", one, 6081 if one == "GENEVE" else 80)
            code = refused(listen, shop=shop, arn=arn, protocol=protocol, port=port, actions=forward(behind))[0]
            assert code == "IncompatibleProtocols"

    def test_tcp_does_not_go_to_an_application_load_balancers_group(self, shop: Example) -> None:
        code = refused(listen, shop=shop, arn=shop.balancer.arn, actions=forward(group(shop, "flows", "TCP")))[0]
        assert code == "IncompatibleProtocols"

    def test_a_function_is_reached_by_an_application_load_balancer_only(self, shop: Example) -> None:
        made = shop.elbv2.create_target_group(Name="thumbnails", TargetType="lambda")["TargetGroups"][0]
        behind = forward(made["TargetGroupArn"])
        listen(shop, shop.balancer.arn, actions=behind)
        code = refused(listen, shop=shop, arn=balancer(shop, "network"), protocol="TCP", actions=behind)[0]
        assert code == "IncompatibleProtocols"

    def test_a_group_belongs_to_one_balancer(self, shop: Example) -> None:
        other = balancer(shop, "application")
        assert refused(listen, shop=shop, arn=other, actions=forward(shop.group.arn)) == (
            "TargetGroupAssociationLimit",
            f"The following target groups cannot be associated with more than one load balancer: {shop.group.arn}",
        )
        listen(shop, shop.balancer.arn, actions=forward(shop.group.arn))

    def test_only_an_application_load_balancer_answers_or_redirects(self, shop: Example) -> None:
        code = refused(listen, shop=shop, arn=balancer(shop, "network"), protocol="TCP")[0]
        assert code == "InvalidLoadBalancerAction"

    @pytest.mark.parametrize(
        "named", [{}, {"Protocol": "HTTP"}, {"Port": "8080"}, {"Protocol": "HTTP", "Port": "8080"}]
    )
    def test_a_redirect_to_the_listener_itself_is_a_loop(self, shop: Example, named: dict[str, str]) -> None:
        """https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_RedirectActionConfig.html"""

        def action(**parts: str) -> list[dict[str, Any]]:
            return [{"Type": "redirect", "RedirectConfig": {"StatusCode": "HTTP_301", **parts}}]

        code = refused(listen, shop=shop, arn=shop.balancer.arn, port=8080, actions=action(**named))[0]
        assert code == "InvalidLoadBalancerAction"
        listen(shop, shop.balancer.arn, port=8080, actions=action(**named | {"Port": "8081"}))

    def test_users_are_authenticated_by_something_not_modelled(self, shop: Example) -> None:
        action = {"Type": "authenticate-cognito", "Order": 1}
        with pytest.raises(NotModelled, match="authenticate-cognito"):
            listen(shop, shop.balancer.arn, actions=[action, *GONE])


class TestTls:
    def test_an_https_listener_needs_one_certificate_that_is_there(self, shop: Example) -> None:
        arn = shop.balancer.arn
        assert refused(listen, shop=shop, arn=arn, protocol="HTTPS") == (
            "ValidationError",
            "A certificate must be specified for HTTPS listeners",
        )
        gone = "arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012"
        given = [{"CertificateArn": gone}]
        assert refused(listen, shop=shop, arn=arn, protocol="HTTPS", Certificates=given) == (
            "CertificateNotFound",
            f"Certificate '{gone}' not found",
        )
        assert refused(listen, shop=shop, arn=arn, protocol="HTTPS", Certificates=given * 2)[0] == "ValidationError"
        assert refused(listen, shop=shop, arn=arn, Certificates=given)[0] == "ValidationError"

    def test_the_api_takes_the_policy_of_2016_by_default(self, shop: Example) -> None:
        """https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html"""
        made = secure(shop)
        assert made["SslPolicy"] == "ELBSecurityPolicy-2016-08"
        assert len(made["Certificates"]) == 1
        assert "IsDefault" not in made["Certificates"][0]
        assert made["MutualAuthentication"] == {"Mode": "off"}

    def test_policies(self, shop: Example) -> None:
        recommended = "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09"
        assert secure(shop, SslPolicy=recommended)["SslPolicy"] == recommended
        assert refused(secure, shop=shop, SslPolicy="shop") == ("SSLPolicyNotFound", "SSL policy 'shop' not found")
        policy = shop.elbv2.describe_ssl_policies(Names=[recommended])["SslPolicies"][0]
        assert policy["SslProtocols"] == ["TLSv1.2", "TLSv1.3"]
        assert policy["Ciphers"][0] == {"Name": "TLS_AES_128_GCM_SHA256", "Priority": 1}
        assert len(shop.elbv2.describe_ssl_policies()["SslPolicies"]) == len(POLICIES)

    def test_from_https_to_http_the_certificate_goes_and_back_it_must_be_given(self, shop: Example) -> None:
        made = secure(shop)
        arn = made["ListenerArn"]
        kept = shop.elbv2.modify_listener(ListenerArn=arn, Port=444)["Listeners"][0]
        assert kept["Certificates"] == made["Certificates"]
        plain = shop.elbv2.modify_listener(ListenerArn=arn, Protocol="HTTP")["Listeners"][0]
        assert plain.keys().isdisjoint({"Certificates", "SslPolicy", "MutualAuthentication"})
        assert refused(shop.elbv2.modify_listener, ListenerArn=arn, Protocol="HTTPS")[0] == "ValidationError"

    def test_a_listener_chooses_from_a_list_of_certificates(self, shop: Example) -> None:
        made = secure(shop)
        arn, default = made["ListenerArn"], made["Certificates"][0]
        second = {"CertificateArn": certificate(shop)}
        for _ in range(2):  # the second time nothing changes
            added = shop.elbv2.add_listener_certificates(ListenerArn=arn, Certificates=[second])
            assert added["Certificates"] == [second | {"IsDefault": False}]
        described = shop.elbv2.describe_listener_certificates(ListenerArn=arn)["Certificates"]
        assert described == [default | {"IsDefault": True}, second | {"IsDefault": False}]
        remove = shop.elbv2.remove_listener_certificates
        assert refused(remove, ListenerArn=arn, Certificates=[default])[0] == "OperationNotPermitted"
        remove(ListenerArn=arn, Certificates=[second])
        assert len(shop.elbv2.describe_listener_certificates(ListenerArn=arn)["Certificates"]) == 1

    def test_the_default_certificate_may_be_in_the_list_too(self, shop: Example) -> None:
        made = secure(shop)
        arn, default = made["ListenerArn"], made["Certificates"]
        shop.elbv2.add_listener_certificates(ListenerArn=arn, Certificates=default)
        described = shop.elbv2.describe_listener_certificates(ListenerArn=arn)["Certificates"]
        assert [one["IsDefault"] for one in described] == [True, False]
        shop.elbv2.remove_listener_certificates(ListenerArn=arn, Certificates=default)
        described = shop.elbv2.describe_listener_certificates(ListenerArn=arn)["Certificates"]
        assert [one["IsDefault"] for one in described] == [True]

    def test_a_certificate_in_use_is_not_deleted(self, shop: Example) -> None:
        arn = secure(shop)["Certificates"][0]["CertificateArn"]
        assert refused(shop.cloud.client("acm").delete_certificate, CertificateArn=arn)[0] == "ResourceInUseException"

    def test_alpn_is_for_tls_listeners(self, shop: Example) -> None:
        assert refused(secure, shop=shop, AlpnPolicy=["HTTP2Preferred"])[0] == "ValidationError"
        given: dict[str, Any] = {"Certificates": [{"CertificateArn": certificate(shop)}]}
        arn, behind = balancer(shop, "network"), forward(group(shop, "flows", "TCP"))
        given |= {"shop": shop, "arn": arn, "protocol": "TLS", "port": 443, "actions": behind}
        assert refused(listen, AlpnPolicy=["HTTP3"], **given)[0] == "ALPNPolicyNotFound"
        assert listen(AlpnPolicy=["HTTP2Preferred"], **given)["AlpnPolicy"] == ["HTTP2Preferred"]


class TestTlsOfNetworkLoadBalancers:
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-listeners.html, considerations"""

    def listener(self, shop: Example, protocol: str, *groups: str, **more: Any) -> Any:
        config = {"TargetGroups": [{"TargetGroupArn": arn, "Weight": 1} for arn in groups], **more}
        actions = [{"Type": "forward", "ForwardConfig": config}]
        given = {"Certificates": [{"CertificateArn": certificate(shop)}]} if protocol == "TLS" else {}
        return listen(
            shop, balancer(shop, "network", f"flows-{len(shop.service.balancers)}"), protocol, 443, actions, **given
        )

    def test_a_rule_has_groups_of_tcp_or_of_tls(self, shop: Example) -> None:
        both = [group(shop, "plain", "TCP"), group(shop, "secret", "TLS")]
        assert refused(self.listener, shop, "TLS", *both)[0] == "InvalidConfigurationRequest"
        self.listener(shop, "TLS", group(shop, "other", "TLS"), both[1])

    def test_group_stickiness_is_not_supported(self, shop: Example) -> None:
        two = [group(shop, name, "TLS") for name in ("blue", "green")]
        sticky = {"TargetGroupStickinessConfig": {"Enabled": True}}
        assert refused(self.listener, shop, "TLS", *two, **sticky)[0] == "InvalidConfigurationRequest"

    def test_sticky_groups_among_several_ask_for_group_stickiness(self, shop: Example) -> None:
        two = [group(shop, name, "TCP") for name in ("blue", "green")]
        on = [{"Key": "stickiness.enabled", "Value": "true"}]
        shop.elbv2.modify_target_group_attributes(TargetGroupArn=two[0], Attributes=on)
        assert refused(self.listener, shop, "TCP", *two) == (
            "InvalidConfigurationRequest",
            "You must enable group stickiness on a rule if you enabled target stickiness on one of its target groups",
        )
        self.listener(shop, "TCP", *two, TargetGroupStickinessConfig={"Enabled": True})


class TestMutualAuthentication:
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/application/mutual-authentication.html"""

    def test_that_of_tls_listeners_is_not_modelled(self, shop: Example) -> None:
        """https://docs.aws.amazon.com/elasticloadbalancing/latest/network/mutual-authentication.html"""
        behind = forward(group(shop, "flows", "TLS", 443))
        with pytest.raises(NotModelled, match="MutualAuthentication of TLS listeners"):
            listen(shop, balancer(shop, "network"), "TLS", 443, behind, MutualAuthentication={"Mode": "off"})

    def store(self, shop: Example, body: bytes = CERTIFICATE) -> Any:
        s3 = shop.cloud.client("s3")
        s3.create_bucket(Bucket="authorities")
        s3.put_object(Bucket="authorities", Key="all.pem", Body=body)
        asked = {"CaCertificatesBundleS3Bucket": "authorities", "CaCertificatesBundleS3Key": "all.pem"}
        return shop.elbv2.create_trust_store(Name="partners", **asked)["TrustStores"][0]

    def test_clients_are_verified_by_a_trust_store(self, shop: Example) -> None:
        store = self.store(shop)
        assert (store["Status"], store["NumberOfCaCertificates"]) == ("ACTIVE", 1)
        verify = {"Mode": "verify", "TrustStoreArn": store["TrustStoreArn"]}
        listener = secure(shop, MutualAuthentication=verify)
        assert listener["MutualAuthentication"]["Mode"] == "verify"
        assert listener["MutualAuthentication"]["IgnoreClientCertificateExpiry"] is False
        delete = shop.elbv2.delete_trust_store
        assert refused(delete, TrustStoreArn=store["TrustStoreArn"])[0] == "TrustStoreInUse"
        shop.elbv2.delete_listener(ListenerArn=listener["ListenerArn"])
        delete(TrustStoreArn=store["TrustStoreArn"])
        assert shop.elbv2.describe_trust_stores()["TrustStores"] == []

    @pytest.mark.parametrize(
        "given",
        [
            {"Mode": "maybe"},
            {"Mode": "verify"},
            {"Mode": "passthrough", "IgnoreClientCertificateExpiry": True},
            {"Mode": "off", "AdvertiseTrustStoreCaNames": "on"},
        ],
    )
    def test_only_verification_has_settings_and_it_needs_a_store(self, shop: Example, given: dict[str, Any]) -> None:
        assert refused(secure, shop=shop, MutualAuthentication=given)[0] == "ValidationError"

    def test_a_bundle_is_there_and_has_certificates(self, shop: Example) -> None:
        with pytest.raises(shop.elbv2.exceptions.InvalidCaCertificatesBundleException):
            self.store(shop, b"no certificate")
        asked = {"CaCertificatesBundleS3Bucket": "authorities", "CaCertificatesBundleS3Key": "none.pem"}
        code = refused(shop.elbv2.create_trust_store, Name="partners", **asked)[0]
        assert code == "CaCertificatesBundleNotFound"


class TestListenerAttributes:
    def test_each_protocol_has_its_own(self, shop: Example) -> None:
        """https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_ListenerAttribute.html"""
        flows = listen(shop, balancer(shop, "network"), "TCP", 80, forward(group(shop, "flows", "TCP")))
        describe = shop.elbv2.describe_listener_attributes
        assert describe(ListenerArn=flows["ListenerArn"])["Attributes"] == [
            {"Key": "tcp.idle_timeout.seconds", "Value": "350"}
        ]
        plain = {one["Key"] for one in describe(ListenerArn=shop.listener.arn)["Attributes"]}
        tls = {one["Key"] for one in describe(ListenerArn=secure(shop)["ListenerArn"])["Attributes"]}
        assert len(plain) == 11
        assert len(tls - plain) == 8

    def test_values(self, shop: Example) -> None:
        flows = listen(shop, balancer(shop, "network"), "TCP", 80, forward(group(shop, "flows", "TCP")))["ListenerArn"]
        modify = shop.elbv2.modify_listener_attributes
        for value in ("60", "6000"):
            given = [{"Key": "tcp.idle_timeout.seconds", "Value": value}]
            assert modify(ListenerArn=flows, Attributes=given)["Attributes"] == given
        for value in ("59", "6001"):
            given = [{"Key": "tcp.idle_timeout.seconds", "Value": value}]
            assert refused(modify, ListenerArn=flows, Attributes=given)[0] == "ValidationError"
        code = refused(modify, ListenerArn=shop.listener.arn, Attributes=given)[0]
        assert code == "InvalidConfigurationRequest"


class TestRules:
    def rule(self, shop: Example, priority: int = 10, **parameters: Any) -> Any:
        asked = {"Conditions": IMAGES, "Actions": GONE, "Priority": priority} | parameters
        return shop.elbv2.create_rule(ListenerArn=shop.listener.arn, **asked)["Rules"][0]

    def test_they_are_listed_in_their_order_with_the_default_one_last(self, shop: Example) -> None:
        for priority in (20, 3, 100):
            self.rule(shop, priority)
        rules = shop.elbv2.describe_rules(ListenerArn=shop.listener.arn)["Rules"]
        assert [rule["Priority"] for rule in rules] == ["3", "20", "100", "default"]

    def test_a_rule_decides_as_soon_as_it_is_made_and_no_more_when_it_is_deleted(self, shop: Example) -> None:
        request, default = Request("GET", "/img/a.png"), shop.listener.default.arn
        assert shop.listener.decision.decide(request).arn == default
        made = self.rule(shop)["RuleArn"]
        assert shop.listener.decision.decide(request).arn == made
        shop.elbv2.modify_rule(RuleArn=made, Conditions=[{"Field": "path-pattern", "Values": ["/js/*"]}])
        assert shop.listener.decision.decide(request).arn == default
        shop.elbv2.delete_rule(RuleArn=made)
        assert shop.listener.decision.decide(Request("GET", "/js/a.js")).arn == default

    def test_a_priority_is_taken_once(self, shop: Example) -> None:
        self.rule(shop)
        assert refused(self.rule, shop=shop) == ("PriorityInUse", "Priority '10' is currently in use")

    def test_priorities_are_up_to_50000(self, shop: Example) -> None:
        assert self.rule(shop, 50_000)["Priority"] == "50000"
        assert refused(self.rule, shop=shop, priority=50_001)[0] == "ValidationError"

    def test_a_balancer_has_100_rules_beside_default_ones(self, shop: Example) -> None:
        for priority in range(1, 101):
            self.rule(shop, priority)
        assert refused(self.rule, shop=shop, priority=101)[0] == "TooManyRules"

    def test_the_default_rule_is_changed_through_its_listener_only(self, shop: Example) -> None:
        arn = shop.listener.default.arn
        assert refused(shop.elbv2.delete_rule, RuleArn=arn)[0] == "OperationNotPermitted"
        assert refused(shop.elbv2.modify_rule, RuleArn=arn, Actions=GONE)[0] == "OperationNotPermitted"

    def test_priorities_are_exchanged_all_at_once(self, shop: Example) -> None:
        one, two, three = (self.rule(shop, priority)["RuleArn"] for priority in (1, 2, 3))
        exchange = [{"RuleArn": one, "Priority": 2}, {"RuleArn": two, "Priority": 1}]
        answer = shop.elbv2.set_rule_priorities(RulePriorities=exchange)["Rules"]
        assert [(rule["RuleArn"], rule["Priority"]) for rule in answer] == [(one, "2"), (two, "1")]
        conflict = [{"RuleArn": one, "Priority": 7}, {"RuleArn": two, "Priority": 3}]
        assert refused(shop.elbv2.set_rule_priorities, RulePriorities=conflict)[0] == "PriorityInUse"
        rules = shop.elbv2.describe_rules(ListenerArn=shop.listener.arn)["Rules"]
        assert [rule["RuleArn"] for rule in rules][:3] == [two, one, three]

    def test_rules_that_are_not_there(self, shop: Example) -> None:
        gone = self.rule(shop)["RuleArn"]
        shop.elbv2.delete_rule(RuleArn=gone)
        for call in (shop.elbv2.delete_rule, shop.elbv2.modify_rule):
            assert refused(call, RuleArn=gone) == ("RuleNotFound", "One or more rules not found")
        assert refused(shop.elbv2.describe_rules, RuleArns=["shop"])[0] == "ValidationError"

    def test_what_a_change_leaves_out_stays_and_transforms_are_reset(self, shop: Example) -> None:
        rewrite = {"Rewrites": [{"Regex": "^/img/(.*)$", "Replace": "/$1"}]}
        made = self.rule(shop, Transforms=[{"Type": "url-rewrite", "UrlRewriteConfig": rewrite}])
        arn = made["RuleArn"]
        changed = shop.elbv2.modify_rule(RuleArn=arn, Actions=forward(shop.group.arn))["Rules"][0]
        assert (changed["Conditions"], changed["Transforms"]) == (made["Conditions"], made["Transforms"])
        assert shop.elbv2.modify_rule(RuleArn=arn, ResetTransforms=True)["Rules"][0]["Transforms"] == []

    def test_a_network_load_balancers_listener_has_none_before_it_is_dualstack(self, shop: Example) -> None:
        flows = listen(shop, balancer(shop, "network"), "TCP", 80, forward(group(shop, "flows", "TCP")))
        asked = {"ListenerArn": flows["ListenerArn"], "Conditions": IMAGES, "Actions": GONE, "Priority": 1}
        assert refused(shop.elbv2.create_rule, **asked)[0] == "UnsupportedProtocol"

    def test_one_balancer_has_at_most_100_target_groups(self, shop: Example) -> None:
        groups = [group(shop, f"g{number}") for number in range(100)]
        for priority in range(19):
            self.rule(shop, priority + 1, Actions=forward(*groups[priority * 5 : priority * 5 + 5]))
        self.rule(shop, 20, Actions=forward(*groups[95:99]))
        code = refused(self.rule, shop=shop, priority=21, Actions=forward(groups[99]))[0]
        assert code == "TooManyUniqueTargetGroupsPerLoadBalancer"
