"""The web server, the worker, the clock and the servers beneath them, as real processes."""

import json
import urllib.error
import urllib.request

import pytest

from console.stack import processes
from console.stack.processes import Running
from tests.patience import PATIENCE, until


def watchdog(web: Running) -> str:
    """What the server says of the clock."""
    try:
        with urllib.request.urlopen(f"{web.url}/healthz", timeout=PATIENCE) as answer:
            return str(json.load(answer)["watchdog"])
    except urllib.error.HTTPError as error:
        return str(json.load(error)["watchdog"])


@pytest.mark.django_db(transaction=True)
def test_web_server_is_well_once_the_clock_goes_its_rounds(web: Running) -> None:
    with processes.clock():
        until(lambda: watchdog(web) == "ok", "no round of the watchdog")
        with urllib.request.urlopen(f"{web.url}/healthz", timeout=PATIENCE) as answer:
            assert answer.status == 200


@pytest.mark.django_db(transaction=True)
def test_worker_takes_messages_and_ends_when_asked(worker: Running) -> None:
    worker.process.terminate()
    assert worker.process.wait(PATIENCE) == 0
