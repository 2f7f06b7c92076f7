"""Resource policies: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html"""

from __future__ import annotations

import json
from typing import Any

import pytest

from eslabon.errors import NotModelled
from eslabon.permissions import PolicyError, allows, missing_statement, parse_policy

QUEUE = "arn:aws:sqs:us-east-1:123456789012:orders"
RULE = "arn:aws:events:us-east-1:123456789012:rule/orders"
ALLOW = {
    "Effect": "Allow",
    "Principal": {"Service": "events.amazonaws.com"},
    "Action": "sqs:SendMessage",
    "Resource": QUEUE,
}


def decide(*statements: Any, **request: str) -> bool:
    policy = parse_policy(json.dumps({"Version": "2012-10-17", "Statement": list(statements)}))
    asked = {
        "principal": "events.amazonaws.com",
        "action": "sqs:SendMessage",
        "resource": QUEUE,
        "source_arn": RULE,
        "source_account": "123456789012",
        **request,
    }
    return allows(policy, **asked)


def test_what_nobody_allows_is_denied() -> None:
    assert not allows(None, principal="events.amazonaws.com", action="sqs:SendMessage", resource=QUEUE)
    assert not decide({**ALLOW, "Principal": {"Service": "sns.amazonaws.com"}})
    assert not decide({**ALLOW, "Action": "sqs:ReceiveMessage"})
    assert not decide({**ALLOW, "Resource": QUEUE + "-other"})


def test_what_one_statement_allows_is_allowed() -> None:
    assert decide(ALLOW)


def test_a_deny_wins_over_any_allow() -> None:
    assert not decide(ALLOW, {**ALLOW, "Effect": "Deny", "Principal": "*"})


@pytest.mark.parametrize("action", ["sqs:*", "SQS:sendmessage", "*", "sqs:Send?essage"])
def test_actions_know_wildcards_and_no_case(action: str) -> None:
    assert decide({**ALLOW, "Action": [action]})


@pytest.mark.parametrize(
    ("condition", "decision"),
    [
        ({"ArnEquals": {"aws:SourceArn": RULE}}, True),
        ({"ArnLike": {"aws:SourceArn": "arn:aws:events:*:123456789012:rule/*"}}, True),
        ({"ArnLike": {"aws:SourceArn": "arn:aws:events:*"}}, False),  # * does not reach across a colon
        ({"StringEquals": {"aws:SourceAccount": "123456789012"}}, True),
        ({"StringEquals": {"aws:SourceAccount": "111122223333"}}, False),
        ({"StringLike": {"aws:SourceArn": "*rule/orders"}}, True),
        ({"ArnEquals": {"aws:SourceArn": [RULE + "-other", RULE]}}, True),  # one value is enough
        ({"ArnEquals": {"aws:SourceArn": RULE}, "StringEquals": {"aws:SourceAccount": "1"}}, False),  # every condition
        ({"ArnEquals": {"AWS:SOURCEARN": RULE}}, True),  # keys know no case
    ],
)
def test_conditions_narrow_a_statement(condition: Any, decision: bool) -> None:
    assert decide({**ALLOW, "Condition": condition}) is decision


def test_an_account_stands_for_everybody_in_it() -> None:
    who = {"principal": "arn:aws:iam::111122223333:role/sender"}
    assert decide({**ALLOW, "Principal": {"AWS": "111122223333"}}, **who)
    assert decide({**ALLOW, "Principal": {"AWS": "arn:aws:iam::111122223333:root"}}, **who)
    assert not decide({**ALLOW, "Principal": {"AWS": "444455556666"}}, **who)


@pytest.mark.parametrize(
    "document",
    [
        "",
        "[]",
        "{}",
        '{"Statement": []}',
        '{"Version": "2020", "Statement": {}}',
        json.dumps({"Statement": [{**ALLOW, "Effect": "Maybe"}]}),
        json.dumps({"Statement": [{**ALLOW, "Extra": 1}]}),
        json.dumps({"Statement": [{"Effect": "Allow", "Action": "*"}]}),
        json.dumps({"Statement": [{**ALLOW, "Principal": "events.amazonaws.com"}]}),
    ],
)
def test_what_is_no_policy_is_refused(document: str) -> None:
    with pytest.raises(PolicyError):
        parse_policy(document)


@pytest.mark.parametrize(
    "condition", [{"Bool": {"aws:SecureTransport": "true"}}, {"StringEquals": {"aws:PrincipalOrgID": "o"}}]
)
def test_conditions_without_effect_here_are_not_accepted_and_ignored(condition: Any) -> None:
    with pytest.raises(NotModelled, match="condition"):
        decide({**ALLOW, "Condition": condition})


def test_the_missing_statement_is_the_one_that_helps() -> None:
    missing = missing_statement(
        principal="events.amazonaws.com", action="sqs:SendMessage", resource=QUEUE, source_arn=RULE
    )
    assert decide(missing)
    assert not decide(missing, source_arn=RULE + "-other")


@pytest.mark.parametrize(
    "change",
    [
        {"Sid": 7},
        {"Action": []},
        {"Principal": {"Service": []}},
        {"Resource": []},
    ],
)
def test_a_statement_whose_elements_hold_nothing_is_no_statement(change: dict[str, Any]) -> None:
    with pytest.raises(PolicyError):
        decide({**ALLOW, **change})


def test_a_policy_has_no_elements_but_version_id_and_statement() -> None:
    with pytest.raises(PolicyError, match="version"):
        parse_policy(json.dumps({"version": "2012-10-17", "Statement": ALLOW}))


def test_a_sid_is_unique_within_a_policy() -> None:
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_sid.html
    with pytest.raises(PolicyError, match="Sid"):
        decide({**ALLOW, "Sid": "rule"}, {**ALLOW, "Sid": "rule"})
    assert decide({**ALLOW, "Sid": "rule"}, {**ALLOW, "Sid": "other"})


def test_policy_variables_are_not_taken_for_text() -> None:
    with pytest.raises(NotModelled, match="policy variable"):
        decide({**ALLOW, "Condition": {"StringEquals": {"aws:SourceAccount": "${aws:PrincipalAccount}"}}})
