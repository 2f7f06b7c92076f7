"""What AWS Identity and Access Management states about roles."""

import json

import pytest
from botocore.exceptions import ClientError

from eslabon import Cloud, NotModelled

LOGS_POLICY = json.dumps(
    {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "logs:*", "Resource": "*"}}
)
BASIC_EXECUTION = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"


def trust(service="lambda.amazonaws.com", **changes):
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole", **changes}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.fixture
def cloud():
    return Cloud()


@pytest.fixture
def iam(cloud):
    return cloud.client("iam")


@pytest.fixture
def role(iam):
    return iam.create_role(RoleName="worker", AssumeRolePolicyDocument=trust())["Role"]


def refused(code):
    return pytest.raises(ClientError, match=code)


def test_a_role_shows_its_trust_policy_decoded(iam, role):
    found = iam.get_role(RoleName="worker")["Role"]
    assert found["AssumeRolePolicyDocument"] == json.loads(trust())
    assert found["Arn"] == "arn:aws:iam::123456789012:role/worker"
    assert found["RoleId"].startswith("AROA")
    assert found["MaxSessionDuration"] == 3600
    assert found["CreateDate"].isoformat() == "2026-01-01T00:00:00.010000+00:00"


def test_a_path_is_part_of_the_arn_and_selects_in_lists(iam, role):
    iam.create_role(RoleName="clerk", Path="/shop/", AssumeRolePolicyDocument=trust())
    assert [found["Arn"] for found in iam.list_roles(PathPrefix="/shop/")["Roles"]] == [
        "arn:aws:iam::123456789012:role/shop/clerk"
    ]
    assert [found["RoleName"] for found in iam.list_roles()["Roles"]] == ["clerk", "worker"]


def test_iam_is_the_same_in_every_region(cloud, role):
    far = cloud.session(region_name="eu-west-1").client("iam")
    assert far.get_role(RoleName="worker")["Role"]["Arn"] == role["Arn"]


def test_names_of_roles_differ_in_more_than_case(iam, role):
    with pytest.raises(iam.exceptions.EntityAlreadyExistsException, match="Role with name WORKER already exists"):
        iam.create_role(RoleName="WORKER", AssumeRolePolicyDocument=trust())


def test_a_role_that_does_not_exist_is_no_such_entity(iam):
    with pytest.raises(iam.exceptions.NoSuchEntityException) as caught:
        iam.get_role(RoleName="nobody")
    assert caught.value.response["Error"]["Code"] == "NoSuchEntity"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404


def test_the_waiter_for_a_role_ends_when_it_exists(iam, role):
    iam.get_waiter("role_exists").wait(RoleName="worker")


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("role.json", "This policy contains invalid Json"),
        ("[]", "Syntax errors in policy."),
        (trust(Resource="*"), "Has prohibited field Resource"),
        (trust(Principal=None), "Syntax errors in policy."),
        (trust(Action="sqs:SendMessage"), "AssumeRole policy may only specify STS AssumeRole actions."),
        (trust(service="lambda"), 'Invalid principal in policy: "SERVICE":"lambda"'),
        (trust(Effect="Maybe"), "Syntax errors in policy."),
        (trust(Action=[]), "Syntax errors in policy."),
        (trust(Principal={"Robot": "R2"}), "Syntax errors in policy."),
        (json.dumps({"Version": "2012-10-17", "Statement": []}), "Could not parse the policy: Statement is empty!"),
    ],
)
def test_a_malformed_trust_policy_creates_no_role(iam, document, message):
    with pytest.raises(iam.exceptions.MalformedPolicyDocumentException) as caught:
        iam.create_role(RoleName="worker", AssumeRolePolicyDocument=document)
    assert caught.value.response["Error"]["Message"] == message
    assert iam.list_roles()["Roles"] == []


def test_a_trust_policy_has_a_principal(iam):
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole"}
    with refused("Missing required field Principal"):
        iam.create_role(RoleName="worker", AssumeRolePolicyDocument=json.dumps({"Statement": statement}))


def test_a_role_is_deleted_after_its_policies(iam, role):
    iam.put_role_policy(RoleName="worker", PolicyName="write", PolicyDocument=LOGS_POLICY)
    with refused("DeleteConflict.*must delete policies first"):
        iam.delete_role(RoleName="worker")
    iam.delete_role_policy(RoleName="worker", PolicyName="write")
    iam.delete_role(RoleName="worker")
    with refused("NoSuchEntity"):
        iam.get_role(RoleName="worker")


def test_inline_policies_are_kept_and_shown(iam, role):
    iam.put_role_policy(RoleName="worker", PolicyName="write", PolicyDocument=LOGS_POLICY)
    assert iam.list_role_policies(RoleName="worker")["PolicyNames"] == ["write"]
    shown = iam.get_role_policy(RoleName="worker", PolicyName="write")["PolicyDocument"]
    assert shown == json.loads(LOGS_POLICY)
    with refused("NoSuchEntity.*role policy with name read cannot be found"):
        iam.get_role_policy(RoleName="worker", PolicyName="read")


def test_an_identity_policy_names_no_principal(iam, role):
    with refused("MalformedPolicyDocument.*should not specify a principal"):
        iam.put_role_policy(RoleName="worker", PolicyName="write", PolicyDocument=trust())


