"""ItemReader: the items of a distributed Map out of Amazon S3, one after the other.

Objects are listed, or read as JSON, JSON Lines or text delimited files, plain or gzipped. Parquet files, Athena
manifests, inventories and zstd are left out: such a reader can be created and drawn, and fails when it runs.

https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itemreader.html
"""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from eslabon.errors import NotModelled, ServiceError
from eslabon.stepfunctions.language.dataflow import JSONATA
from eslabon.stepfunctions.language.errornames import ITEM_READER_FAILED, RUNTIME
from eslabon.stepfunctions.language.fields import compile_field, integer
from eslabon.stepfunctions.language.jsonata import jsonata
from eslabon.stepfunctions.language.jsonpath.templates import compile_template
from eslabon.stepfunctions.language.scope import DefinitionError, Evaluate, StateError
from eslabon.stepfunctions.maps import delimited
from eslabon.stepfunctions.maps.itemformats import FORMATS, File, Member

if TYPE_CHECKING:
    from eslabon.stepfunctions.running.interpreter import Visit

STATE_DATA = "STATE_DATA"  # the source of items that come with the state's input
GET, LIST = "arn:aws:states:::s3:getObject", "arn:aws:states:::s3:listObjectsV2"
MOST_ITEMS = 100_000_000
_CONFIG = (
    "InputType",
    "Transformation",
    "ManifestType",
    "CSVDelimiter",
    "CSVHeaderLocation",
    "CSVHeaders",
    "ItemsPointer",
    "MaxItems",
    "MaxItemsPath",
)


class Item(NamedTuple):
    """What a child execution is started for; key: the member's name when the items are an object's members."""

    value: Any
    source: str
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Reader:
    """An ItemReader, compiled."""

    resource: str
    arguments: Evaluate
    config: Mapping[str, Any]
    most: Evaluate | None  # MaxItems

    def items(self, visit: Visit) -> Iterator[Item]:
        """The items, read as they are taken.

        Raises StateError: States.ItemReaderFailed for what cannot be read, States.Runtime for what is not modelled.

        >>> from eslabon.stepfunctions.maps.mapexamples import map_run
        >>> visit = map_run().visit
        >>> reader = compile_reader({"Resource": LIST, "Parameters": {"Bucket": "results-2026"}}, "JSONPath")
        >>> list(reader.items(visit))
        []
        >>> reader = compile_reader({"Resource": LIST, "Parameters": {"Bucket": "gone"}}, "JSONPath")
        >>> list(reader.items(visit))
        Traceback (most recent call last):
        StateError: ('States.ItemReaderFailed', 'The bucket gone could not be read. ...')
        """
        arguments = self.arguments(visit)
        most = self._most(visit)
        service = visit.flow.execution.service
        source = _Source(service, arguments)
        try:
            yield from islice(self._all(source), most)
        except ServiceError as refused:
            raise StateError(ITEM_READER_FAILED, f"{source} could not be read. {refused}", complete=True) from None
        except NotModelled as missing:
            raise StateError(RUNTIME, str(missing), complete=True) from None
        except (ValueError, EOFError, OSError, zlib.error) as wrong:
            raise StateError(ITEM_READER_FAILED, f"{source} could not be read. {wrong}", complete=True) from None

    def _most(self, visit: Visit) -> int:
        if self.most is None:
            return MOST_ITEMS
        most = self.most(visit)
        if most != int(most) or most < 1:
            raise StateError(RUNTIME, f"MaxItems must be a positive integer, but is {most}.")
        return min(int(most), MOST_ITEMS)

    def _all(self, source: _Source) -> Iterator[Item]:
        source.check_place()
        if self.resource == GET:
            yield from self._object(source, source.arguments["Key"])
        elif self.config.get("Transformation") == "LOAD_AND_FLATTEN":
            for listed in source.list():
                yield from self._object(source, listed["Key"])
        else:
            where = f"S3://{source.bucket}"
            for listed in source.list():
                yield Item(_metadata(listed), where)

    def _object(self, source: _Source, key: str) -> Iterator[Item]:
        kind = self.config.get("InputType", "")
        if "ManifestType" in self.config or kind not in FORMATS:
            kind = self.config.get("ManifestType", kind)
            raise NotModelled("stepfunctions", f"an ItemReader of {kind}", ["listObjectsV2", *FORMATS])
        where = f"S3://{source.bucket}/{key}"
        for value in FORMATS[kind](source.read(key), self.config):
            if isinstance(value, Member):
                yield Item(value.value, where, value.key)
            else:
                yield Item(value, where)


