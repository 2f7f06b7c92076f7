"""Plain boto3 code talks to the innermost active cloud, and to nothing else."""

from __future__ import annotations

import builtins
import io
import json
import os
import subprocess
import sys
import threading
import time
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import boto3
import botocore.session
import pytest
from botocore.loaders import Loader

from eslabon import Cloud, NoActiveCloud, NotModelled, activate, activation
from eslabon.cloud import SERVICES
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
    with activate():
        error = raised_in_a_thread(lambda: activate().start())
    assert isinstance(error, RuntimeError)
    assert "in another thread" in str(error)


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
    code = zipped("def handler(event, context):\n    return event\n")
    functions = mine.client("lambda")
    functions.create_function(
        FunctionName="echo",
        Role=trusted_role(mine),
        Runtime="python3.13",
        Handler="app.handler",
        Code={"ZipFile": code},
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


def test_a_cloud_that_a_handler_starts_and_never_stops_is_stopped_when_it_returns() -> None:
    cloud = Cloud()
    role = trusted_role(cloud)
    code = "from eslabon import activate\n\ndef handler(event, context):\n    activate().start()\n    return 'done'\n"
    functions = cloud.client("lambda")
    functions.create_function(
        FunctionName="careless", Role=role, Runtime="python3.13", Handler="app.handler", Code={"ZipFile": zipped(code)}
    )
    functions.get_waiter("function_active_v2").wait(FunctionName="careless")
    importing = builtins.__import__
    with activate(cloud):
        watched = builtins.__import__
        with pytest.warns(RuntimeWarning, match="a cloud still active that it had started itself"):
            answer = boto3.client("lambda").invoke(FunctionName="careless")
        assert answer["Payload"].read() == b'"done"'
        assert activation.current().cloud is cloud
        assert builtins.__import__ is watched
    assert activation.active() is None
    assert builtins.__import__ is importing


def test_a_program_that_fails_with_clouds_still_active_leaves_none_behind() -> None:
    program = "from eslabon import activate\nactivate().start()\nactivate().start()\n1 / 0\n"
    with pytest.warns(RuntimeWarning, match="has been stopped"), pytest.raises(ZeroDivisionError):
        run_source(program, "careless.py")
    assert activation.active() is None


def test_code_that_stops_what_it_started_is_not_warned() -> None:
    program = (
        "from eslabon import activate\nwith activate():\n    pass\nlesson = activate()\nlesson.start()\nlesson.stop()\n"
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        run_source(program, "careful.py")


@pytest.mark.parametrize("client", ["of the active cloud", "bound to the active cloud"])
def test_a_call_from_a_second_thread_is_an_error(client: str) -> None:
    """It would race for the cloud's time and state with the thread in which the cloud is active."""
    with activate() as cloud:
        sqs = boto3.client("sqs") if client == "of the active cloud" else cloud.client("sqs")
        error = raised_in_a_thread(lambda: sqs.create_queue(QueueName="orders"))
        assert cloud.resources() == []
    assert isinstance(error, RuntimeError)
    assert "in another thread" in str(error)


def test_sleeping_in_a_second_thread_is_an_error() -> None:
    with activate() as cloud:
        error = raised_in_a_thread(lambda: time.sleep(60))
        assert cloud.clock.now == 1767225600.0
    assert isinstance(error, RuntimeError)


def test_a_second_thread_may_have_a_cloud_of_its_own() -> None:
    with activate():
        own = Cloud().client("sqs")
        assert raised_in_a_thread(lambda: own.create_queue(QueueName="orders")) is None


def test_modules_beside_a_program_see_the_time_that_it_sees(tmp_path: Path) -> None:
    (tmp_path / "helper.py").write_text("from time import sleep, time\n")
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "__init__.py").write_text("")
    (tmp_path / "shop" / "dates.py").write_text(
        "import datetime\n\ndef year():\n    return datetime.date.today().year\n"
    )
    (tmp_path / "program.py").write_text(
        "import helper\nfrom shop import dates\nhelper.sleep(3)\nprint(helper.time(), dates.year())\n"
    )
    (tmp_path / "lesson.py").write_text(
        "from eslabon import activate\nwith activate():\n    import helper\nprint(helper.sleep.__name__)\n"
    )
    assert run_in_python(["-m", "eslabon", "run", "program.py"], tmp_path) == "1767225603.0 2026\n"
    assert run_in_python(["lesson.py"], tmp_path) == "_sleep\n"


def test_modules_of_an_environment_inside_the_programs_folder_keep_real_time(tmp_path: Path) -> None:
    packages = tmp_path / ".venv" / "site-packages"
    packages.mkdir(parents=True)
    (packages / "library.py").write_text("import time\n")
    (tmp_path / "program.py").write_text(
        f"import sys\nsys.path.append({str(packages)!r})\nimport library\nprint(library.time is sys.modules['time'])\n"
    )
    assert run_in_python(["-m", "eslabon", "run", "program.py"], tmp_path) == "True\n"


def test_a_service_that_is_not_modelled_is_refused_alike_with_its_model_and_without(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The page ships the models of modelled services only: there boto3 cannot even make a client."""
    with activate(), pytest.raises(NotModelled) as with_model:
        boto3.client("kinesis").list_streams()
    every_service = Loader.list_available_services

    def shipped(self: Loader, type_name: str) -> list[str]:
        return [name for name in every_service(self, type_name) if name in SERVICES]

    monkeypatch.setattr(Loader, "list_available_services", shipped)
    monkeypatch.setenv("AWS_DATA_PATH", str(tmp_path))  # another place to look, so a loader that remembers no model
    with activate(), pytest.raises(NotModelled) as without_model:
        boto3.session.Session(botocore_session=botocore.session.Session()).client("kinesis").list_streams()
    with_model.match("does not model kinesis. Modelled nearby: .*events, .*iam, ")
    assert str(without_model.value) == str(with_model.value)


def trusted_role(cloud: Cloud) -> str:
    """The ARN of a new role that Lambda may assume."""
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": trust})
    made = cloud.client("iam").create_role(RoleName="worker", AssumeRolePolicyDocument=document)
    return str(made["Role"]["Arn"])


def zipped(code: str) -> bytes:
    """A deployment package whose app.py this is."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("app.py", code)
    return packed.getvalue()


def raised_in_a_thread(call: Callable[[], object]) -> BaseException | None:
    """What a call raises in a thread of its own."""
    raised: list[BaseException] = []

    def work() -> None:
        try:
            call()
        except BaseException as error:
            raised.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    return raised[0] if raised else None


def run_in_python(arguments: list[str], folder: Path) -> str:
    """What Python prints when it is started so in a folder."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, *arguments]
    ran = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=folder)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout
