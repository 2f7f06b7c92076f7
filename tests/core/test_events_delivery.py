"""From PutEvents to the target: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-event-delivery.html"""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from eslabon import Cloud
from eslabon.delivery import LATENCY
from eslabon.errors import Failure
from eslabon.events.undelivered import explain_deliveries
from tests.core.conftest import Shop

TRUST: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sts:AssumeRole"},
}


def entry(**members: Any) -> dict[str, Any]:
    return {"Source": "shop", "DetailType": "order", "Detail": "{}", **members}


class TestPutEvents:
    def test_an_event_has_awss_envelope(self, shop: Shop) -> None:
        url, arn = shop.queue("orders")
        shop.allow(url, arn, shop.rule("all", {"source": ["shop"]}))
        shop.target("all", arn)
        answer = shop.events.put_events(Entries=[entry(Detail='{"total": 9}', Resources=["order/1"])])
        shop.cloud.clock.run_until_idle()
        (event,) = shop.received(url)
        assert event.pop("time").startswith("2026-01-01T00:01:")
        assert event == {
            "version": "0",
            "id": answer["Entries"][0]["EventId"],
            "detail-type": "order",
            "source": "shop",
            "account": "123456789012",
            "region": "us-east-1",
            "resources": ["order/1"],
            "detail": {"total": 9},
        }

    @pytest.mark.parametrize(
        ("wrong", "code"),
        [
            ({"Source": "aws.shop"}, "NotAuthorizedForSourceException"),
            ({"Detail": "[]"}, "MalformedDetail"),
            ({"Detail": "{"}, "MalformedDetail"),
            ({"Detail": '{"n": 9223372036854775808}'}, "MalformedDetail"),
            ({"Detail": '{"a":' * 1001 + "1" + "}" * 1001}, "MalformedDetail"),
            ({"DetailType": ""}, "InvalidArgument"),
        ],
    )
    def test_one_bad_entry_fails_alone_and_the_call_succeeds(self, cloud: Cloud, wrong: Any, code: str) -> None:
        answer = cloud.client("events").put_events(Entries=[entry(), entry(**wrong)])
        assert answer["FailedEntryCount"] == 1
        assert "EventId" in answer["Entries"][0]
        assert answer["Entries"][1]["ErrorCode"] == code

    def test_large_numbers_and_deep_details_are_accepted(self, cloud: Cloud) -> None:
        deep = '{"a":' * 500 + "1" + "}" * 500
        entries = [entry(Detail=deep), entry(Detail='{"n": 9223372036854775807}')]
        assert cloud.client("events").put_events(Entries=entries)["FailedEntryCount"] == 0

    def test_a_request_with_no_complete_entry_is_refused_whole(self, cloud: Cloud) -> None:
        with pytest.raises(ClientError, match="DetailType is a required argument"):
            cloud.client("events").put_events(Entries=[{"Source": "shop"}, {"Detail": "{}"}])

    def test_ten_entries_and_no_more(self, cloud: Cloud) -> None:
        events = cloud.client("events")
        assert events.put_events(Entries=[entry()] * 10)["FailedEntryCount"] == 0
        with pytest.raises(ClientError, match="less than or equal to 10"):
            events.put_events(Entries=[entry()] * 11)

    def test_a_request_stays_under_one_megabyte(self, cloud: Cloud) -> None:
        events = cloud.client("events")
        frame = len('{"a":""}') + len("shop") + len("order")
        largest = 1_048_576 - 1 - frame
        assert events.put_events(Entries=[entry(Detail=json.dumps({"a": "x" * largest}, separators=(",", ":")))])
        with pytest.raises(ClientError, match="over the limit"):
            events.put_events(Entries=[entry(Detail=json.dumps({"a": "x" * (largest + 1)}, separators=(",", ":")))])

    def test_one_call_reaches_several_buses(self, shop: Shop) -> None:
        shop.events.create_event_bus(Name="other")
        for bus in ("default", "other"):
            url, arn = shop.queue(f"queue-{bus}")
            shop.allow(url, arn, shop.rule("all", {"source": ["shop"]}, bus=bus))
            shop.target("all", arn, bus=bus)
        shop.events.put_events(Entries=[entry(Detail='{"n":1}'), entry(Detail='{"n":2}', EventBusName="other")])
        shop.cloud.clock.run_until_idle()
        for bus, number in (("default", 1), ("other", 2)):
            url = shop.sqs.get_queue_url(QueueName=f"queue-{bus}")["QueueUrl"]
            assert [event["detail"]["n"] for event in shop.received(url)] == [number]


class TestRulesInEffect:
    @pytest.fixture
    def url(self, shop: Shop) -> str:
        url, arn = shop.queue("orders")
        shop.allow(url, arn, shop.rule("r", {"source": ["shop"]}))
        shop.target("r", arn)
        return url

    def test_what_does_not_match_is_not_delivered(self, shop: Shop, url: str) -> None:
        shop.send({"n": 1}, source="web")
        assert shop.received(url) == []

    def test_a_new_rule_takes_effect_after_a_delay(self, shop: Shop) -> None:
        url, arn = shop.queue("late")
        rule = shop.rule("late", {"source": ["shop"]})
        shop.allow(url, arn, rule)
        shop.events.put_targets(Rule="late", Targets=[{"Id": "1", "Arn": arn}])
        shop.send({"n": 1})
        assert shop.received(url) == []
        shop.cloud.clock.advance(60)
        shop.send({"n": 2})
        assert [event["detail"]["n"] for event in shop.received(url)] == [2]

    def test_a_changed_rule_is_in_effect_as_before_until_the_delay_has_passed(self, shop: Shop, url: str) -> None:
        shop.rule("r", {"source": ["web"]})
        shop.send({"n": 1})
        assert len(shop.received(url)) == 1
        shop.cloud.clock.advance(60)
        shop.send({"n": 2})
        shop.send({"n": 3}, source="web")
        assert [event["detail"]["n"] for event in shop.received(url)] == [3]

    @pytest.mark.parametrize("change", ["disable", "remove", "delete"])
    def test_a_rule_taken_away_delivers_no_more(self, shop: Shop, url: str, change: str) -> None:
        if change == "disable":
            shop.events.disable_rule(Name="r")
        else:
            shop.events.remove_targets(Rule="r", Ids=["orders"])
        if change == "delete":
            shop.events.delete_rule(Name="r")
        shop.cloud.clock.advance(60)
        shop.send({"n": 1})
        assert shop.received(url) == []

    def test_a_delivery_takes_time(self, shop: Shop, url: str) -> None:
        """A program that does not wait, or poll long, finds nothing: as on AWS."""
        shop.events.put_events(Entries=[entry()])
        assert shop.received(url) == []
        answer = shop.sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)
        assert len(answer["Messages"]) == 1


