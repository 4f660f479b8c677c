"""The head of a run's page: why it stands still, and what can be done about it."""

from datetime import timedelta
from typing import Any

import pytest

from runs.engine.limits import OWN
from runs.engine.stop_reasons import EXPLANATIONS
from runs.engine.vocabulary import RunStatus, StopReason
from runs.reading import header, interventions
from runs.reading.control_requests import ControlRequest
from runs.reading.stop_context import StopContext
from tests.core.run_heads import NOW, run

# why it stands still, and what can be done


def stopped(
    status: RunStatus = RunStatus.STOPPED,
    reason: StopReason = StopReason.LOOP_DETECTED,
    still: StopContext = header.MOVING,
    *,
    room: str = "",
    sees_tools: bool = True,
    barred: str = "",
    **facts: Any,
) -> header.Stop | None:
    return header.stop(
        run(status, stop_reason=reason, **facts),
        NOW,
        still,
        room,
        sees_tools=sees_tools,
        barred=barred,
    )


@pytest.mark.parametrize("status", [RunStatus.RUNNING, RunStatus.QUEUED, RunStatus.WAITING])
def test_a_run_under_way_has_no_stop(status: RunStatus) -> None:
    assert stopped(status) is None


def test_neither_has_one_that_did_what_it_was_asked() -> None:
    assert stopped(RunStatus.COMPLETED, StopReason.COMPLETED) is None


@pytest.mark.parametrize(
    "reason", [each for each in StopReason if each is not StopReason.COMPLETED]
)
def test_every_reason_is_shown_by_its_title_and_sentence_with_a_section_of_the_documentation(
    reason: StopReason,
) -> None:
    found = stopped(reason=reason)
    assert found is not None
    assert (found.title, found.sentence) == (
        EXPLANATIONS[reason].title,
        EXPLANATIONS[reason].sentence,
    )
    assert found.more == EXPLANATIONS[reason].title


def test_the_facts_of_a_stop_are_told_to_whoever_may_see_calls() -> None:
    told = stopped(stop_detail="search_kb 6 times with the same arguments")
    spared = stopped(stop_detail="search_kb 6 times with the same arguments", sees_tools=False)
    assert told is not None
    assert spared is not None
    assert told.sentence == "search_kb 6 times with the same arguments"
    assert "search_kb" not in f"{spared.sentence} {spared.detail}"
    other: dict[str, Any] = {
        "reason": StopReason.TOOL_FAILURE,
        "stop_detail": "search_kb: no answer",
    }
    seen, hidden = stopped(**other), stopped(**other, sees_tools=False)
    assert seen is not None
    assert hidden is not None
    assert (seen.detail, hidden.detail) == ("search_kb: no answer", "")


def test_a_pause_by_a_person_is_told_with_their_name_time_and_words() -> None:
    by = ControlRequest("anna", NOW - timedelta(hours=1), "looks odd")
    found = stopped(
        RunStatus.PAUSED,
        StopReason.USER_PAUSED,
        StopContext(by=by),
        stop_detail="paused by user:anna",
    )
    assert found is not None
    assert found.title == "Paused by anna"
    assert found.sentence == "At 14:47 UTC: looks odd"
    assert found.advice == header.ADVICE["resume"]


def test_a_lever_is_named_for_what_it_is_and_the_advice_is_to_release_it() -> None:
    still = StopContext(rule="halt:everything", named="halt everything")
    found = stopped(RunStatus.PAUSED, StopReason.POLICY_DENIED, still)
    assert found is not None
    assert (found.title, found.sentence) == (
        "Halted",
        "It was halted; its state is saved.",
    )
    assert found.advice == header.HALTED
    assert found.rule == "halt everything"
    assert found.more == ""


def test_a_loop_that_paused_is_resumed_by_watching_anew() -> None:
    still = StopContext(rule="loop-exact", named="rule loop-exact v1")
    found = stopped(RunStatus.PAUSED, StopReason.LOOP_DETECTED, still)
    assert found is not None
    assert found.advice == header.LOOPED


