"""The command line: `python -m eslabon run FILE` runs a program as it stands, with no account and no network.

`python -m eslabon serve FILE` lets the load balancers that it made listen on 127.0.0.1 afterwards, until Ctrl+C.
"""

from __future__ import annotations

import argparse
import signal
import sys
import threading
import tokenize
import types
from pathlib import Path

from eslabon.cloud import Cloud
from eslabon.neighbours import watch_imports
from eslabon.readertime import prepare
from eslabon.runner import readers_traceback, run_source

INTERRUPTED = 130  # the exit status of a program that Ctrl+C ends: 128 and the signal's number


def main(arguments: list[str] | None = None) -> int:
    """Run the command; the exit status comes back.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     program = Path(folder, "program.py")
    ...     _ = program.write_text("import sys, time; print(time.strftime('%Y', time.gmtime()), sys.argv[1])")
    ...     main(["run", str(program), "orders"])
    2026 orders
    0
    >>> main(["run", "nowhere.py"])  # says on the error output that it cannot be read
    2
    """
    parser = argparse.ArgumentParser(prog="eslabon", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="run a boto3 program in a fresh cloud, in virtual time")
    run.add_argument("file", type=Path)
    run.add_argument("arguments", nargs=argparse.REMAINDER, help="what the program finds in sys.argv")
    serve = commands.add_parser("serve", help="run one, and then let its load balancers listen on 127.0.0.1")
    serve.add_argument("file", type=Path)
    serve.add_argument("arguments", nargs=argparse.REMAINDER, help="what the program finds in sys.argv")
    chosen = parser.parse_args(arguments)
    cloud = Cloud()
    status = _run_file(chosen.file, chosen.arguments, cloud)
    if status == 0 and chosen.command == "serve":
        _serve(cloud)
    return status


def _serve(cloud: Cloud) -> None:
    """Serve until Ctrl+C or SIGTERM; the addresses are printed."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # kill, and what stops containers, end it as gently
    with cloud.serve() as server:
        try:  # whoever reads the address may end it at once
            for (name, port), (host, at) in server.addresses().items():
                print(f"{name}:{port} listens at {host}:{at}", flush=True)
            threading.Event().wait()
        except KeyboardInterrupt:
            print("Ending: open connections have 5 seconds", file=sys.stderr)


def _run_file(file: Path, arguments: list[str], cloud: Cloud) -> int:
    """Run a file as `python FILE ARGUMENTS…` would; the exit status comes back, SystemExit passes through."""
    try:
        with tokenize.open(file) as opened:  # in the encoding that the file declares
            source = opened.read()
    except OSError as error:
        print(f"eslabon: {file} cannot be read: {error.strerror}", file=sys.stderr)
        return 2
    except (SyntaxError, UnicodeDecodeError) as error:
        print(f"eslabon: {file} is not Python source text: {error}", file=sys.stderr)
        return 2
    module = types.ModuleType("__main__")
    prepare(vars(module))
    before = (sys.argv, sys.path[:], sys.modules["__main__"])
    sys.argv = [str(file), *arguments]
    sys.path.insert(0, str(file.resolve().parent))  # where its own modules lie
    sys.modules["__main__"] = module
    stop_watching = watch_imports(file.resolve().parent)
    try:
        run_source(source, str(file), cloud, vars(module))
    except SystemExit:
        raise
    except BaseException as error:  # whatever the program raises is shown
        own = {str(file), *_modules_beside(file)}
        print(readers_traceback(error, own), end="", file=sys.stderr)
        return INTERRUPTED if isinstance(error, KeyboardInterrupt) else 1
    finally:
        stop_watching()
        sys.argv, sys.path[:], sys.modules["__main__"] = before
    return 0


def _modules_beside(file: Path) -> set[str]:
    """The files of imported modules that lie in the program's folder: the reader's own as well."""
    folder = file.resolve().parent
    files = (getattr(module, "__file__", None) for module in list(sys.modules.values()))
    return {name for name in files if name and Path(name).parent == folder}


if __name__ == "__main__":
    sys.exit(main())
