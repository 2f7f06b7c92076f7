"""ResultWriter: what becomes of the results of a distributed Map, as the state's output or as objects in Amazon S3.

https://docs.aws.amazon.com/step-functions/latest/dg/input-output-resultwriter.html

Left out: the second file of a kind, which AWS begins after 5 GB.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from eslabon.stepfunctions.language.errornames import RESULT_WRITER_FAILED
from eslabon.stepfunctions.language.jsonvalues import compact
from eslabon.stepfunctions.language.scope import DefinitionError, Evaluate
from eslabon.stepfunctions.maps.places import Place, compile_arguments
from eslabon.stepfunctions.running.history import iso

if TYPE_CHECKING:
    from eslabon.stepfunctions.maps.mapchildren import Child, Ended
    from eslabon.stepfunctions.running.interpreter import Visit

PUT = "arn:aws:states:::s3:putObject"
NONE, COMPACT, FLATTEN = "NONE", "COMPACT", "FLATTEN"
JSON, JSONL = "JSON", "JSONL"
SUCCEEDED = "SUCCEEDED"
NOT_REDRIVABLE = "Execution is SUCCEEDED and cannot be redriven"
_DOING = "The results could not be written to the bucket"


@dataclass(frozen=True, slots=True)
class Writer:
    """A ResultWriter, compiled; one without a place gives its results to the state."""

    arguments: Evaluate | None
    transformation: str
    output_type: str

    def place(self, visit: Visit) -> Place | None:
        """Where the results go. Raises StateError, States.ResultWriterFailed, when they cannot go there.

        >>> from eslabon.stepfunctions.api.examples import map_run
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
        place = Place(visit.flow.execution.service, self.arguments(visit), ["Bucket"], RESULT_WRITER_FAILED)
        with place.failing(f"{_DOING} {place.bucket}"):
            place.check()
        return place

    def shown(self, children: Iterable[Child | Ended]) -> Any:
        """The results of children that have ended, in their order: an array, or text of JSON Lines.

        >>> from eslabon.stepfunctions.api.examples import map_run
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

        >>> from eslabon.stepfunctions.api.examples import map_run
        >>> run = map_run([1])
        >>> run.service.clock.run_until_idle()
        >>> writer = compile_writer({"Resource": PUT, "Parameters": {"Bucket": "results-2026"}}, "JSONPath")
        >>> result = writer.write(writer.place(run.visit), run.arn, run.children, [])
        >>> result["MapRunArn"] == run.arn, result["ResultWriterDetails"]["Key"].endswith("/manifest.json")
        (True, True)
        """
        prefix = str(place.arguments.get("Prefix", ""))
        folder = f"{prefix}{'' if prefix.endswith('/') or not prefix else '/'}{map_run_arn.rpartition(':')[2]}"
        succeeded = [child for child in children if child.status == SUCCEEDED]
        failed = [child for child in children if child.status != SUCCEEDED]
        contents = {
            "FAILED": transformed(failed, NONE),
            "PENDING": [
                {"Input": compact(given), "InputDetails": {"Included": True}, "Status": "PENDING"} for given in pending
            ],
            "SUCCEEDED": transformed(succeeded, self.transformation),
        }
        files: dict[str, list[dict[str, Any]]] = {status: [] for status in contents}
        for status, results in contents.items():
            if results:
                key = f"{folder}/{status}_0.json"
                size = _put(place, key, lines(results) if self.output_type == JSONL else compact(results))
                files[status].append({"Key": key, "Size": size})
        manifest = {"DestinationBucket": place.bucket, "MapRunArn": map_run_arn, "ResultFiles": files}
        _put(place, f"{folder}/manifest.json", compact(manifest))
        details = {"Bucket": place.bucket, "Key": f"{folder}/manifest.json"}
        return {"MapRunArn": map_run_arn, "ResultWriterDetails": details}


def _put(place: Place, key: str, text: str) -> int:
    """Write an object; answers its size in bytes. Raises StateError."""
    content = text.encode("utf-8", "surrogatepass")
    more = {name: value for name, value in place.arguments.items() if name != "Prefix"}
    with place.failing(f"{_DOING} {place.bucket}"):
        place.call("put_object", {"ContentType": "application/json", **more, "Key": key, "Body": content})
    return len(content)


# What a Map without a ResultWriter does with its results.
DEFAULT = Writer(None, COMPACT, JSON)


def compile_writer(fields: Mapping[str, Any], language: str) -> Writer:
    """The ResultWriter field of a Map, whose members have been checked one by one. Raises DefinitionError.

    >>> compile_writer({"WriterConfig": {"Transformation": "FLATTEN"}}, "JSONPath").transformation
    'FLATTEN'
    >>> compile_writer({"Resource": PUT, "Parameters": {"Bucket": "results-2026"}}, "JSONPath").transformation
    'NONE'
    >>> compile_writer({}, "JSONPath")
    Traceback (most recent call last):
    DefinitionError: A ResultWriter must have a WriterConfig, or Resource and ...
    """
    config, resource = fields.get("WriterConfig"), fields.get("Resource")
    if config is None and resource is None:
        raise DefinitionError("A ResultWriter must have a WriterConfig, or Resource and where to write, or both.")
    if resource not in (None, PUT):
        raise DefinitionError(f"The Resource of a ResultWriter is {PUT}, not '{resource}'.")
    config = {"Transformation": COMPACT if resource is None else NONE, "OutputType": JSON, **(config or {})}
    arguments = None if resource is None else compile_arguments(fields, language)
    return Writer(arguments, config["Transformation"], config["OutputType"])


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

    >>> from eslabon.stepfunctions.api.examples import map_run
    >>> run = map_run([1])
    >>> run.abort()
    >>> told = metadata(run.children[0])
    >>> told["Status"], told["Input"], "Output" in told
    ('ABORTED', '1', False)
    """
    succeeded = child.status == SUCCEEDED
    assert child.stopped is not None
    arn = child.arn  # made when it is asked for, as the name is
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
