"""ResultWriter: what becomes of the results of a distributed Map, as the state's output or as objects in Amazon S3.

https://docs.aws.amazon.com/step-functions/latest/dg/input-output-resultwriter.html

Left out: the second file of a kind, which AWS begins after 5 GB.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from eslabon.errors import NotModelled, ServiceError
from eslabon.stepfunctions.language.errornames import RESULT_WRITER_FAILED, RUNTIME
from eslabon.stepfunctions.language.jsonvalues import compact
from eslabon.stepfunctions.language.scope import DefinitionError, Evaluate, StateError
from eslabon.stepfunctions.maps.itemreader import arguments_field, check_members, compile_arguments
from eslabon.stepfunctions.running.history import iso

if TYPE_CHECKING:
    from eslabon.stepfunctions.maps.mapchildren import Child, Ended
    from eslabon.stepfunctions.running.interpreter import Visit

PUT = "arn:aws:states:::s3:putObject"
NONE, COMPACT, FLATTEN = "NONE", "COMPACT", "FLATTEN"
JSON, JSONL = "JSON", "JSONL"
SUCCEEDED = "SUCCEEDED"
NOT_REDRIVABLE = "Execution is SUCCEEDED and cannot be redriven"


@dataclass(frozen=True, slots=True)
class Writer:
    """A ResultWriter, compiled; one without a place gives its results to the state."""

    arguments: Evaluate | None
    transformation: str
    output_type: str

    def place(self, visit: Visit) -> Place | None:
        """Where the results go. Raises StateError, States.ResultWriterFailed, when they cannot go there.

        >>> from eslabon.stepfunctions.maps.mapexamples import map_run
        >>> visit = map_run().visit
        >>> writer = compile_writer({"Resource": PUT, "Parameters": {"Bucket": "results-2026"}}, "JSONPath")
        >>> writer.place(visit).bucket, DEFAULT.place(visit)
        ('results-2026', None)
        >>> compile_writer({"Resource": PUT, "Parameters": {"Bucket": "gone"}}, "JSONPath").place(visit)
        Traceback (most recent call last):
        StateError: ('States.ResultWriterFailed', ...)
        """
        if self.arguments is None:
            return None
        place = Place(visit.flow.execution.service, self.arguments(visit))
        place.check()
        return place

    def shown(self, children: Iterable[Child | Ended]) -> Any:
        """The results of children that have ended, in their order: an array, or text of JSON Lines.

        >>> from eslabon.stepfunctions.maps.mapexamples import map_run
        >>> run = map_run([[1], [2, 3]])
        >>> run.service.clock.run_until_idle()
        >>> DEFAULT.shown(run.children), Writer(None, FLATTEN, JSON).shown(run.children)
        ([[1], [2, 3]], [1, 2, 3])
        """
        results = transformed(children, self.transformation)
        return lines(results) if self.output_type == JSONL else results

    def write(
        self, place: Place, map_run_arn: str, children: Sequence[Child | Ended], pending: Iterable[Any]
    ) -> dict[str, Any]:
        """Write the files of results and manifest.json; answers the state's result. Raises StateError.

        children: those that have ended; pending: the inputs of those that were never started.

        >>> from eslabon.stepfunctions.maps.mapexamples import map_run
        >>> run = map_run([1])
        >>> run.service.clock.run_until_idle()
        >>> writer = compile_writer({"Resource": PUT, "Parameters": {"Bucket": "results-2026"}}, "JSONPath")
        >>> result = writer.write(writer.place(run.visit), run.arn, run.children, [])
        >>> result["MapRunArn"] == run.arn, result["ResultWriterDetails"]["Key"].endswith("/manifest.json")
        (True, True)
        """
        folder = f"{place.prefix}{map_run_arn.rpartition(':')[2]}/"
        succeeded = [child for child in children if child.status == SUCCEEDED]
        failed = [child for child in children if child.status != SUCCEEDED]
        waiting = [
            {"Input": compact(given), "InputDetails": {"Included": True}, "Status": "PENDING"} for given in pending
        ]
        files: dict[str, list[dict[str, Any]]] = {}
        for status, results in (
            ("FAILED", transformed(failed, NONE)),
            ("PENDING", waiting),
            ("SUCCEEDED", transformed(succeeded, self.transformation)),
        ):
            files[status] = []
            if results:
                key = f"{folder}{status}_0.json"
                size = place.put(key, lines(results) if self.output_type == JSONL else compact(results))
                files[status].append({"Key": key, "Size": size})
        manifest = {"DestinationBucket": place.bucket, "MapRunArn": map_run_arn, "ResultFiles": files}
        place.put(f"{folder}manifest.json", compact(manifest))
        details = {"Bucket": place.bucket, "Key": f"{folder}manifest.json"}
        return {"MapRunArn": map_run_arn, "ResultWriterDetails": details}


# What a Map without a ResultWriter does with its results.
DEFAULT = Writer(None, COMPACT, JSON)


def compile_writer(fields: Mapping[str, Any], language: str) -> Writer:
    """The ResultWriter field of a Map. Raises DefinitionError.

    >>> compile_writer({"WriterConfig": {"Transformation": "FLATTEN"}}, "JSONPath").transformation
    'FLATTEN'
    >>> compile_writer({"Resource": PUT, "Parameters": {"Bucket": "results-2026"}}, "JSONPath").transformation
    'NONE'
    >>> compile_writer({}, "JSONPath")
    Traceback (most recent call last):
    DefinitionError: A ResultWriter must have a WriterConfig, or Resource and ...
    """
    check_members(fields, "ResultWriter", ("Resource", arguments_field(language), "WriterConfig"))
    check_members(fields.get("WriterConfig", {}), "WriterConfig", ("Transformation", "OutputType"))
    config = fields.get("WriterConfig")
    resource = fields.get("Resource")
    if config is None and resource is None:
        raise DefinitionError("A ResultWriter must have a WriterConfig, or Resource and where to write, or both.")
    if resource not in (None, PUT):
        raise DefinitionError(f"The Resource of a ResultWriter is {PUT}, not '{resource}'.")
    default = COMPACT if resource is None else NONE
    transformation = (config or {}).get("Transformation", default)
    output_type = (config or {}).get("OutputType", JSON)
    if transformation not in (NONE, COMPACT, FLATTEN):
        raise DefinitionError(f"Transformation '{transformation}' is none of NONE, COMPACT, FLATTEN.")
    if output_type not in (JSON, JSONL):
        raise DefinitionError(f"OutputType '{output_type}' is none of JSON, JSONL.")
    arguments = None if resource is None else compile_arguments(fields, language)
    return Writer(arguments, transformation, output_type)


class Place:
    """The bucket and the prefix that a ResultWriter names."""

    def __init__(self, service: Any, arguments: Any) -> None:
        if not isinstance(arguments, dict) or not isinstance(arguments.get("Bucket"), str):
            raise StateError(RESULT_WRITER_FAILED, "The ResultWriter names no Bucket to write to.", complete=True)
        prefix = str(arguments.get("Prefix", ""))
        self.service = service
        self.bucket: str = arguments["Bucket"]
        self.prefix = prefix if not prefix or prefix.endswith("/") else f"{prefix}/"
        self.more = {name: value for name, value in arguments.items() if name not in ("Bucket", "Prefix")}

    def check(self) -> None:
        """Refuse a bucket that cannot be written to. Raises StateError.

        >>> from eslabon.stepfunctions.maps.mapexamples import map_run
        >>> service = map_run().service
        >>> Place(service, {"Bucket": "results-2026"}).check()
        >>> Place(service, {"Bucket": "gone"}).check()
        Traceback (most recent call last):
        StateError: ('States.ResultWriterFailed', ...)
        """
        self._call("list_objects_v2", Bucket=self.bucket, MaxKeys=1)  # a refusal of HEAD would not say what is missing
        region = self._call("head_bucket", Bucket=self.bucket)["BucketRegion"]
        if region != self.service.region:
            where = f"The bucket {self.bucket} is in {region}, the state machine in {self.service.region}."
            raise StateError(RESULT_WRITER_FAILED, where, complete=True)

    def put(self, key: str, text: str) -> int:
        """Write an object; answers its size in bytes. Raises StateError.

        >>> from eslabon.stepfunctions.maps.mapexamples import map_run
        >>> Place(map_run().service, {"Bucket": "results-2026"}).put("a.json", "[1]")
        3
        """
        content = text.encode("utf-8", "surrogatepass")
        self._call("put_object", Bucket=self.bucket, Key=key, Body=content, ContentType="application/json", **self.more)
        return len(content)

    def _call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        here = {"region": self.service.region, "account": self.service.account}
        try:
            answer: dict[str, Any] = self.service.cloud.call("s3", operation, parameters, **here)
        except ServiceError as refused:
            cause = f"The results could not be written to the bucket {self.bucket}. {refused}"
            raise StateError(RESULT_WRITER_FAILED, cause, complete=True) from None
        except NotModelled as missing:
            raise StateError(RUNTIME, str(missing), complete=True) from None
        return answer


def transformed(children: Iterable[Child | Ended], transformation: str) -> list[Any]:
    """The results of children that have ended; one that did not succeed is told with its metadata in any case.

    >>> transformed([], "NONE")
    []
    """
    results: list[Any] = []
    for child in children:
        if child.status != SUCCEEDED or transformation == NONE:
            results.append(metadata(child))
        elif transformation == FLATTEN and isinstance(child.output, list):
            results.extend(child.output)
        else:
            results.append(child.output)
    return results


def metadata(child: Child | Ended) -> dict[str, Any]:
    """A child execution as the NONE transformation tells it.

    >>> from eslabon.stepfunctions.maps.mapexamples import map_run
    >>> run = map_run([1])
    >>> run.abort()
    >>> told = metadata(run.children[0])
    >>> told["Status"], told["Input"], "Output" in told
    ('ABORTED', '1', False)
    """
    succeeded = child.status == SUCCEEDED
    assert child.stopped is not None
    arn = child.arn
    told = {
        "Cause": child.cause,
        "Error": child.error,
        "ExecutionArn": arn,
        "Input": compact(child.input),
        "InputDetails": {"Included": True},
        "Name": arn.rpartition(":")[2],
        "Output": compact(child.output) if succeeded else None,
        "OutputDetails": {"Included": True} if succeeded else None,
        "RedriveCount": child.redrives,
        "RedriveStatus": "NOT_REDRIVABLE" if succeeded else "REDRIVABLE",
        "RedriveStatusReason": NOT_REDRIVABLE if succeeded else None,
        "StartDate": iso(child.started),
        "StateMachineArn": child.state_machine["Id"],
        "Status": child.status,
        "StopDate": iso(child.stopped),
    }
    return {name: value for name, value in told.items() if value is not None}


def lines(results: Iterable[Any]) -> str:
    """JSON Lines.

    >>> lines([{"n": 1}, 2])
    '{"n":1}\\n2\\n'
    """
    return "".join(f"{compact(result)}\n" for result in results)
