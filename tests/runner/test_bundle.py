"""What docs/runner/build.py writes: small enough, with every licence, and botocore's data cut without loss."""

from __future__ import annotations

import gzip
import importlib.util
import io
import json
import re
import zipfile
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

PROJECT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def build() -> ModuleType:
    place = importlib.util.spec_from_file_location("runner_build", PROJECT / "docs" / "runner" / "build.py")
    assert place and place.loader
    module = importlib.util.module_from_spec(place)
    place.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def assets(runner: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((runner / "manifest.json").read_text("utf-8"))["assets"]
    return content


@pytest.fixture(scope="module")
def models(runner: Path, assets: dict[str, Any]) -> dict[str, str]:
    """botocore's files in the page, by path."""
    content: dict[str, str | None] = json.loads(gzip.decompress((runner / assets["data"]["file"]).read_bytes()))
    found = {path: text for path, text in content.items() if text is not None}
    for asset in assets["parts"].values():
        archive = archive_of(runner, asset)
        found.update(
            (name.removeprefix("data/"), archive[name].decode()) for name in archive if name.startswith("data/")
        )
    assert found.keys() == content.keys()
    return found


def archive_of(runner: Path, asset: dict[str, Any]) -> dict[str, bytes]:
    """What lies in one archive of the library."""
    with zipfile.ZipFile(io.BytesIO(gzip.decompress((runner / asset["file"]).read_bytes()))) as archive:
        return {entry: archive.read(entry) for entry in archive.namelist()}


def test_the_first_output_costs_seven_megabytes_at_most(assets: dict[str, Any]) -> None:
    later = {"python", "parts", "editor", "balancing"}
    assert sum(entry["wire"] for role, entry in assets.items() if role not in later) <= 7_000_000


def test_what_is_fetched_first_holds_no_service_that_few_programs_use(runner: Path, assets: dict[str, Any]) -> None:
    first = archive_of(runner, assets["core"])
    assert "eslabon/events/service.pyc" in first
    seldom = ("eslabon/stepfunctions/", "eslabon/support/lambda_", "jsonata/")
    assert not [name for name in first if name.startswith(seldom)]
    assert "eslabon/stepfunctions/service.pyc" in archive_of(runner, assets["parts"]["stepfunctions"])
    assert "jsonata/parser.pyc" in archive_of(runner, assets["parts"]["jsonata"])


def test_step_functions_with_its_jsonata_costs_350_kilobytes_at_most(assets: dict[str, Any]) -> None:
    assert sum(assets["parts"][name]["wire"] for name in ("stepfunctions", "jsonata")) <= 350_000


def test_only_programs_that_test_a_state_want_the_part_that_does(runner: Path, build: ModuleType) -> None:
    wanted = json.loads((runner / "manifest.json").read_text("utf-8"))["wanted"]
    testing = {name for name, (program, _) in build.snippets().items() if ".test_state(" in program}
    assert testing
    assert {name for name, parts in wanted.items() if "teststate" in parts} == testing


def test_no_doctest_is_shipped(runner: Path, assets: dict[str, Any]) -> None:
    for asset in (assets["core"], *assets["parts"].values()):
        archive = archive_of(runner, asset)
        assert not [name for name in archive if name.startswith("eslabon/") and b">>> " in archive[name]]


def test_before_the_click_a_page_fetches_little_of_the_runner(runner: Path) -> None:
    first = [(runner / name).read_bytes() for name in ("runner.js", "runner.css")]
    assert sum(len(gzip.compress(content)) for content in first) <= 20_000


def test_what_draws_load_balancers_is_no_part_of_the_runner_and_costs_12_kilobytes_at_most(
    runner: Path, assets: dict[str, Any]
) -> None:
    assert assets["balancing"]["wire"] <= 12_000
    title = b"Flows through load balancer"
    assert title in (runner / assets["balancing"]["file"]).read_bytes()
    assert title not in (runner / "runner.js").read_bytes()


def test_a_service_costs_sixty_kilobytes_at_most(build: ModuleType, models: dict[str, str]) -> None:
    for service in build.SERVICES:
        files = [text for path, text in models.items() if path.startswith(service + "/")]
        assert files
        assert len(gzip.compress("".join(files).encode())) <= 60_000, service


def test_every_package_that_is_shipped_has_its_licence_there(runner: Path, build: ModuleType) -> None:
    there = {path.stem for path in (runner / "licences").glob("*.txt")}
    assert set(build.SHIPPED) | {"pyodide", "python", "codemirror-view", "codemirror-state", "lezer-python"} <= there


def test_no_text_of_documentation_is_shipped_and_structures_of_that_name_are(build: ModuleType) -> None:
    model = {"documentation": "a text", "members": {"documentation": {"shape": "Text", "documentation": "a text"}}}
    assert build.undocumented(model) == {"members": {"documentation": {"shape": "Text"}}}


def test_an_operation_that_is_not_modelled_keeps_its_name_and_loses_its_shapes(build: ModuleType) -> None:
    def operation(name: str) -> dict[str, Any]:
        return {"name": name, "http": {"method": "POST"}, "input": {"shape": name + "Request"}}

    member = {"type": "structure", "members": {"Name": {"shape": "Name"}}}
    model = {
        "operations": {"PutRule": operation("PutRule"), "StartReplay": operation("StartReplay")},
        "shapes": {
            "PutRuleRequest": member,
            "StartReplayRequest": member,
            "Name": {"type": "string"},
            "Unused": {"type": "string"},
            "Refused": {"type": "structure", "exception": True, "members": {"why": {"shape": "Why"}}},
            "Why": {"type": "string"},
        },
    }
    cut = build.only_modelled(model, {"put_rule"})
    assert cut["operations"]["PutRule"] == model["operations"]["PutRule"]
    assert cut["operations"]["StartReplay"] == {"name": "StartReplay", "http": {"method": "POST"}}
    assert set(cut["shapes"]) == {"PutRuleRequest", "Name", "Refused", "Why"}


def test_every_operation_of_a_service_is_known_by_name_in_the_page(build: ModuleType, models: dict[str, str]) -> None:
    for service in build.SERVICES:
        version = sorted(path.name for path in (build.MODELS / service).iterdir())[-1]
        whole = build.read(build.MODELS / service / version / "service-2.json")
        there = json.loads(models[f"{service}/{version}/service-2.json"])
        assert there["operations"].keys() == whole["operations"].keys()


@pytest.mark.parametrize("table", ["messages.js", "balancing/messages.js"])
def test_the_runner_says_everything_in_both_languages_with_the_same_values(table: str) -> None:
    text = (PROJECT / "docs" / "runner" / "page" / table).read_text("utf-8")
    spanish, english = text.split("\n  en: {")
    said = [
        {
            name: sorted(re.findall(r"\{(\w+)\}", words))
            for name, words in re.findall(r'^    (\w+): "(.*)",$', half, re.M)
        }
        for half in (spanish, english)
    ]
    assert said[0]
    assert said[0] == said[1]
