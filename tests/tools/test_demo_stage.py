"""Seeding an empty house, and the clock that keeps its stage alive: bounded, repeatable, never
spending money.
"""

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from pytest_django.fixtures import Settings

from console.journal import append as journal
from console.journal.models import Event
from console.journal.records import HOUSE_KEY
from policies import acceptance
from policies.gate import rows as tool_policies
from policies.gate.models import ToolPolicy
from runs import services
from runs.demo import cast, company, demo_runs, tasks
from runs.demo.demo_runs import StageBounds
from runs.demo.models import Article, CalendarEvent, Customer, Document, Order, Product, Ticket
from runs.demo.seed import PEOPLE, seed
from runs.engine.vocabulary import RunStatus, StopReason, Waiting
from runs.models import Agent, Run
from runs.planners import script_text
from runs.tools import registry
from runs.tools.toolbox import matches

AT = datetime(2026, 11, 20, 9, tzinfo=UTC)

pytestmark = pytest.mark.django_db


@pytest.fixture
def seeded(settings: Settings) -> None:
    settings.DEMO = False
    seed(at=AT)
    settings.DEMO = True


def counts() -> list[int]:
    tables = (
        User,
        Agent,
        Run,
        ToolPolicy,
        Article,
        CalendarEvent,
        Customer,
        Document,
        Order,
        Product,
        Ticket,
    )
    return [table._default_manager.count() for table in tables]


def test_seeding_twice_is_seeding_once(settings: Settings) -> None:
    settings.DEMO = True
    shipped = list(ToolPolicy.objects.all())
    seed(at=AT)
    first = counts()
    seed(at=AT + timedelta(days=1))
    assert counts() == first
    assert first == [6, 4, 8, len(shipped) + 3, 18, 28, 60, 72, first[8], 24, 37]


def test_the_company_is_the_same_on_every_machine(seeded: None) -> None:
    order = Order.objects.get(number=1_042)
    assert (order.customer.email, order.status, str(order.total)) == (
        "rosa.thorne1@example.com",
        "delivered",
        "180.00",
    )
    assert [line.product.sku for line in order.lines.all()] == ["LMP-033"]


def test_nobody_seeded_has_a_password_and_each_is_in_the_group_of_their_name(seeded: None) -> None:
    for name in PEOPLE:
        user = User.objects.get(username=name)
        assert not user.has_usable_password()
        assert [group.name for group in user.groups.all()] == [name]
    assert list(User.objects.filter(is_superuser=True).values_list("username", flat=True)) == [
        "admin"
    ]


def test_a_user_who_was_there_before_is_left_as_they_are(settings: Settings) -> None:
    settings.DEMO = False
    User.objects.create_user("admin", password="a long enough one")
    seed(at=AT)
    user = User.objects.get(username="admin")
    assert (user.is_superuser, user.has_usable_password(), user.groups.count()) == (False, True, 0)


def test_an_agent_that_an_admin_has_changed_is_left_as_it_is(seeded: None) -> None:
    Agent.objects.filter(name="refund-desk").update(max_steps=3)
    seed(at=AT)
    assert Agent.objects.get(name="refund-desk").max_steps == 3


def test_seeding_is_in_the_journal(seeded: None) -> None:
    kinds = [row.record.kind for row in journal.read(connection, HOUSE_KEY)]
    assert kinds.count("user.seeded") == 6
    assert kinds.count("agent.seeded") == 4


def test_the_demos_policies_come_with_the_demo_only_and_are_in_the_journal(seeded: None) -> None:
    named = ToolPolicy.objects.filter(name__startswith="demo-")
    assert named.count() == 0
    seed(at=AT)
    assert {policy.agent for policy in named} == {"order-fulfilment"}
    assert (
        [row.record.kind for row in journal.read(connection, HOUSE_KEY)].count("toolpolicy.seeded")
        == named.count()
        == 3
    )


def test_a_policy_that_an_admin_has_switched_off_stays_off(seeded: None) -> None:
    seed(at=AT)
    ToolPolicy.objects.filter(name="demo-tell-the-customer").update(enabled=False)
    seed(at=AT)
    assert not ToolPolicy.objects.get(name="demo-tell-the-customer").enabled


def test_the_demos_policies_can_be_read_and_none_is_for_the_refund_desk(seeded: None) -> None:
    seed(at=AT)
    gate = tool_policies.load()
    assert [each.broken for each in gate.policies if each.broken] == []
    for tool in ("issue_refund", "send_email"):
        fitting = [
            each.policy
            for each in gate.candidates("refund-desk", tool, "irreversible", frozenset()).policies
        ]
        assert (fitting[-1].name, fitting[-1].verdict) == (
            "irreversible-needs-a-person",
            "require_approval",
        )
        assert not any(policy.name.startswith("demo-") for policy in fitting)


def test_the_file_of_calls_comes_out_as_it_expects(
    seeded: None, capsys: pytest.CaptureFixture[str]
) -> None:
    seed(at=AT)
    call_command("policy", "test", str(company.DATA / "policy_calls.json"))
    assert "16 of 16 calls came out as expected." in capsys.readouterr().out


