"""Prints, as JSON, the IAM actions that each snippet needs, from its calls in eslabon; says nothing of resources."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CACHE = ROOT / ".cache" / "actions"
# boto3's service -> the prefix of its actions in the Service Authorization Reference.
PREFIXES = {
    "acm": "acm",
    "cloudwatch": "cloudwatch",
    "ec2": "ec2",
    "elb": "elasticloadbalancing",
    "elbv2": "elasticloadbalancing",
    "events": "events",
    "iam": "iam",
    "kms": "kms",
    "lambda": "lambda",
    "logs": "logs",
    "mq": "mq",
    "pipes": "pipes",
    "s3": "s3",
    "scheduler": "scheduler",
    "sns": "sns",
    "sqs": "sqs",
    "stepfunctions": "states",
    "sts": "sts",
}
# Operations whose action has another name, or that need a second one.
ACTIONS = {
    ("lambda", "Invoke"): ["lambda:InvokeFunction"],
    ("lambda", "CreateFunction"): ["lambda:CreateFunction", "iam:PassRole"],
    ("stepfunctions", "CreateStateMachine"): ["states:CreateStateMachine", "iam:PassRole"],
    ("stepfunctions", "UpdateStateMachine"): ["states:UpdateStateMachine", "iam:PassRole"],
    ("sqs", "SendMessageBatch"): ["sqs:SendMessage"],
    ("sqs", "DeleteMessageBatch"): ["sqs:DeleteMessage"],
    ("sqs", "ChangeMessageVisibilityBatch"): ["sqs:ChangeMessageVisibility"],
}


def actions_of(service: str, operation: str) -> list[str]:
    """Return the actions of one API operation.

    >>> actions_of("sqs", "SendMessageBatch")
    ['sqs:SendMessage']
    >>> actions_of("events", "PutRule")
    ['events:PutRule']
    >>> actions_of("s3control", "PutRule")
    Traceback (most recent call last):
    KeyError: 'tools/actions.py: no action prefix is known for the service s3control'
    """
    if service not in PREFIXES:
        raise KeyError(f"tools/actions.py: no action prefix is known for the service {service}")
    return ACTIONS.get((service, operation), [f"{PREFIXES[service]}:{operation}"])


def actions(path: Path) -> list[str]:
    """Run the snippet and return the actions it needs, sorted."""
    import botocore.session
    from botocore import xform_name

    from eslabon.runner import run_source

    source = path.read_text("utf-8")
    with contextlib.redirect_stdout(io.StringIO()):
        cloud = run_source(source, str(path))
    session = botocore.session.get_session()
    needed: set[str] = set()
    for service, method in sorted({(entry["service"], entry["operation"]) for entry in cloud.journal.of("call")}):
        names = session.get_service_model(service).operation_names
        needed.update(actions_of(service, next(name for name in names if method in (name, xform_name(name)))))
    if "RoleArn" in source:
        needed.add("iam:PassRole")
    return sorted(needed)


def kept(path: Path, library: bytes) -> str:
    """Return the actions of a snippet as JSON; they are found out once for each text of it and of the library."""
    digest = hashlib.sha256(library + path.read_bytes()).hexdigest()[:24]
    file = CACHE / f"{path.stem}.{digest}.json"
    if not file.exists():
        text = json.dumps(actions(path))
        CACHE.mkdir(parents=True, exist_ok=True)
        fresh = file.with_suffix(f".{os.getpid()}")  # both languages are built at once: whole, or not there
        fresh.write_text(text, "utf-8")
        fresh.replace(file)
    return file.read_text("utf-8")


def main() -> None:
    sys.path.insert(0, str(ROOT / "src"))
    library = hashlib.sha256()
    for file in sorted([*(ROOT / "src").rglob("*.py"), Path(__file__)]):
        library.update(file.read_bytes())
    for name in sys.argv[1:]:
        print(kept(Path(name), library.digest()))


if __name__ == "__main__":
    main()
