"""Events that are no work, as lines of the timeline: each kind of the engine has its words."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from console.journal.records import JournalRecord, Stored
from runs.engine import events
from runs.engine.stop_reasons import EXPLANATIONS
from runs.engine.vocabulary import StopReason
from runs.reading import interventions, story
from runs.reading.story import Sort, StoryTurn

RUN = UUID(int=7)
AT = datetime(2026, 11, 20, 15, 47, tzinfo=UTC)


def turn(kind: str, data: dict[str, Any] | None = None, **facts: Any) -> StoryTurn:
    actor = facts.pop("actor", "user:anna")
    record = JournalRecord(kind, AT, actor, RUN, data=data or {}, **facts)
    [found] = story.turns([Stored(1, RUN, 1, record)])
    return found


def marked(kind: str, data: dict[str, Any] | None = None, **facts: Any) -> str:
    return interventions.marked(turn(kind, data, **facts))[2]


@pytest.mark.parametrize(
    ("kind", "data", "facts", "words"),
    [
        ("run.leased", {}, {}, "Picked up by worker"),
        ("run.leased", {"owner": "w1"}, {}, "Picked up by worker — w1"),
        (
            "run.leased",
            {"owner": "w2", "after": "stood still for 9 s in tool refund"},
            {},
            "Its worker stood still for 9 s in tool refund; taken in hand by another one — w2",
        ),
        ("run.worker_failed", {}, {}, "Its worker failed"),
        (
            "run.worker_failed",
            {"takes": 2, "error": "no such tool"},
            {},
            "A worker could not take it up, the 2nd in a row — no such tool",
        ),
        ("run.pause_requested", {"note": "lunch"}, {}, "Pause requested by anna — lunch"),
        ("run.paused", {"detail": "Daily budget."}, {}, "Paused — Daily budget."),
        ("run.resumed", {}, {}, "Resumed by anna"),
        (
            "run.resumed",
            {"request": "7", "note": "it is nearly done"},
            {},
            "anna answered the run's question: it goes on — it is nearly done",
        ),
        (
            "approval.held",
            {"request": "7", "call": ""},
            {},
            "anna answered the run's question; it takes effect within seconds",
        ),
        (
            "approval.held",
            {"request": "7", "call": "after 8"},
            {},
            "anna answered the run's question; it takes effect within seconds",
        ),
        (
            "approval.held",
            {"request": "7", "call": "1.0"},
            {},
            "anna answered a call; it takes effect within seconds",
        ),
        ("run.requeued", {}, {}, "Queued again by anna"),
        (
            "run.extended",
            {"limit": "steps", "value": "80", "was": "50", "note": "nearly there"},
            {},
            "anna raised its limit: 80 steps, it was 50 — nearly there",
        ),
        (
            "run.extended",
            {"limit": "usd", "value": "4", "was": "2"},
            {},
            "anna raised its limit: $4, it was $2",
        ),
        (
            "run.extended",
            {"limit": "deadline", "value": "900", "was": "60"},
            {},
            "anna raised its limit: 900 s of running time, it was 60",
        ),
        ("run.kill_requested", {}, {}, "Kill requested by anna"),
        ("run.kill_acknowledged", {}, {}, "Kill confirmed, all work stopped"),
        (
            "run.kill_acknowledged",
            {"to_undo": 3},
            {},
            "Kill confirmed, all work stopped — 3 actions to undo",
        ),
        ("run.waiting", {"waiting_for": "backoff"}, {}, "Backing off"),
        ("run.waiting", {"waiting_for": "child"}, {}, "Waited for a child run"),
        ("run.waiting", {"waiting_for": "weather"}, {}, "Waiting"),
        ("run.stopped", {"reason": "LOOP_DETECTED"}, {}, "Stopped: loop detected"),
        ("run.stopped", {"reason": "SOMETHING_NEW"}, {}, "Stopped: something new"),
        ("run.stopped", {"reason": "USER_KILLED"}, {}, "Killed, all work stopped"),
        ("run.completed", {}, {}, "Completed"),
        (
            "call.settled",
            {"happened": "yes", "note": "saw it"},
            {"tool": "refund"},
            "anna said of refund: it did happen — saw it",
        ),
        (
            "call.settled",
            {"happened": "no", "undo": True},
            {"tool": "refund"},
            "anna said of the undo of refund: it did not happen",
        ),
        (
            "call.settled",
            {"happened": "unknown"},
            {},
            "anna said of a call: it may or may not happen",
        ),
        (
            "call.late",
            {},
            {"tool": "refund", "outcome": "ok"},
            (
                "refund came back to a worker that had lost this run meanwhile (ok): it may have"
                " been done twice"
            ),
        ),
        ("late.acknowledged", {}, {}, "anna has looked into what was left to a person"),
        (
            "finding.opened",
            {"difference": "not_there", "call": "1.1", "listed": ""},
            {"tool": "refund"},
            "refund: the far side does not list the effect of call 1.1, which succeeded",
        ),
        (
            "finding.opened",
            {"difference": "no_call", "listed": "50 to Bob"},
            {"tool": "refund"},
            "refund: the far side lists an effect that no call had — 50 to Bob",
        ),
        (
            "run.handed_over",
            {"to": "bert", "left": "olga", "note": "olga leaves"},
            {},
            "anna handed it over: it works for bert — olga leaves",
        ),
        (
            "run.restored",
            {"detail": "Two hours are lost."},
            {},
            "The house was restored from an old backup — Two hours are lost.",
        ),
        (
            "finding.closed",
            {"note": "reversed"},
            {},
            "anna has looked into a difference from the far side — reversed",
        ),
        (
            "undo.asked",
            {"undoes": ["2.1", "1.1"]},
            {},
            "anna wants calls 2.1, 1.1 undone; somebody else has to agree",
        ),
        (
            "undo.begun",
            {"undoes": ["1.1"], "note": "wrong"},
            {},
            "anna has call 1.1 undone — wrong",
        ),
        (
            "undo.declined",
            {"note": "it stands"},
            {},
            "anna says that nothing is undone — it stands",
        ),
        ("undo.ended", {"detail": "1 of 1 undone."}, {}, "The undoing is over — 1 of 1 undone."),
        (
            "run.downgraded",
            {"planner": "small", "detail": "80 % used"},
            {},
            "Goes on with small — 80 % used",
        ),
        (
            "grant.given",
            {},
            {"tool": "refund"},
            "anna gave a session approval to refund for the rest of the run",
        ),
        ("grant.revoked", {}, {}, "anna took a session approval back"),
        (
            "approval.voted",
            {},
            {"tool": "refund"},
            "anna agreed to refund; somebody else has to as well",
        ),
        (
            "approval.escalated",
            {"group": "leads"},
            {"tool": "refund"},
            "anna asked “leads” about refund",
        ),
        ("approval.withdrawn", {}, {"tool": "refund"}, "anna took an answer to refund back"),
        ("approval.decided", {}, {}, "anna decided"),
        (
            "judge.answered",
            {"closer": "yes", "steps": 1},
            {},
            "Judge: closer to the goal than 1 step ago",
        ),
        (
            "judge.answered",
            {"closer": "no", "steps": 10, "sentence": "It repeats."},
            {},
            "Judge: no closer to the goal than 10 steps ago — It repeats.",
        ),
        ("judge.answered", {"closer": "unknown"}, {}, "Judge: no answer"),
        ("hint.given", {"text": "Try another."}, {}, "Hint to the agent — Try another."),
        ("content.erased", {"why": "asked by him"}, {}, "Content erased by anna — asked by him"),
        (
            "content.gone",
            {"kind": "call.returned", "on": "20 November", "by": "anna"},
            {},
            "call.returned: erased on 20 November by anna",
        ),
        (
            "unreadable",
            {"error": "KeyError"},
            {},
            "A part of the journal cannot be read — KeyError",
        ),
        ("a.new_kind", {}, {}, "a.new_kind"),
    ],
)
def test_a_mark_says_who_did_what(
    kind: str, data: dict[str, Any], facts: dict[str, Any], words: str
) -> None:
    assert marked(kind, data, **facts) == words


@pytest.mark.parametrize(
    ("word", "words"),
    [
        (
            "approve",
            "anna accepted the answer as it is, although not met: tests pass, no debt — ok",
        ),
        ("deny", "anna did not accept the answer; not met: tests pass, no debt — ok"),
        ("respond", "anna sent the answer back — ok"),
    ],
)
def test_a_persons_word_on_an_answer_names_what_was_not_met(word: str, words: str) -> None:
    data = {"word": word, "unmet": ["tests pass", "no debt"], "note": "ok"}
    assert marked("answer.decided", data) == words


@pytest.mark.parametrize(
    ("kind", "title"),
    [
        ("hint.given", "Answer not accepted, sent back"),
        ("run.stopped", "Stopped: its answer was not accepted"),
        ("run.paused", "Paused: answer not accepted, a person is asked"),
    ],
)
def test_an_answer_that_lacks_something_says_what(kind: str, title: str) -> None:
    checks = [{"name": "cites", "passed": False}, {"name": "short", "passed": True}]
    icon, tone, words = interventions.marked(turn(kind, {"facts": {"checks": checks}}))
    assert (icon, tone, words) == ("list-ordered", "bad", f"{title} — missing: cites")


def test_of_several_details_the_persons_own_comes_first() -> None:
    assert marked("run.paused", {"why": "b", "note": "a", "error": "c"}) == "Paused — a"


@pytest.mark.parametrize("reason", list(StopReason))
def test_every_stop_reason_reads_within_a_sentence_as_the_pill_says_it(reason: StopReason) -> None:
    assert interventions.reason(reason) == EXPLANATIONS[reason].title.lower()


@pytest.mark.parametrize(
    "kind",
    sorted(
        kind
        for kind in events.KINDS
        if story.place(Stored(1, RUN, 1, JournalRecord(kind, AT, "x", RUN)))[1] is Sort.MARK
    ),
)
def test_every_event_of_the_engine_that_is_no_work_has_words_of_its_own(kind: str) -> None:
    """Shown by its bare name would mean that nobody thought of it."""
    if kind in ("run.created", "run.briefed", "answer.decided"):
        return  # the goal and the prompt have a place of their own; an answer by its word
    assert kind in interventions.MARKS


@pytest.mark.parametrize("kind", sorted(interventions.MARKS))
def test_no_mark_is_left_with_a_hole_in_its_sentence(kind: str) -> None:
    icon, _, words = interventions.marked(
        turn(kind, {"limit": "steps", "value": "80", "was": "50"})
    )
    assert icon
    assert "{" not in words
    assert "None" not in words