@pytest.mark.parametrize("part", cast.parts(), ids=lambda part: part.name)
def test_an_agents_acceptance_criteria_can_be_read(part: cast.CastPart) -> None:
    criteria = acceptance.read(part.columns["acceptance"])
    assert bool(criteria) == (part.name in {"refund-desk", "order-fulfilment"})


def test_the_library_has_every_topic(seeded: None) -> None:
    topics = Document.objects.values_list("topic", flat=True)
    assert sorted(topics.distinct()) == sorted(
        topic["name"] for topic in company.read("documents")["topic"]
    )


@pytest.mark.parametrize("part", cast.parts(), ids=lambda part: part.name)
def test_every_script_can_be_played_with_its_agents_own_tools(part: cast.CastPart) -> None:
    known = registry.discover()
    assert all(name in known for name in part.columns["tools"])
    assert part.columns["script"] == cast.script(part.name, part.episodes[0].script)
    for episode in part.episodes:
        script = script_text.parse(cast.script(part.name, episode.script))
        called = {call.tool for step in script.steps for call in step.act.calls}
        assert all(matches(name, part.columns["tools"]) for name in called - {"update_all_tickets"})
        assert all("{order}" in goal for goal in episode.goals) == bool(episode.order)


def test_research_takes_hundreds_of_calls() -> None:
    script = script_text.parse(cast.script("research-synthesis", "synthesis"))
    assert 200 <= sum(len(step.act.calls) * step.repeat for step in script.steps) <= 300


def tended(
    times: int, every: timedelta = timedelta(seconds=10), bounds: StageBounds = demo_runs.BOUNDS
) -> list[Run]:
    dice = random.Random(1)
    runs = (
        demo_runs.tend(at=AT + index * every, dice=dice, bounds=bounds) for index in range(times)
    )
    return [run for run in runs if run is not None]


def test_no_more_runs_are_alive_than_the_stage_has_room_for(seeded: None) -> None:
    assert len(tended(30)) == demo_runs.BOUNDS.lively
    per_agent = [agent.runs.count() for agent in Agent.objects.all()]
    assert max(per_agent) <= demo_runs.BOUNDS.of_one_agent


def test_a_run_that_ended_is_followed_by_a_new_one_after_a_pause(seeded: None) -> None:
    before = tended(30)
    last = AT + timedelta(minutes=10)
    Run.objects.filter(pk=before[0].pk).update(status=RunStatus.COMPLETED)
    first = demo_runs.tend(at=last, dice=random.Random(2))
    assert first is not None
    Run.objects.filter(pk=before[1].pk).update(status=RunStatus.COMPLETED)
    assert demo_runs.tend(at=last + timedelta(seconds=1), dice=random.Random(2)) is None
    assert demo_runs.tend(at=last + timedelta(seconds=9), dice=random.Random(2)) is not None


def test_an_hour_has_an_end_to_its_runs(seeded: None) -> None:
    for index in range(40):
        demo_runs.tend(
            at=AT + timedelta(seconds=10 * index),
            dice=random.Random(index),
            bounds=StageBounds(hourly=12),
        )
        Run.objects.update(status=RunStatus.COMPLETED)
    assert Run.objects.count() == 12
    assert (
        demo_runs.tend(
            at=AT + timedelta(hours=2), dice=random.Random(1), bounds=StageBounds(hourly=12)
        )
        is not None
    )


def test_runs_that_a_visitor_paused_do_not_pile_up_for_ever(seeded: None) -> None:
    for index in range(40):
        demo_runs.tend(
            at=AT + timedelta(seconds=10 * index),
            dice=random.Random(index),
            bounds=StageBounds(unfinished=7),
        )
        Run.objects.update(status=RunStatus.PAUSED)
    assert Run.objects.count() == 7


def test_runs_that_wait_for_a_person_are_bounded_and_leave_room_for_those_that_end_by_themselves(
    seeded: None,
) -> None:
    standing = {
        cast.script(part.name, each.script)
        for part in cast.parts()
        for each in part.episodes
        if each.stands
    }
    for index in range(200):
        run = demo_runs.tend(at=AT + timedelta(minutes=index), dice=random.Random(index))
        assert run is not None
        stands = run.snapshot["script"] in standing
        run.status, run.waiting_for = (
            (RunStatus.WAITING, Waiting.APPROVAL) if stands else (RunStatus.COMPLETED, "")
        )
        run.save()
    desk = Agent.objects.get(name="refund-desk").runs
    assert desk.filter(status=RunStatus.WAITING).count() == demo_runs.BOUNDS.standing_of_one_agent
    full_at = desk.filter(status=RunStatus.WAITING).latest("created_at").created_at
    assert desk.filter(status=RunStatus.COMPLETED, created_at__gt=full_at).count() > 5
    assert (
        max(agent.runs.filter(status=RunStatus.WAITING).count() for agent in Agent.objects.all())
        <= demo_runs.BOUNDS.standing_of_one_agent
    )


