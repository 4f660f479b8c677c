"""Nudges between processes: heard at once, and never the end of the listener."""

import queue
from typing import Any

import pytest

from console.live import control
from tests.live.conftest import MortalRedis
from tests.patience import PATIENCE, until


class Ear:
    """Notes what a listener is told."""

    def __init__(self) -> None:
        self.heard: queue.Queue[Any] = queue.Queue()

    def next(self) -> Any:
        return self.heard.get(timeout=PATIENCE)

    def connected(self) -> None:
        self.heard.put("connected")


def test_a_nudge_is_heard_and_says_by_how_many() -> None:
    ear = Ear()
    listener = control.listen("orders", ear.heard.put, ear.connected)
    try:
        assert ear.next() == "connected"
        assert control.nudge("orders", {"run": "x", "control": "kill"}) == 1
        assert ear.next() == {"run": "x", "control": "kill"}
        assert control.nudge("elsewhere", {}) == 0
    finally:
        listener.stop()


def test_a_stopped_listener_hears_nothing_and_ends_its_thread() -> None:
    ear = Ear()
    listener = control.listen("orders", ear.heard.put, ear.connected)
    assert ear.next() == "connected"
    listener.stop()
    until(lambda: control.nudge("orders", {}) == 0, "the server to see that it has gone")


def test_a_listener_that_is_stopped_ends_at_once_and_not_when_its_read_is_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(control, "POLL", 2 * PATIENCE)
    ear, neighbour = Ear(), Ear()
    listener = control.listen("orders", ear.heard.put, ear.connected)
    other = control.listen("orders", neighbour.heard.put, neighbour.connected)
    assert (ear.next(), neighbour.next()) == ("connected", "connected")
    listener.stop(PATIENCE)
    assert not listener.alive
    assert control.nudge("orders", {"still": "there"}) == 1
    assert neighbour.next() == {"still": "there"}
    assert ear.heard.empty()
    other.stop(PATIENCE)
    assert not other.alive


def test_a_callback_that_fails_does_not_deafen_it(caplog: pytest.LogCaptureFixture) -> None:
    ear = Ear()

    def first_fails(payload: Any) -> None:
        ear.heard.put(payload)
        raise ValueError(payload)

    listener = control.listen("orders", first_fails, ear.connected)
    try:
        assert ear.next() == "connected"
        for number in (1, 2):
            control.nudge("orders", {"number": number})
            assert ear.next() == {"number": number}
    finally:
        listener.stop()
    assert "could not be handled" in caplog.text


def test_after_redis_was_away_it_listens_again_and_says_that_something_may_have_been_missed(
    mortal_redis: MortalRedis,
) -> None:
    ear = Ear()
    listener = control.listen("orders", ear.heard.put, ear.connected)
    try:
        assert ear.next() == "connected"
        mortal_redis.die()
        assert control.nudge("orders", {}) == 0
        mortal_redis.live()
        assert ear.next() == "connected"
        until(lambda: control.nudge("orders", {"again": True}), "nobody heard the nudge")
        assert ear.next() == {"again": True}
    finally:
        listener.stop()


def test_without_redis_a_nudge_is_no_error(mortal_redis: MortalRedis) -> None:
    mortal_redis.die()
    assert control.nudge("orders", {}) == 0
    control.outage.worked()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_an_unexpected_error_does_not_deafen_it(monkeypatch: pytest.MonkeyPatch) -> None:
    ear, listen = Ear(), control.Listener._listen
    failed: list[bool] = []

    def fails_first(listener: control.Listener, feed: Any) -> None:
        if not failed:
            failed.append(True)
            raise ValueError("not what Redis says")
        listen(listener, feed)

    monkeypatch.setattr(control.Listener, "_listen", fails_first)
    listener = control.listen("orders", ear.heard.put, ear.connected)
    try:
        assert ear.next() == "connected"
        until(lambda: control.nudge("orders", {"again": True}), "nobody heard the nudge")
        assert ear.next() == {"again": True}
    finally:
        listener.stop()
