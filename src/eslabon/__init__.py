"""A small reference implementation of how AWS applications are linked together, written to be read.

from eslabon import Cloud, activate

with activate() as cloud:                # plain boto3 code in this process now talks to `cloud`
    boto3.client("sqs").create_queue(QueueName="orders")
"""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Any

from eslabon import activation, boto, network, readertime
from eslabon.cloud import Cloud
from eslabon.errors import NoActiveCloud, NotModelled

__all__ = ["Cloud", "NoActiveCloud", "NotModelled", "activate"]

boto.install()
network.install()


class activate:  # noqa: N801 - read as a verb: with activate() as cloud
    """Make a cloud the one that plain boto3 code talks to, in a `with` block or between start() and stop().

    The module that activates sees the cloud's `time` and `datetime` meanwhile.

    >>> import boto3
    >>> with activate() as cloud:
    ...     sqs = boto3.client("sqs")
    ...     _ = sqs.create_queue(QueueName="orders")
    ...     print(len(sqs.list_queues()["QueueUrls"]))
    1
    >>> sqs.list_queues()
    Traceback (most recent call last):
    eslabon.errors.NoActiveCloud: No cloud is active. ...
    """

    def __init__(self, cloud: Cloud | None = None) -> None:
        self.cloud = cloud or Cloud()
        self._place = activation.Place(self.cloud, self.cloud.account, self.cloud.region)
        self._undo: list[Any] = []

    def start(self) -> Cloud:
        """Activate from here on; a notebook's cells then run in the cloud until stop()."""
        return self._enter(sys._getframe(1).f_globals)

    def stop(self) -> None:
        """Deactivate."""
        activation.pop(self._place)
        self._undo.pop()()

    def __enter__(self) -> Cloud:
        return self._enter(sys._getframe(1).f_globals)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _enter(self, namespace: dict[str, Any]) -> Cloud:
        activation.push(self._place)
        self._undo.append(readertime.watch(namespace))
        return self.cloud
