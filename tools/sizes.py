"""Reports lines of code by part, without blanks, comments and docstrings, beside the design's; fails nothing."""

from __future__ import annotations

import ast
import io
import tokenize
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# The services that the site teaches, and the lines that the design allots; Step Functions are within the first sum.
TAUGHT = ("events", "pipes", "scheduler", "stepfunctions", "elbv2", "elb", "mq")
NO_CODE = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
ALLOTTED = {
    "shared parts and taught services": 10_000,
    "of which stepfunctions": 3_000,
    "support": 3_000,
    "servers": 3_500,
}


def code_lines(text: str) -> int:
    r"""Count the lines of Python that do something.

    >>> code_lines('"Says what it is."\n\n# why\nx = 1\n')
    1
    >>> code_lines("")
    0
    >>> code_lines("def f():\n    'Doc.'\n    return (1,\n            2)\n")
    3
    """
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in NO_CODE:
            lines.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(text)):
        body = getattr(node, "body", None)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and body:
            first = body[0]
            if ast.get_docstring(node, clean=False) is not None:
                lines -= set(range(first.lineno, (first.end_lineno or first.lineno) + 1))
    return len(lines)


def part_of(path: Path) -> str:
    """Return the part of src/eslabon that a file below it belongs to.

    >>> part_of(Path("events/pattern.py")), part_of(Path("clock.py"))
    ('events', 'shared')
    """
    return path.parts[0] if len(path.parts) > 1 else "shared"


def main() -> None:
    root = ROOT / "src/eslabon"
    modules = {path.relative_to(root): code_lines(path.read_text("utf-8")) for path in sorted(root.rglob("*.py"))}
    parts = Counter[str]()
    for path, count in modules.items():
        parts[part_of(path)] += count
    print(f"{'part of src/eslabon':<36}{'lines':>8}{'allotted':>10}")
    for part, count in sorted(parts.items()):
        print(f"  {part:<34}{count:>8}")
    sums = {
        "shared parts and taught services": parts["shared"] + sum(parts[name] for name in TAUGHT),
        "of which stepfunctions": parts["stepfunctions"],
        "support": parts["support"],
        "servers": parts["servers"],
    }
    for name, count in sums.items():
        note = "  over" if count > ALLOTTED[name] else ""
        print(f"{name:<36}{count:>8}{ALLOTTED[name]:>10}{note}")
    print("\nlargest modules")
    for path, count in sorted(modules.items(), key=lambda item: -item[1])[:10]:
        print(f"  {path.as_posix():<34}{count:>8}")
    print("\nelsewhere")
    for folder in ("tools", "docs/hooks", "docs/runner", "tests", "snippets", "labs", "bench"):
        count = sum(code_lines(path.read_text("utf-8")) for path in (ROOT / folder).rglob("*.py"))
        print(f"  {folder:<34}{count:>8}")


if __name__ == "__main__":
    main()
