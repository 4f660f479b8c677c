"""How often frames go out, how long a process remembers them,
and how a dead Redis is left alone."""

from uuid import UUID

import pytest

from console.live import link, recent
from console.live.frames import Frame
from console.live.pacing import Pacer
from console.live.recent import Recent


def test_the_first_frame_goes_out_at_once() -> None:
    assert Pacer().delay(now=100.0) == 0.0


def test_a_little_work_asks_for_a_little_rest() -> None:
    pacer = Pacer(longest=0.05, per_work=1.0)
    pacer.flushed(now=1.010, work=0.010)
    assert pacer.delay(now=1.010) == pytest.approx(0.010)
    assert pacer.delay(now=1.015) == pytest.approx(0.005)
    assert pacer.delay(now=1.030) == 0.0


def test_the_rest_has_an_end_however_great_the_load() -> None:
    pacer = Pacer(longest=0.05)
    pacer.flushed(now=3.0, work=2.0)
    assert pacer.delay(now=3.0) == pytest.approx(0.05)


def frame(number: int, seq: int, ended_at: str | None = None) -> Frame:
    return Frame(str(UUID(int=number)), seq, seq, f"{seq:06}", {"ended_at": ended_at})


def test_it_recalls_what_moved_since_a_page_was_made() -> None:
    memory = Recent(now=0.0)
    memory.hear(frame(1, 1), now=1.0)
    memory.hear(frame(2, 1), now=2.0)
    memory.hear(frame(1, 2), now=3.0)
    heard = memory.since(1.5)
    assert heard is not None
    assert {(one.run, one.seq) for one in heard} == {(frame(1, 0).run, 2), (frame(2, 0).run, 1)}


def test_it_does_not_vouch_for_the_time_before_it_listened() -> None:
    memory = Recent(now=10.0)
    assert memory.since(9.0) is None
    assert memory.since(11.0) == []


def test_it_does_not_vouch_for_the_time_before_an_interruption() -> None:
    memory = Recent(now=0.0)
    memory.hear(frame(1, 1), now=1.0)
    memory.restart(now=5.0)
    assert memory.since(4.0) is None


def test_it_forgets_the_oldest_and_knows_that_it_did() -> None:
    memory = Recent(now=0.0)
    for number in range(recent.MOST + 1):
        memory.hear(frame(number, 1), now=1.0 + number / 10)
    assert memory.since(0.5) is None
    assert memory.since(1.0) is None, "the run of that moment was forgotten"
    heard = memory.since(1.05)
    assert heard is not None
    assert len(heard) == recent.MOST


def test_runs_that_fell_silent_before_their_end_are_looked_up() -> None:
    memory = Recent(now=0.0)
    memory.hear(frame(1, 4), now=1.0)
    memory.hear(frame(2, 9, ended_at="2026-11-20T13:00:00+00:00"), now=1.0)
    memory.hear(frame(3, 2), now=12.0)
    assert memory.quiet(now=12.0, most=10) == {frame(1, 0).run: 4}
    memory.caught_up(frame(1, 0).run, 6)
    assert memory.quiet(now=12.0, most=10) == {frame(1, 0).run: 6}


def test_of_many_silent_runs_a_bounded_number_is_looked_up() -> None:
    memory = Recent(now=0.0)
    for number in range(50):
        memory.hear(frame(number, 1), now=1.0)
    assert len(memory.quiet(now=100.0, most=20)) == 20


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_after_a_failure_callers_are_spared_for_a_second_and_one_tries_again() -> None:
    clock = Clock()
    outage = link.Outage("test", clock)
    assert not outage.skip()
    outage.failed(OSError("gone"))
    assert outage.skip()
    clock.now = 1.0
    assert not outage.skip(), "one caller tries again"
    assert outage.skip(), "the others wait for its answer"
    assert outage.worked() == 3
    assert not outage.skip()


def test_an_outage_is_logged_once_at_its_start_and_once_at_its_end(
    caplog: pytest.LogCaptureFixture,
) -> None:
    clock = Clock()
    outage = link.Outage("test", clock)
    for _ in range(5):
        outage.failed(OSError("gone"))
    outage.worked()
    outage.worked()
    assert [record.message for record in caplog.records] == [
        "test: Redis cannot be reached, skipping until it can: gone",
        "test: Redis is back, 5 dropped meanwhile",
    ]
