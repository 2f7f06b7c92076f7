"""An execution environment: where a function's modules live from its cold start on, and what its code sees.

The code sees its own environment variables, modules, logging and standard output; memory is not measured, and code that
computes for ever without waiting is not stopped.
"""

from __future__ import annotations

import importlib
import io
import json
import linecache
import logging
import os
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from types import ModuleType, TracebackType
from typing import TYPE_CHECKING, Any

from eslabon.clock import Clock
from eslabon.errors import NotModelled
from eslabon.support.lambda_.code import ROOT, PackageImporter

if TYPE_CHECKING:
    from eslabon.support.lambda_.functions import Configuration

# What a process needs of the machine that it runs on; nothing else of the reader's own environment is visible.
MACHINE_VARIABLES = ("PATH", "HOME", "LANG", "TMPDIR", "PYTHONPATH", "AWS_DATA_PATH")


RESPONSE_BYTES = 6_291_556


class FunctionError(Exception):
    """The function's code did not give a result: what Lambda answers, and whether the process is gone with it."""

    def __init__(self, error_type: str, message: str, trace: Sequence[str] = (), *, process_ends: bool = False):
        super().__init__(message)
        self.error_type = error_type
        self.message = message
        self.trace = list(trace)
        self.process_ends = process_ends


class TimedOut(BaseException):
    """Thrown into the function's code where it would wait beyond its time-out; not to be caught there."""


class Output(io.TextIOBase):
    """What the function's code writes, line by line, each with its time in milliseconds since 1970."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.lines: list[tuple[int, str]] = []
        self._unfinished = ""

    def event(self, text: str) -> None:
        """Write one log event, however many lines it has; what UTF-8 cannot hold becomes a question mark."""
        self.lines.append((int(self.clock.now * 1000), text.encode(errors="replace").decode()))

    def write(self, text: str) -> int:
        """Take what print() writes: each whole line is a log event. Raises UnicodeEncodeError, as standard output."""
        text.encode()
        *whole, self._unfinished = (self._unfinished + text).split("\n")
        for line in whole:
            self.event(f"{line}\n")
        return len(text)

    def finish(self) -> None:
        """Write the line that print(…, end="") left unfinished."""
        if self._unfinished:
            self.event(self._unfinished)
            self._unfinished = ""


class LogHandler(logging.Handler):
    """What Lambda's Python runtime puts on the root logger: [LEVEL], time, request id and message, with tabs."""

    def __init__(self, environment: Environment) -> None:
        super().__init__()
        self.environment = environment

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record as one log event."""
        output, request_id = self.environment.output, self.environment.request_id
        assert output is not None
        moment = iso(output.clock.now)
        output.event(f"[{record.levelname}]\t{moment}\t{request_id}\t{self.format(record)}\n")


@dataclass
class Environment:
    """One process of a function: made at a cold start, used for one invocation at a time."""

    configuration: Configuration
    variables: dict[str, str]
    log_stream: str
    free_at: float = 0.0
    function: Callable[[Any, Any], Any] | None = None
    modules: dict[str, ModuleType] = field(default_factory=dict)
    log_level: int = logging.WARNING
    log_handlers: list[logging.Handler] = field(default_factory=list)
    directory: str | None = None
    import_path: list[str] | None = None
    output: Output | None = None
    request_id: str = ""

    def __post_init__(self) -> None:
        self.importer = PackageImporter(self.configuration.package)
        self.log_handlers = [LogHandler(self)]
        machine = {name: os.environ[name] for name in MACHINE_VARIABLES if name in os.environ}
        self.variables = {**machine, **self.variables}

    @contextmanager
    def entered(self, output: Output, request_id: str) -> Iterator[None]:
        """Let code run as in this process: afterwards all is as it was, and what the code changed is kept here."""
        self.output, self.request_id = output, request_id
        with ExitStack() as stack:
            stack.enter_context(self._own_modules())
            stack.enter_context(self._own_variables())
            stack.enter_context(self._own_places())
            stack.enter_context(self._own_logging())
            stack.enter_context(_replaced(sys, "stdin", io.StringIO()))
            stack.enter_context(_replaced(sys, "argv", [""]))
            stack.enter_context(redirect_stdout(output))
            stack.enter_context(redirect_stderr(output))
            try:
                yield
            finally:
                output.finish()

    def start(self) -> None:
        """Import the handler's module, inside `entered`. Raises FunctionError as Lambda's runtime would say it.

        https://docs.aws.amazon.com/lambda/latest/dg/python-handler.html
        """
        module_name, dot, function_name = self.configuration.handler.rpartition(".")
        if not dot:
            message = f"Bad handler '{self.configuration.handler}': not enough values to unpack (expected 2, got 1)"
            raise FunctionError("Runtime.MalformedHandlerName", message)
        try:
            module = importlib.import_module(module_name.replace("/", "."))
        except NotModelled:
            raise  # Not the function's fault: the reader must see it, not a log that nobody reads.
        except ImportError as error:
            message = f"Unable to import module '{module_name}': {error}"
            raise FunctionError("Runtime.ImportModuleError", message) from error
        except SyntaxError as error:
            message = f"Syntax error in module '{module_name}': {error}"
            where = f'  File "{error.filename}" Line {error.lineno}\n    {(error.text or "").strip()}\n'
            raise FunctionError("Runtime.UserCodeSyntaxError", message, [where]) from error
        except Exception as error:
            raise failed(error) from error
        except (KeyboardInterrupt, TimedOut):
            raise
        except BaseException as error:
            raise exited(error) from error
        if not hasattr(module, function_name):
            message = f"Handler '{function_name}' missing on module '{module_name}'"
            raise FunctionError("Runtime.HandlerNotFound", message)
        self.function = getattr(module, function_name)

    def handle(self, event: Any, context: Any, ensure_ascii: bool) -> str:
        """Call the handler, inside `entered`; its result comes back as JSON text. Raises FunctionError."""
        if self.function is None:
            self.start()
        assert self.function is not None
        try:
            result = self.function(event, context)
        except NotModelled:
            raise
        except Exception as error:
            raise failed(error) from error
        except (KeyboardInterrupt, TimedOut):
            raise
        except BaseException as error:
            raise exited(error) from error
        try:
            payload = json.dumps(result, ensure_ascii=ensure_ascii, default=number)
            size = len(payload.encode())
        except (TypeError, ValueError, RecursionError) as error:
            raise FunctionError("Runtime.MarshalError", f"Unable to marshal response: {error}") from error
        if size > RESPONSE_BYTES:
            message = f"Response payload size exceeded maximum allowed payload size ({RESPONSE_BYTES} bytes)."
            raise FunctionError("Function.ResponseSizeTooLarge", message)
        return payload

    def restart(self) -> None:
        """Forget, inside `entered`, what has been imported: the process begins again."""
        for name in [name for name in sys.modules if name.split(".")[0] in self.importer.module_names]:
            del sys.modules[name]

    @contextmanager
    def _own_modules(self) -> Iterator[None]:
        names = self.importer.module_names
        outside = {name: module for name, module in sys.modules.items() if name.split(".")[0] in names}
        for name in outside:
            del sys.modules[name]
        sys.modules.update(self.modules)
        sys.meta_path.insert(0, self.importer)
        try:
            yield
        finally:
            sys.meta_path.remove(self.importer)
            self.modules = {name: module for name, module in sys.modules.items() if name.split(".")[0] in names}
            for name in self.modules:
                del sys.modules[name]
            sys.modules.update(outside)
            # Another version of the code may have other lines under the same names.
            for filename in [filename for filename in linecache.cache if filename.startswith(ROOT)]:
                del linecache.cache[filename]

    @contextmanager
    def _own_variables(self) -> Iterator[None]:
        outside = dict(os.environ)
        os.environ.clear()
        os.environ.update(self.variables)
        try:
            yield
        finally:
            self.variables = dict(os.environ)
            os.environ.clear()
            os.environ.update(outside)

    @contextmanager
    def _own_places(self) -> Iterator[None]:
        """Its working directory, and the folders that its imports search."""
        outside = (working_directory(), sys.path[:])
        if self.directory is not None:
            os.chdir(self.directory)
        if self.import_path is not None:
            sys.path[:] = self.import_path
        try:
            yield
        finally:
            self.directory, self.import_path = working_directory(), sys.path[:]
            if outside[0] is not None:
                os.chdir(outside[0])
            sys.path[:] = outside[1]

    @contextmanager
    def _own_logging(self) -> Iterator[None]:
        root = logging.getLogger()
        outside = (root.level, root.handlers)
        root.setLevel(self.log_level)
        root.handlers = self.log_handlers
        try:
            yield
        finally:
            self.log_level, self.log_handlers = root.level, root.handlers
            root.setLevel(outside[0])
            root.handlers = outside[1]


def working_directory() -> str | None:
    """The working directory of this process; None when somebody has deleted it."""
    try:
        return os.getcwd()
    except FileNotFoundError:
        return None


@contextmanager
def _replaced(holder: object, name: str, value: object) -> Iterator[None]:
    outside = getattr(holder, name)
    setattr(holder, name, value)
    try:
        yield
    finally:
        setattr(holder, name, outside)


def number(value: object) -> float:
    """Write a Decimal as a number, as Lambda's runtime does; json refuses everything else. Raises TypeError."""
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


