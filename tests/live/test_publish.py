"""Publishing from synchronous code: what arrives, and how little a dead Redis costs."""

import logging
from collections.abc import Iterator
from time import perf_counter, thread_time
from uuid import uuid4

import pytest
import redis
from django.conf import settings
from pytest_django import Settings

from console.live import frames, link
from console.live.publish import outage, publish
from tests.live.conftest import MortalRedis
from tests.live.sockets import frame
from tests.patience import PATIENCE, Deadline

RUN = str(uuid4())


@pytest.fixture(autouse=True)
def _no_outage_left_over() -> Iterator[None]:
    yield
    outage.worked()


def messages(feed: redis.client.PubSub, count: int) -> list[object]:
    found: list[object] = []
    patience = Deadline(f"fewer than {count} messages came")
    while len(found) < count:
        message = feed.get_message(timeout=patience.left())
        if message is not None and message["type"] == "message":
            found.append(frames.decode(message["data"]))
    return found


def test_a_published_frame_arrives_as_it_was() -> None:
    with link.listener(settings.REDIS_URL) as client, client.pubsub() as feed:
        feed.subscribe(link.channel(link.LIVE))
        assert feed.get_message(timeout=PATIENCE)
        publish(frame(RUN, 1, tool="get_order"))
        assert messages(feed, 1) == [frame(RUN, 1, tool="get_order")]


def test_a_redis_that_is_not_there_is_no_matter_for_a_run(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.REDIS_URL = "unix:///nonexistent/redis.sock?db=0"
    began = thread_time()
    for seq in range(1, 2_001):
        publish(frame(RUN, seq))
    assert thread_time() - began < 1.0
    assert outage.dropped == 2_000
    assert len(caplog.records) == 1, "said once, not two thousand times"


def test_a_redis_that_does_not_answer_holds_a_run_up_for_a_moment_only(settings: Settings) -> None:
    settings.REDIS_URL = "redis://192.0.2.1:6379/0"
    began = perf_counter()
    for seq in range(1, 101):
        publish(frame(RUN, seq))
    assert perf_counter() - began < 20 * link.TIMEOUT, (
        "a hundred would have waited five times as long"
    )


def test_a_state_that_is_no_json_is_logged_and_not_raised(caplog: pytest.LogCaptureFixture) -> None:
    publish(frame(RUN, 1, price=float("inf")))
    assert "its state is not JSON" in caplog.text


def test_after_an_outage_everybody_is_told_that_frames_are_missing(
    mortal_redis: MortalRedis, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    publish(frame(RUN, 1))
    mortal_redis.die()
    publish(frame(RUN, 2))
    assert outage.dropped == 1
    mortal_redis.live()
    with link.listener(mortal_redis.url) as client, client.pubsub() as feed:
        feed.subscribe(link.channel(link.LIVE))
        assert feed.get_message(timeout=PATIENCE)
        outage.failed(OSError("the second before"))
        patience = Deadline("the outage never ended")
        while outage.on:
            patience.left()
            publish(frame(RUN, 3))
        first, second = messages(feed, 2)
    assert first == frame(RUN, 3)
    assert isinstance(second, frames.LostFrames)


def test_two_consoles_on_one_redis_do_not_hear_each_other(settings: Settings) -> None:
    settings.REDIS_URL = "redis://localhost:6379/1"
    one = link.channel(link.LIVE)
    settings.REDIS_URL = "redis://localhost:6379/2"
    assert link.channel(link.LIVE) != one
