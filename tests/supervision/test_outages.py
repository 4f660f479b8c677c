"""A provider that is away, under all the rules of the house: who has not asked it yet does not, one
probe goes first, and patience is a policy.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from llmock.scenarios import Fail, Reply, ToolCall
from llmock.testing import LLMockServer

from policies import current
from policies.outages.models import PatiencePolicy, ProviderStanding
from runs import continuation
from runs.engine.vocabulary import RunStatus, StopReason, Waiting
from runs.models import Run
from runs.supervision import provider_pace
from tests.planners.relay import Act, Relay, relaying
from tests.runtime.conftest import Bench, kinds, now

AWAY: Act = (Fail(529),)
DONE: Act = (Reply(text="All done."),)
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _fresh(house: Bench) -> Iterator[None]:
    provider_pace.forget()
    yield
    provider_pace.forget()


def start(house: Bench, relay: Relay) -> Run:
    return house.start("", planner="openai:gpt-4o-mini", base_url=relay.base_url, price_in=1)


def woken(house: Bench, run: Run) -> Run:
    """The wait of the run is over, and so is its back-off."""
    Run.objects.filter(pk=run.pk).update(wake_at=LONG_AGO)
    return house.play(run)


def standing() -> ProviderStanding | None:
    return ProviderStanding.objects.first()


def turned_away(house: Bench, relay: Relay) -> Run:
    """A run that was turned away until the house took the provider for away."""
    run = house.play(start(house, relay))
    assert run.waiting_for == Waiting.PROVIDER
    assert standing() is not None
    return run


@pytest.fixture(autouse=True)
def _slow() -> None:
    """Pauses so long that a run gives its slot back at its second failure."""
    PatiencePolicy.objects.create(name="slow", cap_seconds=600, limited_seconds=600)
    current.refresh()


def test_who_has_not_asked_yet_does_not_while_it_is_away(
    house: Bench, llmock_server: LLMockServer
) -> None:
    with relaying(llmock_server, "openai", [AWAY] * 40) as relay:
        turned_away(house, relay)
        asked = relay.requests
        assert asked >= 2, "one failure alone says nothing of the provider"
        known = standing()
        assert known is not None
        ProviderStanding.objects.update(retry_at=now() + timedelta(minutes=5))
        other = house.play(start(house, relay))
        assert relay.requests == asked
    assert (other.status, other.waiting_for) == (RunStatus.WAITING, Waiting.PROVIDER)
    assert other.stop_detail.startswith(f"Waiting for 127.0.0.1:{relay.port}, 529 since ")
    assert other.wake_at is not None
    assert other.wake_at > now() + timedelta(minutes=4)
    assert kinds(other).count("step.plan_failed") == 0


def test_one_probe_goes_first_and_its_answer_lets_the_others_in(
    house: Bench, llmock_server: LLMockServer
) -> None:
    with relaying(llmock_server, "openai", [*[AWAY] * 9, *[DONE] * 9]) as relay:
        turned_away(house, relay)
        relay.requests = 9  # it is back
        ProviderStanding.objects.update(retry_at=now() + timedelta(minutes=5))
        first, second = (house.play(start(house, relay)) for _ in range(2))
        ProviderStanding.objects.update(retry_at=LONG_AGO)
        assert woken(house, first).status == RunStatus.COMPLETED
        known = standing()
        assert known is not None
        assert known.back_at is not None
        assert woken(house, second).status == RunStatus.COMPLETED
    assert relay.requests == 11


@pytest.mark.parametrize("die", [0.0, 0.05, 0.9])
def test_while_a_probe_is_under_way_nobody_else_asks_however_its_die_falls(
    house: Bench, llmock_server: LLMockServer, monkeypatch: pytest.MonkeyPatch, die: float
) -> None:
    monkeypatch.setattr(provider_pace, "dice", lambda *_: die)
    with relaying(llmock_server, "openai", [AWAY] * 40) as relay:
        turned_away(house, relay)
        asked = relay.requests
        ProviderStanding.objects.update(
            retry_at=LONG_AGO, probe_until=now() + timedelta(minutes=1), pause=30.0
        )
        provider_pace.forget()  # another worker, which has not heard of it
        run = house.play(start(house, relay))
        assert relay.requests == asked + 1, f"who does not know asks once: {kinds(run)}"
    assert (run.status, run.waiting_for) == (RunStatus.WAITING, Waiting.PROVIDER)


def test_after_the_ramp_nothing_is_left_of_an_outage(
    house: Bench, llmock_server: LLMockServer
) -> None:
    with relaying(llmock_server, "openai", [*[AWAY] * 9, *[DONE] * 9]) as relay:
        turned_away(house, relay)
        relay.requests = 9
        ProviderStanding.objects.update(back_at=LONG_AGO)
        assert house.play(start(house, relay)).status == RunStatus.COMPLETED
    assert standing() is None


def test_patience_ends_where_a_policy_says_so_and_the_run_is_continued_from_its_last_step(
    house: Bench, llmock_server: LLMockServer
) -> None:
    house.tool("look", idempotent=True)
    ask: Act = (Reply(tool_calls=(ToolCall("look", {"order": 7}),)),)
    PatiencePolicy.objects.create(name="short", priority=1, planners="openai:*", longest_minutes=1)
    current.refresh()
    away: Act = (Fail(529, retry_after=120),)
    with relaying(llmock_server, "openai", [ask, away, DONE]) as relay:
        run = house.play(start(house, relay))
        assert (run.status, run.stop_reason) == (RunStatus.STOPPED, StopReason.PLANNER_FAILURE)
        assert "it is waited for 1 min at most" in run.stop_detail
        assert run.step == 1
        continuation.go_on(run_id=run.pk, actor=house.user, at=now(), note="it is back")
        done = house.play(run)
    assert (done.status, done.step) == (RunStatus.COMPLETED, 2)
    assert len(house.tools["look"].keys) == 1, "what was done is not done again"
    assert kinds(done).count("run.continued") == 1
