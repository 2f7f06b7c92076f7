"""What deciding among many rules of a listener costs, as ratios to one rule and to a trivial boto3 call."""

from __future__ import annotations

from bench.ratios import constant, ratio
from eslabon import Cloud
from eslabon.elbv2.application.messages import Request
from eslabon.elbv2.resources import Rule
from eslabon.elbv2.rules.decision import Decision, compile_rules

RULES = 100
REACH = {"as one among 1": 2.0, "as a trivial call": 0.2}


def decision(count: int) -> Decision:
    """So many rules, each for a path of its own."""
    default = Rule("default", None, [], [])
    paths = [[{"Field": "path-pattern", "Values": [f"/service-{number}/*"]}] for number in range(count)]
    return compile_rules(default, [Rule(str(number), number + 1, path, []) for number, path in enumerate(paths)])


def deciding_ratios() -> dict[str, float]:
    """Deciding among RULES rules; the last one holds."""
    many, one = decision(RULES), decision(1)
    last = Request("GET", f"/service-{RULES - 1}/orders", (("Host", "shop.example.com"),))
    first = Request("GET", "/service-0/orders", (("Host", "shop.example.com"),))
    trivial = constant(Cloud().client("elbv2"), "DescribeAccountLimits", {"Limits": []})
    return {
        "as one among 1": ratio(lambda: many.decide(last), lambda: one.decide(first)),
        "as a trivial call": ratio(lambda: many.decide(last), trivial.describe_account_limits),
    }


def main() -> None:
    """Measure and print."""
    print(f"\nA listener's decision among {RULES} rules")
    for name, value in deciding_ratios().items():
        print(f"{name:<26}{value:>9.2g}{'':>9}{REACH[name]:>9}")


if __name__ == "__main__":
    main()
