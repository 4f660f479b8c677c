"""Grants of runs whose worker died go back, those of the living never; nothing is counted twice."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from console.journal import pool
from policies import current
from policies.budgets import abandoned
from policies.budgets.abandoned import GRACE, GrantHolder
from policies.budgets.allowance import LIFETIME
from policies.budgets.models import Budget as Row
from policies.budgets.models import Grant
from policies.budgets.rules import Amounts
from tests.core.budgets_in_memory import NOON, usd
from tests.policies.treasury import figures, held, in_force, life, row

pytestmark = pytest.mark.django_db(transaction=True)
EXPIRED = NOON + LIFETIME + GRACE + timedelta(seconds=1)


@pytest.fixture(autouse=True)
def _fresh(transactional_db: None) -> Iterator[None]:
    Row.objects.all().delete()  # the shipped ones
    current.forget()
    yield
    pool.close()


def standing(**runs: GrantHolder) -> abandoned.AskStanding:
    """What the runs' leases say, by run number: `r1=Standing(…)`."""

    def ask(asked: Sequence[UUID]) -> Mapping[UUID, GrantHolder]:
        return {
            UUID(int=int(name[1:])): found
            for name, found in runs.items()
            if UUID(int=int(name[1:])) in asked
        }

    return ask


def test_a_dead_runs_grant_is_returned_but_for_the_call_it_may_have_been_making() -> None:
    day = row(amount="1000")
    run = life()
    run.ask("0.20", in_force(day))
    run.pay("0.10")
    run.ask("0.20", in_force(day))
    gone = standing(r1=GrantHolder(1, lives=False, so_far=Amounts(usd=usd("0.10"))))
    assert abandoned.return_abandoned(at=EXPIRED, standing=gone) == 1
    # a call may be half as dear again as those before
    assert figures(day) == (
        usd("0.10") + usd("0.30"),
        0,
    )
    assert held() == {}


def test_a_grant_that_cannot_be_returned_keeps_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    day = row(amount="1000")
    life(run=1).ask("0.20", in_force(day))
    life(run=2).ask("0.20", in_force(day))
    gone = standing(
        r1=GrantHolder(1, lives=False, so_far=Amounts()),
        r2=GrantHolder(1, lives=False, so_far=Amounts()),
    )
    last_entry = abandoned.last_entry

    def fails_first(grant: abandoned.Expired, *facts: Any) -> Any:
        if grant.run == UUID(int=1):
            raise LookupError("a rule that nobody knows")
        return last_entry(grant, *facts)

    monkeypatch.setattr(abandoned, "last_entry", fails_first)
    assert abandoned.return_abandoned(at=EXPIRED, standing=gone) == 1
    monkeypatch.undo()
    assert abandoned.return_abandoned(at=EXPIRED, standing=gone) == 1


def test_returning_twice_changes_nothing() -> None:
    day = row(amount="1000")
    life().ask("0.20", in_force(day))
    gone = standing(r1=GrantHolder(1, lives=False, so_far=Amounts()))
    abandoned.return_abandoned(at=EXPIRED, standing=gone)
    before = figures(day)
    assert abandoned.return_abandoned(at=EXPIRED, standing=gone) == 0
    assert figures(day) == before


def test_a_live_run_on_another_process_keeps_its_grant_however_long_its_call_takes() -> None:
    day = row(amount="1000")
    life().ask("0.20", in_force(day))
    before = held()
    alive = standing(r1=GrantHolder(1, lives=True, so_far=Amounts()))
    assert abandoned.return_abandoned(at=EXPIRED + timedelta(hours=5), standing=alive) == 0
    assert held() == before


def test_a_fresh_grant_is_not_asked_about() -> None:
    life().ask("0.20", in_force(row()))

    def nobody(asked: Sequence[UUID]) -> Mapping[UUID, GrantHolder]:
        raise AssertionError("nothing has expired")

    assert abandoned.return_abandoned(at=NOON + LIFETIME, standing=nobody) == 0


def test_the_grant_of_an_earlier_life_is_returned_while_the_later_one_lives() -> None:
    day = row(amount="1000")
    life().ask("0.20", in_force(day))
    later = standing(r1=GrantHolder(2, lives=True, so_far=Amounts(usd=usd("50"))))
    assert abandoned.return_abandoned(at=EXPIRED, standing=later) == 1
    assert figures(day)[1] == 0
    # the later life's own spending is not the dead one's
    assert figures(day)[0] <= usd("0.30") + usd("1.60")


def test_a_run_that_comes_back_while_its_grant_is_returned_loses_nothing() -> None:
    day = row(amount="1000")
    life().ask("0.20", in_force(day))
    second = life(epoch=2)

    def coming_back(asked: Sequence[UUID]) -> Mapping[UUID, GrantHolder]:
        second.ask("0.20", in_force(day))  # between the look at its lease and the return
        return {UUID(int=1): GrantHolder(1, lives=False, so_far=Amounts())}

    abandoned.return_abandoned(at=EXPIRED, standing=coming_back)
    assert held()
    assert figures(day)[1] == sum(held().values())
    second.pay("0.20")
    second.leave()
    assert figures(day) == (usd("0.30") + usd("0.20"), 0)


def test_a_worker_that_was_only_frozen_is_counted_once() -> None:
    """Its grant is returned while it cannot answer for itself; then it goes on, gives back, and
    owes what it spent.
    """
    day = row(amount="1000")
    run = life()
    run.ask("0.20", in_force(day))
    abandoned.return_abandoned(
        at=EXPIRED, standing=standing(r1=GrantHolder(1, lives=False, so_far=Amounts()))
    )
    run.pay("0.20")
    run.leave()
    assert figures(day) == (usd("0.30") + usd("0.20"), 0)


def test_emptied_grants_are_forgotten_after_a_while() -> None:
    life().ask("0.20", in_force(row()))
    gone = standing(r1=GrantHolder(1, lives=False, so_far=Amounts()))
    abandoned.return_abandoned(at=EXPIRED, standing=gone)
    assert Grant.objects.count() == 1
    abandoned.return_abandoned(
        at=EXPIRED + abandoned.FORGOTTEN + timedelta(seconds=1), standing=gone
    )
    assert Grant.objects.count() == 0
