"""The escrow on a real database: one statement a draw, real threads, edits, lost answers."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from console.bench import budget_racers
from console.journal import pool
from policies import current
from policies.budgets import escrow, escrow_sql
from policies.budgets import rows as budgets
from policies.budgets.allowance import Allowance
from policies.budgets.models import Budget as Row
from policies.budgets.models import Escrow, Grant
from policies.budgets.rules import Amounts
from policies.decision import DecisionKind
from tests.core import budgets_in_memory as memory
from tests.core.budgets_in_memory import usd, want
from tests.patience import PATIENCE
from tests.policies.treasury import bucket, figures, held, in_force, life, noted, row

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _fresh(transactional_db: None) -> Iterator[None]:
    Row.objects.all().delete()  # the shipped ones
    current.forget()
    yield
    pool.close()


def test_a_draw_reserves_and_the_next_one_settles() -> None:
    day = row(amount="1000")
    run = life()
    assert run.ask("0.25", in_force(day)).allowed
    assert figures(day) == (0, Decimal("2.00"))
    for _ in range(9):
        run.pay("0.20")
        run.ask("0.25", in_force(day))
    assert figures(day) == (Decimal("1.80"), Decimal("2.00"))
    run.pay("0.20")
    run.leave()
    assert figures(day) == (Decimal("2.00"), 0)
    assert held() == {}


def test_a_life_that_was_taken_over_settles_nothing_after_the_one_that_took_over_has_left() -> None:
    day = row(amount="1000")
    frozen, later = life(epoch=1), life(epoch=2)
    frozen.ask("0.20", in_force(day))
    frozen.pay("0.20")
    later.spent = frozen.spent
    later.ask("0.20", in_force(day))
    later.pay("0.20")
    later.leave()
    counted = figures(day)
    frozen.leave()
    assert figures(day) == counted
    refused = frozen.ask("0.20", in_force(day))
    assert (refused.kind, refused.rule) == (DecisionKind.STOP, "budget:lease")
    assert figures(day) == counted


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    effects=st.lists(
        st.tuples(
            st.integers(1, 3),
            st.sampled_from(["ask", "pay", "lose", "leave", "die", "edit"]),
            st.integers(1, 500),
        ),
        max_size=30,
    )
)
def test_the_statement_counts_exactly_as_the_simulated_escrow(
    effects: list[tuple[int, str, int]],
) -> None:
    Row.objects.all().delete()
    day, hour = (
        row("day", "20"),
        row("hour", "6", window=Row.Windows.HOUR, scope=Row.Scopes.AGENT, who="agent-1"),
    )
    model = memory.EscrowInMemory({day.pk: usd("20"), hour.pk: usd("6")})
    pairs = {
        number: (
            life(number, agent=f"agent-{number % 2}"),
            memory.life(model, number, agent=f"agent-{number % 2}"),
        )
        for number in (1, 2, 3)
    }
    for number, effect, cents in effects:
        real, simulated = pairs[number]
        rules = in_force(day, hour)
        if effect == "ask":
            answers = [each.ask(f"{cents / 100}", rules) for each in (real, simulated)]
            assert [
                (each.allowed, each.rule, each.sentence, each.facts) for each in answers[:1]
            ] == [(each.allowed, each.rule, each.sentence, each.facts) for each in answers[1:]]
        elif effect in ("pay", "lose"):
            for each in (real, simulated):
                each.pay(f"{cents / 200}" if effect == "pay" else None)
        elif effect == "leave":
            for each in (real, simulated):
                each.leave()
        elif effect == "die":
            born = real.allowance.epoch + 1
            again = (
                life(number, born, f"agent-{number % 2}"),
                memory.life(model, number, born, f"agent-{number % 2}"),
            )
            for old, new in zip((real, simulated), again, strict=True):
                new.spent = old.spent
            pairs[number] = again
        else:
            Row.objects.filter(pk=hour.pk).update(amount=cents)
            model.amounts[hour.pk] = Decimal(cents)
        stored = {
            (each.budget_id, each.holder, each.starts_at): (each.spent, each.reserved)
            for each in Escrow.objects.all()
        }
        assert stored == {key: (each.spent, each.reserved) for key, each in model.buckets.items()}


def test_threads_that_race_never_admit_more_than_there_is() -> None:
    day = row(amount="10")
    rules, start = in_force(day), threading.Barrier(16, timeout=PATIENCE)

    def race(number: int) -> Decimal:
        with psycopg.connect(pool.conninfo(), autocommit=True) as connection:
            allowance, admitted, spent = (
                Allowance(UUID(int=number), 1, "desk", "olga"),
                Decimal(0),
                Decimal(0),
            )
            start.wait()
            for place in range(60):
                estimate = Decimal((place * 7 + number * 13) % 40 + 1) / 1000
                if budget_racers.draw(
                    connection, allowance, want(str(estimate), str(spent)), rules
                ).allowed:
                    admitted += estimate
                    spent += estimate
                    allowance.settle(Amounts(usd=estimate))
            budget_racers.give_back(connection, allowance, want("0", str(spent)))
            return admitted

    with ThreadPoolExecutor(16) as crowd:
        admitted = sum(crowd.map(race, range(16)), Decimal(0))
    assert Decimal("9.96") < admitted <= 10
    assert figures(day) == (admitted, 0)


def test_a_grant_that_a_crash_of_the_database_forgot_is_counted_all_the_same() -> None:
    day = row(amount="1000")
    run = life()
    run.ask("0.20", in_force(day))
    Grant.objects.all().delete()
    Escrow.objects.update(reserved=0)
    run.pay("0.20")
    run.leave()
    assert figures(day) == (usd("0.20"), 0)


def test_a_draw_whose_answer_was_lost_may_be_made_again() -> None:
    day = row(amount="1000")
    run = life()
    entries = next(run.allowance.drawing(want("0.20"), in_force(day)))
    with pool.pool().connection() as connection:
        raw = psycopg.RawCursor(connection)
        raw.execute(*escrow_sql.opening(entries))
        for _ in range(3):
            raw.execute(*escrow_sql.move(run.allowance.run, 1, entries))
    assert figures(day) == (0, usd("1.60"))


def test_lowering_a_budget_holds_up_live_runs_and_raising_it_lets_them_go_on() -> None:
    day = row(amount="1000")
    run = life()
    run.ask("0.25", budgets.in_force())
    run.pay("0.25")
    Row.objects.filter(pk=day.pk).update(amount="0.30")
    current.refresh()
    drawn = run.ask("0.25", budgets.in_force())
    assert (drawn.allowed, drawn.rule, drawn.version) == (False, "budget:day-usd", 2)
    assert (
        drawn.sentence
        == "$0.25 of today's $0.30 are spent or reserved; this call could cost $0.25."
    )
    Row.objects.filter(pk=day.pk).update(amount="5")
    current.refresh()
    assert run.ask("0.25", budgets.in_force()).allowed


def test_a_budget_that_was_deleted_meanwhile_is_no_obstacle() -> None:
    day, hour = row("day"), row("hour", window=Row.Windows.HOUR)
    rules = in_force(day, hour)
    hour.delete()
    run = life()
    assert run.ask("0.25", rules).allowed
    run.pay("0.25")
    run.leave()
    assert figures(day) == (usd("0.25"), 0)


def test_calls_without_a_price_are_counted_where_they_count_as_nothing() -> None:
    day = row(unpriced=Row.UnpricedAs.ZERO)
    allowance, rules = Allowance(UUID(int=1), 1, "desk", "olga"), in_force(day)
    with pool.pool().connection() as connection:
        for _ in range(3):
            assert budget_racers.draw(connection, allowance, want(None, None), rules).allowed
            allowance.settle(Amounts(usd=None))
        budget_racers.give_back(connection, allowance, want(None, None))
    assert bucket(day).unpriced == 3
    assert bucket(day).spent == 0


def test_the_loop_borrows_a_connection_only_for_a_draw_that_needs_one() -> None:
    day, borrowed = row(amount="1000"), []
    rules = in_force(day)

    @asynccontextmanager
    async def borrow() -> AsyncIterator[psycopg.AsyncConnection[Any]]:
        borrowed.append(1)
        async with await psycopg.AsyncConnection.connect(
            pool.conninfo(), autocommit=True
        ) as connection:
            yield connection

    async def steps(allowance: Allowance) -> None:
        for place in range(8):
            assert (
                await escrow.draw(borrow, allowance, want("0.10", f"{place / 10}"), rules)
            ).allowed
            allowance.settle(Amounts(usd=usd("0.10")))
        await escrow.give_back(borrow, allowance, want("0", "0.8"))
        await escrow.give_back(borrow, allowance, want("0", "0.8"))

    asyncio.run(steps(Allowance(UUID(int=1), 1, "desk", "olga")))
    assert len(borrowed) == 2
    assert figures(day) == (usd("0.80"), 0)


def test_many_tasks_of_one_loop_race_for_the_last_dollar() -> None:
    day = row(amount="1", lines="50 80 95")
    rules = in_force(day)

    async def one(borrow: escrow.Borrow, number: int) -> bool:
        allowance = Allowance(UUID(int=number), 1, "desk", "olga")
        return (await escrow.draw(borrow, allowance, want("0.15"), rules)).allowed

    async def race() -> list[bool]:
        @asynccontextmanager
        async def borrow() -> AsyncIterator[psycopg.AsyncConnection[Any]]:
            async with await psycopg.AsyncConnection.connect(
                pool.conninfo(), autocommit=True
            ) as connection:
                yield connection

        return await asyncio.gather(*(one(borrow, number) for number in range(1, 13)))

    assert sum(asyncio.run(race())) == 6
    assert figures(day) == (0, usd("0.90"))
    assert [event.data["line"] for event in noted("budget.warned")] == [50, 80]
