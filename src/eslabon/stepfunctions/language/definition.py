"""A state machine's definition, compiled once: its states with their data flow, their handlers and what they do.

It takes a definition that `validation` has found good; what it refuses itself are expressions that do not compile.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from eslabon.stepfunctions.language.choice import Rule, compile_rule
from eslabon.stepfunctions.language.dataflow import JSONATA, JSONPATH, TEMPLATES, DataFlow, compile_dataflow
from eslabon.stepfunctions.language.fields import Range, compile_field, compile_number, constant, text
from eslabon.stepfunctions.language.handlers import Catcher, Retrier
from eslabon.stepfunctions.language.jsonata import jsonata
from eslabon.stepfunctions.language.jsonpath.templates import compile_template
from eslabon.stepfunctions.language.resources import Resource, parse_resource
from eslabon.stepfunctions.language.scope import DefinitionError, Evaluate
from eslabon.stepfunctions.language.wait import LONGEST, Until, compile_wait

if TYPE_CHECKING:
    from eslabon.stepfunctions.maps.itemreader import Reader
    from eslabon.stepfunctions.maps.mapinputs import Batcher
    from eslabon.stepfunctions.maps.resultwriter import Writer


@dataclass(frozen=True, slots=True)
class PassWork:
    """A constant result, where the state has one."""

    has_result: bool
    result: Any


@dataclass(frozen=True, slots=True)
class TaskWork:
    """What is called, and how long it may take and be silent."""

    resource: Resource
    timeout: Evaluate | None  # seconds
    heartbeat: Evaluate | None  # seconds
    role: Evaluate | None  # Credentials.RoleArn


@dataclass(frozen=True, slots=True)
class ChoiceWork:
    """The rules in order, and the state that follows when none matches."""

    rules: Sequence[Rule]
    default: str | None


@dataclass(frozen=True, slots=True)
class WaitWork:
    """When the wait ends."""

    until: Until


@dataclass(frozen=True, slots=True)
class FailWork:
    """The error and the cause that the execution, branch or iteration fails with."""

    error: Evaluate | None
    cause: Evaluate | None


@dataclass(frozen=True, slots=True)
class ParallelWork:
    """The branches, each a machine of its own."""

    branches: Sequence[Machine]


@dataclass(frozen=True, slots=True)
class MapWork:
    """Where the items come from, what each becomes, the machine that processes it, and what may fail."""

    processor: Machine
    distributed: bool
    express: bool  # the type of a distributed Map's child executions
    items: Evaluate | None  # ItemsPath or Items; None: the state's input
    selector: Evaluate | None
    max_concurrency: Evaluate | None
    tolerated_count: Evaluate | None
    tolerated_percentage: Evaluate | None
    label: str
    reader: Reader | None = None
    batcher: Batcher | None = None
    writer: Writer | None = None


Work = PassWork | TaskWork | ChoiceWork | WaitWork | FailWork | ParallelWork | MapWork | None


@dataclass(frozen=True, slots=True)
class State:
    """One state: its place in the machine, what it does, and what happens before, after and when it fails."""

    name: str
    type: str
    language: str
    next: str | None  # None: the machine, branch or iteration ends here
    work: Work
    dataflow: DataFlow
    retriers: Sequence[Retrier]
    catchers: Sequence[Catcher]
    entered: str  # the types of its two events
    exited: str


@dataclass(frozen=True, slots=True)
class Machine:
    """States by name and where they start; of a whole definition, a branch, or an item processor."""

    start_at: str
    states: Mapping[str, State]
    timeout: float | None = None  # seconds that an execution may last


def inner_machines(state: State) -> Sequence[Machine]:
    """The branches of a Parallel, the item processor of a Map, and none for other states.

    >>> machine = compile_machine({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}})
    >>> inner_machines(machine.states["A"])
    ()
    """
    match state.work:
        case ParallelWork(branches):
            return branches
        case MapWork():
            return (state.work.processor,)
    return ()


def compile_machine(definition: Mapping[str, Any], language: str = JSONPATH) -> Machine:
    """A definition as `json.loads` gives it, or the Branches entry or ItemProcessor of one, compiled.

    language: of the state machine as a whole, which states in branches and item processors have too. Raises
    DefinitionError for an expression that does not compile; its message names the state. Follows https://docs.aws.amazon.com/step-functions/latest/dg/statemachine-structure.html

    >>> machine = compile_machine({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}})
    >>> machine.start_at, machine.states["A"].next, machine.states["A"].entered
    ('A', None, 'PassStateEntered')
    >>> compile_machine({"StartAt": "A", "States": {"A": {"Type": "Pass", "InputPath": "a", "End": True}}})
    Traceback (most recent call last):
    DefinitionError: ...
    """
    language = definition.get("QueryLanguage", language)  # parts of a machine have none of their own
    states = {name: compile_state(name, fields, language) for name, fields in definition["States"].items()}
    return Machine(definition["StartAt"], states, definition.get("TimeoutSeconds"))


def compile_state(name: str, fields: Mapping[str, Any], language: str = JSONPATH) -> State:
    """One state of a definition, compiled; TestState runs such a state alone. Raises DefinitionError.

    language: of the state machine as a whole.

    >>> compile_state("Done", {"Type": "Succeed"}).exited
    'SucceedStateExited'
    """
    whole, language = language, fields.get("QueryLanguage", language)
    kind = fields["Type"]
    try:
        return State(
            name=name,
            type=kind,
            language=language,
            next=None if fields.get("End") else fields.get("Next"),
            work=_work(fields, language, whole),
            dataflow=compile_dataflow(_flowing(kind, fields), language),
            retriers=[Retrier(retrier) for retrier in fields.get("Retry", ())],
            catchers=[Catcher(catcher, language) for catcher in fields.get("Catch", ())],
            entered=f"{kind}StateEntered",
            exited=f"{kind}StateExited",
        )
    except DefinitionError as error:
        raise DefinitionError(f"State '{name}': {error.message}", error.column) from None


def _flowing(kind: str, fields: Mapping[str, Any]) -> Mapping[str, Any]:
    """The fields that data flows through: a Map's Parameters are applied to each item, a Pass's Result needs none."""
    if kind != "Map" and "Result" not in fields:
        return fields
    return {name: value for name, value in fields.items() if name != "Parameters"}


def _work(fields: Mapping[str, Any], language: str, whole: str) -> Work:
    """What a state does; whole: the query language of the state machine, which the machines inside have too."""
    match fields["Type"]:
        case "Pass":
            return PassWork("Result" in fields, fields.get("Result"))
        case "Task":
            return TaskWork(
                parse_resource(fields["Resource"]),
                compile_number(fields, "TimeoutSeconds", Range(1, LONGEST)),
                compile_number(fields, "HeartbeatSeconds", Range(1, LONGEST)),
                _template(fields, "Credentials", language),
            )
        case "Choice":
            rules = [compile_rule(rule, language, fields) for rule in fields["Choices"]]
            return ChoiceWork(rules, fields.get("Default"))
        case "Wait":
            return WaitWork(compile_wait(fields))
        case "Fail":
            return FailWork(_text(fields, "Error", language), _text(fields, "Cause", language))
        case "Parallel":
            return ParallelWork([compile_machine(branch, whole) for branch in fields["Branches"]])
        case "Map":
            return _map(fields, language, whole)
    return None


def _template(fields: Mapping[str, Any], name: str, language: str) -> Evaluate | None:
    value = fields.get(name)
    return None if value is None else TEMPLATES[language](value, name)


def _text(fields: Mapping[str, Any], name: str, language: str) -> Evaluate | None:
    """Error or Cause: a constant, an expression, or `…Path`, which may be an intrinsic function too."""
    path = fields.get(f"{name}Path")
    if path is not None:
        template = compile_template({f"{name}.$": path}, f"{name}Path")
        return lambda scope: text(template(scope)[name], f"{name}Path", path)
    if language != JSONATA and name in fields:  # where braces are text
        return constant(fields[name])
    return compile_field(fields, name, kind="string")


def _map(fields: Mapping[str, Any], language: str, whole: str) -> MapWork:
    processor = fields["ItemProcessor"] if "ItemProcessor" in fields else fields["Iterator"]
    config = processor.get("ProcessorConfig", {})
    distributed = config.get("Mode") == "DISTRIBUTED"
    selector = "ItemSelector" if "ItemSelector" in fields else "Parameters"
    return MapWork(
        processor=compile_machine(processor, whole),
        distributed=distributed,
        express=config.get("ExecutionType") == "EXPRESS",
        items=_items(fields, language, distributed=distributed),
        selector=_template(fields, selector, language),
        max_concurrency=compile_number(fields, "MaxConcurrency", Range(0)),
        tolerated_count=compile_number(fields, "ToleratedFailureCount", Range(0)),
        tolerated_percentage=compile_number(fields, "ToleratedFailurePercentage", Range(0, 100, whole=False)),
        label=fields.get("Label", ""),
        **compile_outside(fields, language),
    )


def compile_outside(fields: Mapping[str, Any], language: str) -> dict[str, Any]:
    """Where a distributed Map reads its items, how it batches them, where its results go; loaded when there is any.

    fields: of the Map. Raises DefinitionError for what does not go together.

    >>> list(compile_outside({"ItemBatcher": {"MaxItemsPerBatch": 10}}, JSONPATH)), compile_outside({}, JSONPATH)
    (['batcher'], {})
    >>> compile_outside({"ItemBatcher": {}}, JSONPATH)
    Traceback (most recent call last):
    DefinitionError: ...
    """
    compiled: dict[str, Any] = {}
    if "ItemReader" in fields:
        from eslabon.stepfunctions.maps.itemreader import compile_reader

        compiled["reader"] = compile_reader(fields["ItemReader"], language)
    if "ItemBatcher" in fields:
        from eslabon.stepfunctions.maps.mapinputs import compile_batcher

        compiled["batcher"] = compile_batcher(fields["ItemBatcher"], language)
    if "ResultWriter" in fields:
        from eslabon.stepfunctions.maps.resultwriter import compile_writer

        compiled["writer"] = compile_writer(fields["ResultWriter"], language)
    return compiled


def _items(fields: Mapping[str, Any], language: str, *, distributed: bool) -> Evaluate | None:
    """Items or ItemsPath; a distributed Map takes an object too, for its members."""
    if language != JSONATA:
        return compile_field(fields, "Items")
    if "Items" not in fields:
        return None
    evaluate = jsonata.compile_value(fields["Items"], "Items")
    expression = jsonata.expression_in(fields["Items"])
    if expression is None:
        return evaluate
    kinds = ("array", "object") if distributed else ("array",)
    return jsonata.expect(evaluate, expression, "Items", *kinds)
