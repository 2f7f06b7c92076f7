"""Classic Load Balancers: https://docs.aws.amazon.com/elasticloadbalancing/latest/classic/introduction.html"""

from __future__ import annotations

import http.client
import ssl
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from eslabon import Cloud, NotModelled
from eslabon.support.acm.examples import CERTIFICATE, PRIVATE_KEY
from tests.core.refusals import refused_code

CHECK = {"Target": "HTTP:80/health", "Interval": 10, "Timeout": 2, "UnhealthyThreshold": 2, "HealthyThreshold": 3}
HTTP = {"Protocol": "HTTP", "LoadBalancerPort": 80, "InstancePort": 80}
ZONES = ["us-east-1a", "us-east-1b"]


class Shop:
    """A Classic Load Balancer in two zones, and instances that answer with their names."""

    def __init__(self, cloud: Cloud, **parameters: Any) -> None:
        self.cloud = cloud
        self.elb, self.ec2 = cloud.client("elb"), cloud.client("ec2")
        group = self.ec2.create_security_group(GroupName="web", Description="HTTP")["GroupId"]
        world = [{"CidrIp": "0.0.0.0/0"}]
        rule = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 8080, "IpRanges": world}
        self.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[rule])
        self.group = group
        asked = {"Listeners": [HTTP], "AvailabilityZones": ZONES, "SecurityGroups": [group]} | parameters
        self.name = self.elb.create_load_balancer(LoadBalancerName="shop", **asked)["DNSName"]
        self.elb.configure_health_check(LoadBalancerName="shop", HealthCheck=CHECK)
        self.status: dict[str, str] = {}  # of the answers to health checks, by instance, where it is not 200 OK
        self.seen: list[dict[str, Any]] = []  # what instances have got

    def run(self, *zones: str) -> list[str]:
        """Instances in these zones, registered."""
        subnets = {one["AvailabilityZone"]: one["SubnetId"] for one in self.ec2.describe_subnets()["Subnets"]}
        image = self.ec2.describe_images()["Images"][0]["ImageId"]
        asked = {"ImageId": image, "InstanceType": "t3.micro", "MinCount": 1, "MaxCount": 1}
        made = []
        for zone in zones:
            place = {"SubnetId": subnets[zone], "SecurityGroupIds": [self.group]}
            made.append(self.ec2.run_instances(**asked, **place)["Instances"][0]["InstanceId"])
        self.ec2.get_waiter("instance_running").wait(InstanceIds=made)
        for instance in made:
            self.cloud.host(instance, self.answers(instance))
        self.elb.register_instances_with_load_balancer(LoadBalancerName="shop", Instances=ids(made))
        return made

    def answers(self, name: str) -> Any:
        def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
            if environ["PATH_INFO"] == "/health":
                start_response(self.status.get(name, "200 OK"), [])
                return []
            self.seen.append(environ)
            start_response("200 OK", [("Set-Cookie", "cart=1")] if environ["PATH_INFO"] == "/cart" else [])
            return [name.encode()]

        return application

    def wait(self) -> None:
        self.elb.get_waiter("instance_in_service").wait(LoadBalancerName="shop")

    def get(self, path: str = "/", port: int = 80, cookie: str = "") -> Any:
        headers = {"Cookie": cookie} if cookie else {}
        return urllib.request.urlopen(urllib.request.Request(f"http://{self.name}:{port}{path}", headers=headers))

    def shares(self, count: int = 12) -> Counter[str]:
        return Counter(self.get().read().decode() for _ in range(count))

    def states(self, *instances: str) -> list[tuple[str, str, str]]:
        asked = {"Instances": ids(instances)} if instances else {}
        found = self.elb.describe_instance_health(LoadBalancerName="shop", **asked)["InstanceStates"]
        return [(one["State"], one["ReasonCode"], one["Description"]) for one in found]

    def policy(self, kind: str, **parameters: Any) -> None:
        """Create a cookie policy and enable it on port 80."""
        getattr(self.elb, f"create_{kind}_cookie_stickiness_policy")(
            LoadBalancerName="shop", PolicyName=kind, **parameters
        )
        self.elb.set_load_balancer_policies_of_listener(
            LoadBalancerName="shop", LoadBalancerPort=80, PolicyNames=[kind]
        )

    def modify(self, **attributes: Any) -> None:
        self.elb.modify_load_balancer_attributes(LoadBalancerName="shop", LoadBalancerAttributes=attributes)


