"""The fields of every type of state and of the objects inside, for both query languages, as tables.

https://docs.aws.amazon.com/step-functions/latest/dg/statemachine-structure.html and the pages of the states. What one
field demands of another is in `states`; the entries of Choices, Retry and Catch are in `entries`.
"""

from __future__ import annotations

from collections.abc import Mapping

from eslabon.stepfunctions.language.dataflow import JSONATA, JSONPATH
from eslabon.stepfunctions.language.wait import LONGEST
from eslabon.stepfunctions.validation import entries, expressions, kinds
from eslabon.stepfunctions.validation.kinds import Kind, Shape

# The values of fields that have few.
_CHOSEN: Mapping[str, str] = {
    "Type": "Task Wait Pass Succeed Fail Choice Parallel Map",
    "QueryLanguage": f"{JSONPATH} {JSONATA}",
    "Mode": "INLINE DISTRIBUTED",
    "ExecutionType": "STANDARD EXPRESS",
    "InputType": "CSV JSON JSONL PARQUET MANIFEST",
    "ManifestType": "ATHENA_DATA S3_INVENTORY",
    "CSVDelimiter": "COMMA PIPE SEMICOLON SPACE TAB",
    "CSVHeaderLocation": "FIRST_ROW GIVEN",
    "OutputType": "JSON JSONL",
}
# The kinds of all other fields; what is in no table is called …Path and is a reference path.
_KINDS: Mapping[str, Kind] = {
    "Comment Default ItemsPointer Label Next Resource StartAt Version": kinds.text,
    "End": kinds.boolean,
    "Result ItemProcessor Iterator ItemReader ItemBatcher ResultWriter": kinds.anything,  # `states` goes on there
    "States": kinds.value_of("a JSON object with one state or more", lambda value: kinds.is_object(value) and value),
    "Branches": kinds.array_of(kinds.anything, empty=False),
    "Choices": kinds.array_of(entries.check_rule, empty=False),
    "Retry": entries.check_retry,
    "Catch": entries.check_catch,
    "InputPath OutputPath": kinds.path(expressions.check_path, null=True),
    "ResultPath": kinds.result_path,
    "Arguments BatchInput ItemSelector Output Parameters": kinds.template,
    "Credentials ResultSelector": kinds.template_object,
    "Assign": kinds.assign,
    "Items": kinds.items,
    "Error Cause": kinds.error_text,
    "ErrorPath CausePath": kinds.path(expressions.check_text_path),
    "Seconds": kinds.number(0, LONGEST),
    "Timestamp": kinds.moment(expression=True),
    "TimeoutSeconds HeartbeatSeconds": kinds.number(1, LONGEST),
    "MaxConcurrency ToleratedFailureCount": kinds.number(0),
    "ToleratedFailurePercentage": kinds.number(0, 100, whole=False),
    "CSVHeaders": kinds.array_of(kinds.text),
    "MaxItems": kinds.number(1, 100_000_000),
    "MaxItemsPerBatch": kinds.number(1),
    "MaxInputBytesPerBatch": kinds.number(1, 262_144),
}
_KIND_OF: Mapping[str, Kind] = {
    **{name: kinds.one_of(*values.split()) for name, values in _CHOSEN.items()},
    **{name: kind for names, kind in _KINDS.items() for name in names.split()},
}


def _shape(
    fields: str,
    *,
    required: str = "",
    or_path: str = "",
    at_most_one: str = "",
    exactly_one: str = "",
    special: Mapping[str, Kind] | None = None,
) -> Shape:
    """An object with all these fields, each text the names of some.

    or_path: fields in whose place there can be another, called …Path; special: fields whose kind is their own here.
    """
    pairs = [(name, f"{name}Path") for name in or_path.split()]
    names = f"{required} {fields} {at_most_one} {exactly_one}".split() + [name for pair in pairs for name in pair]
    return Shape(
        {**{name: _KIND_OF.get(name, kinds.reference_path) for name in names}, **(special or {})},
        required.split(),
        [*pairs, at_most_one.split()],
        exactly_one.split(),
    )


_ANY = "Comment QueryLanguage"
_FLOWS = f"{_ANY} InputPath OutputPath Output"
_GOES_ON = f"{_FLOWS} Assign Next End"
_WORKS = f"{_GOES_ON} Parameters ResultPath ResultSelector Retry Catch"

STATES: Mapping[str, Shape] = {
    "Pass": _shape(f"{_GOES_ON} Parameters Result ResultPath", required="Type"),
    "Task": _shape(
        f"{_WORKS} Arguments Credentials", required="Type Resource", or_path="TimeoutSeconds HeartbeatSeconds"
    ),
    "Wait": _shape(_GOES_ON, required="Type", exactly_one="Seconds SecondsPath Timestamp TimestampPath"),
    "Choice": _shape(f"{_FLOWS} Assign Default", required="Type Choices"),
    "Succeed": _shape(_FLOWS, required="Type"),
    "Fail": _shape(_ANY, required="Type", or_path="Error Cause"),
    "Parallel": _shape(f"{_WORKS} Arguments", required="Type Branches"),
    "Map": _shape(
        f"{_WORKS} Items ItemsPath Label ItemReader ItemBatcher ResultWriter",
        required="Type",
        or_path="MaxConcurrency ToleratedFailureCount ToleratedFailurePercentage",
        at_most_one="ItemSelector Parameters",
        exactly_one="ItemProcessor Iterator",
    ),
}

UNKNOWN = _shape("QueryLanguage", required="Type")  # a state of no known type

WHOLE = _shape(
    "Comment Version QueryLanguage",
    required="StartAt States",
    special={"TimeoutSeconds": kinds.number(1, LONGEST, expression=False)},
)
BRANCH = _shape("Comment", required="StartAt States")
PROCESSOR = _shape(
    "Comment", required="StartAt States", special={"ProcessorConfig": _shape("Mode ExecutionType").check}
)

# --- Distributed Map --------------------------------------------------------------------------------------------------

_PLACE: Mapping[str, Kind] = {"Parameters": kinds.template_object, "Arguments": kinds.template_object}
_READER_CONFIG = _shape(
    "InputType ManifestType CSVDelimiter CSVHeaderLocation CSVHeaders ItemsPointer",
    or_path="MaxItems",
    special={"Transformation": kinds.one_of("NONE", "LOAD_AND_FLATTEN")},
)
_WRITER_CONFIG = _shape("OutputType", special={"Transformation": kinds.one_of("NONE", "COMPACT", "FLATTEN")})
OUTSIDE: Mapping[str, Shape] = {
    "ItemReader": _shape("", required="Resource", special={"ReaderConfig": _READER_CONFIG.check, **_PLACE}),
    "ItemBatcher": _shape("BatchInput", or_path="MaxItemsPerBatch MaxInputBytesPerBatch"),
    "ResultWriter": _shape("Resource", special={"WriterConfig": _WRITER_CONFIG.check, **_PLACE}),
}
