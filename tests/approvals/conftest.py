"""Runs that ask people, through the real runtime and the real database, in this process."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from approvals import approval_gate
from runs.runtime import dependencies
from tests.approvals.desk import Desk, Gated, desk, gated_rules
from tests.runtime.conftest import Bench
from tests.runtime.conftest import bench as bench  # the fixture


@pytest.fixture
def approvals_desk(bench: Bench) -> Iterator[Desk]:
    gated = Gated()
    before = dependencies.dependencies()
    dependencies.configure(
        replace(before, rules=gated_rules(gated), approvals=approval_gate.RequestGate())
    )
    yield desk(bench, gated)
    dependencies.configure(before)
