"""`make bench`: one table, one run; every figure is a ratio to what stands beside it."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys

from bench import calls, event_index, workflows

REACH = {"list_event_buses": 1.6, "put_events, 1000 rules": 5.0}
INDEX_REACH = {10_000: 8.0}
WORKFLOW_REACH = {"11 states, start to end": 6.0, "one transition": 0.15, "inline Map of 1,000 Pass": 250.0}


def moto() -> dict[str, float]:
    """moto's figures, when it is installed."""
    if importlib.util.find_spec("moto") is None:
        return {}
    ran = subprocess.run([sys.executable, "-m", "bench.moto_calls"], capture_output=True, text=True, check=True)
    return dict(json.loads(ran.stdout))


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
    print("\nAn item of a distributed Map with Express children, as a multiple of one of a thousand")
    print(f"{'':<26}{'time':>9}{'memory':>9}")
    found = workflows.distributed()
    time_first, memory_first = next(iter(found.values()))
    for count, (seconds, memory) in found.items():
        print(f"{count:>8,} items{'':<12}{seconds / time_first:>9.2f}{memory / memory_first:>9.2f}")


if __name__ == "__main__":
    main()
