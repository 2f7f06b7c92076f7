"""Runs a reader's program as it stands: a fresh cloud is active, time is the cloud's. It draws nothing."""

from __future__ import annotations

import linecache
import traceback
from collections.abc import Collection
from typing import Any

from eslabon.cloud import Cloud
from eslabon.readertime import reader_globals


def run_source(
    source: str, filename: str, cloud: Cloud | None = None, namespace: dict[str, Any] | None = None
) -> Cloud:
    """Run the program text; the cloud it ran in comes back, journal and all. Errors of the program pass through.

    filename: what tracebacks show. namespace: made by reader_globals, to go on in (a lab's cells).

    >>> cloud = run_source("import boto3; print(len(boto3.client('sqs').list_queues().get('QueueUrls', [])))", "two.py")
    0
    >>> [entry["operation"] for entry in cloud.journal.of("call")]
    ['list_queues']
    >>> _ = run_source("1 / 0", "wrong.py")
    Traceback (most recent call last):
    ZeroDivisionError: division by zero
    """
    cloud = cloud or Cloud()
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    code = compile(source, filename, "exec", dont_inherit=True)
    namespace = reader_globals() if namespace is None else namespace
    namespace["__file__"] = filename
    with cloud.activated():
        exec(code, namespace)
    return cloud


def readers_traceback(error: BaseException, filenames: Collection[str]) -> str:
    """The traceback with the frames of the reader's own files only, worded as the interpreter would.

    >>> try:
    ...     _ = run_source("import json\\njson.loads('{')", "wrong.py")
    ... except ValueError as error:
    ...     print(readers_traceback(error, ["wrong.py"]), end="")
    Traceback (most recent call last):
      File "wrong.py", line 2, in <module>
        json.loads('{')...
    json.decoder.JSONDecodeError: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)

    A program that cannot be compiled has no frames, only the place of the error:

    >>> try:
    ...     _ = run_source("print(1", "wrong.py")
    ... except SyntaxError as error:
    ...     print(readers_traceback(error, ["wrong.py"]), end="")
      File "wrong.py", line 1
        print(1
             ^
    SyntaxError: '(' was never closed
    """
    told = traceback.TracebackException.from_exception(error)
    _keep_own(told, filenames)
    return "".join(told.format())


def _keep_own(told: traceback.TracebackException, filenames: Collection[str]) -> None:
    """Forget the frames of libraries, and the errors that were raised and handled inside one."""
    told.stack = traceback.StackSummary.from_list([frame for frame in told.stack if frame.filename in filenames])
    for name in ("__cause__", "__context__"):
        before = getattr(told, name)
        if before is not None:
            _keep_own(before, filenames)
            if not before.stack:
                setattr(told, name, None)
    for part in told.exceptions or ():
        _keep_own(part, filenames)
