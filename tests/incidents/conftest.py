"""A house in which incidents can be played, with the shipped policies."""

from collections.abc import Iterator

import pytest

from policies import current
from runs.runtime import worker_process
from tests.incidents.playing import Desk, person


@pytest.fixture
def desk(transactional_db: None) -> Iterator[Desk]:
    current.forget()
    yield Desk(person("otto", "operator"), person("ada", "approver"))
    worker_process.rest()
