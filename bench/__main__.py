"""`make bench`: one table, one run; every figure is a ratio to what stands beside it."""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
import sys
from pathlib import Path

from bench import balancers, calls, deciding, event_index, workflows

REACH = {"list_event_buses": 1.6, "put_events, 1000 rules": 5.0}
INDEX_REACH = {10_000: 8.0}
WORKFLOW_REACH = {"11 states, start to end": 6.0, "one transition": 0.15, "inline Map of 1,000 Pass": 250.0}


def moto() -> dict[str, float]:
    """moto's figures, when it is installed."""
    if importlib.util.find_spec("moto") is None:
        return {}
    ran = subprocess.run([sys.executable, "-m", "bench.moto_calls"], capture_output=True, text=True, check=True)
    return dict(json.loads(ran.stdout))


def node_peer() -> float | None:
    """Seconds of one transition in aws-local-stepfunctions, when `make bench` has installed it and Node is there."""
    peers = Path(__file__).parent / "peers"
    if shutil.which("node") is None or not (peers / "node_modules").exists():
        return None
    ran = subprocess.run(["node", "transitions.mjs"], cwd=peers, capture_output=True, text=True, check=True)
    return float(json.loads(ran.stdout)["transition"])


def main() -> None:
    """Measure and print."""
    print("A boto3 call, as a multiple of the same call answered by a constant")
    print(f"{'':<26}{'eslabon':>9}{'moto':>9}{'reach':>9}")
    peers = moto()
    for name, value in calls.eslabon_ratios().items():
        peer = f"{peers[name]:.2f}" if name in peers else "-"
        print(f"{name:<26}{value:>9.2f}{peer:>9}{REACH.get(name, ''):>9}")
    print("\nMatching one event of 1 KB against so many rules, as a multiple of json.loads of that event")
    for count, value in event_index.ratios().items():
        print(f"{count:>8,} rules{'':<12}{value:>9.2f}{'':>9}{INDEX_REACH.get(count, ''):>9}")
    print("\nRunning a state machine, as a multiple of one StartExecution answered by a constant")
    for name, value in workflows.workflow_ratios().items():
        print(f"{name:<26}{value:>9.3g}{'':>9}{WORKFLOW_REACH[name]:>9}")
    peer = node_peer()
    if peer is not None:
        print(f"One transition, as a multiple of aws-local-stepfunctions' in Node: {workflows.transition() / peer:.1f}")
    print("\nAn item of a distributed Map with Express children, as a multiple of one of a thousand")
    print(f"{'':<26}{'time':>9}{'memory':>9}")
    items = workflows.distributed()
    time_first, memory_first = next(iter(items.values()))
    for count, (seconds, memory) in items.items():
        print(f"{count:>8,} items{'':<12}{seconds / time_first:>9.2f}{memory / memory_first:>9.2f}")
    deciding.main()
    balancers.main()


if __name__ == "__main__":
    main()
