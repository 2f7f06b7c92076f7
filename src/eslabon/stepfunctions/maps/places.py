"""Where an ItemReader reads and a ResultWriter writes: a bucket of Amazon S3, and what goes wrong with it."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from eslabon.errors import NotModelled, ServiceError
from eslabon.stepfunctions.language.dataflow import JSONATA, TEMPLATES
from eslabon.stepfunctions.language.errornames import RUNTIME
from eslabon.stepfunctions.language.scope import Evaluate, StateError


class Place:
    """The bucket that `arguments` (Parameters or Arguments, evaluated) name, with the members of `named`.

    error: the name of the error when it cannot be read or written. Raises StateError when a member is missing.
    """

    def __init__(self, service: Any, arguments: Any, named: Sequence[str], error: str) -> None:
        self.service = service
        self.error = error
        if not isinstance(arguments, dict) or not all(isinstance(arguments.get(name), str) for name in named):
            cause = f"What is read from or written to S3 must be named: {' and '.join(named)}."
            raise StateError(error, cause, complete=True)
        self.arguments = arguments
        self.bucket: str = arguments["Bucket"]

    @contextmanager
    def failing(self, doing: str) -> Iterator[None]:
        """Let what goes wrong meanwhile fail the state; doing: how its cause begins.

        >>> from eslabon.stepfunctions.api.examples import map_run
        >>> place = Place(map_run().service, {"Bucket": "gone"}, ["Bucket"], "States.ItemReaderFailed")
        >>> with place.failing("The bucket could not be read"):
        ...     place.check()
        Traceback (most recent call last):
        StateError: ('States.ItemReaderFailed', 'The bucket could not be read. NoSuchBucket: ...')
        """
        try:
            yield
        except NotModelled as missing:
            raise StateError(RUNTIME, str(missing), complete=True) from None
        except (ServiceError, ValueError, EOFError, OSError, zlib.error) as wrong:
            raise StateError(self.error, f"{doing}. {wrong}", complete=True) from None

    def call(self, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """What S3 answers. Raises ServiceError, NotModelled.

        >>> from eslabon.stepfunctions.api.examples import map_run
        >>> place = Place(map_run().service, {"Bucket": "results-2026"}, ["Bucket"], "States.ItemReaderFailed")
        >>> place.call("list_objects_v2", {"Bucket": place.bucket})["KeyCount"]
        0
        """
        here = {"region": self.service.region, "account": self.service.account}
        answer: dict[str, Any] = self.service.cloud.call("s3", operation, parameters, **here)
        return answer

    def check(self) -> None:
        """Refuse a bucket that is not there, or is in another Region, which S3 itself would show.

        Raises ServiceError, ValueError.

        >>> from eslabon.stepfunctions.api.examples import map_run
        >>> Place(map_run().service, {"Bucket": "results-2026"}, ["Bucket"], "States.ItemReaderFailed").check()
        """
        self.call("list_objects_v2", {"Bucket": self.bucket, "MaxKeys": 1})  # HEAD's refusal says not what is missing
        region = self.call("head_bucket", {"Bucket": self.bucket})["BucketRegion"]
        if region != self.service.region:
            raise ValueError(f"It is in {region}, the state machine in {self.service.region}.")


def compile_arguments(fields: Mapping[str, Any], language: str) -> Evaluate:
    """Parameters or Arguments: where in S3. They see the state's effective input.

    >>> from eslabon.stepfunctions.language.scope import Scope
    >>> compile_arguments({"Parameters": {"Bucket.$": "$.b"}}, "JSONPath")(Scope({"b": "orders-2026"}))
    {'Bucket': 'orders-2026'}
    """
    field = "Arguments" if language == JSONATA else "Parameters"
    return TEMPLATES[language](fields.get(field, {}), field)
