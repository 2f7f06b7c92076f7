"""Attributes: every case of tests/cases/elbv2/attributes.json, and that no attribute of the API is forgotten."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from eslabon.boto import service_model
from eslabon.elbv2.attributes import BALANCERS, LISTENERS, Attribute, changed, defaults, of_group
from eslabon.errors import NotModelled, ServiceError

Case = dict[str, Any]
CASES: list[Case] = json.loads((Path(__file__).parents[1] / "cases/elbv2/attributes.json").read_text("utf-8"))
KINDS = {"balancer": "Load balancer", "listener": "Listener", "group": "Target group"}
TYPES = ("instance", "ip", "lambda", "alb")


def table(case: Case) -> Mapping[str, Attribute]:
    kind, of = case["kind"], case["of"]
    return of_group(*of) if kind == "group" else BALANCERS[of] if kind == "balancer" else LISTENERS[of]


def change(case: Case, value: str) -> dict[str, str]:
    return changed(KINDS[case["kind"]], table(case), [{"Key": case["key"], "Value": value}], "others")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_an_attribute_has_its_default_and_takes_its_values(case: Case) -> None:
    if case.get("absent"):
        with pytest.raises(ServiceError, match="^InvalidConfigurationRequest"):
            change(case, "true")
        assert case["key"] not in defaults(table(case))
        return
    assert defaults(table(case))[case["key"]] == case["default"]
    for value in case["takes"]:
        assert change(case, value) == {case["key"]: value}
    for value in case["refuses"]:
        with pytest.raises(ServiceError, match="^ValidationError"):
            change(case, value)


@pytest.mark.parametrize(
    ("shape", "tables"),
    [
        ("LoadBalancerAttribute", list(BALANCERS.values())),
        ("ListenerAttribute", list(LISTENERS.values())),
        (
            "TargetGroupAttribute",
            [of_group("lambda", None), *(of_group("instance", one) for one in ("HTTP", "TCP", "UDP", "GENEVE"))],
        ),
    ],
)
def test_every_attribute_that_the_api_describes_is_in_a_table(
    shape: str, tables: list[Mapping[str, Attribute]]
) -> None:
    text = service_model("elbv2").shape_for(shape).members["Key"].documentation
    described = set(re.findall(r"<li> ?<p> ?<code>([a-z0-9_]+(?:\.[a-z0-9_]+)+)</code>", text))
    assert len(described) > 15
    assert described == {key for one in tables for key in one}


@pytest.mark.parametrize(
    ("of", "key", "value"),
    [
        ("application", "waf.fail_open.enabled", "true"),
        ("application", "ipv6.deny_all_igw_traffic", "true"),
        ("network", "ipv6.deny_all_igw_traffic", "true"),
        ("network", "zonal_shift.config.enabled", "true"),
        ("application", "connection_logs.s3.enabled", "true"),
        ("network", "dns_record.client_routing_policy", "availability_zone_affinity"),
    ],
)
def test_a_value_without_its_effect_here_is_not_modelled(of: str, key: str, value: str) -> None:
    with pytest.raises(NotModelled, match=re.escape(key)):
        changed("Load balancer", BALANCERS[of], [{"Key": key, "Value": value}], "others")