class TestPermissions:
    def test_without_a_queue_policy_nothing_arrives_and_the_publisher_hears_nothing(self, shop: Shop) -> None:
        url, arn = shop.queue("orders")
        shop.rule("r", {"source": ["shop"]})
        shop.target("r", arn)
        shop.send({"n": 1})
        assert shop.received(url) == []
        (refusal,) = shop.cloud.journal.of("refusal")
        assert refusal["action"] == "sqs:SendMessage"
        assert refusal["missing"]["Condition"]["ArnEquals"]["aws:SourceArn"].endswith(":rule/r")

    def test_the_statement_that_was_missing_is_the_one_that_helps(self, shop: Shop) -> None:
        url, arn = shop.queue("orders")
        shop.rule("r", {"source": ["shop"]})
        shop.target("r", arn)
        shop.send({"n": 1})
        missing = next(shop.cloud.journal.of("refusal"))["missing"]
        policy = json.dumps({"Version": "2012-10-17", "Statement": [missing]})
        shop.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
        shop.send({"n": 2})
        assert [event["detail"]["n"] for event in shop.received(url)] == [2]

    def test_another_rules_permission_does_not_help(self, shop: Shop) -> None:
        url, arn = shop.queue("orders")
        rule = shop.rule("r", {"source": ["shop"]})
        shop.allow(url, arn, rule + "-other")
        shop.target("r", arn)
        shop.send({"n": 1})
        assert shop.received(url) == []

    def test_a_role_that_does_not_trust_eventbridge_is_not_assumed(self, shop: Shop) -> None:
        lambda_trust = json.dumps(TRUST).replace("events.amazonaws.com", "lambda.amazonaws.com")
        role = shop.cloud.client("iam").create_role(RoleName="sender", AssumeRolePolicyDocument=lambda_trust)
        url, arn = shop.queue("orders")
        shop.rule("r", {"source": ["shop"]})
        shop.target("r", arn, RoleArn=role["Role"]["Arn"])
        shop.send({"n": 1})
        assert shop.received(url) == []
        assert next(shop.cloud.journal.of("refusal"))["action"] == "sts:AssumeRole"

    def test_a_trust_policy_may_name_the_rule(self, shop: Shop) -> None:
        url, arn = shop.queue("orders")
        for name in ("trusted", "other"):
            rule = shop.rule(name, {"source": [name]})
            source = rule if name == "trusted" else rule + "-not"
            trust = {**TRUST["Statement"], "Condition": {"ArnEquals": {"aws:SourceArn": source}}}
            document = json.dumps({"Version": "2012-10-17", "Statement": trust})
            role = shop.cloud.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=document)
            shop.target(name, arn, RoleArn=role["Role"]["Arn"])
            shop.send({"from": name}, source=name)
        assert [event["source"] for event in shop.received(url)] == ["trusted"]

    def test_a_role_that_trusts_eventbridge_needs_no_queue_policy(self, shop: Shop) -> None:
        role = shop.cloud.client("iam").create_role(RoleName="sender", AssumeRolePolicyDocument=json.dumps(TRUST))
        url, arn = shop.queue("orders")
        shop.rule("r", {"source": ["shop"]})
        shop.target("r", arn, RoleArn=role["Role"]["Arn"])
        shop.send({"n": 1})
        assert len(shop.received(url)) == 1


class TestTransformation:
    @pytest.mark.parametrize(
        ("target", "body"),
        [
            ({"Input": '{"fixed": true}'}, {"fixed": True}),
            ({"InputPath": "$.detail.order"}, {"id": 7}),
            (
                {
                    "InputTransformer": {
                        "InputPathsMap": {"id": "$.detail.order.id"},
                        "InputTemplate": '{"order": <id>}',
                    }
                },
                {"order": 7},
            ),
            (
                {"InputTransformer": {"InputTemplate": '{"rule": "<aws.events.rule-name>"}'}},
                {"rule": "r"},
            ),
        ],
    )
    def test_the_target_gets_what_its_input_says(self, shop: Shop, target: Any, body: Any) -> None:
        url, arn = shop.queue("orders")
        shop.allow(url, arn, shop.rule("r", {"source": ["shop"]}))
        shop.target("r", arn, **target)
        shop.send({"order": {"id": 7}})
        assert shop.received(url) == [body]


