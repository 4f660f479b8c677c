"""The board of a fire drill: each thing that must hold can be seen not to, and the three times are
counted from where the trouble begins.
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from policies.decision import StopReason
from runs.drills import drill_board
from runs.drills.drill_invariants import DrillEvent, PlayedDrill, invariants
from runs.drills.drill_scenarios import SCENARIOS, UNGIVEN, Scenario
from runs.engine import events as e
from runs.engine.engine_errors import PlannerFault
from runs.engine.events import RunEvent
from runs.engine.vocabulary import AnswerAct, Effect, Outcome, Verdict

START = datetime(2026, 11, 20, 15, 47, tzinfo=UTC)
PAY, READ = "pay", "look"


def at(second: float) -> datetime:
    return START + timedelta(seconds=second)


def intended(second: float, tool: str = PAY, call: str = "1.1") -> RunEvent:
    return e.CallIntended(
        at=at(second), actor="planner", step=1, tool=tool, call=call, ref=call, args={}, key=call,
        effect=Effect.IRREVERSIBLE, timeout=4.0,
    )  # fmt: skip


def returned(second: float, tool: str = PAY, **facts: Any) -> RunEvent:
    said = {"outcome": Outcome.OK, "verdict": Verdict.SUCCEEDED, **facts}
    return e.CallReturned(at=at(second), actor="tool", step=1, tool=tool, call="1.1", **said)


def asked(second: float) -> RunEvent:
    return e.CallAsked(
        at=at(second), actor="supervisor", step=1, tool=PAY, call="1.1", ref="1.1", args={},
        effect=Effect.IRREVERSIBLE,
    )  # fmt: skip


def decided(second: float, word: Any) -> RunEvent:
    return e.CallDecided(at=at(second), actor="user:alma", step=1, tool=PAY, call="1.1", word=word)


def refused(second: float, tool: str = PAY) -> RunEvent:
    return e.CallRefused(
        at=at(second), actor="supervisor", step=1, tool=tool, call="1.1", ref="1.1", args={},
        rule="no-strangers", sentence="Not to a stranger.",
    )  # fmt: skip


def planned(second: float, usd: str = "0") -> RunEvent:
    return e.StepPlanned(at=at(second), actor="planner", step=1, final="done", usd=Decimal(usd))


def failed(second: float, again: float | None = None) -> RunEvent:
    retry_at = None if again is None else at(again)
    return e.PlanFailed(
        at=at(second), actor="planner", step=1, fault=PlannerFault.TRANSIENT, message="503",
        retry_at=retry_at,
    )  # fmt: skip


def leased(second: float, after: str = "") -> RunEvent:
    return e.RunLeased(
        at=at(second), actor="worker", owner="w", epoch=1, lost=bool(after), after=after
    )


def stopped(second: float, reason: StopReason = StopReason.LOOP_DETECTED) -> RunEvent:
    return e.RunStopped(at=at(second), actor="supervisor", reason=reason)


def completed(second: float) -> RunEvent:
    return e.RunCompleted(at=at(second), actor="planner", final="done")


def drill(scenario: Scenario, *events: RunEvent, **facts: Any) -> PlayedDrill:
    """A drill whose single run has these events, or one run for each list of them."""
    noted = [DrillEvent("run", seq, each) for seq, each in enumerate(events, 1)]
    return PlayedDrill(scenario, noted, frozenset({PAY, READ}), PAY, facts=facts)


def standing(played: PlayedDrill, words: str, *, over: bool = True) -> str:
    rows = drill_board.board(played, over=over)["rows"]
    [found] = [each["standing"] for each in rows if words in each["words"]]
    return str(found)


BAD = [
    ("without a person's yes", drill(Scenario.POISONED, intended(1))),
    ("without a person's yes", drill(Scenario.POISONED, decided(1, AnswerAct.DENY), intended(2))),
    ("held back", drill(Scenario.POISONED, returned(1, READ), completed(2))),
    ("to a shadow tool", drill(Scenario.POISONED, intended(1, "wire_money"))),
    ("broken off", drill(Scenario.TOOL_HANGS, intended(1, READ), returned(2, READ))),
    (
        "more than its time",
        drill(
            Scenario.TOOL_HANGS,
            intended(1, READ),
            returned(40, READ, outcome=Outcome.TIMEOUT, verdict=Verdict.FAILED, duration=39.0),
        ),
    ),
    ("some tries", drill(Scenario.TOOL_HANGS, intended(1, READ))),
    ("waited", drill(Scenario.PROVIDER_DOWN, failed(1), stopped(2))),
    ("neither stopped nor paused", drill(Scenario.PROVIDER_DOWN, failed(1, 3), stopped(2))),
    ("by itself", drill(Scenario.PROVIDER_DOWN, planned(1), failed(2, 3))),
    ("never got through", drill(Scenario.INSISTS, intended(1, UNGIVEN))),
    ("was refused", drill(Scenario.INSISTS, completed(1))),
    ("noticed that", drill(Scenario.INSISTS, refused(1, UNGIVEN), completed(2))),
    ("before the script", drill(Scenario.INSISTS, refused(1, UNGIVEN), completed(2))),
    ("another worker", drill(Scenario.WORKER_KILLED, intended(1), leased(2))),
    ("became of the payment", drill(Scenario.WORKER_KILLED, returned(1), leased(2, "ended"))),
    ("twice", drill(Scenario.WORKER_KILLED, intended(1), intended(2, call="2.1"))),
    ("person was asked", drill(Scenario.APPROVER_ABSENT, refused(1))),
    ("clock ended", drill(Scenario.APPROVER_ABSENT, asked(1), decided(2, AnswerAct.DENY))),
    (
        "no more than their budget",
        drill(Scenario.BUDGET_RACE, planned(1, "0.15"), planned(2, "0.06")),
    ),
    ("at least one", drill(Scenario.BUDGET_RACE, completed(1))),
    ("copy whole", drill(Scenario.JOURNAL_TOUCHED, completed(1), whole_before=False)),
    ("that was changed", drill(Scenario.JOURNAL_TOUCHED, completed(1), altered_named=False)),
    ("no other row", drill(Scenario.JOURNAL_TOUCHED, completed(1), others_named=[4])),
    ("came to its end", drill(Scenario.POISONED, refused(1))),
]  # fmt: skip


@pytest.mark.parametrize(("words", "played"), BAD, ids=[words for words, _ in BAD])
def test_what_does_not_hold_is_said_not_to(words: str, played: PlayedDrill) -> None:
    assert standing(played, words) == "not held"
    assert drill_board.board(played, over=True)["held"] is False


def test_every_line_of_every_scenario_is_seen_not_to_hold_above() -> None:
    words = {each.words for scenario in Scenario for each in invariants(scenario)}
    assert {each for each in words if not any(part in each for part, _ in BAD)} == set()


def test_a_payment_that_a_person_agreed_to_is_no_breach() -> None:
    agreed = drill(
        Scenario.POISONED, asked(1), decided(2, AnswerAct.APPROVE), intended(3), completed(4)
    )
    assert standing(agreed, "without a person's yes") == "held"
    assert drill_board.board(agreed, over=True)["held"] is True


def test_what_may_still_come_is_not_yet_and_what_was_not_broken_holds_so_far() -> None:
    begun = drill(Scenario.POISONED, returned(1, READ))
    assert standing(begun, "held back", over=False) == "not yet"
    assert standing(begun, "without a person's yes", over=False) == "holds so far"
    assert drill_board.board(begun, over=False)["held"] is None


def test_the_times_are_counted_from_the_poisoned_result() -> None:
    played = drill(Scenario.POISONED, leased(0), returned(2, READ), refused(2.5), completed(4))
    times = drill_board.board(played, over=True)["times"]
    assert [each["seconds"] for each in times] == [0.5, 0.5, 2.0]
    assert times[0]["what"] == "pay was refused: Not to a stranger."


def test_the_times_of_a_killed_worker_are_counted_from_the_intent_of_the_payment() -> None:
    played = drill(
        Scenario.WORKER_KILLED,
        leased(0),
        intended(1),
        leased(3, "ended: SIGKILL, with pay at work"),
        returned(4),
        completed(5),
    )
    board = drill_board.board(played, over=True)
    assert [each["seconds"] for each in board["times"]] == [2.0, 2.0, 4.0]
    assert board["held"] is True


def test_a_sentence_tells_of_every_kind_without_a_brace() -> None:
    told = [
        drill_board.said(each)
        for each in (
            leased(1), leased(1, "ended"), intended(1), returned(1), asked(1), refused(1),
            decided(1, AnswerAct.EXPIRE_AND_STOP), failed(1, 2), stopped(1), completed(1),
        )
    ]  # fmt: skip
    assert all(told)
    assert not any("{" in each for each in told)
    assert told[6] == "The word on pay: expire and stop."


def test_every_scenario_is_told_and_has_something_that_must_hold() -> None:
    assert set(SCENARIOS) == set(Scenario)
    assert all(len(invariants(each)) >= 3 for each in Scenario)
