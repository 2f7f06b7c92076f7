"""The names that the Amazon States Language reserves for errors; all others are whatever a Task or a Fail reports.

https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
"""

ALL = "States.ALL"  # these two stand for errors that are called something else
TASK_FAILED = "States.TaskFailed"

DATA_LIMIT = "States.DataLimitExceeded"
EXCEEDED = "States.ExceedToleratedFailureThreshold"
HEARTBEAT = "States.HeartbeatTimeout"
INTRINSIC_FAILURE = "States.IntrinsicFailure"
ITEM_READER_FAILED = "States.ItemReaderFailed"
NO_CHOICE = "States.NoChoiceMatched"
PERMISSIONS = "States.Permissions"
QUERY_FAILED = "States.QueryEvaluationError"
RESULT_PATH_MATCH_FAILURE = "States.ResultPathMatchFailure"
RESULT_WRITER_FAILED = "States.ResultWriterFailed"
RUNTIME = "States.Runtime"
TIMEOUT = "States.Timeout"