def ids(instances: Any) -> list[dict[str, str]]:
    return [{"InstanceId": one} for one in instances]


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    cloud = Cloud()
    with cloud.activated():
        yield cloud


@pytest.fixture
def shop(cloud: Cloud) -> Shop:
    return Shop(cloud)


class TestHealth:
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/classic/elb-healthchecks.html"""

    def test_until_told_otherwise_it_connects_to_the_first_listeners_instance_port(self, cloud: Cloud) -> None:
        elb = cloud.client("elb")
        elb.create_load_balancer(
            LoadBalancerName="api", Listeners=[{**HTTP, "InstancePort": 8080}], AvailabilityZones=ZONES
        )
        check = elb.describe_load_balancers()["LoadBalancerDescriptions"][0]["HealthCheck"]
        assert check == {
            "Target": "TCP:8080",
            "Interval": 30,
            "Timeout": 5,
            "UnhealthyThreshold": 2,
            "HealthyThreshold": 10,
        }

    def test_a_new_instance_is_out_of_service_until_it_has_passed(self, shop: Shop) -> None:
        shop.run("us-east-1a")
        assert shop.states() == [("OutOfService", "ELB", "Instance registration is still in progress.")]
        shop.wait()
        assert shop.states() == [("InService", "N/A", "N/A")]

    def test_two_failures_in_a_row_take_it_out_and_three_passes_bring_it_back(self, shop: Shop) -> None:
        first, _ = shop.run(*ZONES)
        shop.wait()
        shop.status[first] = "500 Internal Server Error"
        shop.cloud.clock.advance(21)
        failed = "Instance has failed at least the UnhealthyThreshold number of health checks consecutively."
        assert shop.states(first) == [("OutOfService", "Instance", failed)]
        assert first not in shop.shares()
        del shop.status[first]
        shop.cloud.clock.advance(20)
        not_yet = "Instance has not passed the configured HealthyThreshold number of health checks consecutively."
        assert shop.states(first) == [("OutOfService", "Instance", not_yet)]
        shop.cloud.clock.advance(11)
        assert shop.states(first) == [("InService", "N/A", "N/A")]

    def test_only_200_is_healthy(self, shop: Shop) -> None:
        (first,) = shop.run("us-east-1a")
        shop.status[first] = "204 No Content"
        shop.cloud.clock.advance(180)
        assert shop.states()[0][0] == "OutOfService"

    def test_when_none_is_in_service_the_balancer_answers_503_and_does_not_fail_open(self, shop: Shop) -> None:
        (first,) = shop.run("us-east-1a")
        shop.wait()
        shop.status[first] = "500 Internal Server Error"
        shop.cloud.clock.advance(30)
        with pytest.raises(urllib.error.HTTPError) as caught:
            shop.get()
        assert (caught.value.code, caught.value.read()) == (503, b"")

    def test_a_stopped_instance_is_out_of_service_and_a_terminated_one_is_not_shown(self, shop: Shop) -> None:
        stopped, gone = shop.run(*ZONES)
        shop.wait()
        shop.ec2.stop_instances(InstanceIds=[stopped])
        shop.ec2.terminate_instances(InstanceIds=[gone])
        shop.ec2.get_waiter("instance_stopped").wait(InstanceIds=[stopped])
        shop.ec2.get_waiter("instance_terminated").wait(InstanceIds=[gone])
        assert shop.states() == [("OutOfService", "Instance", "Instance is in stopped state.")]

    def test_an_instance_that_is_not_registered_says_so_and_one_that_is_none_is_invalid(self, shop: Shop) -> None:
        (first,) = shop.run("us-east-1a")
        shop.elb.deregister_instances_from_load_balancer(LoadBalancerName="shop", Instances=ids([first]))
        shop.elb.get_waiter("instance_deregistered").wait(LoadBalancerName="shop", Instances=ids([first]))
        unregistered = "Instance is not currently registered with the LoadBalancer."
        assert shop.states(first) == [("OutOfService", "Instance", unregistered)]
        unknown = ids(["i-0123456789abcdef0"])
        for call in (
            shop.elb.register_instances_with_load_balancer,
            shop.elb.deregister_instances_from_load_balancer,
            shop.elb.describe_instance_health,
        ):
            assert refused_code(call, LoadBalancerName="shop", Instances=unknown) == "InvalidInstance"

    @pytest.mark.parametrize(
        "target", ["HTTP:80", "TCP:0", "TCP:65536", "UDP:80", "80", "HTTP:80index.html", f"HTTP:80/{1016 * 'a'}b"]
    )
    def test_targets_of_checks_have_a_protocol_a_port_and_for_http_a_path(self, shop: Shop, target: str) -> None:
        check = {**CHECK, "Target": target}
        asked = {"LoadBalancerName": "shop", "HealthCheck": check}
        assert refused_code(shop.elb.configure_health_check, **asked) == "ValidationError"

    def test_the_time_out_of_a_check_is_less_than_its_interval(self, shop: Shop) -> None:
        asked = {"LoadBalancerName": "shop", "HealthCheck": {**CHECK, "Timeout": 10}}
        assert refused_code(shop.elb.configure_health_check, **asked) == "ValidationError"


class TestZones:
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/classic/enable-disable-crosszone-lb.html"""

    def test_cross_zone_is_off_by_the_api_so_zones_share_alike_and_not_instances(self, shop: Shop) -> None:
        alone, second, third = shop.run("us-east-1a", "us-east-1b", "us-east-1b")
        shop.wait()
        assert shop.shares() == {alone: 6, second: 3, third: 3}

    def test_with_cross_zone_on_instances_share_alike(self, shop: Shop) -> None:
        instances = shop.run("us-east-1a", "us-east-1b", "us-east-1b")
        shop.modify(CrossZoneLoadBalancing={"Enabled": True})
        shop.wait()
        assert shop.shares() == dict.fromkeys(instances, 4)

    def test_instances_of_a_zone_that_is_not_enabled_are_out_of_service_until_it_is(self, shop: Shop) -> None:
        shop.run("us-east-1c")
        why = "Instance is in the EC2 Availability Zone for which LoadBalancer is not configured to route traffic to."
        assert shop.states() == [("OutOfService", "ELB", why)]
        zones = {"LoadBalancerName": "shop", "AvailabilityZones": ["us-east-1c"]}
        shop.elb.enable_availability_zones_for_load_balancer(**zones)
        shop.wait()
        shop.elb.disable_availability_zones_for_load_balancer(**zones)
        assert shop.states() == [("OutOfService", "ELB", why)]

    def test_in_a_zone_that_is_not_enabled_any_more_the_balancer_has_no_network_interface(self, shop: Shop) -> None:
        """https://docs.aws.amazon.com/elasticloadbalancing/latest/classic/enable-disable-az.html"""

        def zones() -> list[str]:
            found = shop.ec2.describe_network_interfaces(Filters=[{"Name": "requester-id", "Values": ["amazon-elb"]}])
            return sorted(one["AvailabilityZone"] for one in found["NetworkInterfaces"])

        assert zones() == ZONES
        asked = {"LoadBalancerName": "shop", "AvailabilityZones": ZONES[1:]}
        shop.elb.disable_availability_zones_for_load_balancer(**asked)
        assert zones() == ZONES[:1]
        shop.elb.enable_availability_zones_for_load_balancer(**asked)
        assert zones() == ZONES

    def test_one_zone_at_least_is_enabled_and_only_default_subnets_have_their_zones(self, shop: Shop) -> None:
        asked = {"LoadBalancerName": "shop", "AvailabilityZones": ZONES}
        disable = shop.elb.disable_availability_zones_for_load_balancer
        assert refused_code(disable, **asked) == "InvalidConfigurationRequest"
        asked["AvailabilityZones"] = ["us-east-1z"]
        assert refused_code(shop.elb.enable_availability_zones_for_load_balancer, **asked) == "ValidationError"


