"""Walks a definition: the shape of each part by `schema`, and what its fields demand of each other.

Where transitions lead is in `transitions`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from eslabon.stepfunctions.language.dataflow import JSONATA, JSONPATH
from eslabon.stepfunctions.language.definition import compile_outside
from eslabon.stepfunctions.language.jsonpath.templates import DEEPEST as DEEPEST_VALUE
from eslabon.stepfunctions.language.jsonvalues import is_number
from eslabon.stepfunctions.language.resources import parse_resource
from eslabon.stepfunctions.language.scope import DefinitionError
from eslabon.stepfunctions.tasks.patterns import problem_of
from eslabon.stepfunctions.validation import expressions, schema
from eslabon.stepfunctions.validation.context import Context, Variables
from eslabon.stepfunctions.validation.kinds import Shape
from eslabon.stepfunctions.validation.transitions import check_transitions

LONGEST_STATE_NAME = 80
LONGEST_LABEL = 40
_NOT_IN_LABELS = frozenset(' ?*<>{}[]:;,\\|^~$#%&`"/')
DEEPEST = 40  # machines in machines, far from where Python's own stack would end; AWS names no figure
_HAVE_A_RESULT = ("Task", "Parallel", "Map")  # that $states.result shows


def check_whole(context: Context, definition: Mapping[str, Any]) -> None:
    """Report everything wrong with a definition, as json.loads gives it.

    https://docs.aws.amazon.com/step-functions/latest/dg/statemachine-structure.html

    >>> context = Context()
    >>> check_whole(context, {"StartAt": "A", "States": {"A": {"Type": "Succeed", "End": True}}})
    >>> for found in context.diagnostics:
    ...     print(found)
    SCHEMA_VALIDATION_FAILED: Field 'End' is not supported at /States/A
    """
    language = JSONATA if definition.get("QueryLanguage") == JSONATA else JSONPATH
    _machine(context.within(whole_language=language), definition, "", schema.WHOLE)
    for scope in context.variables.scopes:
        scope.check(context)


def _machine(context: Context, machine: Any, location: str, shape: Shape) -> None:
    if context.depth > DEEPEST:
        message = f"States nest more than {DEEPEST} levels deep: start another state machine instead"
        context.error(location, message, code="TOO_DEEPLY_NESTED")
        return
    if not shape.check(context.within(language=context.whole_language), machine, location):
        return
    states = machine.get("States")
    if not isinstance(states, dict) or not states:
        return
    for name, state in states.items():
        check_state(context, name, state, f"{location}/States/{name}")
    check_transitions(context, machine, location)


def check_state(context: Context, name: str, state: Any, location: str) -> None:
    """Report everything wrong with one state, except where it leads.

    >>> context = Context()
    >>> check_state(context, "A", {"Type": "Wait", "Seconds": -1, "End": True}, "/States/A")
    >>> context.diagnostics[0].location
    '/States/A/Seconds'
    """
    _check_name(context, name, location)
    if not isinstance(state, dict):
        context.error(location, f"The state '{name}' must be a JSON object")
        return
    language = state.get("QueryLanguage", context.whole_language)
    if language == JSONPATH and context.whole_language == JSONATA:
        message = f"'QueryLanguage' can not be '{JSONPATH}' if set to '{JSONATA}' for whole state machine"
        context.error(location, message)
    if language != JSONATA:
        language = context.whole_language
    kind = state.get("Type")
    if not isinstance(kind, str) or kind not in schema.STATES:
        known = {field: state[field] for field in schema.UNKNOWN.fields if field in state}
        schema.UNKNOWN.check(context, known, location)
        return
    context = context.within(language=language, state=location, has_result=kind in _HAVE_A_RESULT)
    shape = schema.STATES[kind]
    shape.check(context, state, location)
    if "Next" in shape.fields:
        _check_end(context, state, location)
    if kind in _CHECKS:
        _CHECKS[kind](context, state, location)


def _check_name(context: Context, name: str, location: str) -> None:
    if not name or len(name) > LONGEST_STATE_NAME:
        message = f"A state's name has 1 to {LONGEST_STATE_NAME} characters; '{name[:100]}' has {len(name)}"
        context.error(location, message, code="INVALID_STATE_NAME")
    if name in context.names:
        message = f"The state name '{name}' is taken, by {context.names[name]}: names are unique in the whole machine"
        context.error(location, message, code="DUPLICATE_STATE_NAME")
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
    if expressions.looks_dynamic(value):
        message = "The value looks like a path, and Result is handed on as it stands: paths are for Parameters"
        context.warn(location, "PASS_RESULT_IS_STATIC", message)
    if depth < DEEPEST_VALUE:
        for place, item in expressions.inside(value, location):
            _check_static(context, item, place, depth + 1)


def _check_task(context: Context, state: Mapping[str, Any], location: str) -> None:
    resource = state.get("Resource")
    if isinstance(resource, str):
        with context.compiling(f"{location}/Resource", code="INVALID_RESOURCE"):
            problem = problem_of(parse_resource(resource), context.type)
            if problem is not None:
                raise DefinitionError(problem)
    heartbeat, timeout = state.get("HeartbeatSeconds"), state.get("TimeoutSeconds")
    if is_number(heartbeat) and is_number(timeout) and heartbeat >= timeout:
        context.error(f"{location}/HeartbeatSeconds", "HeartbeatSeconds must be smaller than TimeoutSeconds")
    credentials = state.get("Credentials")
    if isinstance(credentials, dict) and not {"RoleArn", "RoleArn.$"} & credentials.keys():
        context.error(f"{location}/Credentials", "Credentials must have RoleArn, or RoleArn.$ in JSONPath")


def _check_parallel(context: Context, state: Mapping[str, Any], location: str) -> None:
    if isinstance(state.get("Branches"), list):
        for place, branch in expressions.inside(state["Branches"], f"{location}/Branches"):
            inner = context.within(depth=context.depth + 1, variables=Variables(context.variables))
            _machine(inner, branch, place, schema.BRANCH)


def _check_map(context: Context, state: Mapping[str, Any], location: str) -> None:
    field = "ItemProcessor" if "ItemProcessor" in state else "Iterator"
    processor = state.get(field)
    config = processor.get("ProcessorConfig", {}) if isinstance(processor, dict) else {}
    distributed = isinstance(config, dict) and config.get("Mode") == "DISTRIBUTED"
    if isinstance(config, dict):
        place = f"{location}/{field}/ProcessorConfig"
        if distributed and "ExecutionType" not in config:
            context.error(place, "The field 'ExecutionType' is required where Mode is DISTRIBUTED")
        elif not distributed and "ExecutionType" in config:
            context.error(place, "The field 'ExecutionType' is for the Mode DISTRIBUTED only")
        if distributed and context.type == "EXPRESS":
            context.error(place, "Express state machine does not support a Map of Mode DISTRIBUTED")
    _check_outside(context, state, location, distributed=distributed)
    _check_label(context, state, location)
    if field in state:
        express = (config.get("ExecutionType") if distributed else context.type) == "EXPRESS"
        inner = context.within(
            depth=context.depth + 1,
            variables=Variables(context.variables, isolated=distributed),
            type="EXPRESS" if express else "STANDARD",
        )
        _machine(inner, processor, f"{location}/{field}", schema.PROCESSOR)


def _check_outside(context: Context, state: Mapping[str, Any], location: str, *, distributed: bool) -> None:
    """The fields of a Map that only a distributed one has."""
    if "ItemReader" in state and ("ItemsPath" in state or "Items" in state):
        context.error(location, "A Map with an ItemReader takes its items from there: leave out ItemsPath and Items")
    for name, shape in schema.OUTSIDE.items():
        if name not in state:
            continue
        place = f"{location}/{name}"
        if not distributed:
            context.error(place, f"Field '{name}' needs a ProcessorConfig whose Mode is DISTRIBUTED")
        before = context.errors
        shape.check(context, state[name], place)
        if context.errors == before:
            with context.compiling(place):  # what its members demand of each other is its own to say
                compile_outside({name: state[name]}, context.language)


def _check_label(context: Context, state: Mapping[str, Any], location: str) -> None:
    label = state.get("Label")
    if not isinstance(label, str):
        return
    place = f"{location}/Label"
    forbidden = sorted({character for character in label if character in _NOT_IN_LABELS or not character.isprintable()})
    if not label or len(label) > LONGEST_LABEL or forbidden:
        shown = f", without {' '.join(map(repr, forbidden))}" if forbidden else ""
        message = f"A Label has 1 to {LONGEST_LABEL} characters{shown}; this one has {len(label)}"
        context.error(place, message, code="INVALID_LABEL_NAME")
    elif label in context.labels:
        message = f"The Label '{label}' is taken, by {context.labels[label]}"
        context.error(place, message, code="DUPLICATE_LABEL_NAME")
    context.labels.setdefault(label, location)


_CHECKS: Mapping[str, Callable[[Context, Mapping[str, Any], str], None]] = {
    "Pass": _check_pass,
    "Task": _check_task,
    "Parallel": _check_parallel,
    "Map": _check_map,
}
