"""Runs under all the rules of the house: real runtime, real wiring, shipped policies, a person at
the desk.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import Group, User
from pytest_django.fixtures import Settings

from approvals import approval_gate
from approvals.models import Request
from console import wiring
from policies import current
from policies.gate.models import ToolPolicy
from runs import services, snapshots
from runs.demo import seed
from runs.engine.vocabulary import AnswerAct
from runs.models import Agent, Run
from runs.runtime import dependencies, worker_process
from tests.runtime.conftest import Bench
from tests.runtime.conftest import bench as bench  # the fixture
from tests.supervision import answering


@dataclass
class Shop:
    """The demo company with its own tools and agents; what the agents do is the test's."""

    starter: User
    approver: User

    def start(self, agent: str, script: str, goal: str) -> Run:
        row = Agent.objects.get(name=agent)
        snapshot = snapshots.of(row) | {"script": script}
        return services.start(
            agent=row, goal=goal, principal=self.starter, at=datetime.now(UTC), snapshot=snapshot
        )

    def play(self, agent: str, script: str, goal: str) -> Run:
        """Until it ends or stands still; nobody answers."""
        run = self.start(agent, script, goal)
        worker_process.advance(run.pk)
        return Run.objects.get(pk=run.pk)

    def played(self, run: Run, act: AnswerAct = AnswerAct.APPROVE) -> tuple[Run, list[Request]]:
        return answering.played(run, self.approver, act)


@pytest.fixture
def shop(settings: Settings, transactional_db: None) -> Iterator[Shop]:
    settings.DEMO, settings.DEMO_PACE, settings.DEMO_MISCHIEF = False, 0, 0
    seed.seed(at=datetime.now(UTC))
    current.forget()
    yield Shop(User.objects.get(username="operator"), User.objects.get(username="approver"))
    worker_process.rest()


@pytest.fixture
def house(bench: Bench) -> Iterator[Bench]:
    """Tools made by the test, rules and approvals of the house."""
    before = dependencies.dependencies()
    dependencies.configure(
        replace(before, rules=wiring.rules, approvals=approval_gate.RequestGate())
    )
    current.forget()
    yield bench
    dependencies.configure(before)


@pytest.fixture
def approver(transactional_db: None) -> User:
    user = User.objects.create_user("ada")
    user.groups.add(Group.objects.get(name="approver"))
    return user


def in_force(name: str, **facts: object) -> None:
    """A policy made, or changed, as an admin would; in force once this process has heard of it."""
    ToolPolicy.objects.update_or_create(name=name, defaults={"enabled": True, **facts})
    current.refresh()
