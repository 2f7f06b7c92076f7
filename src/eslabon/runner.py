"""Runs a reader's program as it stands: a fresh cloud is active, time is the cloud's. It draws nothing."""

from __future__ import annotations

import linecache
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
