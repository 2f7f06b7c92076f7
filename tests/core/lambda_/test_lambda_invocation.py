"""What AWS Lambda states about running a handler: results, errors, time-outs, logs, and what its code sees."""

import base64
import json
import os
import sys

import pytest
from botocore.exceptions import ClientError

from eslabon import NotModelled

ECHO = "def handler(event, context):\n    return event\n"


def refused(code):
    return pytest.raises(ClientError, match=code)


def test_the_result_is_the_payload(functions):
    functions.create(ECHO)
    answer = functions.invoke({"name": "Ñandú"})
    assert (answer["StatusCode"], answer["ExecutedVersion"]) == (200, "$LATEST")
    assert answer["Payload"] == {"name": "Ñandú"}
    assert "FunctionError" not in answer


def test_no_payload_is_an_empty_object(functions, cloud):
    functions.create(ECHO)
    answer = cloud.client("lambda").invoke(FunctionName="worker")
    assert answer["Payload"].read() == b"{}"


def test_a_payload_is_json(functions, cloud):
    functions.create(ECHO)
    with refused("InvalidRequestContentException.*Could not parse request body into json"):
        cloud.client("lambda").invoke(FunctionName="worker", Payload=b"{id: 7}")


def test_an_event_is_at_most_1_mb_and_a_request_6_mb(functions, cloud):
    functions.create(ECHO)
    payload = json.dumps("x" * 2_000_000).encode()
    client = cloud.client("lambda")
    assert len(client.invoke(FunctionName="worker", Payload=payload)["Payload"].read()) == len(payload)
    with pytest.raises(client.exceptions.RequestTooLargeException) as caught:
        client.invoke(FunctionName="worker", Payload=payload, InvocationType="Event")
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 413


def test_a_dry_run_runs_nothing(functions, cloud):
    functions.create(ECHO)
    assert cloud.client("lambda").invoke(FunctionName="worker", InvocationType="DryRun")["StatusCode"] == 204
    assert cloud.client("logs").describe_log_groups()["logGroups"] == []


# Errors: https://docs.aws.amazon.com/lambda/latest/dg/python-exceptions.html


def test_an_exception_is_an_unhandled_function_error_with_its_stack_trace(functions):
    functions.create(
        "def handler(event, context):\n    helper()\n\ndef helper():\n    raise ValueError('no such order')\n"
    )
    answer = functions.invoke()
    assert (answer["StatusCode"], answer["FunctionError"]) == (200, "Unhandled")
    assert answer["Payload"]["errorType"] == "ValueError"
    assert answer["Payload"]["errorMessage"] == "no such order"
    assert answer["Payload"]["stackTrace"] == [
        '  File "/var/task/app.py", line 2, in handler\n    helper()\n',
        "  File \"/var/task/app.py\", line 5, in helper\n    raise ValueError('no such order')\n",
    ]


def test_an_exception_stands_in_the_log(functions):
    functions.create("def handler(event, context):\n    raise ValueError('no such order')\n")
    functions.invoke()
    (error,) = [line for line in functions.log() if line.startswith("[ERROR]")]
    assert error.startswith("[ERROR] ValueError: no such order\nTraceback (most recent call last):\n")


@pytest.mark.parametrize(
    ("files", "handler", "error_type", "message"),
    [
        (
            {"other.py": ""},
            "app.handler",
            "Runtime.ImportModuleError",
            "Unable to import module 'app': No module named 'app'",
        ),
        ("import absent_library\n", "app.handler", "Runtime.ImportModuleError", "No module named 'absent_library'"),
        (ECHO, "app.other", "Runtime.HandlerNotFound", "Handler 'other' missing on module 'app'"),
        (ECHO, "app", "Runtime.MalformedHandlerName", "Bad handler 'app'"),
        ("def handler(event, context)\n", "app.handler", "Runtime.UserCodeSyntaxError", "Syntax error in module 'app'"),
        ("def handler(e, c):\n    return {1}\n", "app.handler", "Runtime.MarshalError", "Unable to marshal response"),
        ("raise KeyError('x')\n", "app.handler", "KeyError", "'x'"),
    ],
)
def test_lambda_names_what_is_wrong_with_the_code(functions, files, handler, error_type, message):
    functions.create(files, Handler=handler)
    answer = functions.invoke()
    assert answer["FunctionError"] == "Unhandled"
    assert answer["Payload"]["errorType"] == error_type
    assert message in answer["Payload"]["errorMessage"]