class TestDeadLetters:
    def dead_letters(self, shop: Shop, rule: str) -> tuple[str, str]:
        url, arn = shop.queue("dead")
        shop.allow(url, arn, rule)
        return url, arn

    def message(self, shop: Shop, url: str) -> tuple[Any, dict[str, str]]:
        answer = shop.sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"])
        (message,) = answer["Messages"]
        attributes = {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
        return json.loads(message["Body"]), attributes

    def test_no_permission_goes_straight_to_the_dead_letter_queue(self, shop: Shop) -> None:
        rule = shop.rule("r", {"source": ["shop"]})
        url, dead = self.dead_letters(shop, rule)
        _, arn = shop.queue("orders")
        shop.target("r", arn, DeadLetterConfig={"Arn": dead}, InputPath="$.detail")
        begun = shop.cloud.clock.now
        shop.send({"n": 1})
        assert shop.cloud.clock.now - begun < 5
        event, attributes = self.message(shop, url)
        assert event["detail"] == {"n": 1}  # the event itself, not what the target would have got
        assert attributes["RULE_ARN"] == rule
        assert attributes["TARGET_ARN"] == arn
        assert attributes["ERROR_CODE"] == "NO_PERMISSIONS"
        assert attributes["RETRY_ATTEMPTS"] == "0"
        assert "EXHAUSTED_RETRY_CONDITION" not in attributes

    def test_a_target_that_is_gone_goes_straight_to_the_dead_letter_queue(self, shop: Shop) -> None:
        rule = shop.rule("r", {"source": ["shop"]})
        url, dead = self.dead_letters(shop, rule)
        shop.target("r", "arn:aws:sqs:us-east-1:123456789012:gone", DeadLetterConfig={"Arn": dead})
        shop.send({"n": 1})
        assert self.message(shop, url)[1]["ERROR_CODE"] == "NO_RESOURCE"

    def test_a_dead_letter_queue_needs_its_own_policy(self, shop: Shop) -> None:
        shop.rule("r", {"source": ["shop"]})
        url, dead = shop.queue("dead")
        _, arn = shop.queue("orders")
        shop.target("r", arn, DeadLetterConfig={"Arn": dead})
        shop.send({"n": 1})
        assert shop.received(url) == []
        assert [refusal["target"] for refusal in shop.cloud.journal.of("refusal")] == [arn, dead]
        assert [dropped["target"] for dropped in shop.cloud.journal.of("dropped")] == [arn]

    @pytest.mark.parametrize(
        ("policy", "condition"),
        [
            ({"MaximumRetryAttempts": 3}, "MaximumRetryAttempts"),
            ({"MaximumEventAgeInSeconds": 60}, "MaximumEventAgeInSeconds"),
            ({"MaximumRetryAttempts": 0}, "MaximumRetryAttempts"),
        ],
    )
    def test_a_retriable_failure_is_tried_again_until_a_limit(
        self, shop: Shop, monkeypatch: pytest.MonkeyPatch, policy: Any, condition: str
    ) -> None:
        attempts = self.throttle(shop, monkeypatch, policy)
        begun = shop.cloud.clock.now
        shop.send({"n": 1})
        url = shop.sqs.get_queue_url(QueueName="dead")["QueueUrl"]
        _, attributes = self.message(shop, url)
        assert attributes["EXHAUSTED_RETRY_CONDITION"] == condition
        assert attributes["RETRY_ATTEMPTS"] == str(len(attempts) - 1)
        failed = [entry for entry in shop.cloud.journal.of("delivery") if entry["error"]]
        assert [entry["attempt"] for entry in failed] == list(range(1, len(attempts) + 1))
        if condition == "MaximumRetryAttempts":
            assert len(attempts) == policy["MaximumRetryAttempts"] + 1
        else:
            assert shop.cloud.clock.now - begun <= 61

    def test_by_default_eventbridge_tries_for_a_day_and_at_most_185_times_more(
        self, shop: Shop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        attempts = self.throttle(shop, monkeypatch, None)
        shop.send({"n": 1})
        assert attempts[-1] - attempts[0] <= 86_400
        assert len(attempts) <= 186
        assert len(attempts) == 186 or attempts[-1] - attempts[0] > 85_000
        waits = [later - earlier for earlier, later in zip(attempts, attempts[1:], strict=False)]
        assert waits[0] < waits[3] < waits[8]
        # What the page about limits says of our figures, and the time that a delivery itself takes.
        assert 5 <= waits[0] <= 10 + 2 * LATENCY
        assert 300 <= waits[8] and max(waits) <= 600 + 2 * LATENCY

    def throttle(self, shop: Shop, monkeypatch: pytest.MonkeyPatch, policy: Any) -> list[float]:
        """A target whose queue is busy whenever EventBridge calls; the times of the calls come back."""
        rule = shop.rule("r", {"source": ["shop"]})
        _, dead = self.dead_letters(shop, rule)
        _, arn = shop.queue("orders")
        attempts: list[float] = []
        sqs = shop.cloud.service("sqs")
        real = type(sqs).deliver

        def busy(self: Any, target: str, payload: str, *, reply: Any, **rest: Any) -> None:
            if target == dead:
                real(self, target, payload, reply=reply, **rest)
                return
            attempts.append(shop.cloud.clock.now)
            reply(None, Failure("THROTTLING", "Busy.", retryable=True))

        monkeypatch.setattr(type(sqs), "deliver", busy)
        more = {"RetryPolicy": policy} if policy else {}
        shop.target("r", arn, DeadLetterConfig={"Arn": dead}, **more)
        return attempts


class TestBusToBus:
    @pytest.fixture
    def chain(self, shop: Shop) -> str:
        """default -> second -> third, each also to a queue of its own."""
        role = shop.cloud.client("iam").create_role(RoleName="sender", AssumeRolePolicyDocument=json.dumps(TRUST))
        for bus, following in (("default", "second"), ("second", "third"), ("third", None)):
            if bus != "default":
                shop.events.create_event_bus(Name=bus)
            url, arn = shop.queue(f"queue-{bus}")
            shop.allow(url, arn, shop.rule("r", {"source": ["shop"]}, bus=bus))
            shop.target("r", arn, bus=bus)
            if following:
                next_bus = f"arn:aws:events:us-east-1:123456789012:event-bus/{following}"
                shop.target("r", next_bus, bus=bus, RoleArn=role["Role"]["Arn"])
        return str(role["Role"]["Arn"])

    def queued(self, shop: Shop, bus: str) -> list[Any]:
        return shop.received(shop.sqs.get_queue_url(QueueName=f"queue-{bus}")["QueueUrl"])

    def test_an_event_reaches_the_second_bus_as_it_was(self, shop: Shop, chain: str) -> None:
        shop.send({"n": 1})
        first, second = self.queued(shop, "default"), self.queued(shop, "second")
        assert len(first) == 1
        assert first == second

    def test_an_event_from_another_bus_is_not_sent_on_to_a_third(self, shop: Shop, chain: str) -> None:
        shop.send({"n": 1})
        assert self.queued(shop, "third") == []
        (stopped,) = [entry for entry in shop.cloud.journal.of("delivery") if entry["error"]]
        assert stopped["target"].endswith(":event-bus/third")


def test_at_the_fifo_target_content_based_deduplication_is_needed(shop: Shop) -> None:
    rule = shop.rule("r", {"source": ["shop"]})
    arrived = {}
    for name, on in (("with.fifo", "true"), ("without.fifo", "false")):
        url, arn = shop.queue(name, FifoQueue="true", ContentBasedDeduplication=on)
        shop.allow(url, arn, rule)
        shop.target("r", arn, SqsParameters={"MessageGroupId": "orders"})
        arrived[name] = url
    shop.send({"n": 1})
    assert {name: len(shop.received(url)) for name, url in arrived.items()} == {"with.fifo": 1, "without.fifo": 0}


class TestExplained:
    @pytest.mark.parametrize(
        ("language", "sentence"), [("en", "The missing statement is:"), ("es", "La declaración que falta es:")]
    )
    def test_a_refused_delivery_is_explained_with_the_statement_that_is_missing(
        self, shop: Shop, language: str, sentence: str
    ) -> None:
        _, arn = shop.queue("orders")
        rule = shop.rule("r", {"source": ["shop"]})
        shop.target("r", arn)
        shop.send({"n": 1})
        said = explain_deliveries(shop.cloud, language)
        assert sentence in said
        assert rule in said
        assert said.count("orders") >= 2

    def test_an_event_that_a_dead_letter_queue_took_is_not_called_dropped(self, shop: Shop) -> None:
        rule = shop.rule("r", {"source": ["shop"]})
        url, dead = shop.queue("dead")
        shop.allow(url, dead, rule)
        _, arn = shop.queue("orders")
        shop.target("r", arn, DeadLetterConfig={"Arn": dead})
        shop.send({"n": 1})
        assert "dropped" not in explain_deliveries(shop.cloud)
        shop.target("r", arn)
        shop.send({"n": 2})
        assert explain_deliveries(shop.cloud).count("dropped") == 1