def test_the_stage_is_never_empty_for_long_however_soon_its_runs_end(seeded: None) -> None:
    starts = []
    for index in range(270):
        at = AT + timedelta(seconds=20 * index)
        if run := demo_runs.tend(at=at, dice=random.Random(index)):
            Run.objects.filter(pk=run.pk).update(status=RunStatus.COMPLETED)
            starts.append(at)
    assert max(later - sooner for sooner, later in pairwise(starts)) <= timedelta(seconds=60)


@pytest.mark.parametrize(
    ("reason", "minutes", "killed"),
    [
        (StopReason.LOOP_DETECTED, 21, True),
        (StopReason.NO_PROGRESS, 21, True),
        (StopReason.LOOP_DETECTED, 19, False),
        (StopReason.USER_PAUSED, 60, False),
    ],
)
def test_what_supervision_paused_is_ended_when_nobody_comes_what_a_visitor_paused_is_not(
    seeded: None, reason: StopReason, minutes: int, killed: bool
) -> None:
    run = demo_runs.by_name("bug-triage", "duplicates", AT, random.Random(1))
    Run.objects.filter(pk=run.pk).update(status=RunStatus.PAUSED, stop_reason=reason, phase_at=AT)
    ended = demo_runs.clear(at=AT + timedelta(minutes=minutes))
    assert [each.pk for each in ended] == [run.pk] * killed
    run.refresh_from_db()
    assert run.control == ("kill" if killed else "")
    assert demo_runs.clear(at=AT + timedelta(minutes=minutes)) == []


def left_paused(run: Run) -> None:
    Run.objects.filter(pk=run.pk).update(
        status=RunStatus.PAUSED, stop_reason=StopReason.LOOP_DETECTED, phase_at=AT
    )


@pytest.mark.parametrize("who", ["operator", "admin", "demo"])
def test_a_run_that_a_person_started_is_never_ended_by_the_demo(seeded: None, who: str) -> None:
    agent = Agent.objects.get(name="bug-triage")
    run = services.start(
        agent=agent, goal="Load run 19", principal=User.objects.get(username=who), at=AT
    )
    left_paused(run)
    assert demo_runs.clear(at=AT + timedelta(hours=1)) == []
    run.refresh_from_db()
    assert run.control == ""


def test_the_demo_starts_and_ends_its_runs_in_its_own_name(seeded: None) -> None:
    run = demo_runs.by_name("bug-triage", "duplicates", AT, random.Random(1))
    left_paused(run)
    assert [each.pk for each in demo_runs.clear(at=AT + timedelta(hours=1))] == [run.pk]
    assert set(Event.objects.filter(run=run.pk).values_list("actor", flat=True)) == {"demo"}
    assert not Run.objects.exclude(principal__username="demo").exists()


def test_an_agent_with_a_real_model_is_never_started_by_the_demo(seeded: None) -> None:
    Agent.objects.update(planner="openai:gpt-5-mini")
    assert tended(5) == []


def test_only_the_demos_own_agents_are_started(seeded: None) -> None:
    Agent.objects.update(enabled=False)
    Agent.objects.create(
        name="mine", title="Mine", planner="scripted", script='[[step]]\nfinal = "x"\n'
    )
    Agent.objects.create(
        name="stray", title="Stray", planner="scripted", script='[[step]]\nfinal = "x"\n', demo=True
    )
    assert tended(5) == []


def test_a_run_about_an_order_is_about_a_new_one(seeded: None) -> None:
    run = demo_runs.by_name("order-fulfilment", "ship", AT, random.Random(1))
    number = max(Order.objects.values_list("number", flat=True))
    assert str(number) in run.goal
    assert Order.objects.get(number=number).status == "new"
    assert number > 1_140


def test_an_episodes_limits_narrow_its_agents(seeded: None) -> None:
    run = demo_runs.by_name("refund-desk", "wordy", AT, random.Random(1))
    agent = Agent.objects.get(name="refund-desk")
    assert (run.max_usd, run.max_steps) == (Decimal("0.40"), agent.max_steps)


def test_there_is_no_episode_by_a_wrong_name(seeded: None) -> None:
    with pytest.raises(LookupError, match="refund-desk has no episode nonsense"):
        demo_runs.by_name("refund-desk", "nonsense", AT, random.Random(1))


def test_the_nights_reports_are_unread_again(seeded: None) -> None:
    Ticket.objects.update(status=Ticket.Status.TRIAGED)
    demo_runs.by_name("bug-triage", "overnight", AT, random.Random(1))
    assert Ticket.objects.filter(status=Ticket.Status.NEW).count() == company.NEW_TICKETS


def test_empty_shelves_are_filled_before_the_next_order(seeded: None) -> None:
    Product.objects.update(stock=0)
    company.order_now(random.Random(1), AT, "new")
    assert Product.objects.filter(stock=0).count() == 0


def test_with_the_demo_off_the_clock_starts_nothing(seeded: None, settings: Settings) -> None:
    settings.DEMO = False
    tasks.tend()
    assert Run.objects.count() == 0
    settings.DEMO = True
    tasks.tend()
    assert Run.objects.count() == 1