def test_a_process_that_exits_is_an_error_of_the_runtime(functions):
    functions.create("import sys\ndef handler(event, context):\n    sys.exit(1)\n")
    payload = functions.invoke()["Payload"]
    assert payload["errorType"] == "Runtime.ExitError"
    assert payload["errorMessage"].endswith("Error: Runtime exited with error: exit status 1")


def test_what_eslabon_does_not_model_is_not_hidden_in_the_functions_log(functions):
    functions.create("import boto3\ndef handler(event, context):\n    boto3.client('kinesis').list_streams()\n")
    with pytest.raises(NotModelled, match="kinesis"):
        functions.invoke()


# Time


def test_a_caller_waits_as_long_as_the_function_takes(functions, cloud):
    functions.create("import time\ndef handler(event, context):\n    time.sleep(2)\n")
    before = cloud.clock.now
    functions.invoke()
    assert 2 < cloud.clock.now - before < 2.5


def test_a_function_that_waits_too_long_times_out_and_does_no_more(functions, cloud):
    functions.create("import time\ndef handler(event, context):\n    time.sleep(10)\n    print('never')\n", Timeout=3)
    before = cloud.clock.now
    answer = functions.invoke()
    assert answer["FunctionError"] == "Unhandled"
    assert answer["Payload"]["errorType"] == "Sandbox.Timedout"
    assert answer["Payload"]["errorMessage"].endswith("Task timed out after 3.00 seconds")
    assert 3 < cloud.clock.now - before < 3.5
    assert "never\n" not in functions.log()
    assert "Status: timeout" in functions.log()[-1]


def test_a_function_that_polls_for_ever_times_out(functions, cloud):
    queue = cloud.client("sqs").create_queue(QueueName="orders")["QueueUrl"]
    code = """
import boto3
def handler(event, context):
    sqs = boto3.client("sqs")
    while True:
        sqs.receive_message(QueueUrl=event, WaitTimeSeconds=20)
"""
    functions.create(code, Timeout=60)
    assert functions.invoke(queue)["Payload"]["errorType"] == "Sandbox.Timedout"


def test_the_remaining_time_runs_down(functions):
    code = """
import time
def handler(event, context):
    before = context.get_remaining_time_in_millis()
    time.sleep(1)
    return [before, context.get_remaining_time_in_millis()]
"""
    functions.create(code, Timeout=5)
    before, after = functions.invoke()["Payload"]
    assert 4900 < before <= 5000
    assert before - after == 1000


def test_a_function_sees_the_clouds_time(functions):
    functions.create("import datetime\ndef handler(event, context):\n    return datetime.datetime.now().year\n")
    assert functions.invoke()["Payload"] == 2026


def test_a_function_that_invokes_a_function_has_its_own_timeout(functions):
    slow = "import time\ndef handler(event, context):\n    time.sleep(4)\n    print('done')\n"
    functions.create(slow, name="slow", Timeout=10)
    code = "import boto3\ndef handler(event, context):\n    boto3.client('lambda').invoke(FunctionName='slow')\n"
    functions.create(code, name="caller", Timeout=3)
    assert functions.invoke(name="caller")["Payload"]["errorType"] == "Sandbox.Timedout"
    functions.create(code, name="patient", Timeout=10)
    assert "FunctionError" not in functions.invoke(name="patient")
    assert "done\n" in functions.log("slow")


# Execution environments: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html

COUNTER = """
import time
count = 0
def handler(event, context):
    global count
    count += 1
    time.sleep(event["seconds"])
    if "error" in event:
        raise ValueError(event["error"])
    return count
"""


def test_module_state_lives_from_one_invocation_to_the_next(functions):
    functions.create(COUNTER)
    assert [functions.invoke({"seconds": 0})["Payload"] for _ in range(3)] == [1, 2, 3]
    assert sum("Init Duration" in line for line in functions.log()) == 1


def test_an_exception_leaves_the_environment_as_it_is(functions):
    functions.create(COUNTER)
    functions.invoke({"seconds": 0, "error": "x"})
    assert functions.invoke({"seconds": 0})["Payload"] == 2


def test_after_a_timeout_or_an_update_the_function_starts_anew(functions, cloud):
    functions.create(COUNTER)
    functions.invoke({"seconds": 0})
    functions.invoke({"seconds": 9})
    assert functions.invoke({"seconds": 0})["Payload"] == 1
    client = cloud.client("lambda")
    client.update_function_configuration(FunctionName="worker", Description="new")
    functions.wait("function_updated_v2")
    assert functions.invoke({"seconds": 0})["Payload"] == 1


