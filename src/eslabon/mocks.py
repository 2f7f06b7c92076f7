"""Mocks of what a Task calls: `Cloud.mock` keeps them, and each attempt asks for its answer. Nothing is called here."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping, Sequence
from typing import Any

UNSET: Any = object()  # not given, which null is not
_FORM = 'each answer of a sequence is {"result": …} or {"error": …, "cause": …}'
_MEMBERS = ({"result"}, {"error"}, {"error", "cause"})


class TaskFailed(Exception):
    """What a mock raises so that the Task fails: the error that Retry and Catch compare, and a cause for people.

    >>> from eslabon import Cloud
    >>> cloud = Cloud()
    >>> def charge(arguments):
    ...     raise TaskFailed("CardDeclined", "Not enough money.")
    >>> cloud.mock("Charge card", charge)
    """

    def __init__(self, error: str | None = None, cause: str | None = None) -> None:
        super().__init__(error, cause)
        self.error = error
        self.cause = cause


class Mock:
    """The answers to one target, one an attempt; the last repeats. Each is a function or an entry of a sequence."""

    def __init__(self, target: str, answers: Sequence[Any]) -> None:
        self.target = target
        self._answers = answers
        self._given = 0

    def answer(self, arguments: Any) -> Any:
        """The result of the next attempt, JSON of its own; raises TaskFailed when the attempt fails.

        >>> mock = Mock("Pay", made_of("Pay", [{"error": "Busy"}, {"result": {"paid": True}}]))
        >>> mock.answer({})
        Traceback (most recent call last):
        eslabon.mocks.TaskFailed: ('Busy', None)
        >>> mock.answer({}), mock.answer({})
        ({'paid': True}, {'paid': True})
        """
        answer = self._answers[min(self._given, len(self._answers) - 1)]
        self._given += 1
        if callable(answer):
            result = answer(copy.deepcopy(arguments))
        elif "error" in answer:
            raise TaskFailed(answer["error"], answer.get("cause"))
        else:
            result = answer["result"]
        return _json(result, f"The mock of {self.target} answered")


class Mocks:
    """The mocks of one cloud, by their targets.

    >>> mocks = Mocks()
    >>> mocks.put("Pay", result={"paid": True})
    >>> mocks.find("Pay", "arn:aws:states:::sqs:sendMessage").answer({})
    {'paid': True}
    >>> mocks.put("Pay", None)
    >>> mocks.find("Pay", "arn:aws:states:::sqs:sendMessage") is None
    True
    """

    def __init__(self) -> None:
        self._mocks: dict[str, Mock] = {}

    def put(
        self,
        target: str,
        answer: Any = None,
        *,
        result: Any = UNSET,
        error: str | None = None,
        cause: str | None = None,
    ) -> None:
        """Keep a mock, in place of an earlier one of the same target; with no answer at all, take it away.

        Raises TypeError or ValueError for what is no answer.

        >>> Mocks().put("Pay", [{"results": 1}])
        Traceback (most recent call last):
        ValueError: mock('Pay', …): each answer of a sequence is {"result": …} or {"error": …, "cause": …}, not ...
        """
        if not isinstance(target, str) or not target:
            raise TypeError(f"mock({target!r}, …): the target is a state's name or the Resource of a Task, as text")
        if cause is not None and error is None:
            raise TypeError(f"mock({target!r}, …): a cause comes with an error")
        ways = [answer is not None, result is not UNSET, error is not None]
        if sum(ways) > 1:
            raise TypeError(f"mock({target!r}, …) takes one of: an answer, result=, error=")
        if not any(ways):
            self._mocks.pop(target, None)
            return
        if result is not UNSET:
            answer = [{"result": result}]
        elif error is not None:
            answer = [{"error": error, "cause": cause}]
        self._mocks[target] = Mock(target, made_of(target, answer))

    def find(self, state: str, resource: str) -> Mock | None:
        """The mock for a Task: that of its state, or else that of its Resource.

        >>> mocks = Mocks()
        >>> mocks.put("arn:aws:states:::sqs:sendMessage", result=1)
        >>> mocks.put("Pay", result=2)
        >>> mocks.find("Pay", "arn:aws:states:::sqs:sendMessage").answer({})
        2
        >>> mocks.find("Ship", "arn:aws:states:::sqs:sendMessage").answer({})
        1
        """
        return self._mocks.get(state) or self._mocks.get(resource)


def made_of(target: str, answer: Any) -> list[Any]:
    """The answers to successive attempts, of one function or a sequence of answers.

    >>> made_of("Pay", [{"result": 1}, {"error": "Busy"}])
    [{'result': 1}, {'error': 'Busy'}]
    >>> made_of("Pay", {"paid": True})
    Traceback (most recent call last):
    TypeError: mock('Pay', …): an answer is a function of the arguments, or a sequence; for one result write ...
    """
    if callable(answer):
        return [answer]
    if isinstance(answer, Mapping | str | bytes) or not isinstance(answer, Sequence):
        raise TypeError(
            f"mock({target!r}, …): an answer is a function of the arguments, or a sequence; "
            f"for one result write result={answer!r}"
        )
    if not answer:
        raise ValueError(f"mock({target!r}, …): the sequence has no answer; {_FORM}")
    for entry in answer:
        if not isinstance(entry, Mapping) or set(entry) not in _MEMBERS:
            raise ValueError(f"mock({target!r}, …): {_FORM}, not {entry!r}")
    copied: list[Any] = _json([dict(entry) for entry in answer], f"mock({target!r}, …): one answer is")
    return copied


def _json(value: Any, where: str) -> Any:
    """A copy of a JSON value; ValueError when it is none."""
    try:
        return json.loads(json.dumps(value, allow_nan=False))
    except (TypeError, ValueError) as error:
        raise ValueError(f"{where} something that is not JSON: {value!r} ({error})") from None


def suggestion(resource: str) -> str:
    """The call that mocks a resource, ready to be copied.

    >>> suggestion("arn:aws:states:::glue:startJobRun.sync")
    'cloud.mock("arn:aws:states:::glue:startJobRun.sync", result={})'
    """
    return f"cloud.mock({json.dumps(resource, ensure_ascii=False)}, result={{}})"
