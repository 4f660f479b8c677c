"""Calls that need a person: asked all at once, made in order, exactly as decided."""

from typing import Any

import pytest

from approvals.rules.request_vocabulary import CLOCK, FITTING
from approvals.rules.voting import Final
from policies.decision import Decision, DecisionKind
from runs.engine import events as e
from runs.engine.engine_errors import BadEvent, IllegalMove
from runs.engine.fold import fold, folded
from runs.engine.vocabulary import (
    CALL_ACTS,
    AnswerAct,
    CallAct,
    Effect,
    RunStatus,
    StopReason,
    Waiting,
)
from tests.core.runs_in_memory import START, World, answering, calling, spec, world

PAY = spec("pay", effect=Effect.IRREVERSIBLE)
READ = spec("read", effect=Effect.READ, idempotent=True)


def gated(*tools: str) -> World:
    """A run whose only decision calls these tools; `pay` needs a person."""
    play = world([calling(*tools), answering()], PAY, READ)
    play.rules.refused["pay"] = Decision(
        DecisionKind.ASK, rule="money", sentence="money needs a person"
    )
    return play


def decide(play: World, call: str, word: CallAct, **facts: Any) -> None:
    play.journal.append(
        e.CallDecided(
            at=play.now, actor="user:anna", step=1, tool="pay", call=call, word=word, **facts
        )
    )


def asked(play: World) -> list[str]:
    return [event.call for event in play.journal if isinstance(event, e.CallAsked)]


def test_the_run_waits_before_the_call_and_nothing_has_happened() -> None:
    play = gated("pay")
    end = play.live()
    assert (end.status, end.waiting_for) == (RunStatus.WAITING, Waiting.APPROVAL)
    assert asked(play) == ["1.1"]
    assert not play.done


def test_an_approved_call_is_made_and_the_run_goes_on() -> None:
    play = gated("pay")
    play.live()
    decide(play, "1.1", AnswerAct.APPROVE)
    end = play.live()
    assert end.status is RunStatus.COMPLETED
    assert play.done == {"1.1": 1}
    intent = next(event for event in play.journal if isinstance(event, e.CallIntended))
    assert (intent.rule, intent.args) == ("approved by user:anna", {"n": 0})


def test_an_edited_call_is_made_as_edited() -> None:
    play = gated("pay")
    play.live()
    decide(play, "1.1", AnswerAct.EDIT, args={"n": 42})
    play.live()
    assert [event.args for event in play.journal if isinstance(event, e.CallIntended)] == [
        {"n": 42}
    ]


def test_an_approval_does_not_override_a_rule_that_denies() -> None:
    play = gated("pay")
    play.live()
    decide(play, "1.1", AnswerAct.APPROVE)
    play.rules.refused["pay"] = Decision(
        DecisionKind.DENY, rule="frozen", sentence="payments are frozen"
    )
    end = play.live()
    assert end.status is RunStatus.COMPLETED
    assert not play.done
    assert any("payments are frozen" in message.text for message in end.history)


@pytest.mark.parametrize(
    ("word", "heard"),
    [
        (AnswerAct.DENY, "Refused: A person said no. too much"),
        (AnswerAct.RESPOND, "too much"),
        (AnswerAct.EXPIRE, "Refused: Nobody approved"),
    ],
)
def test_the_planner_hears_what_a_person_said(word: CallAct, heard: str) -> None:
    play = gated("pay")
    play.live()
    decide(play, "1.1", word, note="too much")
    end = play.live()
    assert end.status is RunStatus.COMPLETED
    assert not play.done
    assert any(message.text.startswith(heard) for message in end.history)


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        (AnswerAct.STOP, StopReason.APPROVAL_DENIED),
        (AnswerAct.EXPIRE_AND_STOP, StopReason.APPROVAL_EXPIRED),
    ],
)
def test_a_decision_may_end_the_run(word: CallAct, reason: StopReason) -> None:
    play = gated("pay")
    play.live()
    decide(play, "1.1", word)
    assert play.live().stop_reason is reason
    assert not play.done


def test_two_requests_decided_in_reverse_order_reach_the_right_calls() -> None:
    play = gated("pay", "read", "pay")
    play.live()
    assert asked(play) == ["1.1", "1.3"]
    decide(play, "1.3", AnswerAct.EDIT, args={"n": 33})
    waiting = play.live()
    assert (waiting.status, dict(play.done)) == (RunStatus.WAITING, {})
    decide(play, "1.1", AnswerAct.EDIT, args={"n": 11})
    end = play.live()
    assert end.status is RunStatus.COMPLETED
    intents = [
        (event.call, event.args["n"]) for event in play.journal if isinstance(event, e.CallIntended)
    ]
    assert intents == [("1.1", 11), ("1.2", 1), ("1.3", 33)]


def test_a_decision_counts_once() -> None:
    play = gated("pay")
    play.live()
    decide(play, "1.1", AnswerAct.APPROVE)
    with pytest.raises(IllegalMove):
        fold(folded(play.journal), play.journal[-1])


def test_a_worker_lost_between_approval_and_call_makes_it_once_or_leaves_it_in_doubt() -> None:
    play = gated("pay")
    play.live()
    decide(play, "1.1", AnswerAct.APPROVE)
    deaths = iter([True])
    play.dies = lambda moment: moment == "after effect" and next(deaths, False)
    end = play.live()
    assert (end.waiting_for, play.done) == (Waiting.IN_DOUBT, {"1.1": 1})


def test_an_approval_given_while_the_run_is_paused_is_kept() -> None:
    play = gated("pay")
    play.live()
    play.journal.append(e.RunPaused(at=play.now))
    decide(play, "1.1", AnswerAct.APPROVE)
    assert folded(play.journal).status is RunStatus.PAUSED
    play.journal.append(e.RunResumed(at=play.now))
    assert play.live().status is RunStatus.COMPLETED
    assert play.done == {"1.1": 1}


@pytest.mark.parametrize("act", sorted(set(AnswerAct) - CALL_ACTS))
def test_an_act_that_decides_on_no_call_is_no_word_on_one(act: AnswerAct) -> None:
    stored: dict[str, Any] = {"word": act}
    with pytest.raises(BadEvent, match="decides on no call"):
        e.CallDecided(at=START, step=1, tool="pay", call="1.1", **stored)
    with pytest.raises(ValueError, match="decides on no call"):
        assert Final(act).word


def test_people_and_the_engine_have_one_vocabulary_of_acts() -> None:
    assert {Final(act).word for act in CALL_ACTS} == CALL_ACTS
    assert {act for fitting in FITTING.values() for act in fitting} | CLOCK | {
        AnswerAct.RESUME
    } == {*AnswerAct}
