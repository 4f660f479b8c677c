"""The demo's company at rest, under the shipped policies and the demo's own."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from pytest_django.fixtures import Settings

from policies import current
from policies.outages.models import PatiencePolicy
from runs.demo import demo_policies
from runs.demo.seed import seed
from runs.runtime import worker_process
from tests.counterparts import desk


@pytest.fixture
def case(settings: Settings, transactional_db: None) -> Iterator[desk.Case]:
    settings.DEMO, settings.DEMO_PACE, settings.DEMO_MISCHIEF = False, 0, 0
    at = datetime.now(UTC)
    seed(at=at)
    demo_policies.fill(at)
    PatiencePolicy.objects.create(name="hurried", cap_seconds=1, limited_seconds=1)
    current.forget()
    yield desk.opened()
    worker_process.rest()
