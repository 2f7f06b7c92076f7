"""ItemReader: the items of a distributed Map out of Amazon S3, one after the other.

Objects are listed, or read as JSON, JSON Lines or text delimited files, plain or gzipped. Parquet files, Athena
manifests, inventories and zstd are left out: such a reader can be created and drawn, and fails when it runs. What a
member may be is in `validation.schema`; here is what the members demand of each other.

https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itemreader.html
"""

from __future__ import annotations

import gzip
import io
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from eslabon.errors import NotModelled
from eslabon.stepfunctions.language.errornames import ITEM_READER_FAILED
from eslabon.stepfunctions.language.fields import Range, compile_number
from eslabon.stepfunctions.language.scope import DefinitionError, Evaluate
from eslabon.stepfunctions.maps.itemformats import FORMATS, Member
from eslabon.stepfunctions.maps.places import Place, compile_arguments

if TYPE_CHECKING:
    from eslabon.stepfunctions.running.interpreter import Visit

STATE_DATA = "STATE_DATA"  # the source of items that come with the state's input
GET, LIST = "arn:aws:states:::s3:getObject", "arn:aws:states:::s3:listObjectsV2"
FLATTEN = "LOAD_AND_FLATTEN"
# Of which InputType members of a ReaderConfig are.
_ONLY_FOR: Mapping[str, Collection[str]] = {
    "CSVHeaderLocation": ("CSV", "MANIFEST"),
    "CSVHeaders": ("CSV", "MANIFEST"),
    "CSVDelimiter": ("CSV", "MANIFEST"),
    "ItemsPointer": ("JSON",),
}


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

        >>> from eslabon.stepfunctions.api.examples import map_run
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
        most = None if self.most is None else int(self.most(visit))
        named = ("Bucket",) if self.resource == LIST else ("Bucket", "Key")
        place = Place(visit.flow.execution.service, arguments, named, ITEM_READER_FAILED)
        what = f"The object {arguments['Key']} of the bucket" if arguments.get("Key") else "The bucket"
        with place.failing(f"{what} {place.bucket} could not be read"):
            place.check()
            yield from islice(self._items(place), most)

    def _items(self, place: Place) -> Iterator[Item]:
        if self.resource == GET:
            yield from self._read(place, place.arguments)
            return
        for listed in _listed(place):
            if self.config.get("Transformation") == FLATTEN:
                yield from self._read(place, {"Bucket": place.bucket, "Key": listed["Key"]})
            else:
                yield Item(_metadata(listed), f"S3://{place.bucket}")

    def _read(self, place: Place, where: Mapping[str, Any]) -> Iterator[Item]:
        """The items in an object, which is unpacked when its name says that it is packed."""
        kind = self.config.get("ManifestType", self.config.get("InputType", ""))
        if kind not in FORMATS:
            raise NotModelled("stepfunctions", f"an ItemReader of {kind}", ["listObjectsV2", *FORMATS])
        key = where["Key"]
        content = io.BytesIO(place.call("get_object", where)["Body"])
        if key.endswith((".zst", ".zstd")):
            raise NotModelled("stepfunctions", "an ItemReader of files that are packed by zstd", ["gzip"])
        file = gzip.GzipFile(fileobj=content) if key.endswith((".gz", ".gzip")) else content
        source = f"S3://{place.bucket}/{key}"
        for value in FORMATS[kind](file, self.config):
            if isinstance(value, Member):
                yield Item(value.value, source, value.key)
            else:
                yield Item(value, source)


def compile_reader(fields: Mapping[str, Any], language: str) -> Reader:
    """The ItemReader field of a Map, whose members have been checked one by one. Raises DefinitionError.

    >>> reader = compile_reader({"Resource": LIST, "Parameters": {"Bucket": "orders-2026"}}, "JSONPath")
    >>> reader.resource == LIST, reader.most
    (True, None)
    >>> compile_reader({"Resource": GET, "ReaderConfig": {"InputType": "JSON", "CSVDelimiter": "TAB"}}, "JSONPath")
    Traceback (most recent call last):
    DefinitionError: CSVDelimiter is for the InputType CSV or MANIFEST only.
    """
    resource, config = fields["Resource"], fields.get("ReaderConfig", {})
    if resource not in (GET, LIST):
        raise DefinitionError(f"The Resource of an ItemReader is {GET} or {LIST}, not '{resource}'.")
    _check_config(resource, config)
    most = compile_number(config, "MaxItems", Range(1))
    return Reader(resource, compile_arguments(fields, language), config, most)


def _check_config(resource: str, config: Mapping[str, Any]) -> None:
    """Refuse a ReaderConfig that says what its parts, or the action, have no use for. Raises DefinitionError."""
    kind, manifest = config.get("InputType"), config.get("ManifestType")
    for name, kinds in _ONLY_FOR.items():
        if name in config and kind not in kinds:
            raise DefinitionError(f"{name} is for the InputType {' or '.join(kinds)} only.")
    flattens = config.get("Transformation") == FLATTEN
    location = config.get("CSVHeaderLocation")
    complaints = {
        f"The Transformation {FLATTEN} is for {LIST} only.": flattens and resource == GET,
        "The ReaderConfig of an ItemReader that reads objects must have an InputType.": (
            kind is None and manifest is None and (resource == GET or flattens)
        ),
        "InputType must be left out where ManifestType is S3_INVENTORY.": manifest == "S3_INVENTORY" and kind,
        "CSVHeaderLocation must be FIRST_ROW or GIVEN where InputType is CSV.": kind == "CSV" and location is None,
        "CSVHeaders must name the columns where CSVHeaderLocation is GIVEN, and only there.": (
            (location == "GIVEN") != bool(config.get("CSVHeaders"))
        ),
    }
    for message, applies in complaints.items():
        if applies:
            raise DefinitionError(message)


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


def _listed(place: Place) -> Iterator[dict[str, Any]]:
    """The objects that the arguments ask for, page by page."""
    token: dict[str, Any] = {}
    while True:
        answer = place.call("list_objects_v2", {**place.arguments, **token})
        yield from answer.get("Contents", [])
        if not answer["IsTruncated"]:
            return
        token = {"ContinuationToken": answer["NextContinuationToken"]}


def _metadata(listed: Mapping[str, Any]) -> dict[str, Any]:
    """An object of a list as the page shows it: seconds since 1970, and `Etag`."""
    return {
        "Etag": listed["ETag"],
        "Key": listed["Key"],
        "LastModified": int(listed["LastModified"].timestamp()),
        "Size": listed["Size"],
        "StorageClass": listed["StorageClass"],
    }
