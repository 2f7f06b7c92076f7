"""`python -m eslabon run FILE` runs a program as `python FILE` does."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest


def run(program: Path, source: str | bytes, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Write a program and run it in a process of its own."""
    program.write_bytes(source if isinstance(source, bytes) else source.encode())
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONIOENCODING": "utf-8"}
    command = [sys.executable, "-m", "eslabon", "run", str(program), *arguments]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", env=environment)


@pytest.fixture
def program(tmp_path: Path) -> Path:
    return tmp_path / "program.py"


def test_the_program_finds_its_own_arguments(program: Path) -> None:
    ran = run(program, "import sys; print(sys.argv[1:], __name__, sys.argv[0] == __file__)", "--queue", "orders")
    assert ran.stdout == "['--queue', 'orders'] __main__ True\n"


def test_the_program_imports_what_lies_beside_it(program: Path) -> None:
    (program.parent / "prices.py").write_text("def price():\n    return 1 / 0\n")
    ran = run(program, "import prices\nprices.price()\n")
    assert "line 2, in <module>" in ran.stderr
    assert 'prices.py", line 2, in price' in ran.stderr


def test_the_program_is_the_main_module(program: Path) -> None:
    ran = run(program, "import pickle\nclass Order: pass\nprint(type(pickle.loads(pickle.dumps(Order()))).__name__)")
    assert ran.stdout == "Order\n"


def test_a_program_may_declare_another_encoding(program: Path) -> None:
    assert run(program, b'# -*- coding: latin-1 -*-\nprint("a\xf1o")\n').stdout == "año\n"


def test_a_file_that_is_no_text_is_said_to_be_none(program: Path) -> None:
    ran = run(program, b'print("a\xf1o")\n')
    assert (ran.returncode, "is not Python source text" in ran.stderr) == (2, True)


def test_a_syntax_error_shows_its_place_and_nothing_else(program: Path) -> None:
    ran = run(program, "x = 1\nprint(x\n")
    assert ran.returncode == 1
    assert ran.stderr.splitlines()[0] == f'  File "{program}", line 2'
    assert ran.stderr.splitlines()[-1].startswith("SyntaxError: ")


def test_an_error_of_a_service_shows_the_program_s_own_lines_alone(program: Path) -> None:
    source = 'import boto3\n\ndef find():\n    boto3.client("sqs").get_queue_url(QueueName="orders")\n\nfind()\n'
    ran = run(program, source)
    frames = [line for line in ran.stderr.splitlines() if line.startswith("  File")]
    assert frames == [f'  File "{program}", line 6, in <module>', f'  File "{program}", line 4, in find']


@pytest.mark.parametrize(
    ("statement", "status"), [("sys.exit(3)", 3), ("sys.exit()", 0), ("raise KeyboardInterrupt", 130)]
)
def test_the_exit_status_is_the_program_s(program: Path, statement: str, status: int) -> None:
    assert run(program, f"import sys; {statement}").returncode == status
