"""What Lambda answers when a function's code gives no result: its exception, its exit, its time-out."""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from eslabon.errors import NotModelled
from eslabon.support.lambda_.code import ROOT
from eslabon.support.lambda_.timeouts import TimedOut


class FunctionError(Exception):
    """The function's code did not give a result: what Lambda answers, and whether the process is gone with it."""

    def __init__(self, error_type: str, message: str, trace: Sequence[str] = (), *, process_ends: bool = False):
        super().__init__(message)
        self.error_type = error_type
        self.message = message
        self.trace = list(trace)
        self.process_ends = process_ends

    def payload(self, request_id: str) -> str:
        """The JSON text that stands in place of a result.

        https://docs.aws.amazon.com/lambda/latest/dg/python-exceptions.html

        >>> FunctionError("ValueError", "no id").payload("8f507cfc")
        '{"errorMessage": "no id", "errorType": "ValueError", "requestId": "8f507cfc", "stackTrace": []}'
        >>> timed_out = FunctionError("Sandbox.Timedout", "Task timed out after 3.00 seconds", process_ends=True)
        >>> json.loads(timed_out.payload("8f507cfc"))["errorMessage"]
        'RequestId: 8f507cfc Error: Task timed out after 3.00 seconds'
        """
        if self.process_ends:
            message = f"RequestId: {request_id} Error: {self.message}"
            return json.dumps({"errorType": self.error_type, "errorMessage": message})
        return json.dumps(
            {
                "errorMessage": self.message,
                "errorType": self.error_type,
                "requestId": request_id,
                "stackTrace": self.trace,
            }
        )


@contextmanager
def caught() -> Iterator[None]:
    """Turn what the function's code lets pass into the FunctionError that Lambda makes of it.

    The program's own interrupt passes, and so does NotModelled: it is not the function's fault, and the reader must see
    it rather than a log that nobody reads.

    >>> with caught():
    ...     raise KeyError("id")
    Traceback (most recent call last):
    eslabon.support.lambda_.failures.FunctionError: 'id'
    >>> with caught():
    ...     sys.exit(3)
    Traceback (most recent call last):
    eslabon.support.lambda_.failures.FunctionError: Runtime exited with error: exit status 3
    """
    try:
        try:
            yield
        except (FunctionError, NotModelled):
            raise
        except Exception as error:
            # What str() raises ends the process: Lambda's runtime calls it where nothing catches.
            # https://github.com/aws/aws-lambda-python-runtime-interface-client/blob/main/awslambdaric/bootstrap.py
            raise FunctionError(type(error).__name__, str(error), _trace(error)) from error
    except (FunctionError, NotModelled, KeyboardInterrupt, TimedOut):
        raise
    except BaseException as error:
        raise _exited(error) from error


def _exited(error: BaseException) -> FunctionError:
    """The end of the process: by sys.exit, or by an error that nothing catches, which Python writes to standard error.

    >>> _exited(SystemExit()).message
    'Runtime exited without providing a reason'
    >>> _exited(GeneratorExit()).message
    'Runtime exited with error: exit status 1'
    """
    if isinstance(error, SystemExit):
        code = error.code
    else:
        code = 1
        sys.stderr.write("".join(["Traceback (most recent call last):\n", *_trace(error), type(error).__name__, "\n"]))
    status = code if isinstance(code, int) else int(code is not None)
    how = f"exited with error: exit status {status}" if status else "exited without providing a reason"
    return FunctionError("Runtime.ExitError", f"Runtime {how}", process_ends=True)


def _trace(error: BaseException) -> list[str]:
    """The stack trace as Lambda shows it, the function's own files only: what lies below is not AWS's code here."""
    return [
        f'  File "{frame.filename}", line {frame.lineno}, in {frame.name}\n    {frame.line}\n'
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename.startswith(ROOT)
    ]
