"""How long a bus takes to find the rules that match one event, against parsing that event; no absolute times.

    python bench/event_index.py

Every rule wants the same source and one thing more, so that the source tells no two of them apart: 70 % an exact value,
10 % a prefix, 5 % each a suffix, a numeric range, anything-but, a wildcard. The event is 1 KB and matches ten rules,
or the one there is.
"""

from __future__ import annotations

import json
import timeit
from collections.abc import Callable
from typing import Any

from eslabon.events.index import PatternIndex
from eslabon.events.pattern import compile_pattern

HIT = 10
SHARES = {"exact": 0.70, "prefix": 0.10, "suffix": 0.05, "numeric": 0.05, "anything-but": 0.05, "wildcard": 0.05}
HITS = {"exact": 5, "prefix": 1, "suffix": 1, "numeric": 1, "anything-but": 1, "wildcard": 1}

EVENT: dict[str, Any] = {
    "version": "0",
    "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
    "detail-type": "OrderPlaced",
    "source": "com.example.shop",
    "account": "123456789012",
    "time": "2026-01-01T00:00:00Z",
    "region": "us-east-1",
    "resources": ["arn:aws:dynamodb:us-east-1:123456789012:table/orders"],
    "detail": {
        "order": "order-00000", "customer": "customer-0", "state": "PAID", "currency": "EUR", "total": 249.95,
        "weight": 0, "express": True, "coupon": None, "warehouse": "warehouse-0-north", "document": "0.invoice.pdf",
        "address": {"street": "Alcalá 1", "city": "Madrid", "postcode": "28014", "country": "ES"},
        "items": [
            {"sku": "sku-1001", "name": "Teclado mecánico", "quantity": 1, "price": 89.95},
            {"sku": "sku-1002", "name": "Ratón inalámbrico", "quantity": 2, "price": 30.0},
            {"sku": "sku-1003", "name": "Monitor de 24 pulgadas", "quantity": 1, "price": 100.0},
        ],
        "path": "shop/0/orders/2026/01/01/order-00000.json", "channel": "web",
        "note": "Entregar por la tarde, después de las cinco; llamar antes al timbre B.",
    },
}


def condition(kind: str, number: int, hit: bool) -> dict[str, list[Any]]:
    """What rule `number` of a kind wants of `detail`; a rule that must not hit wants a value of its own."""
    own = 0 if hit else number + 1
    details: dict[str, dict[str, list[Any]]] = {
        "exact": {"order": [f"order-{own:05}"]},
        "prefix": {"warehouse": [{"prefix": f"warehouse-{own}-"}]},
        "suffix": {"document": [{"suffix": f"{own}.invoice.pdf" if hit else f"-{own}.pdf"}]},
        "numeric": {"weight": [{"numeric": [">=", own, "<", own + 3]}]},
        "anything-but": {"state": [{"anything-but": [f"state-{own}"] if hit else ["PAID", f"state-{own}"]}]},
        "wildcard": {"path": [{"wildcard": f"shop/{own}/*.json"}]},
    }
    return details[kind]


def rules(count: int) -> list[str]:
    """The patterns of `count` rules, of which ten (or the only one) match EVENT."""
    patterns = []
    for kind, share in SHARES.items():
        for number in range(round(count * share)):
            detail = condition(kind, number, hit=number < HITS[kind])
            patterns.append(json.dumps({"source": ["com.example.shop"], "detail": detail}))
    return patterns


def index_of(patterns: list[str]) -> PatternIndex[int]:
    """An index of patterns, each under its number."""
    index: PatternIndex[int] = PatternIndex()
    for number, pattern in enumerate(patterns):
        index.add(number, compile_pattern(pattern))
    return index


def ratios(counts: tuple[int, ...] = (1, 100, 10_000), rounds: int = 7) -> dict[int, float]:
    """Rules -> time to match EVENT against them, as a multiple of json.loads of EVENT; the two are timed in turn."""
    text = json.dumps(EVENT, ensure_ascii=False)
    indexes = {count: index_of(rules(count)) for count in counts}
    for count, index in indexes.items():
        assert len(index.matching(EVENT)) == min(count, HIT)
    functions: dict[int, Callable[[], Any]] = {
        count: lambda index=index: index.matching(EVENT) for count, index in indexes.items()
    }
    best = dict.fromkeys(counts, float("inf"))
    parse = float("inf")
    for _ in range(rounds):
        parse = min(parse, timeit.timeit(lambda: json.loads(text), number=2000))
        for count, function in functions.items():
            best[count] = min(best[count], timeit.timeit(function, number=2000))
    return {count: time / parse for count, time in best.items()}


def main() -> None:
    """Print the table."""
    print(f"one event of {len(json.dumps(EVENT, ensure_ascii=False).encode())} bytes, json.loads = 1.0")
    print(f"{'rules':>8}  {'matching':>8}")
    for count, ratio in ratios().items():
        print(f"{count:>8,}  {ratio:>8.1f}")


if __name__ == "__main__":
    main()
