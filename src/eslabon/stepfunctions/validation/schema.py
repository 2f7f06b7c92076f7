"""The fields of every type of state and of the objects inside, for both query languages, as tables.

https://docs.aws.amazon.com/step-functions/latest/dg/statemachine-structure.html and the pages of the states. What one
field demands of another is in `states`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eslabon.stepfunctions.language.choice import COMPARISONS
from eslabon.stepfunctions.language.wait import LONGEST, parse_timestamp
from eslabon.stepfunctions.validation import expressions, kinds
from eslabon.stepfunctions.validation.context import JSONATA, JSONPATH, Context
from eslabon.stepfunctions.validation.diagnostics import NO_PATH
from eslabon.stepfunctions.validation.kinds import Field, Kind, Shape

TYPES = ("Task", "Wait", "Pass", "Succeed", "Fail", "Choice", "Parallel", "Map")
QUERY_LANGUAGE = Field(kinds.one_of(JSONPATH, JSONATA))
COMMENT = Field(kinds.text)
TARGET = Field(kinds.text)
NESTED = Field(kinds.anything)  # machines, Retry, Catch and Choices: `states` goes on there


def _path(kind: Kind = kinds.path) -> Field:
    return Field(kind, language=JSONPATH)


def _jsonata(kind: Kind = kinds.template) -> Field:
    return Field(kind, language=JSONATA)


def _seconds(name: str) -> dict[str, Field]:
    return _or_path(name, kinds.number(1, LONGEST))


def _or_path(name: str, kind: Kind) -> dict[str, Field]:
    return {name: Field(kind), f"{name}Path": _path(kinds.reference_path)}


_ANY_STATE = {"Type": Field(kinds.one_of(*TYPES), required=True), "Comment": COMMENT, "QueryLanguage": QUERY_LANGUAGE}
_GOES_ON = {"Next": TARGET, "End": Field(kinds.boolean)}
_ASSIGN = {"Assign": Field(kinds.assign)}
_IN_AND_OUT = {
    "InputPath": _path(kinds.path_or_null),
    "OutputPath": _path(kinds.path_or_null),
    "Output": _jsonata(),
}
_RESULT = {"ResultPath": _path(kinds.result_path), "ResultSelector": _path(kinds.template_object)}
_FAILS = {"Retry": NESTED, "Catch": NESTED}
_WORKS = {**_ANY_STATE, **_GOES_ON, **_ASSIGN, **_IN_AND_OUT, **_RESULT, **_FAILS}

WAIT_FIELDS = ("Seconds", "SecondsPath", "Timestamp", "TimestampPath")

MAP_LIMITS = (
    ("MaxConcurrency", "MaxConcurrencyPath"),
    ("ToleratedFailureCount", "ToleratedFailureCountPath"),
    ("ToleratedFailurePercentage", "ToleratedFailurePercentagePath"),
)

STATES: Mapping[str, Shape] = {
    "Pass": Shape(
        {
            **_ANY_STATE,
            **_GOES_ON,
            **_ASSIGN,
            **_IN_AND_OUT,
            "Parameters": _path(kinds.template),
            "Result": _path(kinds.anything),
            "ResultPath": _path(kinds.result_path),
        }
    ),
    "Task": Shape(
        {
            **_WORKS,
            **_seconds("TimeoutSeconds"),
            **_seconds("HeartbeatSeconds"),
            "Resource": Field(kinds.text, required=True),
            "Parameters": _path(kinds.template),
            "Arguments": _jsonata(),
            "Credentials": Field(kinds.template_object),
        },
        at_most_one=[("TimeoutSeconds", "TimeoutSecondsPath"), ("HeartbeatSeconds", "HeartbeatSecondsPath")],
    ),
    "Wait": Shape(
        {
            **_ANY_STATE,
            **_GOES_ON,
            **_ASSIGN,
            **_IN_AND_OUT,
            **_or_path("Seconds", kinds.number(0, LONGEST)),
            **_or_path("Timestamp", kinds.timestamp),
        },
        exactly_one=[WAIT_FIELDS],
    ),
    "Choice": Shape(
        {**_ANY_STATE, **_ASSIGN, **_IN_AND_OUT, "Choices": Field(kinds.anything, required=True), "Default": TARGET}
    ),
    "Succeed": Shape({**_ANY_STATE, **_IN_AND_OUT}),
    "Fail": Shape(
        {
            **_ANY_STATE,
            "Error": Field(kinds.expression_or_text),
            "ErrorPath": _path(kinds.text_path),
            "Cause": Field(kinds.expression_or_text),
            "CausePath": _path(kinds.text_path),
        },
        at_most_one=[("Error", "ErrorPath"), ("Cause", "CausePath")],
    ),
    "Parallel": Shape(
        {
            **_WORKS,
            "Branches": Field(kinds.anything, required=True),
            "Parameters": _path(kinds.template),
            "Arguments": _jsonata(),
        }
    ),
    "Map": Shape(
        {
            **_WORKS,
            "ItemProcessor": NESTED,
            "Iterator": NESTED,
            "Items": _jsonata(kinds.items),
            "ItemsPath": _path(kinds.reference_path),
            "ItemSelector": Field(kinds.template),
            "Parameters": _path(kinds.template),
            **_or_path("MaxConcurrency", kinds.number(0)),
            **_or_path("ToleratedFailureCount", kinds.number(0)),
            **_or_path("ToleratedFailurePercentage", kinds.number(0, 100, whole=False)),
            "Label": Field(kinds.text),
            "ItemReader": NESTED,
            "ItemBatcher": NESTED,
            "ResultWriter": NESTED,
        },
        at_most_one=[*MAP_LIMITS, ("ItemSelector", "Parameters")],
        exactly_one=[("ItemProcessor", "Iterator")],
    ),
}

_MACHINE = {"StartAt": Field(kinds.text, required=True), "States": Field(kinds.anything, required=True)}
WHOLE = Shape(
    {
        **_MACHINE,
        "Comment": COMMENT,
        "Version": Field(kinds.text),
        "TimeoutSeconds": Field(kinds.number(1, LONGEST, expression=False)),
        "QueryLanguage": QUERY_LANGUAGE,
    }
)
BRANCH = Shape({**_MACHINE, "Comment": COMMENT})
PROCESSOR = Shape({**_MACHINE, "Comment": COMMENT, "ProcessorConfig": NESTED})
PROCESSOR_CONFIG = Shape(
    {
        "Mode": Field(kinds.one_of("INLINE", "DISTRIBUTED")),
        "ExecutionType": Field(kinds.one_of("STANDARD", "EXPRESS")),
    }
)

_ERRORS = Field(kinds.array_of(kinds.text, empty=False), required=True)
RETRIER = Shape(
    {
        "ErrorEquals": _ERRORS,
        "IntervalSeconds": Field(kinds.number(1, LONGEST, expression=False)),
        "MaxAttempts": Field(kinds.number(0, LONGEST, expression=False)),
        "BackoffRate": Field(kinds.number(1, whole=False, expression=False)),
        "MaxDelaySeconds": Field(kinds.number(1, 31_622_400, expression=False)),
        "JitterStrategy": Field(kinds.one_of("FULL", "NONE")),
        "Comment": COMMENT,
    }
)
CATCHER = Shape(
    {
        "ErrorEquals": _ERRORS,
        "Next": Field(kinds.text, required=True),
        "ResultPath": _path(kinds.result_path),
        "Output": _jsonata(),
        "Assign": Field(kinds.assign),
        "Comment": COMMENT,
    }
)

# --- Choices ----------------------------------------------------------------------------------------------------------


def _literal(wanted: str, good: Any) -> Kind:
    """What a comparison compares with, as it stands in the definition."""

    def check(context: Context, value: Any, location: str) -> None:
        if not good(value):
            context.error(location, f"The field '{location.rpartition('/')[2]}' must be {wanted}")
        elif expressions.looks_dynamic(value):
            message = "The value looks like a path, and is compared as text: the …Path operators compare with paths"
            context.report.warn(location, NO_PATH, message)

    return check


_OPERANDS: Mapping[str, Kind] = {
    "String": _literal("a string", lambda value: isinstance(value, str)),
    "Numeric": _literal("a number", kinds.is_number),
    "Boolean": kinds.boolean,
    "Timestamp": _literal(
        "a timestamp with its offset, as 2026-01-01T12:00:00Z", lambda value: parse_timestamp(value) is not None
    ),
}
TYPE_TESTS = ("IsPresent", "IsNull", "IsBoolean", "IsNumeric", "IsString", "IsTimestamp")
OPERATORS: Mapping[str, Kind] = {
    **{name: _OPERANDS[family] for name, (family, _) in COMPARISONS.items()},
    **{f"{name}Path": kinds.reference_path for name in COMPARISONS},
    **dict.fromkeys(TYPE_TESTS, kinds.boolean),
    "StringMatches": _literal("a string", lambda value: isinstance(value, str)),
}
JUNCTIONS = ("And", "Or", "Not")
_RULE = {"Next": Field(kinds.text, required=True), "Assign": Field(kinds.assign), "Comment": COMMENT}
JSONATA_RULE = Shape({**_RULE, "Condition": Field(kinds.condition, required=True), "Output": Field(kinds.template)})
_TEST = {
    "Variable": Field(kinds.variable),
    **{name: Field(kind) for name, kind in OPERATORS.items()},
    **dict.fromkeys(JUNCTIONS, Field(kinds.anything)),
    "Comment": COMMENT,
}
TEST = Shape(_TEST)
RULE = Shape({**_TEST, **_RULE})

# --- Distributed Map --------------------------------------------------------------------------------------------------

_PLACE = {"Parameters": _path(kinds.template_object), "Arguments": _jsonata(kinds.template_object)}
READER_CONFIG = Shape(
    {
        "InputType": Field(kinds.one_of("CSV", "JSON", "JSONL", "PARQUET", "MANIFEST")),
        "Transformation": Field(kinds.one_of("NONE", "LOAD_AND_FLATTEN")),
        "ManifestType": Field(kinds.one_of("ATHENA_DATA", "S3_INVENTORY")),
        "CSVDelimiter": Field(kinds.one_of("COMMA", "PIPE", "SEMICOLON", "SPACE", "TAB")),
        "CSVHeaderLocation": Field(kinds.one_of("FIRST_ROW", "GIVEN")),
        "CSVHeaders": Field(kinds.array_of(kinds.text)),
        "ItemsPointer": Field(kinds.text),
        **_or_path("MaxItems", kinds.number(1, 100_000_000)),
    },
    at_most_one=[("MaxItems", "MaxItemsPath")],
)
ITEM_READER = Shape(
    {"Resource": Field(kinds.text, required=True), "ReaderConfig": Field(kinds.shaped(READER_CONFIG)), **_PLACE}
)
ITEM_BATCHER = Shape(
    {
        **_or_path("MaxItemsPerBatch", kinds.number(1)),
        **_or_path("MaxInputBytesPerBatch", kinds.number(1, 262_144)),
        "BatchInput": Field(kinds.template),
    },
    at_most_one=[("MaxItemsPerBatch", "MaxItemsPerBatchPath"), ("MaxInputBytesPerBatch", "MaxInputBytesPerBatchPath")],
)
WRITER_CONFIG = Shape(
    {
        "Transformation": Field(kinds.one_of("NONE", "COMPACT", "FLATTEN")),
        "OutputType": Field(kinds.one_of("JSON", "JSONL")),
    }
)
RESULT_WRITER = Shape({"Resource": Field(kinds.text), "WriterConfig": Field(kinds.shaped(WRITER_CONFIG)), **_PLACE})