def test_invocations_at_the_same_time_have_environments_of_their_own(functions, cloud):
    functions.create(COUNTER)
    client = cloud.client("lambda")
    for _ in range(2):
        client.invoke(FunctionName="worker", Payload=b'{"seconds": 2}', InvocationType="Event")
    cloud.clock.run_until_idle()
    streams = cloud.client("logs").describe_log_streams(logGroupName="/aws/lambda/worker")["logStreams"]
    assert len(streams) == 2


def test_modules_of_the_package_import_each_other_and_leave_nothing_behind(functions):
    files = {
        "app.py": "from shop.orders import total\nfrom plain import rate\nimport pkgutil\n"
        "def handler(event, context):\n"
        "    return [total(event), rate, pkgutil.get_data('shop', 'note.txt').decode()]\n",
        "shop/__init__.py": "",
        "shop/orders.py": "from .prices import PRICE\ndef total(count):\n    return count * PRICE\n",
        "shop/prices.py": "PRICE = 3\n",
        "shop/note.txt": "hello",
        "plain/__init__.py": "rate = 2\n",
    }
    path, finders = list(sys.path), list(sys.meta_path)
    functions.create(files)
    assert functions.invoke(5)["Payload"] == [15, 2, "hello"]
    assert not {"app", "shop", "shop.orders", "plain"} & set(sys.modules)
    assert (sys.path, sys.meta_path) == (path, finders)


def test_two_functions_may_have_modules_of_the_same_name(functions):
    functions.create("def handler(event, context):\n    return 'one'\n", name="one")
    functions.create("def handler(event, context):\n    return 'two'\n", name="two")
    assert [functions.invoke(name=name)["Payload"] for name in ("one", "two", "one")] == ["one", "two", "one"]


def test_a_function_sees_its_own_variables_and_not_the_programs(functions, monkeypatch):
    monkeypatch.setenv("TABLE", "of the program")
    monkeypatch.setenv("SECRET", "of the program")
    code = """
import os
def handler(event, context):
    names = ("TABLE", "SECRET", "AWS_REGION", "AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "_HANDLER")
    return [os.environ.get(name) for name in names]
"""
    functions.create(code, Environment={"Variables": {"TABLE": "orders"}})
    assert functions.invoke()["Payload"] == ["orders", None, "us-east-1", "worker", "128", "app.handler"]
    assert (os.environ["TABLE"], os.environ["SECRET"]) == ("of the program", "of the program")


def test_boto3_in_a_function_talks_to_the_cloud_in_the_functions_region(functions, cloud):
    code = """
import boto3
def handler(event, context):
    return boto3.client("sqs").create_queue(QueueName="made-by-the-function")["QueueUrl"]
"""
    session = cloud.session(region_name="eu-west-1")
    far = session.client("lambda")

    far.create_function(
        FunctionName="worker",
        Runtime="python3.13",
        Role=functions.role(),
        Handler="app.handler",
        Code={"ZipFile": functions.zipped(code)},
    )
    cloud.clock.advance(5)
    assert "eu-west-1" in json.loads(far.invoke(FunctionName="worker")["Payload"].read())
    assert len(session.client("sqs").list_queues()["QueueUrls"]) == 1
    assert "QueueUrls" not in cloud.client("sqs").list_queues()


def test_the_context_says_where_the_handler_runs(functions):
    code = """
def handler(event, context):
    return [context.function_name, context.function_version, context.invoked_function_arn, context.memory_limit_in_mb,
            context.log_group_name, context.log_stream_name, context.aws_request_id]
"""
    functions.create(code, MemorySize=256)
    *shown, stream, request_id = functions.invoke()["Payload"]
    arn = "arn:aws:lambda:us-east-1:123456789012:function:worker"
    assert shown == ["worker", "$LATEST", arn, "256", "/aws/lambda/worker"]
    assert stream.startswith("2026/01/01/[$LATEST]")
    assert any(request_id in line for line in functions.log())


# Logs: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-view.html


def test_what_a_function_prints_stands_between_start_and_end(functions, capsys):
    functions.create("def handler(event, context):\n    print('one\\ntwo')\n    print('three', end='')\n")
    functions.invoke()
    start, *lines, end, report = functions.log()
    assert start.startswith("START RequestId: ") and start.endswith(" Version: $LATEST\n")
    assert lines == ["one\n", "two\n", "three"]
    assert end.startswith("END RequestId: ")
    assert report.startswith("REPORT RequestId: ")
    assert "\tMemory Size: 128 MB" in report
    assert capsys.readouterr().out == ""


