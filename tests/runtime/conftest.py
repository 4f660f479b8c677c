"""Runs through the real runtime and the real database, in this process, with tools made by the
test.
"""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.contrib.contenttypes.models import ContentType
from django.db import connections

from console.journal import append as journal
from console.journal import pool
from console.journal.records import Stored
from console.json_value import Json
from policies.routing import rows as routing_policies
from policies.routing.rules import Routed
from runs import planners, services
from runs.engine.events import RunEvent
from runs.engine.fold import folded
from runs.engine.ports import Happened, Lookup, Tool, ToolContext, ToolSpec
from runs.engine.state import RunState
from runs.engine.vocabulary import Effect, Verdict
from runs.models import Agent, Run
from runs.runtime import dependencies, loop, quarantine, run_ledger, worker_process
from runs.runtime.baseline_rules import OwnRules
from runs.supervision.routing_rules import Routing
from runs.supervision.summariser import summariser
from runs.tools import arguments

Behaviour = Callable[[Mapping[str, Json], ToolContext], Awaitable[Json]]


async def nothing(args: Mapping[str, Json], context: ToolContext) -> Json:
    return {"args": dict(args)}


@dataclass
class Probe:
    """A tool that does what the test says and remembers each call by its key."""

    spec: ToolSpec
    behaviour: Behaviour
    keys: list[str] = field(default_factory=list)
    undone: list[str] = field(default_factory=list)
    found: Lookup | None = None
    found_undone: Lookup | None = None
    undoing: Behaviour = nothing
    begun: threading.Event = field(default_factory=threading.Event)

    async def call(self, args: Mapping[str, Json], context: ToolContext) -> Json:
        self.keys.append(context.idempotency_key)
        self.begun.set()
        return await self.behaviour(args, context)

    async def check(self, args: Mapping[str, Json], result: Json, context: ToolContext) -> Verdict:
        return Verdict.FAILED if result == "garbage" else Verdict.SUCCEEDED

    async def lookup(self, args: Mapping[str, Json], context: ToolContext) -> Lookup:
        assert self.found is not None
        return self.found

    async def undo(self, args: Mapping[str, Json], result: Json, context: ToolContext) -> Json:
        self.undone.append(context.idempotency_key)
        return await self.undoing(args, context)

    async def undo_lookup(
        self, args: Mapping[str, Json], result: Json, context: ToolContext
    ) -> Lookup:
        assert self.found_undone is not None
        return self.found_undone


class Bench:
    """The tools of a test, and what it takes to run with them."""

    def __init__(self, user: User) -> None:
        self.user = user
        self.tools: dict[str, Probe] = {}
        self.stuck = asyncio.Event()

    def specs(self) -> tuple[ToolSpec, ...]:
        return tuple(tool.spec for tool in self.tools.values())

    def find(self, name: str) -> Tool | None:
        return self.tools.get(name)

    def tool(self, name: str, behaviour: Behaviour | None = None, **facts: Any) -> Probe:
        schema = facts.pop("schema", {"type": "object"})
        spec = ToolSpec(name, name, schema, **{"effect": Effect.READ, **facts})
        self.tools[name] = Probe(spec, behaviour or nothing)
        return self.tools[name]

    def start(self, script: str, **facts: Any) -> Run:
        agent, _ = Agent.objects.update_or_create(
            name="probe",
            defaults={"title": "Probe", "planner": "scripted", "script": script, **facts},
        )
        return services.start(agent=agent, goal="probe the runtime", principal=self.user, at=now())

    def play(self, run: Run) -> Run:
        worker_process.advance(run.id)
        return self.look(run)

    def playing(self, run: Run) -> threading.Thread:
        """Plays the run in a thread: a worker that is busy with it."""

        def advance() -> None:
            try:
                worker_process.advance(run.id)
            finally:
                # a thread that ends with a connection of the pool takes it along
                connections.close_all()

        thread = threading.Thread(target=advance, daemon=True)
        thread.start()
        return thread

    async def forever(self, args: Mapping[str, Json], context: ToolContext) -> Json:
        """What a tool does that never answers, until its worker is lost."""
        await self.stuck.wait()

    def happened(self, result: Json) -> Lookup:
        return Lookup(Happened.YES, result)

    def lose(self, run: Run) -> None:
        """The worker that is stuck in a call is gone: nothing more of it reaches the journal, and
        its lease runs out.
        """
        with pool.pool().connection() as connection:
            connection.execute(
                "UPDATE runs_run SET lease_epoch = lease_epoch + 1 WHERE id = %s", (run.id,)
            )
            loop.loop().call_soon_threadsafe(self.stuck.set)
            connection.execute(
                "UPDATE runs_run SET lease_expires_at = now() - interval '1 second' WHERE id = %s",
                (run.id,),
            )

    def look(self, run: Run) -> Run:
        return Run.objects.get(pk=run.pk)


@dataclass
class Summing(OwnRules):
    """A run's own rules, and which models its agent wants for summaries and for which steps."""

    snapshot: Mapping[str, Json]

    def summariser(self, state: RunState) -> str | None:
        return summariser(self.snapshot, state)

    def __post_init__(self) -> None:
        self.routing = Routing.of(self.snapshot)

    def observe(self, events: Sequence[RunEvent]) -> None:
        self.routing.observe(events)

    def route(self, state: RunState, now: datetime) -> Routed | None:
        return self.routing.change(state, 0.0, routing_policies.in_force())


def operator(name: str) -> User:
    user = User.objects.create_user(name)
    kind, _ = ContentType.objects.get_or_create(app_label="runs", model="run")
    user.user_permissions.add(
        Permission.objects.get_or_create(
            content_type=kind, codename="operate_run", defaults={"name": "operates"}
        )[0]
    )
    return user


def now() -> datetime:
    return datetime.now(UTC)


def calling(tool: str, args: str = "{}", extra: str = "") -> str:
    return f'[[step]]\nthought = "go on"\ncall = {{ tool = "{tool}", args = {args} }}\n{extra}\n'


def answering(text: str = "done") -> str:
    return f'[[step]]\nfinal = "{text}"\n'


def stored(run: Run) -> list[Stored]:
    with pool.pool().connection() as connection:
        return journal.read(connection, run.id)


def kinds(run: Run) -> list[str]:
    return [row.record.kind for row in stored(run)]


def state_of(run: Run) -> RunState:
    return folded(run_ledger.events(stored(run)))


@pytest.fixture
def bench(transactional_db: None) -> Iterator[Bench]:
    made = Bench(operator("olga"))

    async def toolbox(snapshot: dependencies.Snapshot) -> Bench:
        return made

    quarantine.apart(())  # a worker's own beginning, tried by some test before, has set it
    before = dependencies.dependencies()
    dependencies.configure(
        dependencies.Dependencies(
            planners.build,
            toolbox,
            lambda lease, box: Summing(box, arguments.problems, lease.snapshot),
        )
    )
    yield made
    dependencies.configure(before)
    worker_process.rest()