def failed(error: Exception) -> FunctionError:
    """What Lambda says of an exception that the function's code let pass."""
    return FunctionError(type(error).__name__, str(error), trace_of(error.__traceback__))


def exited(error: BaseException) -> FunctionError:
    """What Lambda says of a process that ended: by sys.exit, or by an error that no Python runtime catches.

    >>> exited(SystemExit(3)).message
    'Runtime exited with error: exit status 3'
    >>> exited(SystemExit()).message
    'Runtime exited without providing a reason'
    >>> exited(GeneratorExit()).message
    'Runtime exited with error: exit status 1'
    """
    code = error.code if isinstance(error, SystemExit) else 1
    status = code if isinstance(code, int) else int(code is not None)
    how = f"exited with error: exit status {status}" if status else "exited without providing a reason"
    return FunctionError("Runtime.ExitError", f"Runtime {how}", process_ends=True)


def trace_of(trace: TracebackType | None) -> list[str]:
    """The stack trace as Lambda shows it, the function's own files only: what lies below is not AWS's code here."""
    frames = traceback.extract_tb(trace)
    return [
        f'  File "{frame.filename}", line {frame.lineno}, in {frame.name}\n    {frame.line}\n'
        for frame in frames
        if frame.filename.startswith(ROOT)
    ]


def iso(seconds: float) -> str:
    """A moment as Lambda writes it in logs.

    >>> iso(1767225600.25)
    '2026-01-01T00:00:00.250Z'
    """
    moment = datetime.fromtimestamp(seconds, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


@contextmanager
def limited(clock: Clock, seconds: float) -> Iterator[None]:
    """Throw TimedOut into the block where its waiting would go beyond so many seconds from now; time then stands there.

    A block inside another (a function that invokes a function) has its own limit alone: it goes on when its caller is
    gone.

    >>> clock = Clock()
    >>> with limited(clock, 3):
    ...     clock.sleep(2)
    >>> with limited(clock, 3):
    ...     clock.sleep(4)
    Traceback (most recent call last):
    eslabon.support.lambda_.environment.TimedOut
    """
    end = clock.now + seconds
    is_over = False

    def time_out() -> None:
        nonlocal is_over
        is_over = True
        raise TimedOut

    def sleep(length: float) -> None:
        if clock.now + length > end:
            Clock.sleep(clock, max(0.0, end - clock.now))
            time_out()
        Clock.sleep(clock, length)

    def wait_until(ready: Callable[[], bool], deadline: float) -> bool:
        if Clock.wait_until(clock, ready, min(deadline, end)):
            return True
        if deadline > end:
            time_out()
        return False

    own: dict[str, Any] = vars(clock)
    outside = {name: own.pop(name) for name in ["sleep", "wait_until"] if name in own}
    own["sleep"], own["wait_until"] = sleep, wait_until
    try:
        yield
    finally:
        del own["sleep"], own["wait_until"]
        own.update(outside)
        if is_over:  # even when the code caught it: on AWS nothing of it would have run after that
            raise TimedOut