def test_lines_have_the_time_when_they_were_printed(functions, cloud):
    functions.create("import time\ndef handler(event, context):\n    print('a')\n    time.sleep(2)\n    print('b')\n")
    functions.invoke()
    events = cloud.client("logs").filter_log_events(logGroupName="/aws/lambda/worker")["events"]
    times = {event["message"]: event["timestamp"] for event in events}
    assert times["b\n"] - times["a\n"] == 2000


def test_the_log_tail_comes_with_the_answer_when_asked_for(functions):
    functions.create("def handler(event, context):\n    print('x' * 5000)\n    print('last words')\n")
    assert "LogResult" not in functions.invoke()
    tail = base64.b64decode(functions.invoke(LogType="Tail")["LogResult"])
    assert len(tail) == 4096
    assert b"last words\nEND RequestId: " in tail


def test_logging_writes_level_time_request_id_and_message(functions):
    code = """
import logging
logger = logging.getLogger()
logger.setLevel(logging.INFO)
def handler(event, context):
    logger.info("order %s", 7)
    logger.debug("never")
    return context.aws_request_id
"""
    import logging

    outside = (logging.getLogger().level, list(logging.getLogger().handlers))
    functions.create(code)
    request_id = functions.invoke()["Payload"]
    (line,) = [line for line in functions.log() if line.startswith("[INFO]")]
    level, time, logged_request_id, message = line.split("\t")
    assert (level, logged_request_id, message) == ("[INFO]", request_id, "order 7\n")
    assert time.startswith("2026-01-01T00:00:0") and time.endswith("Z")
    assert (logging.getLogger().level, logging.getLogger().handlers) == outside


def test_a_function_that_invokes_itself_runs_in_two_environments(functions):
    code = """
import boto3, json
depth = 0
def handler(event, context):
    global depth
    depth += 1
    if event:
        answer = boto3.client("lambda").invoke(FunctionName="worker", Payload=json.dumps(event - 1))
        return [depth, json.loads(answer["Payload"].read())]
    return [depth]
"""
    functions.create(code)
    assert functions.invoke(1)["Payload"] == [1, [1]]


def test_code_cannot_catch_its_time_out(functions):
    code = """
import time
def handler(event, context):
    try:
        time.sleep(10)
    except BaseException:
        return "caught"
"""
    functions.create(code)
    assert functions.invoke()["Payload"]["errorType"] == "Sandbox.Timedout"


def test_a_result_is_at_most_6_mb(functions):
    functions.create("def handler(event, context):\n    return 'x' * 7_000_000\n")
    assert functions.invoke()["Payload"]["errorType"] == "Function.ResponseSizeTooLarge"


def test_a_package_may_bring_its_own_sdk_and_still_reaches_the_cloud(functions):
    files = {
        "app.py": "import boto3\n"
        "def handler(event, context):\n"
        "    return boto3.client('sts').get_caller_identity()['Account']\n",
        "boto3/__init__.py": "raise RuntimeError('another copy')\n",
    }
    functions.create(files)
    assert functions.invoke()["Payload"] == "123456789012"


def test_after_a_function_elsewhere_the_program_is_in_its_own_region(functions, cloud):
    import boto3

    code = "import boto3\ndef handler(event, context):\n    return boto3.client('sqs').meta.region_name\n"
    far = cloud.session(region_name="eu-west-1").client("lambda")
    far.create_function(
        FunctionName="worker",
        Runtime="python3.13",
        Role=functions.role(),
        Handler="app.handler",
        Code={"ZipFile": functions.zipped(code)},
    )
    cloud.clock.advance(5)
    with cloud.activated():
        assert json.loads(far.invoke(FunctionName="worker")["Payload"].read()) == "eu-west-1"
        assert boto3.client("sqs").meta.region_name == "us-east-1"


