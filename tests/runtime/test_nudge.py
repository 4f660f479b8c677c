"""A message that somebody should take a run is never waited for long, whatever the broker does."""

import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import celery
import pytest

from console.live import link
from runs.runtime import nudge
from tests.patience import PATIENCE

HANGS = 20.0


@pytest.fixture
def deaf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[celery.Celery]:
    """A broker that stands still: it takes connections and answers nobody."""
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "broker"))
        server.listen(64)
        app = celery.Celery("deaf", set_as_current=False)
        app.config_from_object("django.conf:settings", namespace="CELERY")
        app.conf.broker_url = f"redis+socket://{tmp_path}/broker"
        monkeypatch.setattr("runs.runtime.nudge.current_app", app)
        monkeypatch.setattr(nudge, "away", link.Outage("requests", pause=10 * PATIENCE))
        yield app
        app.close()


def test_a_broker_that_stands_still_keeps_nobody_who_starts_a_run(deaf: celery.Celery) -> None:
    began = time.monotonic()
    assert nudge.advance(uuid4()) is False
    assert time.monotonic() - began < HANGS


def test_whoever_starts_many_waits_for_it_once(
    deaf: celery.Celery, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    really = deaf.send_task

    def send(name: str, **facts: Any) -> object:
        asked.append(name)
        return really(name, **facts)

    monkeypatch.setattr(deaf, "send_task", send)
    assert [nudge.advance(uuid4()) for _ in range(24)] == [False] * 24
    assert asked == [nudge.ADVANCE]
    assert nudge.away.dropped == 24
