"""The web server, the worker and the servers beneath them, as real processes."""

import urllib.request

import pytest

from console.stack.processes import Running
from tests.patience import PATIENCE


@pytest.mark.django_db(transaction=True)
def test_web_server_is_well(web: Running) -> None:
    with urllib.request.urlopen(f"{web.url}/healthz", timeout=PATIENCE) as answer:
        assert answer.status == 200


@pytest.mark.django_db(transaction=True)
def test_worker_takes_messages_and_ends_when_asked(worker: Running) -> None:
    worker.process.terminate()
    assert worker.process.wait(PATIENCE) == 0
