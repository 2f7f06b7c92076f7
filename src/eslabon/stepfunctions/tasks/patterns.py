"""Which resources a Task may name, and which service integration patterns each allows in which type of state machine.

Nothing is called. An AWS SDK integration of a service that is not modelled is taken as it is: AWS lists over two
hundred services, and only AWS knows their actions.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from eslabon.stepfunctions.language.resources import REQUEST_RESPONSE, SYNC, WAIT_FOR_TASK_TOKEN, Resource
from eslabon.stepfunctions.tasks import sdk

TOKEN = frozenset({REQUEST_RESPONSE, WAIT_FOR_TASK_TOKEN})
JOB = frozenset({REQUEST_RESPONSE, SYNC})
ALL = JOB | TOKEN
PLAIN = frozenset({REQUEST_RESPONSE})

# Service -> its actions in groups of equal patterns. The patterns that a service has, as the page says:
# https://docs.aws.amazon.com/step-functions/latest/dg/integrate-optimized.html
# Which of its actions run as a job: the pages that it links to, one a service.
_OPTIMISED: Mapping[str, Mapping[str, frozenset[str]]] = {
    "apigateway": {"invoke": TOKEN},
    "athena": {"startQueryExecution": JOB, "stopQueryExecution getQueryExecution getQueryResults": PLAIN},
    "batch": {"submitJob": JOB},
    "bedrock": {"invokeModel": TOKEN, "createModelCustomizationJob": ALL},
    "codebuild": {
        "startBuild startBuildBatch retryBuildBatch": JOB,
        "stopBuild batchDeleteBuilds batchGetReports stopBuildBatch deleteBuildBatch": PLAIN,
    },
    "databrew": {"startJobRun": JOB},
    "dynamodb": {"getItem putItem deleteItem updateItem": PLAIN},
    "ecs": {"runTask": ALL},
    "eks": {
        "createCluster deleteCluster createFargateProfile deleteFargateProfile createNodegroup deleteNodegroup": ALL,
        "runJob": ALL,
        "call": TOKEN,
    },
    "elasticmapreduce": {
        "createCluster terminateCluster addStep": JOB,
        "setClusterTerminationProtection cancelStep modifyInstanceFleetByName modifyInstanceGroupByName": PLAIN,
    },
    "emr-containers": {"startJobRun deleteVirtualCluster": JOB, "createVirtualCluster": PLAIN},
    "emr-serverless": {
        "createApplication startApplication stopApplication deleteApplication startJobRun cancelJobRun": JOB
    },
    "events": {"putEvents": TOKEN},
    "glue": {"startJobRun": JOB},
    "http": {"invoke": PLAIN},
    "lambda": {"invoke": TOKEN},
    "mediaconvert": {"createJob": JOB},
    "sagemaker": {
        "createHyperParameterTuningJob createLabelingJob createProcessingJob createTrainingJob createTransformJob": JOB,
        "createEndpoint createEndpointConfig createModel updateEndpoint": PLAIN,
    },
    "sns": {"publish": TOKEN},
    "sqs": {"sendMessage": TOKEN},
    "states": {"startExecution": ALL | {".sync:2"}},
}
OPTIMISED: Mapping[tuple[str, str], frozenset[str]] = {
    (service, action): allowed
    for service, groups in _OPTIMISED.items()
    for actions, allowed in groups.items()
    for action in actions.split()
}
_ACTION = re.compile(r"[a-z][A-Za-z0-9]*", re.ASCII)
_SERVICE = re.compile(r"[a-z0-9]+", re.ASCII)


def problem_of(resource: Resource, type: str) -> str | None:
    """What AWS has against a resource in a state machine of a type (STANDARD, EXPRESS); None when it takes it.

    https://docs.aws.amazon.com/step-functions/latest/dg/connect-to-resource.html

    >>> from eslabon.stepfunctions.language.resources import parse_resource
    >>> job = parse_resource("arn:aws:states:::glue:startJobRun.sync")
    >>> problem_of(job, "STANDARD") is None
    True
    >>> problem_of(job, "EXPRESS")
    "Express state machine does not support '.sync' service integration"
    >>> problem_of(parse_resource("arn:aws:states:::sqs:sendMessage.sync"), "STANDARD")
    "The resource provided arn:aws:states:::sqs:sendMessage.sync does not support '.sync': it may end in \
'.waitForTaskToken'"
    >>> problem_of(parse_resource("arn:aws:states:::sqs:receiveMessage"), "STANDARD")
    'The resource provided arn:aws:states:::sqs:receiveMessage is not recognized. The value is not a valid resource \
ARN, or the resource is not available in this region.'
    """
    if resource.kind == "function":
        return None
    if resource.kind == "activity":
        return "Express state machine does not support activities" if type == "EXPRESS" else None
    allowed = _allowed(resource)
    if allowed is None:
        return (
            f"The resource provided {resource.text} is not recognized. The value is not a valid resource ARN, or the "
            "resource is not available in this region."
        )
    if resource.pattern not in allowed:
        others = ", ".join(f"'{pattern}'" for pattern in sorted(allowed - PLAIN))
        takes = f"it may end in {others}" if others else "it is called without a pattern"
        return f"The resource provided {resource.text} does not support '{resource.pattern}': {takes}"
    if type == "EXPRESS" and resource.pattern != REQUEST_RESPONSE:
        return f"Express state machine does not support '{resource.pattern}' service integration"
    return None


def _allowed(resource: Resource) -> frozenset[str] | None:
    """The patterns of a resource; None when there is no such resource."""
    if not resource.service.startswith(sdk.PREFIX):
        return OPTIMISED.get((resource.service, resource.action))
    service = resource.service.removeprefix(sdk.PREFIX)
    if not _SERVICE.fullmatch(service) or not _ACTION.fullmatch(resource.action):
        return None
    modelled = sdk.boto_name(service)
    if modelled is None:
        return None if service in sdk.NOT_SDK_NAMES else TOKEN
    return TOKEN if sdk.api_operation(modelled, resource.action) else None
