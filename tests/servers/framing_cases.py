"""The cases of tests/cases/elbv2/framing.json: raw requests, and whether they may pass."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

Case = dict[str, Any]

_FILE = Path(__file__).parents[1] / "cases" / "elbv2" / "framing.json"
CASES: list[Case] = json.loads(_FILE.read_text("utf-8"))
REFUSED = [case for case in CASES if case["status"]]
ACCEPTED = [case for case in CASES if not case["status"]]


def raw(case: Case) -> bytes:
    """The bytes of a case; LONG in it stands for as many letters as it says."""
    return str(case["request"]).replace("LONG", "a" * case.get("long", 0)).encode("latin-1")
