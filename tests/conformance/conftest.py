"""A place where a run is kept, in memory or in PostgreSQL: the same tests hold for both."""

from collections.abc import Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import User

from console.journal import append as journal
from console.journal import pool
from runs import run_rows, services
from runs.engine.events import RunCreated, RunEvent
from runs.models import Agent
from runs.runtime import lease, loop, losses, postgres_store, run_ledger, run_queue
from runs.runtime.blame import Loss
from runs.runtime.lease import Beat, Lease
from runs.runtime.store_port import StorePort
from runs.simulation.journals import Journals, MemoryStore
from runs.simulation.lives import SimulatedRun

LIMITS = {"steps": 50, "tokens": 1_000_000, "usd": "10", "seconds": 3_600}
CREATED = RunCreated(
    at=datetime(2026, 3, 1, tzinfo=UTC),
    goal="g",
    agent="A",
    planner="scripted",
    principal="anna",
    limits=LIMITS,
)


class Place(Protocol):
    run: UUID

    def acquire(self, owner: str, *, suspects: bool = True) -> Lease | None: ...
    def lose(self, owner: str, loss: Loss) -> list[UUID]: ...
    def suspects(self) -> list[UUID]: ...
    def renew(self, owner: str) -> list[Beat]: ...
    def release(self, epoch: int) -> None: ...
    def hold_off(self, epoch: int, seconds: float) -> None: ...
    def expire(self) -> None:
        """The lease runs out."""

    def lose_expired(self) -> list[UUID]: ...
    def unheld(self) -> list[UUID]: ...
    def store(self, held: Lease) -> StorePort: ...
    def say(self, events: Sequence[RunEvent], **projection: object) -> None:
        """As a person's act appends."""

    def shows(self, column: str) -> Any:
        """A column of the run's row."""

    def play(self, work: Coroutine[Any, Any, Any]) -> Any: ...


@dataclass
class InMemory:
    at: datetime = field(default_factory=lambda: datetime(2026, 3, 1, tzinfo=UTC))
    run: UUID = field(default_factory=uuid4)

    def __post_init__(self) -> None:
        self.journals = Journals(lambda: self.at)
        self.journals.born(SimulatedRun(self.run, {"name": "a"}, uuid4()), [CREATED])

    def acquire(self, owner: str, *, suspects: bool = True) -> Lease | None:
        return self.journals.acquire(self.run, owner, suspects=suspects)

    def lose(self, owner: str, loss: Loss) -> list[UUID]:
        return self.journals.lose(owner, loss)

    def suspects(self) -> list[UUID]:
        return self.journals.suspects(10)

    def renew(self, owner: str) -> list[Beat]:
        return self.journals.renew([self.run], owner)

    def release(self, epoch: int) -> None:
        self.journals.release(self.run, epoch)

    def hold_off(self, epoch: int, seconds: float) -> None:
        self.journals.hold_off(self.run, epoch, seconds)

    def expire(self) -> None:
        self.at += timedelta(seconds=lease.TTL + 1)

    def lose_expired(self) -> list[UUID]:
        return self.journals.lose_expired()

    def unheld(self) -> list[UUID]:
        return self.journals.unheld()

    def store(self, held: Lease) -> StorePort:
        return MemoryStore(held, self.journals)

    def say(self, events: Sequence[RunEvent], **projection: object) -> None:
        self.journals.say(self.run, events, projection)

    def shows(self, column: str) -> Any:
        return self.journals.lives[self.run].row[column]

    def play(self, work: Coroutine[Any, Any, Any]) -> Any:
        return loop.submit(work).result(30)


class InPostgres:
    def __init__(self) -> None:
        agent = Agent.objects.create(name="probe", title="Probe", planner="scripted")
        self.made = services.start(
            agent=agent, goal="g", principal=User.objects.create_user("anna"), at=datetime.now(UTC)
        )
        self.run = self.made.id

    def acquire(self, owner: str, *, suspects: bool = True) -> Lease | None:
        with pool.pool().connection() as connection:
            return lease.acquire(connection, self.run, owner, suspects=suspects)

    def lose(self, owner: str, loss: Loss) -> list[UUID]:
        with pool.pool().connection() as connection:
            return losses.of_owner(connection, owner, loss)

    def suspects(self) -> list[UUID]:
        with pool.pool().connection() as connection:
            return lease.suspects(connection, 10)

    def renew(self, owner: str) -> list[Beat]:
        with pool.pool().connection() as connection:
            return lease.renew(connection, [self.run], owner)

    def release(self, epoch: int) -> None:
        with pool.pool().connection() as connection:
            lease.release(connection, self.run, epoch)

    def hold_off(self, epoch: int, seconds: float) -> None:
        with pool.pool().connection() as connection:
            lease.hold_off(connection, self.run, epoch, seconds)

    def expire(self) -> None:
        with pool.pool().connection() as connection:
            connection.execute(
                "UPDATE runs_run SET lease_expires_at = now() - interval '1 second' WHERE id = %s",
                (self.run,),
            )

    def lose_expired(self) -> list[UUID]:
        with pool.pool().connection() as connection:
            return losses.of_expired(connection)

    def unheld(self) -> list[UUID]:
        with pool.pool().connection() as connection:
            return run_queue.due(connection, 10)

    def store(self, held: Lease) -> StorePort:
        return postgres_store.PostgresStore(held)

    def say(self, events: Sequence[RunEvent], **projection: object) -> None:
        with pool.pool().connection() as connection:
            rows, _ = run_ledger.rows(events, run_rows.origin(self.made))
            journal.append(
                connection, run_ledger.RUNS, self.run, rows, epoch=None, projection=projection
            )

    def shows(self, column: str) -> Any:
        with pool.pool().connection() as connection:
            row = connection.execute(
                f"SELECT {column} FROM runs_run WHERE id = %s", (self.run,)
            ).fetchone()
        assert row is not None
        return row[0]

    def play(self, work: Coroutine[Any, Any, Any]) -> Any:
        return loop.submit(work).result(30)


def in_postgres(request: pytest.FixtureRequest) -> Place:
    request.getfixturevalue("transactional_db")
    return InPostgres()


PLACES: dict[str, Callable[[pytest.FixtureRequest], Place]] = {
    "memory": lambda request: InMemory(),
    "postgresql": in_postgres,
}


@pytest.fixture(
    params=["memory", pytest.param("postgresql", marks=pytest.mark.django_db(transaction=True))]
)
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    yield PLACES[request.param](request)
    if request.param == "postgresql":
        loop.submit(postgres_store.close()).result(30)
        pool.close()
