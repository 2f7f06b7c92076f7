"""What AWS Security Token Service says about the caller."""

from eslabon import Cloud


def test_the_caller_is_a_user_of_the_sessions_account():
    identity = Cloud().client("sts").get_caller_identity()
    assert identity["Account"] == "123456789012"
    assert identity["Arn"] == "arn:aws:iam::123456789012:user/reader"
    assert identity["UserId"].startswith("AIDA")  # IAM's prefix of users' unique ids
    assert len(identity["UserId"]) == 21


def test_another_account_answers_with_its_own_number():
    session = Cloud().session(account_id="210987654321")
    assert session.client("sts").get_caller_identity()["Arn"] == "arn:aws:iam::210987654321:user/reader"
