"""A small reference implementation of how AWS applications are linked together, written to be read.

from eslabon import Cloud, activate

with activate() as cloud:                # plain boto3 code in this process now talks to `cloud`
    boto3.client("sqs").create_queue(QueueName="orders")
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

from eslabon import activation, boto, neighbours, readertime, urllibhook
from eslabon.cloud import Cloud
from eslabon.errors import NoActiveCloud, NotModelled
from eslabon.mocks import TaskFailed

__all__ = ["Cloud", "NoActiveCloud", "NotModelled", "TaskFailed", "activate"]

boto.install()
urllibhook.install()


class activate:  # noqa: N801 - read as a verb: with activate() as cloud
    """Make a cloud the one that plain boto3 code talks to, in a `with` block or between start() and stop().

    The module that activates sees the cloud's `time` and `datetime` meanwhile, and so do modules beside it that are
    imported then. A second thread is refused. cloud: an empty one if not given; one with other random draws is
    Cloud(seed=2).

    >>> import boto3
    >>> with activate() as cloud:
    ...     sqs = boto3.client("sqs")
    ...     _ = sqs.create_queue(QueueName="orders")
    ...     print(len(sqs.list_queues()["QueueUrls"]))
    1
    >>> sqs.list_queues()
    Traceback (most recent call last):
    eslabon.errors.NoActiveCloud: No cloud is active. ...
    >>> with activate(Cloud(seed=1)) as one, activate(Cloud(seed=2)) as other:
    ...     one.ids.hex(4) == other.ids.hex(4)
    False
    """

    def __init__(self, cloud: Cloud | None = None) -> None:
        self.cloud = cloud or Cloud()
        self._place = activation.Place(self.cloud, self.cloud.account, self.cloud.region)

    def start(self) -> Cloud:
        """Activate from here on; a notebook's cells then run in the cloud until stop().

        >>> import boto3
        >>> lesson = activate()
        >>> cloud = lesson.start()
        >>> boto3.client("sqs").create_queue(QueueName="orders")["QueueUrl"]
        'https://sqs.us-east-1.amazonaws.com/123456789012/orders'
        >>> lesson.stop()
        """
        return self._enter(sys._getframe(1).f_globals)

    def stop(self) -> None:
        """Deactivate; RuntimeError when a cloud that was started later is still active, or this one is not.

        >>> lesson = activate()
        >>> _ = lesson.start()
        >>> lesson.stop()
        >>> lesson.stop()
        Traceback (most recent call last):
        RuntimeError: This cloud is not the innermost active one: stop clouds in the reverse order of starting.
        """
        activation.pop(self._place)

    def __enter__(self) -> Cloud:
        return self._enter(sys._getframe(1).f_globals)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _enter(self, namespace: dict[str, Any]) -> Cloud:
        activation.push(self._place, lambda: _watch(namespace))
        return self.cloud


def _watch(namespace: dict[str, Any]) -> Callable[[], None]:
    """The module that activates sees the cloud's time, and so do modules beside it that it imports from now on."""
    folder = Path(namespace.get("__file__", "notebook")).resolve().parent  # a notebook's: where its kernel runs
    undo_names, undo_imports = readertime.watch(namespace), neighbours.watch_imports(folder)

    def undo() -> None:
        undo_imports()
        undo_names()

    return undo