class TestRequests:
    def test_the_name_is_in_dns_after_a_while(self, shop: Shop) -> None:
        with pytest.raises(urllib.error.URLError):
            shop.get()

    def test_an_instance_sees_the_clients_host_header_and_address_but_no_trace(self, shop: Shop) -> None:
        shop.run("us-east-1a")
        shop.wait()
        shop.get("/orders?size=m")
        (seen,) = shop.seen
        assert (seen["HTTP_HOST"], seen["HTTP_X_FORWARDED_FOR"]) == (f"{shop.name}:80", "203.0.113.7")
        assert (seen["HTTP_X_FORWARDED_PROTO"], seen["HTTP_X_FORWARDED_PORT"]) == ("http", "80")
        assert "HTTP_X_AMZN_TRACE_ID" not in seen

    def test_security_groups_let_clients_in(self, shop: Shop) -> None:
        shop.run("us-east-1a")
        shop.wait()
        closed = shop.ec2.create_security_group(GroupName="closed", Description="Nobody")["GroupId"]
        asked = {"LoadBalancerName": "shop", "SecurityGroups": [closed]}
        shop.elb.apply_security_groups_to_load_balancer(**asked)
        with pytest.raises(urllib.error.URLError, match="timed out"):
            shop.get()

    def test_an_instance_that_refuses_is_502_and_a_slow_one_504_after_the_idle_time_out(self, shop: Shop) -> None:
        (first,) = shop.run("us-east-1a")
        shop.wait()
        shop.cloud.host(first, shop.answers(first), delay=61)
        began = shop.cloud.clock.now
        with pytest.raises(urllib.error.HTTPError) as caught:
            shop.get()
        assert (caught.value.code, round(shop.cloud.clock.now - began)) == (504, 60)

    def test_a_tcp_listener_passes_on_what_comes_and_adds_no_header(self, cloud: Cloud) -> None:
        shop = Shop(cloud, Listeners=[{"Protocol": "tcp", "LoadBalancerPort": 8080, "InstancePort": 80}])
        instances = shop.run(*ZONES)
        shop.wait()
        found = {shop.get(port=8080).read().decode() for _ in range(4)}
        assert found == set(instances)
        assert "HTTP_X_FORWARDED_FOR" not in shop.seen[0]
        for instance in instances:
            shop.status[instance] = "500 Internal Server Error"
        shop.cloud.clock.advance(30)
        with pytest.raises(http.client.RemoteDisconnected):
            shop.get(port=8080)

    def test_https_ends_at_the_balancer_and_the_instance_is_told(self, shop: Shop) -> None:
        shop.run("us-east-1a")
        acm = shop.cloud.client("acm")
        arn = acm.import_certificate(Certificate=CERTIFICATE, PrivateKey=PRIVATE_KEY)["CertificateArn"]
        listener = {"Protocol": "HTTPS", "LoadBalancerPort": 443, "InstancePort": 80, "SSLCertificateId": arn}
        shop.elb.create_load_balancer_listeners(LoadBalancerName="shop", Listeners=[listener])
        everywhere = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
        shop.ec2.authorize_security_group_ingress(GroupId=shop.group, IpPermissions=[everywhere])
        shop.wait()
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        assert urllib.request.urlopen(f"https://{shop.name}/", context=context).status == 200
        (seen,) = shop.seen
        assert (seen["HTTP_X_FORWARDED_PROTO"], seen["HTTP_X_FORWARDED_PORT"]) == ("https", "443")
        with pytest.raises(urllib.error.URLError, match="self-signed certificate"):
            urllib.request.urlopen(f"https://{shop.name}/")
        shop.cloud.clock.advance(120)  # nobody is told: metrics of Classic Load Balancers are not modelled
        assert acm.describe_certificate(CertificateArn=arn)["Certificate"]["InUseBy"] == [
            "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/shop"
        ]

    def test_requests_go_to_the_instance_with_the_fewest_under_way(self, shop: Shop) -> None:
        """https://docs.aws.amazon.com/elasticloadbalancing/latest/userguide/how-elastic-load-balancing-works.html

        "the least outstanding requests routing algorithm for HTTP and HTTPS listeners"
        """
        busy, free = shop.run("us-east-1a", "us-east-1a")
        shop.wait()
        shop.elb.get_waiter("instance_in_service").wait(LoadBalancerName="shop", Instances=ids([busy, free]))
        if shop.get().read().decode() == busy:
            shop.get()
        shop.cloud.host(busy, shop.answers(busy), delay=20)
        found: list[str] = []
        for second in (2, 4, 6):
            shop.cloud.clock.call_later(second, lambda: found.append(shop.get().read().decode()))
        assert shop.get().read().decode() == busy
        assert found == [free] * 3

    def test_another_listener_may_go_to_another_port_of_the_same_instances(self, shop: Shop) -> None:
        (first,) = shop.run("us-east-1a")
        shop.cloud.host(first, shop.answers("admin"), port=8080)
        listener = {"Protocol": "HTTP", "LoadBalancerPort": 8080, "InstancePort": 8080}
        shop.elb.create_load_balancer_listeners(LoadBalancerName="shop", Listeners=[listener])
        shop.wait()
        assert (shop.get().read().decode(), shop.get(port=8080).read()) == (first, b"admin")


