"""The page's Python, under Node: every snippet prints what its transcript says; readers' mistakes are told well."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from source_text import companions

PROJECT = Path(__file__).parents[2]
SNIPPETS = sorted((PROJECT / "snippets").rglob("*.py"))
READS = "from pathlib import Path\nprint(repr(Path(__file__).with_name('web.sh').read_text()))"
# Programs of a reader who tries things out: file name, lab, source.
TRIED = {
    "chained": (None, "try:\n    {}['a']\nexcept KeyError:\n    1 / 0"),
    "library": (None, "import json\njson.loads('{')"),
    "exit": (None, "import sys\nprint('before')\nsys.exit('no more')"),
    "services": (None, "import boto3, json\nprint(json.dumps(boto3.Session().get_available_services()))"),
    "sts": (None, "import boto3\nprint(boto3.client('sts').get_caller_identity()['Account'])"),
    "module": (None, "import nothing_by_this_name"),
    "after the file": (None, READS),
    "cell 1": ("lab", "from eslabon import activate\nimport boto3\ncloud = activate().start()"),
    "cell 2": ("lab", "boto3.client('sqs').create_queue(QueueName='a')\nlen(cloud.resources())"),
    "after the lab": (None, "import boto3\nprint(boto3.client('sqs').list_queues().get('QueueUrls'))"),
    "cell 3": ("lab", "display(cloud.account)"),
}


@pytest.fixture(scope="module")
def told(runner: Path) -> dict[str, dict[str, Any]]:
    """What each program told, all run by one Python."""
    programs = [
        {"name": str(path), "filename": path.name, "source": path.read_text("utf-8"), "files": companions(path)}
        for path in SNIPPETS
    ] + [{"name": "file", "filename": "tried.py", "source": READS, "files": {"web.sh": "a\nß"}}]
    programs += [
        {"name": name, "filename": "tried.py", "source": source, "lab": lab} for name, (lab, source) in TRIED.items()
    ]
    node = shutil.which("node", path=str(Path(sys.executable).parent)) or shutil.which("node")
    assert node, "node is not installed: make puts it into .venv/bin"
    done = subprocess.run(
        [node, str(PROJECT / "tests" / "runner" / "in_node.mjs")],
        input=json.dumps({"runner": str(runner), "programs": programs}),
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return {line["name"]: line for line in lines if "name" in line} | {"stages": lines[-1]}


@pytest.mark.parametrize("path", SNIPPETS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_snippet_prints_its_transcript_in_the_pages_python(path: Path, told: dict[str, dict[str, Any]]) -> None:
    assert told[str(path)]["error"] == ""
    assert told[str(path)]["out"] == path.with_suffix(".out").read_text("utf-8")


@pytest.mark.parametrize("path", SNIPPETS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_snippet_fetches_no_part_of_the_library_that_the_build_has_not_foreseen(
    path: Path, told: dict[str, dict[str, Any]], runner: Path
) -> None:
    wanted = json.loads((runner / "manifest.json").read_text("utf-8"))["wanted"]
    name = path.relative_to(PROJECT / "snippets").with_suffix("").as_posix()
    assert set(told[str(path)]["fetched"]) <= set(wanted.get(name, []))


def test_only_a_python_without_a_snapshot_imports_what_all_programs_need(told: dict[str, dict[str, Any]]) -> None:
    assert told["stages"]["first"] == ["fetching", "starting", "importing"]
    assert told["stages"]["stages"] == ["fetching", "starting"]


def test_a_part_is_fetched_once_when_something_in_it_is_wanted(told: dict[str, dict[str, Any]]) -> None:
    fetched = [part for program in told.values() for part in program.get("fetched", [])]
    assert fetched.count("sts") == 1
    assert len(set(fetched)) == len(fetched)


def test_botocore_lists_every_service_whether_or_not_its_part_is_there(told: dict[str, dict[str, Any]]) -> None:
    assert told["services"]["fetched"] == []
    assert {"events", "sqs", "lambda", "sts"} <= set(json.loads(told["services"]["out"]))


def test_both_errors_of_a_chain_are_told(told: dict[str, dict[str, Any]]) -> None:
    error = told["chained"]["error"]
    assert "KeyError: 'a'" in error
    assert "During handling of the above exception" in error
    assert "ZeroDivisionError: division by zero" in error


def test_an_error_inside_a_library_is_told_at_the_readers_line(told: dict[str, dict[str, Any]]) -> None:
    error = told["library"]["error"]
    assert "json.loads('{')" in error
    assert "json/decoder.py" not in error
    assert "JSONDecodeError" in error


def test_sys_exit_ends_the_program_with_its_message(told: dict[str, dict[str, Any]]) -> None:
    assert told["exit"]["out"] == "before\nno more\n"
    assert told["exit"]["status"] == "error"


def test_a_module_that_does_not_exist_is_told_as_python_does(told: dict[str, dict[str, Any]]) -> None:
    assert "ModuleNotFoundError: No module named 'nothing_by_this_name'" in told["module"]["error"]


def test_a_program_finds_its_files_beside_itself_and_the_next_does_not(told: dict[str, dict[str, Any]]) -> None:
    assert told["file"]["out"] == repr("a\nß") + "\n"
    assert "FileNotFoundError" in told["after the file"]["error"]


def test_a_lab_that_activates_a_cloud_keeps_it_from_cell_to_cell(told: dict[str, dict[str, Any]]) -> None:
    assert told["cell 1"]["status"] == "ok"
    assert told["cell 2"]["out"] == "1\n"
    assert [entry["kind"] for entry in told["cell 2"]["picture"]] == ["resource", "call"]
    assert told["cell 3"]["out"] == "'123456789012'\n"


def test_a_snippet_beside_a_lab_has_a_cloud_of_its_own(told: dict[str, dict[str, Any]]) -> None:
    assert told["after the lab"]["out"] == "None\n"