def test_a_budget_that_paused_says_what_makes_room() -> None:
    found = stopped(
        RunStatus.PAUSED,
        StopReason.BUDGET_EXCEEDED,
        StopContext(rule="budget:daily"),
        room="It can go on once the daily budget is raised to $40.00 or more.",
    )
    assert found is not None
    assert found.advice == "It can go on once the daily budget is raised to $40.00 or more."


def test_a_principal_who_left_is_nothing_that_resuming_mends() -> None:
    found = stopped(RunStatus.PAUSED, StopReason.PRINCIPAL_GONE, room="There is room again.")
    assert found is not None
    assert found.advice == header.GONE


def test_a_reader_who_cannot_let_it_go_on_is_told_that_and_nothing_else() -> None:
    found = stopped(
        RunStatus.PAUSED,
        StopReason.BUDGET_EXCEEDED,
        StopContext(rule="budget:daily"),
        room="There is room again.",
        barred="Only operators may do this; ask an admin for the operator group.",
    )
    assert found is not None
    assert found.advice == "Only operators may do this; ask an admin for the operator group."


def test_a_limit_of_its_own_can_be_raised_after_the_end() -> None:
    found = stopped(
        RunStatus.STOPPED, StopReason.BUDGET_EXCEEDED, StopContext(rule="budget:own-limit")
    )
    own = header.advice(
        run(RunStatus.STOPPED, stop_reason=StopReason.BUDGET_EXCEEDED),
        StopContext(rule=f"{OWN}steps"),
        "",
        EXPLANATIONS[StopReason.BUDGET_EXCEEDED],
    )
    assert found is not None
    assert own == header.EXTEND
    assert found.advice != header.EXTEND


@pytest.mark.parametrize("reason", list(StopReason))
def test_no_run_that_has_ended_is_advised_to_be_resumed(reason: StopReason) -> None:
    why = EXPLANATIONS[reason]
    ended = run(RunStatus.STOPPED, stop_reason=reason)
    assert "Resume it" not in header.advice(ended, header.MOVING, "", why)


def test_each_reason_has_a_remedy_of_its_own_and_a_refused_key_one_that_names_it() -> None:
    usual = stopped(RunStatus.STOPPED, StopReason.TOOL_FAILURE)
    assert usual is not None
    assert usual.advice == EXPLANATIONS[StopReason.TOOL_FAILURE].remedy
    refused = stopped(
        RunStatus.STOPPED, StopReason.PLANNER_FAILURE, stop_detail="401: this key has been revoked"
    )
    assert refused is not None
    assert refused.advice == header.KEY_REFUSED


def test_the_failure_of_a_script_is_not_laid_to_a_model_or_its_key() -> None:
    detail = "The script's step in line 18 refers to {{get_order.email}}, and get_order gave none."
    facts: Any = {"reason": StopReason.PLANNER_FAILURE, "stop_detail": detail}
    found = stopped(**facts)
    assert found is not None
    assert (found.title, found.detail) == ("Script error", detail)
    assert "see why it failed" in found.advice
    assert not {"model", "key", "provider"} & set(f"{found.sentence} {found.advice}".split())
    assert interventions.reason(StopReason.PLANNER_FAILURE, detail) == "script error"
    assert interventions.reason(StopReason.PLANNER_FAILURE, "401") == "model error"


def test_while_it_is_undone_there_is_nothing_to_advise() -> None:
    found = stopped(RunStatus.COMPENSATING, StopReason.USER_KILLED)
    assert found is not None
    assert found.advice == ""


def test_of_a_killed_run_nothing_is_said_to_be_undone_that_may_have_been_left() -> None:
    found = stopped(RunStatus.STOPPED, StopReason.USER_KILLED)
    assert found is not None
    assert "undone or left, as whoever killed it chose" in found.advice
