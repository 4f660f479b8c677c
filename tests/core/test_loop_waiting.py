"""Marks of one request are no new request, and waiting for what goes on is no loop."""

from uuid import UUID

import pytest

from policies.decision import DecisionKind
from policies.loops.observations import CallObserved
from tests.core.watched_calls import reads, said_of, watched

LETTER = {"to": "a@example.org", "body": "Your order is late."}


def mark(number: int) -> str:
    return str(UUID(int=number * 7_919))


@pytest.mark.parametrize("name", ["idempotency_key", "nonce", "traceId", "client-request-id"])
def test_the_same_effect_under_another_mark_is_a_repetition(name: str) -> None:
    sent = [({**LETTER, name: mark(number)}, "sent") for number in range(8)]
    assert said_of(reads("send_email", sent, acts=True)).kind is DecisionKind.STOP


def test_the_same_effect_at_another_attempt_is_a_repetition() -> None:
    sent = [({**LETTER, "attempt": number}, "sent") for number in range(8)]
    assert said_of(reads("send_email", sent, acts=True)).kind is DecisionKind.STOP


def test_a_call_that_has_nothing_but_a_mark_is_told_apart_by_it() -> None:
    spans = [({"traceId": mark(number)}, f"span {number}") for number in range(20)]
    assert not any(decision.sentence for decision in watched(reads("get_trace", spans)))


@pytest.mark.parametrize("name", ["id", "ticket", "request_id"])
def test_ids_of_things_are_no_marks(name: str) -> None:
    closed = [({name: mark(number), "note": "done"}, "closed") for number in range(20)]
    assert not any(decision.sentence for decision in watched(reads("close", closed, acts=True)))


@pytest.mark.parametrize(
    "clock",
    [
        "state queued, last seen {} s ago",
        "state queued, last seen {} hours ago",
        "[10:{:02}:07] state queued",
        '{{"state": "queued", "Date": "Thu, 01 Jan 2031 10:{:02}:00 GMT"}}',
        '{{"state": "queued", "polls": {}}}',
    ],
)
def test_polling_of_which_only_the_clock_changes_is_a_repetition(clock: str) -> None:
    ticking = [({"job": 7}, clock.format(number)) for number in range(10, 20)]
    assert said_of(reads("get_job", ticking)).kind is not DecisionKind.ALLOW


def test_going_through_days_of_which_most_are_free_of_news_is_no_loop_for_a_while() -> None:
    days = [({"room": 4, "day": f"2031-05-{day:02}"}, "[]") for day in range(1, 29)]
    said = watched(reads("find_slots", days))
    assert not any(decision.sentence for decision in said[:8])
    assert said[-1].kind is DecisionKind.PAUSE


def polled(every: int) -> list[CallObserved]:
    """Waits of half a minute, after each of which a job is looked at that moves on `every` so many
    looks.
    """
    return [
        call
        for turn in range(12)
        for call in (
            CallObserved(2 * turn, "wait", {"seconds": 30}, "waited 30 s"),
            CallObserved(2 * turn + 1, "get_job", {"job": 7}, f'{{"step": {turn // every}}}'),
        )
    ]


def test_waiting_between_looks_at_what_goes_on_is_no_loop() -> None:
    assert not any(decision.sentence for decision in watched(polled(1)))


def test_waiting_for_what_goes_on_slowly_is_not_stopped() -> None:
    assert {decision.kind for decision in watched(polled(2))} == {DecisionKind.ALLOW}


def test_waiting_for_what_stands_still_is_a_loop() -> None:
    assert watched(polled(99))[-1].kind is not DecisionKind.ALLOW


def test_a_failure_that_no_change_mends_is_told_but_not_stopped() -> None:
    tried = [
        call
        for turn in range(11)
        for call in (
            CallObserved(2 * turn, "write", {"text": f"x = {turn}"}, "written", acts=True),
            CallObserved(2 * turn + 1, "build", {}, "exit code 1: no such module", failed=True),
        )
    ]
    said = watched(tried)
    assert {decision.kind for decision in said} == {DecisionKind.ALLOW}
    assert said[-1].sentence.startswith("build failed 11 times in the same way")
    assert not said[9].sentence