def compile_reader(fields: Mapping[str, Any], language: str) -> Reader:
    """The ItemReader field of a Map. Raises DefinitionError.

    >>> reader = compile_reader({"Resource": LIST, "Parameters": {"Bucket": "orders-2026"}}, "JSONPath")
    >>> reader.resource == LIST, reader.most
    (True, None)
    >>> compile_reader({"Resource": GET, "ReaderConfig": {"InputType": "XML"}}, "JSONPath")
    Traceback (most recent call last):
    DefinitionError: InputType 'XML' is none of CSV, JSON, JSONL, MANIFEST, PARQUET.
    """
    check_members(fields, "ItemReader", ("Resource", arguments_field(language), "ReaderConfig"))
    check_members(fields.get("ReaderConfig", {}), "ReaderConfig", _CONFIG)
    resource = fields.get("Resource", "")
    if resource not in (GET, LIST):
        raise DefinitionError(f"The Resource of an ItemReader is {GET} or {LIST}, not '{resource}'.")
    config = fields.get("ReaderConfig", {})
    _check_config(resource, config)
    return Reader(
        resource,
        compile_arguments(fields, language),
        config,
        compile_field(config, "MaxItems", jsonata_kind="number", convert=integer),
    )


def _check_config(resource: str, config: Mapping[str, Any]) -> None:
    """Refuse a ReaderConfig that says what its parts, or the action, have no use for. Raises DefinitionError."""
    for name, known in _VALUES.items():
        if name in config and config[name] not in known:
            raise DefinitionError(f"{name} '{config[name]}' is none of {', '.join(known)}.")
    kind, manifest = config.get("InputType"), config.get("ManifestType")
    for name, kinds in _ONLY_FOR.items():
        if name in config and kind not in kinds:
            raise DefinitionError(f"{name} is for the InputType {' or '.join(kinds)} only.")
    flattens = config.get("Transformation") == "LOAD_AND_FLATTEN"
    if flattens and resource == GET:
        raise DefinitionError(f"The Transformation LOAD_AND_FLATTEN is for {LIST} only.")
    if kind is None and manifest is None and (resource == GET or flattens):
        raise DefinitionError("The ReaderConfig of an ItemReader that reads objects must have an InputType.")
    if manifest == "S3_INVENTORY" and kind is not None:
        raise DefinitionError("InputType must be left out where ManifestType is S3_INVENTORY.")
    location = config.get("CSVHeaderLocation")
    if kind == "CSV" and location is None:
        raise DefinitionError("CSVHeaderLocation must be FIRST_ROW or GIVEN where InputType is CSV.")
    if (location == "GIVEN") != bool(config.get("CSVHeaders")):
        raise DefinitionError("CSVHeaders must name the columns where CSVHeaderLocation is GIVEN, and only there.")


def compile_arguments(fields: Mapping[str, Any], language: str) -> Evaluate:
    """Parameters or Arguments, of ItemReader and ResultWriter: where in S3. They see the state's effective input.

    >>> from eslabon.stepfunctions.language.scope import Scope
    >>> compile_arguments({"Parameters": {"Bucket.$": "$.b"}}, "JSONPath")(Scope({"b": "orders-2026"}))
    {'Bucket': 'orders-2026'}
    """
    field = arguments_field(language)
    compile_it = jsonata.compile_value if language == JSONATA else compile_template
    return compile_it(fields.get(field, {}), field)


def arguments_field(language: str) -> str:
    """How a query language calls what an action is called with.

    >>> arguments_field("JSONata"), arguments_field("JSONPath")
    ('Arguments', 'Parameters')
    """
    return "Arguments" if language == JSONATA else "Parameters"


def check_members(fields: Mapping[str, Any], what: str, known: Iterable[str]) -> None:
    """Refuse members that a field of a Map does not have. Raises DefinitionError.

    >>> check_members({"MaxItems": 1}, "ReaderConfig", ["MaxItems"])
    >>> check_members({"MaxItem": 1}, "ReaderConfig", ["MaxItems"])
    Traceback (most recent call last):
    DefinitionError: ReaderConfig has no member MaxItem, only MaxItems.
    """
    unknown = [name for name in fields if name not in known]
    if unknown:
        raise DefinitionError(f"{what} has no member {', '.join(unknown)}, only {', '.join(known)}.")


