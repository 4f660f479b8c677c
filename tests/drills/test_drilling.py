"""A fire drill from its start to its report: played by the real runtime under the shipped policies,
with the demo's refund desk as the agent that is shadowed.
"""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Group, User

from approvals.models import Request
from approvals.selectors import queue
from console.refused import Refused
from policies.circuit.models import Breaker
from runs.demo.models import Letter, Refund
from runs.drills import drilling
from runs.drills.drill_scenarios import Scenario
from runs.engine.vocabulary import AnswerAct
from runs.models import Agent, Drill, Run
from runs.reading import call_courses, fleet_summary, standing_runs
from runs.runtime import worker_process
from tests.supervision import answering
from tests.supervision.conftest import Shop

pytestmark = pytest.mark.django_db(transaction=True)


def holder() -> User:
    user = User.objects.create_user("alma")
    user.groups.add(Group.objects.get(name="admin"))
    return user


def now() -> datetime:
    return datetime.now(UTC)


def begun(scenario: Scenario, agent: str = "refund-desk") -> Drill:
    row = Agent.objects.get(name=agent)
    return drilling.start(scenario=scenario.value, agent=row, actor=holder(), at=now())


def advanced(drill: Drill) -> Drill:
    for run in Drill.objects.get(pk=drill.pk).runs:
        worker_process.advance(Run.objects.get(pk=run).pk)
    drilling.tend(at=now())
    return Drill.objects.get(pk=drill.pk)


def broken(drill: Drill) -> list[str]:
    return [each["words"] for each in drilling.board(drill)["rows"] if each["standing"] != "held"]


@pytest.mark.parametrize(
    "scenario",
    [Scenario.TOOL_HANGS, Scenario.PROVIDER_DOWN, Scenario.INSISTS, Scenario.JOURNAL_TOUCHED],
)
def test_a_drill_that_needs_nobody_holds_and_leaves_its_report(
    shop: Shop, scenario: Scenario
) -> None:
    drill = advanced(begun(scenario))
    assert drill.ended_at is not None
    assert broken(drill) == []
    assert drill.held is True
    assert [each["words"] for each in drill.report["times"] if not each["figure"]] == []


def test_a_poisoned_payment_is_put_to_whoever_drills_and_to_nobody_else(shop: Shop) -> None:
    drill = advanced(begun(Scenario.POISONED))
    [request] = Request.objects.all()
    assert (request.group, request.tool, request.drill) == ("admin", "issue_refund", True)
    assert drill.ended_at is None
    assert queue.needs_action(User.objects.get(username="alma")) == 0
    answering.answer(request, User.objects.get(username="alma"), AnswerAct.DENY)
    drill = advanced(drill)
    assert (broken(drill), drill.held) == ([], True)
    assert call_courses.known("find_orders", [], now() - timedelta(hours=1)).calls == []
    assert not Refund.objects.exists()
    assert not Letter.objects.exists()


def test_a_drill_counts_in_no_figure_of_real_work_and_moves_no_breaker(shop: Shop) -> None:
    advanced(begun(Scenario.POISONED))
    found = fleet_summary.summary(now())
    assert (found.approvals, found.running, found.queued) == (0, 0, 0)
    assert list(standing_runs.attention(5)) == []
    assert not Breaker.objects.exists()


def test_what_is_not_seen_by_the_end_of_a_drills_time_is_missing(shop: Shop) -> None:
    drill = advanced(begun(Scenario.POISONED))
    drilling.tend(at=now() + timedelta(minutes=10))
    drill = Drill.objects.get(pk=drill.pk)
    assert drill.held is False
    assert broken(drill) == ["Every run of the drill came to its end"]
    [run] = Run.objects.all()
    assert run.control == "kill"


def test_one_drill_at_a_time(shop: Shop) -> None:
    begun(Scenario.INSISTS)
    with pytest.raises(Refused, match="under way"):
        drilling.start(
            scenario="insists",
            agent=Agent.objects.get(name="refund-desk"),
            actor=None,
            at=now(),
        )


def test_a_drill_that_pays_needs_a_tool_that_changes_something(shop: Shop) -> None:
    Agent.objects.filter(name="refund-desk").update(tools=["get_order"])
    with pytest.raises(Refused, match="no tool that changes something"):
        begun(Scenario.POISONED)
    assert not Drill.objects.exists()


def test_a_shadow_copy_has_nothing_by_which_something_outside_is_reached(shop: Shop) -> None:
    Agent.objects.filter(name="refund-desk").update(
        planner="openai:gpt-5-mini",
        base_url="https://models.example.org",
        key_variable="SHOP_API_KEY",
        tiers={"judge": "openai:gpt-5"},
        extra_headers={"x-team": "$SHOP_API_KEY"},
    )
    drill = begun(Scenario.POISONED)
    snapshot = Run.objects.get(pk=drill.runs[0]).snapshot
    assert snapshot["planner"] == "scripted"
    assert (snapshot["tools"], snapshot["mcp_servers"]) == ([], [])
    lost = {"prompt", "base_url", "key_variable", "tiers", "extra_headers", "extra_body"}
    assert lost.isdisjoint(snapshot)
