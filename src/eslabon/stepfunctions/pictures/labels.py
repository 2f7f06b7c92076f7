"""What pictures of state machines say, in English and Spanish: conditions, what a Task calls, durations, sentences."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from eslabon.stepfunctions.language.resources import parse_resource
from eslabon.stepfunctions.language.scope import DefinitionError

TEXTS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "start": "Start", "end": "End", "default": "otherwise", "and": "and", "or": "or", "not": "not",
        "present": "{} is present", "absent": "{} is absent", "matches": "matches",
        "is": "is {}", "is not": "is not {}", "until": "until {}", "token": "waits for a token",
        "sync": "until it ends", "activity": "Activity", "items": "{} items", "item": "1 item",
        "branches": "{} branches", "branch": "1 branch", "distributed": "distributed",
        "succeeded": "succeeded", "failed": "failed", "caught": "caught", "stopped": "stopped", "running": "running",
        "retry": "1 retry", "retries": "{} retries", "in all": "{} in all",
        "graph": "State machine", "time": "Execution over time",
        "machine": "A state machine of {} states that starts at {}.", "one": "A state machine of one state, {}.",
        "SUCCEEDED": "The execution succeeded after {}.", "FAILED": "The execution failed after {}: {}.",
        "TIMED_OUT": "The execution timed out after {}.", "ABORTED": "The execution was stopped after {}.",
        "RUNNING": "The execution has been running for {}.", "ran": "In order: {}.", "not reached": "Not reached: {}.",
        "more": "{} more", "redriven": "redriven", "nothing": "no state was entered",
        "attempt": "attempt {}", "row": "{} at {} for {} ({})",
        "no error": "no error given",
    },
    "es": {
        "start": "Inicio", "end": "Fin", "default": "si no", "and": "y", "or": "o", "not": "no",
        "present": "existe {}", "absent": "no existe {}", "matches": "coincide con", "is": "es {}",
        "is not": "no es {}",
        "until": "hasta {}", "token": "espera un token",
        "sync": "hasta que acaba", "activity": "Actividad", "items": "{} elementos", "item": "1 elemento",
        "branches": "{} ramas", "branch": "1 rama", "distributed": "distribuido",
        "succeeded": "correcto", "failed": "falló", "caught": "capturado", "stopped": "detenido",
        "running": "en curso",
        "retry": "1 reintento", "retries": "{} reintentos", "in all": "{} en total",
        "graph": "Máquina de estados", "time": "La ejecución en el tiempo",
        "machine": "Una máquina de {} estados que empieza en {}.", "one": "Una máquina de un solo estado, {}.",
        "SUCCEEDED": "La ejecución acabó bien tras {}.", "FAILED": "La ejecución falló tras {}: {}.",
        "TIMED_OUT": "La ejecución superó su tiempo límite tras {}.", "ABORTED": "La ejecución se detuvo tras {}.",
        "RUNNING": "La ejecución lleva {} en curso.", "ran": "En orden: {}.", "not reached": "Sin alcanzar: {}.",
        "more": "{} más", "redriven": "reanudada", "nothing": "no se entró en ningún estado",
        "attempt": "intento {}", "row": "{} a los {} durante {} ({})",
        "no error": "sin error indicado",
    },
}  # fmt: skip

SERVICES = {
    "lambda": "Lambda", "sqs": "SQS", "sns": "SNS", "events": "EventBridge", "states": "Step Functions",
    "sfn": "Step Functions", "dynamodb": "DynamoDB", "s3": "S3", "ecs": "ECS", "batch": "Batch", "glue": "Glue",
    "athena": "Athena", "bedrock": "Bedrock", "http": "HTTP", "eventbridge": "EventBridge", "codebuild": "CodeBuild",
    "sagemaker": "SageMaker", "apigateway": "API Gateway", "elasticmapreduce": "EMR", "eks": "EKS",
}  # fmt: skip

# How the operators of a Choice rule are written, longest first; in front of it stands a type, behind it perhaps Path.
_SIGNS = {
    "LessThanEquals": "≤", "GreaterThanEquals": "≥", "LessThan": "<", "GreaterThan": ">", "Equals": "=",
}  # fmt: skip
_COMPARISON = re.compile(r"(?:Boolean|Numeric|String|Timestamp)(Matches|" + "|".join(_SIGNS) + ")(?:Path)?")


class Labels:
    """The texts of a picture in one language, "en" or "es". ValueError for another.

    >>> Labels("es").duration(90), Labels("en")("retries", 2)
    ('1 min 30 s', '2 retries')
    >>> Labels("fr")
    Traceback (most recent call last):
    ValueError: pictures speak en and es, not 'fr'
    """

    def __init__(self, language: str) -> None:
        if language not in TEXTS:
            raise ValueError(f"pictures speak {' and '.join(TEXTS)}, not {language!r}")
        self._texts = TEXTS[language]
        self._comma = language == "es"

    def __call__(self, name: str, *values: object) -> str:
        return self._texts[name].format(*values)

    def number(self, value: float) -> str:
        """A number with at most two significant decimals.

        >>> Labels("es").number(1.5), Labels("en").number(30.0)
        ('1,5', '30')
        """
        text = f"{value:.2f}".rstrip("0").rstrip(".") if value < 10 else f"{value:.1f}".removesuffix(".0")
        return text.replace(".", ",") if self._comma else text

    def counted(self, one: str, more: str, count: int) -> str:
        """How many there are: by the names of the texts for one and for more.

        >>> Labels("en").counted("item", "items", 1), Labels("en").counted("item", "items", 0)
        ('1 item', '0 items')
        """
        return self(one if count == 1 else more, count)

    def duration(self, seconds: float) -> str:
        """A time span in the two largest units that tell it.

        >>> [Labels("en").duration(seconds) for seconds in (0.02, 2.5, 61, 7200, 90061)]
        ['20 ms', '2.5 s', '1 min 1 s', '2 h', '1 d 1 h']
        """
        if seconds < 0.9995:
            return f"{round(seconds * 1000)} ms"
        if seconds < 59.95:
            return f"{self.number(seconds)} s"
        rest = round(seconds)
        parts: list[str] = []
        for unit, size in (("d", 86_400), ("h", 3600), ("min", 60), ("s", 1)):
            count, rest = divmod(rest, size)
            if count or parts:
                parts.append(f"{count} {unit}" if count else "")
        return " ".join(part for part in parts[:2] if part)

    def condition(self, rule: Mapping[str, Any]) -> str:
        """A Choice rule in short.

        >>> english = Labels("en")
        >>> english.condition({"Variable": "$.total", "NumericGreaterThan": 100, "Next": "A"})
        '$.total > 100'
        >>> english.condition({"Condition": "{% $states.input.total > 100 %}", "Next": "A"})
        '$states.input.total > 100'
        >>> both = [{"Variable": "$.a", "IsPresent": True}, {"Variable": "$.b", "StringEquals": "x"}]
        >>> english.condition({"Not": {"And": both}})
        "not ($.a is present and $.b = 'x')"
        """
        if "Condition" in rule:
            return _expression(rule["Condition"])
        for name in ("And", "Or"):
            if name in rule:
                parts = [(part, self.condition(part)) for part in rule[name]]
                shown = [f"({text})" if {"And", "Or"} & set(part) else text for part, text in parts]
                return f" {self(name.lower())} ".join(shown)
        if "Not" in rule:
            inner = self.condition(rule["Not"])
            return f"{self('not')} ({inner})"
        return self._comparison(rule)

    def _comparison(self, rule: Mapping[str, Any]) -> str:
        variable = str(rule.get("Variable", ""))
        for name, value in rule.items():
            if name == "IsPresent":
                return self("present" if value else "absent", variable)
            if name.startswith("Is"):
                return f"{variable} {self('is' if value else 'is not', name[2:].lower())}"
            found = _COMPARISON.fullmatch(name)
            if found:
                shown = value if name.endswith("Path") or not isinstance(value, str) else f"'{value}'"
                if isinstance(value, bool):
                    shown = str(value).lower()
                return f"{variable} {_SIGNS.get(found[1]) or self('matches')} {shown}"
        return variable

    def work(self, fields: Mapping[str, Any]) -> str:
        """What a state does, in a few words.

        >>> english = Labels("en")
        >>> english.work({"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken"})
        'SQS sendMessage, waits for a token'
        >>> english.work({"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:pay"})
        'Lambda pay'
        >>> english.work({"Type": "Wait", "Seconds": 30}), english.work({"Type": "Pass"})
        ('Wait 30 s', 'Pass')
        """
        kind = str(fields.get("Type", "?"))
        if kind == "Task":
            return self._task(fields)
        if kind == "Wait":
            return f"Wait {self._wait(fields)}"
        if kind == "Fail" and isinstance(fields.get("Error"), str):
            return f"Fail {_expression(fields['Error'])}"
        if kind == "Parallel":
            return f"Parallel, {self.counted('branch', 'branches', len(fields.get('Branches', ())))}"
        if kind == "Map" and distributed(fields):
            return f"Map, {self('distributed')}"
        return kind

    def _wait(self, fields: Mapping[str, Any]) -> str:
        seconds = fields.get("Seconds")
        if isinstance(seconds, int | float):
            return self.duration(seconds)
        if "Timestamp" in fields:
            return self("until", _expression(str(fields["Timestamp"])))
        return _expression(str(seconds or fields.get("SecondsPath") or fields.get("TimestampPath") or ""))

    def _task(self, fields: Mapping[str, Any]) -> str:
        text = str(fields.get("Resource", ""))
        try:
            resource = parse_resource(text)
        except DefinitionError:
            return text
        if resource.kind != "integration":
            what = "Lambda" if resource.kind == "function" else self("activity")
            return f"{what} {text.split(f':{resource.kind}:', 1)[-1]}"
        service = resource.service.removeprefix("aws-sdk:")
        called = f"{SERVICES.get(service, service)} {resource.action}"
        arguments = fields.get("Arguments", fields.get("Parameters"))
        if service == "lambda" and resource.action == "invoke" and isinstance(arguments, dict):
            function = arguments.get("FunctionName")
            if isinstance(function, str):
                called = f"Lambda {_expression(function.split(':function:', 1)[-1])}"
        if resource.awaits_token:
            return f"{called}, {self('token')}"
        return f"{called}, {self('sync')}" if resource.pattern else called


def distributed(fields: Mapping[str, Any]) -> bool:
    """Whether a Map starts executions of its own for its items.

    >>> distributed({"Type": "Map", "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED"}}}), distributed({})
    (True, False)
    """
    processor = fields.get("ItemProcessor")
    config = processor.get("ProcessorConfig") if isinstance(processor, dict) else None
    return isinstance(config, dict) and config.get("Mode") == "DISTRIBUTED"


def _expression(value: object) -> str:
    """JSONata without the marks around it, on one line."""
    text = str(value).strip()
    if text.startswith("{%") and text.endswith("%}"):
        text = text[2:-2]
    return " ".join(text.split())