def from_state(items: Any) -> Iterator[Item]:
    """The items of an array, or the members of an object, that come with the state's input.

    https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itemspath.html

    >>> list(from_state([7]))
    [Item(value=7, source='STATE_DATA', key=None)]
    >>> list(from_state({"a": 1}))
    [Item(value=1, source='STATE_DATA', key='a')]
    """
    if isinstance(items, dict):
        return (Item(value, STATE_DATA, key) for key, value in items.items())
    return (Item(value, STATE_DATA) for value in items)


class _Source:
    """The bucket that a reader names, and what it asks of S3 there."""

    def __init__(self, service: Any, arguments: Any) -> None:
        if not isinstance(arguments, dict) or not isinstance(arguments.get("Bucket"), str):
            raise StateError(ITEM_READER_FAILED, "The ItemReader names no Bucket to read from.", complete=True)
        self.service = service
        self.arguments = arguments
        self.bucket: str = arguments["Bucket"]

    def __str__(self) -> str:
        key = self.arguments.get("Key")
        return f"The object {key} of the bucket {self.bucket}" if key else f"The bucket {self.bucket}"

    def _call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        here = {"region": self.service.region, "account": self.service.account}
        answer: dict[str, Any] = self.service.cloud.call("s3", operation, parameters, **here)
        return answer

    def check_place(self) -> None:
        """Refuse a bucket of another Region, which S3 itself would show."""
        self._call("list_objects_v2", Bucket=self.bucket, MaxKeys=1)  # a refusal of HEAD would not say what is missing
        region = self._call("head_bucket", Bucket=self.bucket)["BucketRegion"]
        if region != self.service.region:
            raise ValueError(f"It is in {region}, the state machine in {self.service.region}.")

    def list(self) -> Iterator[dict[str, Any]]:
        """The objects, page by page."""
        token: dict[str, Any] = {}
        while True:
            answer = self._call("list_objects_v2", **self.arguments, **token)
            yield from answer.get("Contents", [])
            if not answer["IsTruncated"]:
                return
            token = {"ContinuationToken": answer["NextContinuationToken"]}

    def read(self, key: str) -> File:
        """The content of an object, unpacked when its name says that it is packed."""
        more = {name: value for name, value in self.arguments.items() if name not in ("Bucket", "Key", "Prefix")}
        if more and "Key" not in self.arguments:
            more = {}  # they were the list's
        content = io.BytesIO(self._call("get_object", Bucket=self.bucket, Key=key, **more)["Body"])
        if key.endswith((".zst", ".zstd")):
            raise NotModelled("stepfunctions", "an ItemReader of files that are packed by zstd", ["gzip"])
        return gzip.GzipFile(fileobj=content) if key.endswith((".gz", ".gzip")) else content


# What members of a ReaderConfig can be, and of which InputType they are.
_VALUES: Mapping[str, Collection[str]] = {
    "InputType": ("CSV", "JSON", "JSONL", "MANIFEST", "PARQUET"),
    "Transformation": ("NONE", "LOAD_AND_FLATTEN"),
    "ManifestType": ("ATHENA_DATA", "S3_INVENTORY"),
    "CSVHeaderLocation": ("FIRST_ROW", "GIVEN"),
    "CSVDelimiter": delimited.DELIMITERS,
}
_ONLY_FOR: Mapping[str, Collection[str]] = {
    "CSVHeaderLocation": ("CSV", "MANIFEST"),
    "CSVHeaders": ("CSV", "MANIFEST"),
    "CSVDelimiter": ("CSV", "MANIFEST"),
    "ItemsPointer": ("JSON",),
}


def _metadata(listed: Mapping[str, Any]) -> dict[str, Any]:
    """An object of a list as the page shows it: seconds since 1970, and `Etag`."""
    return {
        "Etag": listed["ETag"],
        "Key": listed["Key"],
        "LastModified": int(listed["LastModified"].timestamp()),
        "Size": listed["Size"],
        "StorageClass": listed["StorageClass"],
    }
