"""An execution environment: where a function's modules live from its cold start on, and what its code sees.

The code sees its own environment variables, modules, logging and standard output; memory is not measured.
"""

from __future__ import annotations

import importlib
import io
import json
import linecache
import logging
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from decimal import Decimal
from types import ModuleType
from typing import TYPE_CHECKING, Any

from eslabon.clock import Clock
from eslabon.support.lambda_.code import ROOT, PackageImporter
from eslabon.support.lambda_.failures import FunctionError, caught
from eslabon.support.lambda_.output import LogHandler, Output
from eslabon.support.lambda_.timeouts import TimedOut, limited

if TYPE_CHECKING:
    from eslabon.support.lambda_.functions import Configuration

# What a process needs of the machine that it runs on; nothing else of the reader's own environment is visible.
MACHINE_VARIABLES = ("PATH", "HOME", "LANG", "TMPDIR", "PYTHONPATH", "AWS_DATA_PATH")

INITIALIZATION = 0.1  # virtual seconds; code takes none but what it waits
INITIALIZATION_LIMIT = 10.0  # https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
RESPONSE_BYTES = 6_291_556


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
    directory: str | None = None
    import_path: list[str] | None = None

    def __post_init__(self) -> None:
        self.importer = PackageImporter(self.configuration.package)
        self.log_handler = LogHandler()
        self.log_handlers: list[logging.Handler] = [self.log_handler]
        machine = {name: os.environ[name] for name in MACHINE_VARIABLES if name in os.environ}
        self.variables = {**machine, **self.variables}

    @contextmanager
    def entered(self, output: Output) -> Iterator[None]:
        """Let code run as in this process: afterwards all is as it was, and what the code changed is kept here.

        >>> from eslabon.support.lambda_.examples import example
        >>> configuration = example().service("lambda").functions["f"].configuration
        >>> environment, output = Environment(configuration, {"TABLE": "orders"}, "stream"), Output(Clock(), "8f507cfc")
        >>> with environment.entered(output):
        ...     print(os.environ["TABLE"])
        >>> output.lines, "TABLE" in os.environ
        ([(1767225600000, 'orders\\n')], False)
        """
        self.log_handler.output = output
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

    def initialize(self, clock: Clock) -> float | None:
        """Import the handler's module before the first invocation, inside `entered`; how many seconds that took.

        None when it must be imported again inside the invocation, which then meets the same and answers with it: after
        an error, and after 10 seconds.

        >>> from eslabon.support.lambda_.examples import example
        >>> configuration = example().service("lambda").functions["f"].configuration
        >>> clock, environment = Clock(), Environment(configuration, {}, "stream")
        >>> with environment.entered(Output(clock, "8f507cfc")):
        ...     seconds = environment.initialize(clock)
        >>> round(seconds, 3)
        0.1
        """
        began = clock.now
        try:
            with limited(clock, INITIALIZATION_LIMIT):
                clock.sleep(INITIALIZATION)
                self._start()
        except (FunctionError, TimedOut):
            for name in [name for name in sys.modules if name.split(".")[0] in self.importer.module_names]:
                del sys.modules[name]
            return None
        return clock.now - began

    def handle(self, event: Any, context: Any, ensure_ascii: bool) -> str:
        """Call the handler, inside `entered`; its result comes back as JSON text. Raises FunctionError.

        >>> from eslabon.support.lambda_.examples import example
        >>> configuration = example().service("lambda").functions["f"].configuration
        >>> environment = Environment(configuration, {}, "stream")
        >>> with environment.entered(Output(Clock(), "8f507cfc")):
        ...     results = [environment.handle(event, None, ensure_ascii=False) for event in ([7], Decimal("2.5"), "é")]
        >>> results
        ['[7]', '2.5', '"é"']
        >>> with environment.entered(Output(Clock(), "8f507cfc")):
        ...     environment.handle({7}, None, ensure_ascii=False)
        Traceback (most recent call last):
        eslabon.support.lambda_.failures.FunctionError: Unable to marshal response: Object of type set is not JSON \
serializable
        """
        if self.function is None:
            self._start()
        assert self.function is not None
        with caught():
            result = self.function(event, context)
            try:
                payload = json.dumps(result, ensure_ascii=ensure_ascii, default=_number)
                size = len(payload.encode())
            except Exception as error:
                raise FunctionError("Runtime.MarshalError", f"Unable to marshal response: {error}") from error
        if size > RESPONSE_BYTES:
            message = f"Response payload size exceeded maximum allowed payload size ({RESPONSE_BYTES} bytes)."
            raise FunctionError("Function.ResponseSizeTooLarge", message)
        return payload

    def _start(self) -> None:
        """Import the handler's module; FunctionError as Lambda's runtime would say it.

        https://docs.aws.amazon.com/lambda/latest/dg/python-handler.html
        """
        module_name, dot, function_name = self.configuration.handler.rpartition(".")
        if not dot:
            message = f"Bad handler '{self.configuration.handler}': not enough values to unpack (expected 2, got 1)"
            raise FunctionError("Runtime.MalformedHandlerName", message)
        with caught():
            try:
                module = importlib.import_module(module_name.replace("/", "."))
            except ImportError as error:
                message = f"Unable to import module '{module_name}': {error}"
                raise FunctionError("Runtime.ImportModuleError", message) from error
            except SyntaxError as error:
                message = f"Syntax error in module '{module_name}': {error}"
                where = f'  File "{error.filename}" Line {error.lineno}\n    {(error.text or "").strip()}\n'
                raise FunctionError("Runtime.UserCodeSyntaxError", message, [where]) from error
            if not hasattr(module, function_name):
                message = f"Handler '{function_name}' missing on module '{module_name}'"
                raise FunctionError("Runtime.HandlerNotFound", message)
            self.function = getattr(module, function_name)

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
        outside = (_working_directory(), sys.path[:])
        if self.directory is not None:
            os.chdir(self.directory)
        if self.import_path is not None:
            sys.path[:] = self.import_path
        try:
            yield
        finally:
            self.directory, self.import_path = _working_directory(), sys.path[:]
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


def _working_directory() -> str | None:
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


def _number(value: object) -> float:
    """Write a Decimal as a number, as Lambda's runtime does; json refuses everything else. Raises TypeError."""
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")