class TestTheProcessOfAFunctionIsItsOwn:
    def test_where_it_works_and_what_it_imports_from_stays_inside(self, functions, tmp_path):
        before = (os.getcwd(), sys.path[:], sys.argv[:], sys.stdin)
        lines = [
            "import os, sys",
            f"os.chdir({str(tmp_path)!r})",
            "sys.path.insert(0, '/opt/python')",
            "sys.argv.append('mine')",
            "def handler(event, context): return [os.getcwd(), sys.path[0]]",
        ]
        functions.create("\n".join(lines))
        for _ in ("cold", "warm"):
            assert functions.invoke()["Payload"] == [str(tmp_path.resolve()), "/opt/python"]
        assert (os.getcwd(), sys.path, sys.argv, sys.stdin) == before

    def test_there_is_nothing_to_read_from_standard_input(self, functions):
        functions.create("import sys\ndef handler(event, context): return sys.stdin.read()")
        assert functions.invoke()["Payload"] == ""

    def test_an_error_that_is_no_exception_ends_the_process(self, functions):
        functions.create("import asyncio\ndef handler(event, context): raise asyncio.CancelledError")
        payload = functions.invoke()["Payload"]
        assert payload["errorType"] == "Runtime.ExitError"
        assert payload["errorMessage"].endswith("exit status 1")

    @pytest.mark.parametrize("text", ["raise RuntimeError", "return 7", "import sys; sys.exit(1)"])
    def test_an_exception_that_cannot_say_what_it_is_ends_the_process(self, functions, text):
        """Lambda's runtime calls str() on it outside of any try, and so ends with Python's status 1."""
        code = f"class Mute(Exception):\n    def __str__(self):\n        {text}\n"
        functions.create(f"{code}def handler(event, context): raise Mute")
        payload = functions.invoke()["Payload"]
        assert payload["errorType"] == "Runtime.ExitError"
        assert payload["errorMessage"].endswith("Error: Runtime exited with error: exit status 1")
        assert any(line.startswith("Traceback") for line in functions.log()) == ("exit" not in text)

    def test_so_does_one_that_is_raised_while_the_module_is_imported(self, functions):
        functions.create("class Mute(Exception):\n    def __str__(self):\n        raise RuntimeError\nraise Mute")
        assert functions.invoke()["Payload"]["errorType"] == "Runtime.ExitError"

    def test_an_import_error_that_cannot_say_what_it_is_is_told_by_what_it_raised(self, functions):
        functions.create("class Mute(ImportError):\n    def __str__(self):\n        raise KeyError('name')\nraise Mute")
        assert functions.invoke()["Payload"]["errorType"] == "KeyError"

    def test_what_eslabon_does_not_model_is_said_from_there_too(self, functions):
        lookup = "import boto3; return boto3.client('kinesis').list_streams()"
        code = f"class Mute(Exception):\n    def __str__(self):\n        {lookup}\n"
        functions.create(f"{code}def handler(event, context): raise Mute")
        with pytest.raises(NotModelled, match="kinesis"):
            functions.invoke()

    def test_an_interrupt_of_the_program_is_not_the_function_s_error(self, functions):
        functions.create("def handler(event, context): raise KeyboardInterrupt")
        with pytest.raises(KeyboardInterrupt):
            functions.invoke()


class TestWhatCannotBeWritten:
    @pytest.mark.parametrize("result", ['"\\ud800"', "functools.reduce(lambda inner, _: [inner], range(100_000), [])"])
    def test_a_result_that_is_no_json_text_is_a_marshal_error(self, functions, result):
        functions.create(f"import functools\ndef handler(event, context): return {result}")
        assert functions.invoke()["Payload"]["errorType"] == "Runtime.MarshalError"

    def test_a_result_that_fails_while_it_is_written_is_a_marshal_error(self, functions):
        broken = "class Broken(dict):\n    def items(self): raise KeyError('id')\n"
        functions.create(f"{broken}def handler(event, context): return Broken(a=1)")
        assert functions.invoke()["Payload"]["errorType"] == "Runtime.MarshalError"

    def test_a_lone_surrogate_cannot_be_printed(self, functions):
        functions.create('def handler(event, context): print("\\ud800")')
        assert functions.invoke()["Payload"]["errorType"] == "UnicodeEncodeError"
        groups = functions.cloud.client("logs").describe_log_groups()["logGroups"]
        assert groups[0]["storedBytes"] > 0

    def test_an_event_that_nests_too_deeply_is_invalid_content(self, functions):
        functions.create("def handler(event, context): return 1")
        with pytest.raises(ClientError, match="InvalidRequestContentException"):
            functions.client.invoke(FunctionName="worker", Payload="[" * 100_000)


@pytest.mark.parametrize(("kind", "status"), [("RequestResponse", 200), ("Event", 202), ("DryRun", 204)])
def test_the_http_status_says_how_the_invocation_was_taken(functions, kind, status):
    functions.create("def handler(event, context): return 1")
    answer = functions.client.invoke(FunctionName="worker", InvocationType=kind)
    assert answer["StatusCode"] == answer["ResponseMetadata"]["HTTPStatusCode"] == status


