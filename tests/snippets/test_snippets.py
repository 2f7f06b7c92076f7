"""The contract of a snippet: what a reader copies runs as it stands, here as on AWS, and leaves nothing behind."""

from __future__ import annotations

import ast
import io
import re
import sys
import tokenize
from pathlib import Path

import pytest

from eslabon.runner import run_source

ROOT = Path(__file__).resolve().parents[2]
SNIPPETS = sorted((ROOT / "snippets").rglob("*.py"))
MARKER = re.compile(r"# --8<-- \[(?P<edge>start|end):(?P<name>[a-z0-9-]+)\]")
ANNOTATION = re.compile(r"# \(\d+\)")
ALLOWED = {"boto3", "botocore"} | sys.stdlib_module_names
# A snippet has one thread of events to follow; and what it prints must not depend on chance.
FORBIDDEN = {
    "asyncio",
    "concurrent",
    "multiprocessing",
    "random",
    "secrets",
    "socket",
    "subprocess",
    "threading",
    "uuid",
}
MAKERS = ("add_", "create_", "put_")
MAKES_NOTHING = {"put_events"}
LINES = 55
# A function brings a package, a role and a permission; a bus as target brings a role; a load balancer brings subnets,
# a security group, targets, and waits for each of them. Instances bring an image and a script as well, and a
# function that is a target what any function brings.
LINES_WITH = {"create_role": 90, "create_load_balancer": 90, "run_instances": 105, "register_targets": 105}

pytestmark = pytest.mark.parametrize("path", SNIPPETS, ids=lambda path: path.relative_to(ROOT / "snippets").as_posix())


def imported(source: str) -> set[str]:
    """The first names of all modules that the source imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found.update(name.name.partition(".")[0] for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or ".").partition(".")[0])
    return found


def comments(source: str) -> list[str]:
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return [token.string for token in tokens if token.type == tokenize.COMMENT]


def makes_resources(source: str) -> bool:
    calls = {node.attr for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Attribute)}
    return any(name.startswith(MAKERS) for name in calls - MAKES_NOTHING)


def test_a_snippet_imports_only_boto3_and_the_standard_library(path: Path) -> None:
    names = imported(path.read_text("utf-8"))
    assert names <= ALLOWED - FORBIDDEN, f"{path.name} imports {', '.join(sorted(names - (ALLOWED - FORBIDDEN)))}"


def test_a_snippet_has_no_prose_only_section_markers_and_annotation_marks(path: Path) -> None:
    found = comments(path.read_text("utf-8"))
    prose = [comment for comment in found if not MARKER.fullmatch(comment) and not ANNOTATION.fullmatch(comment)]
    assert prose == [], f"{path.name}: explanations belong to the pages, in both languages"


def test_the_sections_of_a_snippet_open_and_close_in_turn(path: Path) -> None:
    marks = [found for line in path.read_text("utf-8").splitlines() if (found := MARKER.search(line))]
    assert marks, f"{path.name} has no section"
    names = []
    for start, end in zip(marks[::2], marks[1::2], strict=True):
        paired = (start["edge"], end["edge"]) == ("start", "end") and start["name"] == end["name"]
        assert paired, f"{path.name}: {start[0]} is followed by {end[0]}"
        names.append(start["name"])
    assert len(set(names)) == len(names), f"{path.name} has two sections of one name"


def test_a_snippet_that_makes_something_ends_by_cleaning_up(path: Path) -> None:
    source = path.read_text("utf-8")
    if makes_resources(source):
        last = source.rstrip().splitlines()[-1]
        assert last == "# --8<-- [end:clean-up]", f"{path.name} does not end with its section clean-up"


def test_a_snippet_fits_the_page(path: Path) -> None:
    lines = path.read_text("utf-8").splitlines()
    wide = [number for number, line in enumerate(lines, 1) if len(line) > 79]
    assert wide == [], f"{path.name}: lines wider than 79 columns"
    limit = max([LINES, *(limit for name, limit in LINES_WITH.items() if name in "".join(lines))])
    assert len(lines) <= limit, f"{path.name} has {len(lines)} lines, more than {limit}: one idea a file"


def test_a_snippet_prints_its_recorded_output_and_leaves_the_cloud_empty(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cloud = run_source(path.read_text("utf-8"), str(path))
    printed = capsys.readouterr().out
    assert printed == path.with_suffix(".out").read_text("utf-8")
    assert cloud.resources() == [], f"{path.name} leaves something behind"
    assert "arn:aws" not in printed and "2026-" not in printed, f"{path.name} prints what would differ on AWS"
