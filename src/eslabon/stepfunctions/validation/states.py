"""Walks a definition: the shape of each part by `schema`, and what its fields demand of each other.

Where transitions lead is in `transitions`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from eslabon.stepfunctions.language.jsonpath.templates import DEEPEST as DEEPEST_VALUE
from eslabon.stepfunctions.language.patterns import problem_of
from eslabon.stepfunctions.language.resources import parse_resource
from eslabon.stepfunctions.language.scope import DefinitionError
from eslabon.stepfunctions.validation import expressions, schema
from eslabon.stepfunctions.validation.context import JSONATA, JSONPATH, Context, Variables
from eslabon.stepfunctions.validation.diagnostics import (
    DUPLICATE_LABEL_NAME,
    DUPLICATE_STATE_NAME,
    INVALID_LABEL_NAME,
    INVALID_RESOURCE,
    INVALID_STATE_NAME,
    PASS_RESULT_IS_STATIC,
    TOO_DEEPLY_NESTED,
)
from eslabon.stepfunctions.validation.handling import check_catch, check_retry
from eslabon.stepfunctions.validation.kinds import Shape, is_number
from eslabon.stepfunctions.validation.rules import check_choice
from eslabon.stepfunctions.validation.transitions import check_transitions

LONGEST_STATE_NAME = 80
LONGEST_LABEL = 40
_NOT_IN_LABELS = frozenset(' ?*<>{}[]:;,\\|^~$#%&`"/')
DEEPEST = 40  # machines in machines, far from where Python's own stack would end; AWS names no figure
_HAVE_A_RESULT = ("Task", "Parallel", "Map")  # that $states.result shows


def check_whole(context: Context, definition: Any) -> None:
    """Report everything wrong with a definition, as json.loads gives it.

    https://docs.aws.amazon.com/step-functions/latest/dg/statemachine-structure.html

    >>> from eslabon.stepfunctions.validation.diagnostics import Report
    >>> context = Context(Report(), "STANDARD")
    >>> check_whole(context, {"StartAt": "A", "States": {"A": {"Type": "Succeed", "End": True}}})
    >>> for found in context.report.diagnostics:
    ...     print(found)
    SCHEMA_VALIDATION_FAILED: Field 'End' is not supported at /States/A
    """
    language = definition.get("QueryLanguage", JSONPATH) if isinstance(definition, dict) else JSONPATH
    if language not in (JSONPATH, JSONATA):
        language = JSONPATH
    _machine(context.within(whole_language=language, language=language), definition, "", schema.WHOLE)
    context.variables.check(context.report)


def _machine(context: Context, machine: Any, location: str, shape: Shape) -> None:
    if context.depth > DEEPEST:
        message = f"States nest more than {DEEPEST} levels deep: start another state machine instead"
        context.error(location, message, code=TOO_DEEPLY_NESTED)
        return
    if not shape.check(context.within(language=context.whole_language), machine, location):
        return
    states = machine.get("States")
    if not isinstance(states, dict) or not states:
        if "States" in machine:
            context.error(f"{location}/States", "The field 'States' must be a JSON object with one state or more")
        return
    for name, state in states.items():
        check_state(context, name, state, f"{location}/States/{name}")
    check_transitions(context, machine, location)


def check_state(context: Context, name: str, state: Any, location: str) -> None:
    """Report everything wrong with one state, except where it leads.

    >>> from eslabon.stepfunctions.validation.diagnostics import Report
    >>> context = Context(Report(), "STANDARD")
    >>> check_state(context, "A", {"Type": "Wait", "Seconds": -1, "End": True}, "/States/A")
    >>> context.report.diagnostics[0].location
    '/States/A/Seconds'
    """
    _check_name(context, name, location)
    if not isinstance(state, dict):
        context.error(location, f"The state '{name}' must be a JSON object")
        return
    language = state.get("QueryLanguage", context.whole_language)
    if language not in (JSONPATH, JSONATA):
        context.error(
            f"{location}/QueryLanguage",
            f"The field 'QueryLanguage' should have one of these values: [{JSONPATH}, {JSONATA}]",
        )
        language = context.whole_language
    if language == JSONPATH and context.whole_language == JSONATA:
        message = f"'QueryLanguage' can not be '{JSONPATH}' if set to '{JSONATA}' for whole state machine"
        context.error(location, message)
        language = JSONATA
    context = context.within(language=language, state=location)
    kind = state.get("Type")
    if not isinstance(kind, str) or kind not in schema.STATES:
        if "Type" in state:
            message = f"The field 'Type' should have one of these values: [{', '.join(schema.TYPES)}]"
            context.error(f"{location}/Type", message)
        else:
            context.error(location, "The field 'Type' is required but was missing")
        return
    context = context.within(has_result=kind in _HAVE_A_RESULT)
    shape = schema.STATES[kind]
    shape.check(context, state, location)
    if "Next" in shape.fields:
        _check_end(context, state, location)
    for field, check in (("Retry", check_retry), ("Catch", check_catch)):
        if field in state and field in shape.fields:
            check(context, state[field], f"{location}/{field}")
    _CHECKS.get(kind, _nothing)(context, state, location)


def _nothing(context: Context, state: Mapping[str, Any], location: str) -> None:
    pass


def _check_name(context: Context, name: str, location: str) -> None:
    if not name or len(name) > LONGEST_STATE_NAME:
        message = f"A state's name has 1 to {LONGEST_STATE_NAME} characters; '{name[:100]}' has {len(name)}"
        context.error(location, message, code=INVALID_STATE_NAME)
    if name in context.names:
        message = f"The state name '{name}' is taken, by {context.names[name]}: names are unique in the whole machine"
        context.error(location, message, code=DUPLICATE_STATE_NAME)
    context.names.setdefault(name, location)


def _check_end(context: Context, state: Mapping[str, Any], location: str) -> None:
    ends = state.get("End") is True
    if ends and "Next" in state:
        context.error(location, "A state has either Next or End, not both")
    elif not ends and "Next" not in state and (state.get("End", False) is False):
        context.error(location, 'A state needs Next, the state that follows, or "End": true')


# --- Types of states --------------------------------------------------------------------------------------------------


def _check_pass(context: Context, state: Mapping[str, Any], location: str) -> None:
    if context.language == JSONPATH and "Result" in state:
        _check_static(context, state["Result"], f"{location}/Result", 0)


def _check_static(context: Context, value: Any, location: str, depth: int) -> None:
    if depth > DEEPEST_VALUE:
        return
    if expressions.looks_dynamic(value):
        message = "The value looks like a path, and Result is handed on as it stands: paths are for Parameters"
        context.report.warn(location, PASS_RESULT_IS_STATIC, message)
    elif isinstance(value, dict):
        for name, item in value.items():
            _check_static(context, item, f"{location}/{name}", depth + 1)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _check_static(context, item, f"{location}[{index}]", depth + 1)


def _check_task(context: Context, state: Mapping[str, Any], location: str) -> None:
    resource = state.get("Resource")
    if isinstance(resource, str):
        try:
            problem = problem_of(parse_resource(resource), context.type)
        except DefinitionError as error:
            problem = error.message
        if problem is not None:
            context.error(f"{location}/Resource", problem, code=INVALID_RESOURCE)
    heartbeat, timeout = state.get("HeartbeatSeconds"), state.get("TimeoutSeconds")
    if is_number(heartbeat) and is_number(timeout) and heartbeat >= timeout:
        context.error(f"{location}/HeartbeatSeconds", "HeartbeatSeconds must be smaller than TimeoutSeconds")
    credentials = state.get("Credentials")
    if isinstance(credentials, dict) and not {"RoleArn", "RoleArn.$"} & credentials.keys():
        context.error(f"{location}/Credentials", "Credentials must have RoleArn, or RoleArn.$ in JSONPath")


def _check_parallel(context: Context, state: Mapping[str, Any], location: str) -> None:
    if "Branches" not in state:
        return
    branches = state["Branches"]
    if not isinstance(branches, list) or not branches:
        context.error(f"{location}/Branches", "The field 'Branches' must be an array of one branch or more")
        return
    for index, branch in enumerate(branches):
        inner = context.within(depth=context.depth + 1, variables=Variables(context.variables), catching=False)
        _machine(inner, branch, f"{location}/Branches[{index}]", schema.BRANCH)


def _check_map(context: Context, state: Mapping[str, Any], location: str) -> None:
    field = "ItemProcessor" if "ItemProcessor" in state else "Iterator"
    processor = state.get(field)
    config = processor.get("ProcessorConfig", {}) if isinstance(processor, dict) else {}
    place = f"{location}/{field}/ProcessorConfig"
    distributed = isinstance(config, dict) and config.get("Mode") == "DISTRIBUTED"
    child_type = context.type
    if schema.PROCESSOR_CONFIG.check(context, config, place):
        if distributed and "ExecutionType" not in config:
            context.error(place, "The field 'ExecutionType' is required where Mode is DISTRIBUTED")
        elif not distributed and "ExecutionType" in config:
            context.error(place, "The field 'ExecutionType' is for the Mode DISTRIBUTED only")
        if distributed and context.type == "EXPRESS":
            context.error(place, "Express state machine does not support a Map of Mode DISTRIBUTED")
        if distributed:
            child_type = "EXPRESS" if config.get("ExecutionType") == "EXPRESS" else "STANDARD"
    _check_outside(context, state, location, distributed=distributed)
    _check_label(context, state, location)
    if field in state:
        variables = Variables(context.variables, isolated=distributed)
        inner = context.within(depth=context.depth + 1, variables=variables, type=child_type, catching=False)
        _machine(inner, processor, f"{location}/{field}", schema.PROCESSOR)


def _check_outside(context: Context, state: Mapping[str, Any], location: str, *, distributed: bool) -> None:
    """The fields of a Map that only a distributed one has."""
    from eslabon.stepfunctions.maps.itembatcher import compile_batcher
    from eslabon.stepfunctions.maps.itemreader import compile_reader
    from eslabon.stepfunctions.maps.resultwriter import compile_writer

    if "ItemReader" in state and ("ItemsPath" in state or "Items" in state):
        context.error(location, "A Map with an ItemReader takes its items from there: leave out ItemsPath and Items")
    parts: tuple[tuple[str, Shape, Callable[[Mapping[str, Any], str], object]], ...] = (
        ("ItemReader", schema.ITEM_READER, compile_reader),
        ("ItemBatcher", schema.ITEM_BATCHER, compile_batcher),
        ("ResultWriter", schema.RESULT_WRITER, compile_writer),
    )
    for name, shape, compile_it in parts:
        if name not in state:
            continue
        place = f"{location}/{name}"
        if not distributed:
            context.error(place, f"Field '{name}' needs a ProcessorConfig whose Mode is DISTRIBUTED")
        before = context.report.errors
        shape.check(context, state[name], place)
        if context.report.errors > before:
            continue
        try:  # what their members demand of each other is theirs to say
            compile_it(state[name], context.language)
        except DefinitionError as error:
            context.error(place, error.message)


def _check_label(context: Context, state: Mapping[str, Any], location: str) -> None:
    label = state.get("Label")
    if not isinstance(label, str):
        return
    place = f"{location}/Label"
    forbidden = sorted({character for character in label if character in _NOT_IN_LABELS or not character.isprintable()})
    if not label or len(label) > LONGEST_LABEL or forbidden:
        shown = f", without {' '.join(map(repr, forbidden))}" if forbidden else ""
        message = f"A Label has 1 to {LONGEST_LABEL} characters{shown}; this one has {len(label)}"
        context.error(place, message, code=INVALID_LABEL_NAME)
    elif label in context.labels:
        message = f"The Label '{label}' is taken, by {context.labels[label]}"
        context.error(place, message, code=DUPLICATE_LABEL_NAME)
    context.labels.setdefault(label, location)


_CHECKS: Mapping[str, Callable[[Context, Mapping[str, Any], str], None]] = {
    "Pass": _check_pass,
    "Task": _check_task,
    "Choice": check_choice,
    "Parallel": _check_parallel,
    "Map": _check_map,
}
