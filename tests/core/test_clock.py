"""Virtual time."""

from __future__ import annotations

import pytest

from eslabon.clock import START, Clock


def test_due_work_runs_in_time_order_then_in_order_of_creation() -> None:
    clock, done = Clock(), []
    for name, delay in (("late", 2), ("first", 1), ("second", 1)):
        clock.call_later(delay, lambda name=name: done.append(name))
    clock.advance(2)
    assert done == ["first", "second", "late"]


def test_work_sees_the_time_it_was_due_at() -> None:
    clock, seen = Clock(), []
    clock.call_later(1.5, lambda: seen.append(clock.now - START))
    clock.advance(10)
    assert seen == [1.5]
    assert clock.now - START == 10


def test_a_hundred_calls_of_ten_milliseconds_are_one_second() -> None:
    clock = Clock()
    for _ in range(100):
        clock.sleep(0.01)
    assert clock.now - START == 1.0


def test_background_work_does_not_keep_the_cloud_busy() -> None:
    clock, done = Clock(), []

    def again() -> None:
        done.append("poll")
        clock.call_later(1, again, background=True)

    clock.call_later(1, again, background=True)
    clock.call_later(2.5, lambda: done.append("last"))
    clock.run_until_idle()
    assert done == ["poll", "poll", "last"]


def test_cancelled_work_does_not_run_and_does_not_keep_the_cloud_busy() -> None:
    clock, done = Clock(), []
    clock.call_later(1, lambda: done.append("never")).cancel()
    clock.run_until_idle()
    clock.advance(5)
    assert done == []


def test_sleeping_inside_work_only_lengthens_that_work() -> None:
    clock, seen = Clock(), []

    def handler() -> None:
        clock.sleep(60)
        seen.append(("handler ends", clock.now - START))

    clock.call_later(1, handler)
    clock.call_later(2, lambda: seen.append(("other", clock.now - START)))
    clock.advance(100)
    assert seen == [("handler ends", 61), ("other", 2)]


def test_waiting_ends_when_what_is_waited_for_happens() -> None:
    clock, box = Clock(), []
    clock.call_later(3, lambda: box.append(1))
    assert clock.wait_until(lambda: bool(box), START + 20)
    assert clock.now - START == 3


def test_waiting_in_vain_ends_at_the_deadline() -> None:
    clock = Clock()
    assert not clock.wait_until(lambda: False, START + 20)
    assert clock.now - START == 20


def test_work_inside_the_clock_cannot_run_the_clock() -> None:
    clock, errors = Clock(), []

    def handler() -> None:
        try:
            clock.run_until_idle()
        except RuntimeError as error:
            errors.append(error)

    clock.call_later(1, handler)
    clock.advance(1)
    assert "inside the clock" in str(errors[0])


def test_a_loop_that_never_ends_is_named_instead_of_hanging(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("eslabon.clock._RUNAWAY", 100)
    clock = Clock()

    def again() -> None:
        clock.call_later(1, again)

    again()
    with pytest.raises(RuntimeError, match="still not idle"):
        clock.run_until_idle()