class TestStickiness:
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/classic/elb-sticky-sessions.html"""

    def test_the_balancers_cookie_binds_to_an_instance_and_is_not_set_again(self, shop: Shop) -> None:
        shop.run("us-east-1a", "us-east-1a")
        shop.policy("lb", CookieExpirationPeriod=60)
        shop.wait()
        with shop.get() as first:
            cookies, name = first.headers.get_all("Set-Cookie"), first.read()
        assert [cookie.partition("=")[0] for cookie in cookies] == ["AWSELB", "AWSELBCORS"]
        assert all("max-age=60" in cookie.lower() for cookie in cookies)
        for _ in range(3):
            with shop.get(cookie=cookies[0].partition(";")[0]) as again:
                assert (again.read(), again.headers.get_all("Set-Cookie")) == (name, None)

    def test_the_balancer_does_not_look_how_old_its_cookie_is(self, shop: Shop) -> None:
        shop.run("us-east-1a", "us-east-1a")
        shop.policy("lb", CookieExpirationPeriod=60)
        shop.wait()
        first = shop.get()
        cookie = first.headers["Set-Cookie"].partition(";")[0]
        shop.cloud.clock.advance(3600)
        assert {shop.get(cookie=cookie).read() for _ in range(4)} == {first.read()}

    def test_the_applications_cookie_begins_the_session_and_ends_it(self, shop: Shop) -> None:
        shop.run("us-east-1a", "us-east-1a")
        shop.policy("app", CookieName="cart")
        shop.wait()
        assert shop.get().headers.get_all("Set-Cookie") is None
        first = shop.get("/cart")
        cookies = [line.partition(";")[0] for line in first.headers.get_all("Set-Cookie")]
        assert [cookie.partition("=")[0] for cookie in cookies] == ["cart", "AWSELB", "AWSELBCORS"]
        name = first.read()
        assert {shop.get(cookie="; ".join(cookies)).read() for _ in range(4)} == {name}
        assert len({shop.get(cookie=cookies[1]).read() for _ in range(4)}) == 2  # without the application's

    def test_an_instance_out_of_service_is_replaced_and_the_session_sticks_to_the_new_one(self, shop: Shop) -> None:
        instances = shop.run("us-east-1a", "us-east-1a")
        shop.policy("lb", CookieExpirationPeriod=600)
        shop.wait()
        first = shop.get()
        name, cookie = first.read().decode(), first.headers["Set-Cookie"].partition(";")[0]
        shop.status[name] = "500 Internal Server Error"
        shop.cloud.clock.advance(30)
        moved = shop.get(cookie=cookie)
        assert moved.read().decode() == next(one for one in instances if one != name)
        assert moved.headers["Set-Cookie"].startswith("AWSELB=")

    def test_policies_need_a_listener_that_reads_http(self, cloud: Cloud) -> None:
        shop = Shop(cloud, Listeners=[{"Protocol": "TCP", "LoadBalancerPort": 80, "InstancePort": 80}])
        shop.elb.create_lb_cookie_stickiness_policy(LoadBalancerName="shop", PolicyName="hour")
        asked = {"LoadBalancerName": "shop", "LoadBalancerPort": 80, "PolicyNames": ["hour"]}
        code = refused_code(shop.elb.set_load_balancer_policies_of_listener, **asked)
        assert code == "InvalidConfigurationRequest"

    def test_a_policy_that_a_listener_has_is_not_deleted(self, shop: Shop) -> None:
        shop.policy("lb", CookieExpirationPeriod=60)
        asked = {"LoadBalancerName": "shop", "PolicyName": "lb"}
        assert refused_code(shop.elb.delete_load_balancer_policy, **asked) == "InvalidConfigurationRequest"
        shop.elb.set_load_balancer_policies_of_listener(LoadBalancerName="shop", LoadBalancerPort=80, PolicyNames=[])
        shop.elb.delete_load_balancer_policy(**asked)
        described = shop.elb.describe_load_balancers()["LoadBalancerDescriptions"][0]
        assert described["Policies"]["LBCookieStickinessPolicies"] == []


class TestDraining:
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/classic/config-conn-drain.html"""

    def deregister_while_it_works(self, shop: Shop) -> list[list[tuple[str, str, str]]]:
        """The states of an instance that is deregistered at 5 s of a request of 20 s: at once, and after 30 s."""
        (first,) = shop.run("us-east-1a")
        shop.wait()
        shop.cloud.host(first, shop.answers(first), delay=20)
        found: list[list[tuple[str, str, str]]] = []

        def deregister() -> None:
            shop.elb.deregister_instances_from_load_balancer(LoadBalancerName="shop", Instances=ids([first]))
            found.append(shop.states(first))

        shop.cloud.clock.call_later(5, deregister)
        assert shop.get().read().decode() == first
        shop.cloud.clock.advance(30)
        return [*found, shop.states(first)]

    def test_an_instance_with_requests_in_flight_is_in_service_while_it_drains(self, shop: Shop) -> None:
        shop.modify(ConnectionDraining={"Enabled": True, "Timeout": 30})
        draining, gone = self.deregister_while_it_works(shop)
        assert draining == [("InService", "N/A", "Instance deregistration currently in progress.")]
        assert gone == [("OutOfService", "Instance", "Instance is not currently registered with the LoadBalancer.")]

    def test_without_draining_or_requests_it_is_gone_at_once(self, shop: Shop) -> None:
        at_once, _ = self.deregister_while_it_works(shop)
        assert at_once == [("OutOfService", "Instance", "Instance is not currently registered with the LoadBalancer.")]


