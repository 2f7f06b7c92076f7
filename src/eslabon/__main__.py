"""The command line: `python -m eslabon run FILE` runs a program as it stands, with no account and no network."""

from __future__ import annotations

import argparse
import sys
import traceback
from pathlib import Path

from eslabon.runner import run_source


def main(arguments: list[str] | None = None) -> int:
    """Run the command; the exit status comes back."""
    parser = argparse.ArgumentParser(prog="eslabon", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="run a boto3 program in a fresh cloud, in virtual time")
    run.add_argument("file", type=Path)
    chosen = parser.parse_args(arguments)
    try:
        source = chosen.file.read_text("utf-8")
    except OSError as error:
        print(f"eslabon: {chosen.file} cannot be read: {error.strerror}", file=sys.stderr)
        return 2
    try:
        run_source(source, str(chosen.file))
    except SystemExit:
        raise
    except BaseException as error:
        own = error.__traceback__
        while own is not None and own.tb_frame.f_code.co_filename != str(chosen.file):
            own = own.tb_next  # the reader's own frames, not those that led to them
        traceback.print_exception(error.with_traceback(own or error.__traceback__))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