@pytest.mark.parametrize(
    ("element", "value", "message"),
    [
        ("Action", None, "Syntax errors in policy."),
        ("Action", "everything", "must be prefaced by a vendor"),
        ("Effect", "Maybe", "Syntax errors in policy."),
    ],
)
def test_a_malformed_identity_policy_is_not_kept(iam, role, element, value, message):
    statement = {"Effect": "Allow", "Action": "logs:*", "Resource": "*", element: value}
    with refused(f"MalformedPolicyDocument.*{message}"):
        iam.put_role_policy(RoleName="worker", PolicyName="p", PolicyDocument=json.dumps({"Statement": [statement]}))
    assert iam.list_role_policies(RoleName="worker")["PolicyNames"] == []


def test_inline_policies_of_a_role_hold_10240_characters_without_white_space(iam, role):
    resources = ["arn:aws:sqs:us-east-1:123456789012:" + "q" * 80] * 89
    statement = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": resources}
    long = json.dumps({"Version": "2012-10-17", "Statement": statement})
    with refused("LimitExceeded.*10240"):
        iam.put_role_policy(RoleName="worker", PolicyName="long", PolicyDocument=long)
    spaced = LOGS_POLICY.replace(" ", " " * 5000)
    iam.put_role_policy(RoleName="worker", PolicyName="spaced", PolicyDocument=spaced)


def test_pages_of_roles_lead_from_one_to_the_next(iam):
    for number in range(5):
        iam.create_role(RoleName=f"role{number}", AssumeRolePolicyDocument=trust())
    pages = list(iam.get_paginator("list_roles").paginate(PaginationConfig={"PageSize": 2}))
    assert [len(page["Roles"]) for page in pages] == [2, 2, 1]
    assert [page["IsTruncated"] for page in pages] == [True, True, False]
    with refused("ValidationError"):
        iam.list_roles(Marker="nonsense")


def test_tags_are_shown_with_the_role_but_not_in_lists(iam):
    iam.create_role(RoleName="worker", AssumeRolePolicyDocument=trust(), Tags=[{"Key": "team", "Value": "shop 1"}])
    iam.tag_role(RoleName="worker", Tags=[{"Key": "Team", "Value": "post"}, {"Key": "cost2", "Value": "7"}])
    assert iam.get_role(RoleName="worker")["Role"]["Tags"] == [
        {"Key": "Team", "Value": "post"},
        {"Key": "cost2", "Value": "7"},
    ]
    assert "Tags" not in iam.list_roles()["Roles"][0]
    iam.untag_role(RoleName="worker", TagKeys=["Team"])
    assert iam.list_role_tags(RoleName="worker")["Tags"] == [{"Key": "cost2", "Value": "7"}]


def test_a_tag_key_occurs_once_a_request(iam, role):
    with refused("InvalidInput.*Duplicate tag keys"):
        iam.tag_role(RoleName="worker", Tags=[{"Key": "a", "Value": "1"}, {"Key": "A", "Value": "2"}])


def test_only_the_trusted_service_may_assume_the_role(cloud, role):
    service = cloud.service("iam")
    assert service.trusts(role["Arn"], "lambda.amazonaws.com")
    assert not service.trusts(role["Arn"], "events.amazonaws.com")


def test_the_trust_policy_can_be_replaced(cloud, iam, role):
    iam.update_assume_role_policy(RoleName="worker", PolicyDocument=trust("events.amazonaws.com"))
    assert cloud.service("iam").trusts(role["Arn"], "events.amazonaws.com")
    assert not cloud.service("iam").trusts(role["Arn"], "lambda.amazonaws.com")


def test_a_trust_policys_condition_on_the_source_counts(cloud, iam):
    rule = "arn:aws:events:us-east-1:123456789012:rule/orders"
    condition = {"ArnEquals": {"aws:SourceArn": rule}}
    document = trust("events.amazonaws.com", Condition=condition)
    arn = iam.create_role(RoleName="sender", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    assert cloud.service("iam").trusts(arn, "events.amazonaws.com", source_arn=rule)
    assert not cloud.service("iam").trusts(arn, "events.amazonaws.com", source_arn=f"{rule}-other")


def test_a_deleted_role_is_trusted_by_nobody(cloud, iam, role):
    iam.delete_role(RoleName="worker")
    assert not cloud.service("iam").trusts(role["Arn"], "lambda.amazonaws.com")


def test_what_the_gate_finds_is_a_validation_error(iam):
    with refused("ValidationError.*roleName"):
        iam.create_role(RoleName="no spaces", AssumeRolePolicyDocument=trust())


def test_users_boundaries_and_managed_policies_are_not_modelled(iam, role):
    with pytest.raises(NotModelled, match="create_user"):
        iam.create_user(UserName="ana")
    with pytest.raises(NotModelled, match="attach_role_policy.*put_role_policy"):
        iam.attach_role_policy(RoleName="worker", PolicyArn=BASIC_EXECUTION)
    with pytest.raises(NotModelled, match="PermissionsBoundary"):
        iam.create_role(RoleName="other", AssumeRolePolicyDocument=trust(), PermissionsBoundary=BASIC_EXECUTION)
