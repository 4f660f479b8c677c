"""A Redis that a test may kill, and sockets on the test's own event loop."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from console.live import hub
from console.stack import service
from console.stack.sockets import open_socket_folder
from console.stack.valkey import Valkey
from tests.patience import PATIENCE


class MortalRedis:
    """A Valkey of one test. `die` is SIGKILL."""

    def __init__(self, sockets: Path) -> None:
        self._valkey = Valkey(sockets)
        self._log = sockets / "valkey.log"
        self.url = self._valkey.url()
        self.live()

    def live(self) -> None:
        self._prepared = self._valkey.prepare()
        self._process = service.start(self._prepared, self._log)

    def die(self) -> None:
        self._process.kill()
        self._process.wait(PATIENCE)

    def close(self) -> None:
        service.stop(self._prepared, self._process)


@pytest.fixture
def mortal_redis(settings: Settings) -> Iterator[MortalRedis]:
    """In place of the tests' Redis, for this process."""
    redis = MortalRedis(open_socket_folder())
    settings.REDIS_URL = redis.url
    yield redis
    redis.close()


@pytest.fixture
async def own_hub() -> AsyncIterator[hub.Hub]:
    """The hub of the test's loop, closed with it."""
    current = hub.current()
    yield current
    current.close()