class TestBalancers:
    def test_defaults_of_the_api(self, shop: Shop) -> None:
        """https://docs.aws.amazon.com/elasticloadbalancing/latest/classic/config-idle-timeout.html, and its siblings"""
        found = shop.elb.describe_load_balancer_attributes(LoadBalancerName="shop")["LoadBalancerAttributes"]
        assert found == {
            "CrossZoneLoadBalancing": {"Enabled": False},
            "AccessLog": {"Enabled": False},
            "ConnectionDraining": {"Enabled": False, "Timeout": 300},
            "ConnectionSettings": {"IdleTimeout": 60},
            "AdditionalAttributes": [{"Key": "elb.http.desyncmitigationmode", "Value": "defensive"}],
        }

    def test_a_name_is_made_once_and_the_same_request_again_finds_it(self, shop: Shop) -> None:
        asked = {"LoadBalancerName": "shop", "AvailabilityZones": ZONES, "SecurityGroups": [shop.group]}
        again = shop.elb.create_load_balancer(Listeners=[HTTP], **asked)
        assert again["DNSName"] == shop.name
        other = [{**HTTP, "InstancePort": 8080}]
        assert refused_code(shop.elb.create_load_balancer, Listeners=other, **asked) == "DuplicateLoadBalancerName"

    @pytest.mark.parametrize(
        ("parameters", "code"),
        [
            ({"LoadBalancerName": "-shop"}, "ValidationError"),
            ({"AvailabilityZones": []}, "ValidationError"),
            ({"AvailabilityZones": ["us-east-1z"]}, "ValidationError"),
            ({"AvailabilityZones": [], "Subnets": ["subnet-0"]}, "SubnetNotFound"),
            ({"SecurityGroups": ["sg-0"]}, "InvalidSecurityGroup"),
            ({"Scheme": "public"}, "InvalidScheme"),
            ({"Tags": [{"Key": "a"}, {"Key": "a"}]}, "DuplicateTagKeys"),
            ({"Tags": [{"Key": str(number)} for number in range(11)]}, "TooManyTags"),
            ({"Listeners": [{**HTTP, "Protocol": "UDP"}]}, "UnsupportedProtocol"),
            ({"Listeners": [{**HTTP, "InstanceProtocol": "TCP"}]}, "InvalidConfigurationRequest"),
            ({"Listeners": [{**HTTP, "LoadBalancerPort": 65536}]}, "ValidationError"),
            ({"Listeners": [HTTP, {**HTTP, "InstancePort": 81}]}, "DuplicateListener"),
            ({"Listeners": [{**HTTP, "Protocol": "HTTPS", "SSLCertificateId": "arn:x"}]}, "CertificateNotFound"),
        ],
    )
    def test_what_is_refused_leaves_nothing_behind(self, cloud: Cloud, parameters: dict[str, Any], code: str) -> None:
        elb = cloud.client("elb")
        asked = {"LoadBalancerName": "shop", "Listeners": [HTTP], "AvailabilityZones": ZONES} | parameters
        assert refused_code(elb.create_load_balancer, **asked) == code
        assert cloud.resources() == []

    def test_an_account_has_20_in_a_region(self, cloud: Cloud) -> None:
        elb = cloud.client("elb")
        asked = {"Listeners": [HTTP], "AvailabilityZones": ["us-east-1a"]}
        for number in range(20):
            elb.create_load_balancer(LoadBalancerName=f"shop-{number}", **asked)
        assert refused_code(elb.create_load_balancer, LoadBalancerName="shop", **asked) == "TooManyLoadBalancers"
        pages = elb.get_paginator("describe_load_balancers").paginate(PaginationConfig={"PageSize": 15})
        assert [len(page["LoadBalancerDescriptions"]) for page in pages] == [15, 5]

    def test_an_internal_one_is_named_so_and_out_of_reach(self, cloud: Cloud) -> None:
        shop = Shop(cloud, Scheme="internal")
        shop.run("us-east-1a")
        shop.wait()
        assert shop.name.startswith("internal-shop-")
        with pytest.raises(urllib.error.URLError, match="timed out"):
            shop.get()

    def test_it_is_none_of_version_2_and_deleting_it_leaves_its_instances(self, shop: Shop) -> None:
        (first,) = shop.run("us-east-1a")
        assert shop.cloud.client("elbv2").describe_load_balancers()["LoadBalancers"] == []
        shop.elb.delete_load_balancer(LoadBalancerName="shop")
        asked = {"LoadBalancerName": "shop"}
        assert refused_code(shop.elb.describe_instance_health, **asked) == "LoadBalancerNotFound"
        reservation = shop.ec2.describe_instances(InstanceIds=[first])["Reservations"][0]
        assert reservation["Instances"][0]["State"]["Name"] == "running"
        with pytest.raises(urllib.error.URLError):
            shop.get()
        shop.cloud.clock.run_until_idle()

    @pytest.mark.parametrize(
        ("attributes", "code"),
        [
            ({"ConnectionDraining": {"Enabled": True, "Timeout": 3601}}, "InvalidConfigurationRequest"),
            ({"ConnectionSettings": {"IdleTimeout": 3601}}, "ValidationError"),
            ({"AdditionalAttributes": [{"Key": "mode", "Value": "strictest"}]}, "LoadBalancerAttributeNotFound"),
        ],
    )
    def test_attributes_have_limits(self, shop: Shop, attributes: dict[str, Any], code: str) -> None:
        asked = {"LoadBalancerName": "shop", "LoadBalancerAttributes": attributes}
        assert refused_code(shop.elb.modify_load_balancer_attributes, **asked) == code

    def test_no_additional_attribute_changes_none(self, shop: Shop) -> None:
        before = shop.elb.describe_load_balancer_attributes(LoadBalancerName="shop")["LoadBalancerAttributes"]
        shop.modify(AdditionalAttributes=[])
        after = shop.elb.describe_load_balancer_attributes(LoadBalancerName="shop")["LoadBalancerAttributes"]
        assert after == before
        shop.modify(CrossZoneLoadBalancing={"Enabled": True})

    def test_draining_takes_300_seconds_unless_told_otherwise(self, shop: Shop) -> None:
        """https://docs.aws.amazon.com/elasticloadbalancing/latest/classic/config-conn-drain.html"""
        shop.modify(ConnectionDraining={"Enabled": True})
        found = shop.elb.describe_load_balancer_attributes(LoadBalancerName="shop")["LoadBalancerAttributes"]
        assert found["ConnectionDraining"] == {"Enabled": True, "Timeout": 300}

    def test_a_balancer_has_ten_tags_at_most(self, shop: Shop) -> None:
        """https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_AddTags.html"""
        tags = [{"Key": str(number), "Value": ""} for number in range(11)]
        shop.elb.add_tags(LoadBalancerNames=["shop"], Tags=tags[:10])
        assert refused_code(shop.elb.add_tags, LoadBalancerNames=["shop"], Tags=tags[10:]) == "TooManyTags"
        assert shop.elb.describe_tags(LoadBalancerNames=["shop"])["TagDescriptions"][0]["Tags"] == tags[:10]

    def test_an_account_and_a_region_do_not_see_those_of_others(self, shop: Shop) -> None:
        elsewhere = shop.cloud.client("elb", region_name="eu-south-1")
        assert elsewhere.describe_load_balancers()["LoadBalancerDescriptions"] == []
        tags = [{"Key": "team", "Value": "shop"}]
        shop.elb.add_tags(LoadBalancerNames=["shop"], Tags=tags)
        assert refused_code(elsewhere.describe_tags, LoadBalancerNames=["shop"]) == "LoadBalancerNotFound"
        more = [{"Key": str(number)} for number in range(10)]
        assert refused_code(shop.elb.add_tags, LoadBalancerNames=["shop"], Tags=more) == "TooManyTags"
        shop.elb.remove_tags(LoadBalancerNames=["shop"], Tags=[{"Key": "team"}])
        assert shop.elb.describe_tags(LoadBalancerNames=["shop"])["TagDescriptions"][0]["Tags"] == []

    def test_what_is_left_out_says_so(self, shop: Shop) -> None:
        ssl = {"Protocol": "SSL", "LoadBalancerPort": 443, "InstancePort": 443}
        with pytest.raises(NotModelled, match="SSL"):
            shop.elb.create_load_balancer_listeners(LoadBalancerName="shop", Listeners=[ssl])
        with pytest.raises(NotModelled, match="AccessLog"):
            shop.modify(AccessLog={"Enabled": True, "S3BucketName": "logs"})
        with pytest.raises(NotModelled, match="describe_load_balancer_policies"):
            shop.elb.describe_load_balancer_policies()
