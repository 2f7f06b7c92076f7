"""Why deliveries failed, in sentences for people, from the cloud's journal; how a pattern decided is explain.py's."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from eslabon.ids import Arn

if TYPE_CHECKING:
    from eslabon.cloud import Cloud

_SENTENCES: dict[str, dict[str, str]] = {
    "en": {
        "failed": "{time}: {source} did not deliver to {target} (attempt {attempt}): {code}. {message}",
        "resource": "The policy of {target} does not let {principal} call {action}. The missing statement is:",
        "trust": "The trust policy of the role does not let {principal} assume it. The missing statement is:",
        "lost": "The event for {target} was dropped: no dead-letter queue took it.",
        "none": "Every delivery succeeded.",
    },
    "es": {
        "failed": "{time}: {source} no entregó a {target} (intento {attempt}): {code}. {message}",
        "resource": "La política de {target} no permite a {principal} llamar a {action}. La declaración que falta es:",
        "trust": "La política de confianza del rol no permite que {principal} lo asuma. La declaración que falta es:",
        "lost": "El evento para {target} se descartó: ninguna cola de mensajes fallidos (DLQ) lo recibió.",
        "none": "Todas las entregas llegaron.",
    },
}


def explain_deliveries(cloud: Cloud, language: str = "en") -> str:
    """Say why deliveries failed and, where a permission is missing, which statement to add.

    language: "en" or "es"; ValueError for another.
    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-event-delivery.html

    >>> from eslabon import Cloud
    >>> explain_deliveries(Cloud())
    'Every delivery succeeded.'
    >>> cloud = Cloud()
    >>> events = cloud.client("events")
    >>> _ = events.put_rule(Name="orders", EventPattern='{"source": ["shop"]}')
    >>> queue = "arn:aws:sqs:us-east-1:123456789012:gone"
    >>> _ = events.put_targets(Rule="orders", Targets=[{"Id": "1", "Arn": queue}])
    >>> cloud.clock.advance(60)
    >>> _ = events.put_events(Entries=[{"Source": "shop", "DetailType": "order", "Detail": "{}"}])
    >>> cloud.clock.run_until_idle()
    >>> print(explain_deliveries(cloud))
    00:01:00: rule/orders did not deliver to gone (attempt 1): NO_RESOURCE. The specified queue does not exist.
    The event for gone was dropped: no dead-letter queue took it.
    >>> explain_deliveries(cloud, "fr")
    Traceback (most recent call last):
    ValueError: explanations are in en or es, not in 'fr'
    """
    if language not in _SENTENCES:
        raise ValueError(f"explanations are in {' or '.join(_SENTENCES)}, not in {language!r}")
    say = _SENTENCES[language]
    lines: list[str] = []
    refusal: Mapping[str, Any] | None = None
    for entry in cloud.journal.of("delivery", "refusal", "dropped"):
        if entry.kind == "dropped":
            lines.append(say["lost"].format(target=Arn.parse(entry["target"]).resource))
        elif entry.kind == "delivery" and entry["error"]:
            lines.append(_failed(say, entry.time, entry.facts))
            if refusal:
                lines += _missing(say, refusal)
        refusal = entry.facts if entry.kind == "refusal" else None  # a refusal stands just before what it made fail
    return "\n".join(lines) or say["none"]


def _failed(say: Mapping[str, str], time: float, facts: Mapping[str, Any]) -> str:
    return say["failed"].format(
        time=dt.datetime.fromtimestamp(time, dt.UTC).strftime("%H:%M:%S"),
        source=Arn.parse(facts["source"]).resource,
        target=Arn.parse(facts["target"]).resource,
        attempt=facts["attempt"],
        code=facts["error"],
        message=facts["message"],
    )


def _missing(say: Mapping[str, str], refusal: Mapping[str, Any]) -> list[str]:
    which = "trust" if refusal["action"] == "sts:AssumeRole" else "resource"
    target = Arn.parse(refusal["target"]).resource
    sentence = say[which].format(target=target, principal=refusal["principal"], action=refusal["action"])
    return [sentence, json.dumps(refusal["missing"], indent=2)]