class TestARoleDecidesWhetherThereAreLogs:
    """https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html"""

    GROUP = "arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/worker"

    @staticmethod
    def may(functions, *statements):
        iam = functions.cloud.client("iam")
        functions.role()
        iam.delete_role_policy(RoleName="worker", PolicyName="logs")
        if statements:
            policy = {"Version": "2012-10-17", "Statement": list(statements)}
            iam.put_role_policy(RoleName="worker", PolicyName="logs", PolicyDocument=json.dumps(policy))

    @staticmethod
    def allow(actions, resource="*", effect="Allow"):
        return {"Effect": effect, "Action": [f"logs:{action}" for action in actions.split()], "Resource": resource}

    @staticmethod
    def streams(functions):
        """How many streams each log group has."""
        logs = functions.cloud.client("logs")
        groups = [one["logGroupName"] for one in logs.describe_log_groups()["logGroups"]]
        return {group: len(logs.describe_log_streams(logGroupName=group)["logStreams"]) for group in groups}

    def test_without_permission_it_runs_and_leaves_no_log(self, functions):
        self.may(functions)
        functions.create("def handler(event, context): print(7); return 8")
        answer = functions.client.invoke(FunctionName="worker", LogType="Tail")
        assert answer["Payload"].read() == b"8"
        assert b"7\n" in base64.b64decode(answer["LogResult"])  # its own log's end is answered all the same
        assert self.streams(functions) == {}

    def test_a_group_that_is_there_stays_empty(self, functions):
        self.may(functions)
        functions.cloud.client("logs").create_log_group(logGroupName="/aws/lambda/worker")
        functions.create("def handler(event, context): print(7)")
        functions.invoke()
        assert self.streams(functions) == {"/aws/lambda/worker": 0}

    def test_a_group_that_is_there_needs_no_permission_to_make_one(self, functions):
        self.may(functions, self.allow("CreateLogStream PutLogEvents", f"{self.GROUP}:*"))
        functions.create("def handler(event, context): print(7)")
        functions.invoke()
        assert self.streams(functions) == {}
        functions.cloud.client("logs").create_log_group(logGroupName="/aws/lambda/worker")
        functions.invoke()
        assert self.streams(functions) == {"/aws/lambda/worker": 1}

    @pytest.mark.parametrize("given", ["CreateLogGroup CreateLogStream", "CreateLogGroup PutLogEvents"])
    def test_every_one_of_the_permissions_is_needed(self, functions, given):
        self.may(functions, self.allow(given))
        functions.create("def handler(event, context): print(7)")
        functions.invoke()
        assert self.streams(functions) == {}

    def test_the_policy_of_the_console_is_enough(self, functions):
        """The one that it writes when it makes the role."""
        group = self.allow("CreateLogGroup", "arn:aws:logs:us-east-1:123456789012:*")
        self.may(functions, group, self.allow("CreateLogStream PutLogEvents", [f"{self.GROUP}:*"]))
        functions.create("def handler(event, context): print(7)")
        functions.invoke()
        assert self.streams(functions) == {"/aws/lambda/worker": 1}

    def test_what_is_denied_is_not_allowed(self, functions):
        self.may(functions, self.allow("*"), self.allow("PutLogEvents", effect="Deny"))
        functions.create("def handler(event, context): print(7)")
        functions.invoke()
        assert self.streams(functions) == {}

    def test_another_groups_permission_does_not_help(self, functions):
        self.may(functions, self.allow("*", self.GROUP.replace("worker", "other") + ":*"))
        functions.create("def handler(event, context): print(7)")
        functions.invoke()
        assert self.streams(functions) == {}

    def test_actions_and_resources_may_be_left_out_of_all(self, functions):
        self.may(functions, {"Effect": "Allow", "NotAction": "sqs:*", "NotResource": "arn:aws:sqs:*"})
        functions.create("def handler(event, context): print(7)")
        functions.invoke()
        assert self.streams(functions) == {"/aws/lambda/worker": 1}

    def test_a_condition_on_it_is_not_modelled(self, functions):
        condition = {"StringEquals": {"aws:RequestedRegion": "us-east-1"}}
        self.may(functions, {**self.allow("*"), "Condition": condition})
        functions.create("def handler(event, context): print(7)")
        with pytest.raises(NotModelled, match="Condition in what a role's policy says of logs:"):
            functions.invoke()
