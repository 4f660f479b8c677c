"""A session approval: the identical call is made without asking again, so often and no more,
until it is taken back.
"""

from typing import Any

from policies.decision import Decision, DecisionKind
from runs.engine import events as e
from runs.engine.ports import PlannerTurn, ToolCall, Usage
from runs.engine.state import RunState
from runs.engine.vocabulary import AnswerAct, Effect, RunStatus
from tests.core.runs_in_memory import World, answering, spec, world

PAY = spec("pay", effect=Effect.IRREVERSIBLE)


def paying(*numbers: int) -> PlannerTurn:
    return PlannerTurn(
        thought="pay",
        calls=tuple(
            ToolCall(f"r{place}", "pay", {"n": n, "to": "anna"}) for place, n in enumerate(numbers)
        ),
        usage=Usage(),
    )


def gated(*decisions: PlannerTurn, facts: Any = None) -> World:
    play = world([*decisions, answering()], PAY)
    play.rules.refused["pay"] = Decision(
        DecisionKind.ASK, rule="money", sentence="money", facts=facts or {}
    )
    return play


def approve(play: World, call: str = "1.1", **grant: Any) -> None:
    step = int(call.split(".")[0])
    play.journal.append(
        e.CallDecided(
            at=play.now, actor="user:anna", step=step, tool="pay", call=call, word=AnswerAct.APPROVE
        )
    )
    given: dict[str, Any] = {"args": {"n": 1, "to": "anna"}, "limit": 2, **grant}
    play.journal.append(
        e.GrantGiven(at=play.now, actor="user:anna", grant="g", step=step, tool="pay", **given)
    )


def waits(end: RunState) -> bool:
    return end.status is RunStatus.WAITING


def made(play: World) -> list[str]:
    return list(play.done)


def test_the_identical_call_is_made_without_asking_again() -> None:
    play = gated(paying(1), paying(1))
    play.live()
    approve(play)
    assert play.live().status is RunStatus.COMPLETED
    assert made(play) == ["1.1", "2.1"]
    asked = [event.call for event in play.journal if isinstance(event, e.CallAsked)]
    decided = [
        (event.call, event.actor, event.grant)
        for event in play.journal
        if isinstance(event, e.CallDecided)
    ]
    assert asked == ["1.1", "2.1"]
    assert decided == [("1.1", "user:anna", ""), ("2.1", "user:anna", "g")]


def test_it_is_used_up_after_its_limit() -> None:
    play = gated(paying(1), paying(1), paying(1), paying(1))
    play.live()
    approve(play)
    assert waits(play.live())
    assert made(play) == ["1.1", "2.1", "3.1"]


def test_it_counts_within_one_decision_too() -> None:
    play = gated(paying(1), paying(1, 1, 1))
    play.live()
    approve(play)
    assert waits(play.live())
    assert made(play) == ["1.1", "2.1", "2.2"]


def test_other_arguments_are_asked_for() -> None:
    play = gated(paying(1), paying(2))
    play.live()
    approve(play)
    assert waits(play.live())
    assert made(play) == ["1.1"]


def test_an_argument_may_be_free() -> None:
    play = gated(paying(1), paying(2))
    play.live()
    approve(play, free=("n",))
    assert play.live().status is RunStatus.COMPLETED


def test_what_came_out_of_a_tool_is_never_free() -> None:
    play = gated(paying(1), paying(2), facts={"tainted": [{"path": "args.n"}]})
    play.live()
    approve(play, free=("n",))
    assert waits(play.live())


def test_it_can_be_taken_back() -> None:
    play = gated(paying(1), paying(1))
    play.live()
    approve(play)
    play.journal.append(e.GrantRevoked(at=play.now, actor="user:bob", grant="g"))
    assert waits(play.live())


def test_a_rule_that_denies_still_denies() -> None:
    play = gated(paying(1), paying(1))
    play.live()
    approve(play)
    play.rules.refused["pay"] = Decision(
        DecisionKind.DENY, rule="frozen", sentence="payments are frozen"
    )
    assert play.live().status is RunStatus.COMPLETED
    assert made(play) == []


def test_what_a_session_approval_does_not_cover_is_asked_beside_it() -> None:
    play = gated(paying(1), paying(2, 1))
    play.live()
    approve(play)
    assert waits(play.live())
    words = {event.call: event.grant for event in play.journal if isinstance(event, e.CallDecided)}
    assert words == {"1.1": "", "2.2": "g"}
    assert made(play) == ["1.1"]


def test_the_final_answer_of_a_paused_run_can_be_accepted_by_a_person() -> None:
    play = gated(paying(1))
    play.live()
    play.journal += [
        e.RunPaused(at=play.now),
        e.RunCompleted(at=play.now, actor="user:anna", final="good enough"),
    ]
    assert play.live().status is RunStatus.COMPLETED
