"""Plain boto3 code talks to the innermost active cloud, and to nothing else."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import threading
import time
import zipfile
from pathlib import Path

import boto3
import botocore.session
import pytest

from eslabon import Cloud, NoActiveCloud, activate
from eslabon.readertime import reader_globals
from eslabon.runner import run_source


def test_the_innermost_active_cloud_answers() -> None:
    with activate() as outer:
        boto3.client("sqs").create_queue(QueueName="outer")
        with activate() as inner:
            assert boto3.client("sqs").list_queues().get("QueueUrls", []) == []
        assert len(boto3.client("sqs").list_queues()["QueueUrls"]) == 1
    assert outer is not inner


def test_one_client_follows_the_active_cloud_at_each_call() -> None:
    with activate():
        sqs = boto3.client("sqs")
        sqs.create_queue(QueueName="first")
    with activate():
        assert sqs.list_queues().get("QueueUrls", []) == []


def test_a_client_left_over_raises_instead_of_dialling() -> None:
    with activate():
        sqs = boto3.client("sqs")
    with pytest.raises(NoActiveCloud, match="never dials"):
        sqs.list_queues()


def test_a_client_of_a_cloud_stays_bound_to_it() -> None:
    cloud = Cloud()
    sqs = cloud.client("sqs")
    with activate():
        sqs.create_queue(QueueName="mine")
        assert boto3.client("sqs").list_queues().get("QueueUrls", []) == []
    assert len(sqs.list_queues()["QueueUrls"]) == 1


def test_start_and_stop_serve_notebooks() -> None:
    session = activate()
    cloud = session.start()
    try:
        boto3.client("sqs").create_queue(QueueName="cell")
        assert cloud.resources() == ["arn:aws:sqs:us-east-1:123456789012:cell"]
    finally:
        session.stop()


def test_clouds_are_left_in_reverse_order() -> None:
    outer, inner = activate(), activate()
    outer.start()
    inner.start()
    with pytest.raises(RuntimeError, match="reverse order"):
        outer.stop()
    inner.stop()
    outer.stop()


def test_activating_from_a_second_thread_is_an_error() -> None:
    errors: list[BaseException] = []

    def other() -> None:
        try:
            activate().start()
        except RuntimeError as error:
            errors.append(error)

    with activate():
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    assert "another thread" in str(errors[0])


def test_no_credential_file_or_environment_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-south-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "real")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    (tmp_path / "config").write_text("[broken")
    with activate():
        session = boto3.session.Session()
        assert session.get_credentials().access_key == "AKIAIOSFODNN7EXAMPLE"
        assert session.region_name == "us-east-1"
        session.client("sqs").list_queues()
    assert botocore.session.Session().get_config_variable("region") == "us-east-1"


def test_regions_and_accounts_stand_side_by_side() -> None:
    cloud = Cloud()
    home = cloud.client("sqs")
    far = cloud.client("sqs", region_name="eu-south-1")
    other = cloud.session(region_name="us-east-1", account_id="111122223333").client("sqs")
    for client in (home, far, other):
        client.create_queue(QueueName="orders")
    assert cloud.resources() == [
        "arn:aws:sqs:eu-south-1:123456789012:orders",
        "arn:aws:sqs:us-east-1:111122223333:orders",
        "arn:aws:sqs:us-east-1:123456789012:orders",
    ]


def test_the_readers_program_sees_the_clouds_time_and_nobody_else_does() -> None:
    before = time.time()
    cloud = run_source(
        "import time\nfrom datetime import datetime, timezone\n"
        "begun = time.time()\ntime.sleep(3600)\n"
        "assert time.time() - begun == 3600\n"
        "assert datetime.now(timezone.utc).isoformat() == '2026-01-01T01:00:00+00:00', datetime.now(timezone.utc)\n"
        "assert isinstance(datetime.now(), datetime)\n",
        "lesson.py",
    )
    assert cloud.clock.now == 1767225600 + 3600
    assert time.time() - before < 60


def test_the_module_that_activates_sees_the_clouds_time_meanwhile() -> None:
    real = time
    with activate():
        assert time.time() == 1767225600.0
    assert time is real
    assert time.time() > 1767225600.0 + 86400


def test_waiters_wait_in_the_time_of_the_cloud_that_answers_them() -> None:
    """Of a client bound to one cloud, too, while another is active or none is."""
    mine, begun = Cloud(), time.time()
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": trust})
    role = mine.client("iam").create_role(RoleName="worker", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("app.py", "def handler(event, context):\n    return event\n")
    functions = mine.client("lambda")
    functions.create_function(
        FunctionName="echo", Role=role, Runtime="python3.13", Handler="app.handler", Code={"ZipFile": code.getvalue()}
    )
    with activate() as other:
        functions.get_waiter("function_active_v2").wait(FunctionName="echo")
        assert other.clock.now == 1767225600.0
    assert functions.get_function(FunctionName="echo")["Configuration"]["State"] == "Active"
    assert mine.clock.now > 1767225601.0
    assert time.time() - begun < 60


@pytest.mark.parametrize("problem", ["missing", "error"])
def test_the_command_says_what_went_wrong(problem: str, tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    if problem == "error":
        program.write_text("import boto3\n\ndef order():\n    1 / 0\n\norder()\n")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-m", "eslabon", "run", str(program)]
    ran = subprocess.run(command, capture_output=True, text=True, env=environment)
    if problem == "missing":
        assert (ran.returncode, "cannot be read" in ran.stderr) == (2, True)
    else:
        assert ran.returncode == 1
        assert "ZeroDivisionError" in ran.stderr
        assert "line 4, in order" in ran.stderr
        assert "runner.py" not in ran.stderr


def test_code_inside_the_block_that_imports_time_gets_the_time_of_the_cloud() -> None:
    with activate() as cloud:
        import time as virtual
        from datetime import datetime

        virtual.sleep(3600)
        assert virtual.time() == cloud.clock.now
        assert datetime.now().astimezone().timestamp() == cloud.clock.now
    import time as after

    assert after is sys.modules["time"]


def test_imports_of_other_modules_stay_real_while_a_cloud_is_active() -> None:
    elsewhere: dict[str, object] = {"__name__": "elsewhere"}
    with activate():
        exec("import time", elsewhere)
    assert elsewhere["time"] is sys.modules["time"]


def test_a_moment_of_the_cloud_is_written_as_every_datetime_is() -> None:
    namespace = reader_globals()
    run_source(
        "import datetime; now = datetime.datetime.now(datetime.UTC); today = datetime.date.today()",
        "a.py",
        namespace=namespace,
    )
    assert repr(namespace["now"]) == "datetime.datetime(2026, 1, 1, 0, 0, tzinfo=datetime.timezone.utc)"
    assert repr(namespace["today"]).startswith("datetime.date(20")


def test_a_name_that_the_code_gives_another_meaning_keeps_it_after_the_block() -> None:
    namespace: dict[str, object] = {"__name__": "lesson"}
    exec("import time\nfrom eslabon import activate\nwith activate():\n    time = 5", namespace)
    assert namespace["time"] == 5
