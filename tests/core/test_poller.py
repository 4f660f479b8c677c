"""A thread that goes its rounds: no failure of one round ends it,
and one that died is begun anew."""

import logging
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from console.live import poller, rounds
from console.live.poller import Poller
from console.live.rounds import RoundState
from tests.patience import until

QUICK = (0.005,)
OFTEN = 3


class Away(Exception):
    """A server that cannot be reached."""


class Work:
    """Counts its rounds; fails in those that were asked for."""

    def __init__(self, *failures: BaseException) -> None:
        self.failures = list(failures)
        self.rounds = 0

    def __call__(self) -> None:
        self.rounds += 1
        if self.failures:
            raise self.failures.pop(0)


@pytest.fixture
def polling() -> Iterator[Callable[..., Poller]]:
    made: list[Poller] = []

    def make(work: Callable[[], object], name: str = "looker", **facts: Any) -> Poller:
        made.append(
            Poller(
                name, work, **{"pauses": QUICK, "trouble": "not looked", "away": (Away,), **facts}
            )
        )
        made[-1].start()
        return made[-1]

    yield make
    for each in made:
        each.stop(1.0)


def words() -> list[RoundState]:
    return [each for each in rounds.last() if each.name == "looker"]


def goes_on(work: Work) -> None:
    before = work.rounds
    until(lambda: work.rounds > before + OFTEN, "no further round")


@pytest.mark.parametrize(
    "failure", [Away("gone"), RuntimeError("a bug"), SystemExit(1), KeyError("row"), MemoryError()]
)
def test_no_failure_of_one_round_ends_it(
    polling: Callable[..., Poller], failure: BaseException
) -> None:
    work = Work(failure, failure)
    looking = polling(work)
    goes_on(work)
    assert looking.alive


class StoppedMeanwhile(threading.Event):
    """The poller is told to stop just before it clears the signal that would have told it so."""

    def __init__(self, looking: Poller) -> None:
        super().__init__()
        self._poller = looking

    def clear(self) -> None:
        self._poller._stopped = True
        self.set()
        super().clear()


def test_a_stop_that_comes_between_two_rounds_is_not_overlooked() -> None:
    work = Work()
    looking = Poller("looker", work, pauses=(600.0,), trouble="not looked")
    looking._look = StoppedMeanwhile(looking)
    looking.start()
    until(lambda: not looking.alive, "the end of a poller that was stopped")
    assert work.rounds == 0


DIES = pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")


def kill(looking: Poller) -> None:
    """Ends the poller's thread from outside, as nothing that its work raises does."""
    thread = looking._thread
    assert thread is not None
    looking._round = _end  # type: ignore[method-assign]
    looking.wake()
    thread.join(5)
    assert not looking.alive
    del looking._round


def _end() -> None:
    raise SystemExit


@DIES
def test_a_poller_whose_thread_died_is_begun_anew_by_the_others(
    polling: Callable[..., Poller], caplog: pytest.LogCaptureFixture
) -> None:
    work, other = Work(), Work()
    looking = polling(work)
    kill(looking)
    polling(other, "other")
    goes_on(work)
    assert looking.alive
    assert "its thread had died; it is begun anew" in caplog.text


@DIES
def test_starting_it_again_begins_a_dead_one_anew_and_leaves_a_living_one_alone(
    polling: Callable[..., Poller],
) -> None:
    work = Work()
    looking = polling(work)
    same = looking._thread
    looking.start()
    assert looking._thread is same
    kill(looking)
    looking.start()
    goes_on(work)


def test_trouble_is_said_once_in_a_row_and_so_is_its_end(
    polling: Callable[..., Poller], caplog: pytest.LogCaptureFixture
) -> None:
    work = Work(*(Away("gone") for _ in range(5)), *(RuntimeError("a bug") for _ in range(5)))
    polling(work)
    until(lambda: "well again" in caplog.text, "never well again")
    said = [
        (record.levelno, bool(record.exc_info))
        for record in caplog.records
        if "not looked" in record.getMessage()
    ]
    assert said == [(logging.WARNING, False), (logging.ERROR, True)]


def test_its_last_round_is_known_and_says_how_often_it_failed(
    polling: Callable[..., Poller],
) -> None:
    failing = threading.Event()
    failing.set()

    def work() -> None:
        if failing.is_set():
            raise Away("gone")

    polling(work)
    until(
        lambda: (
            [each.trouble for each in words() if each.failures > 1] == ["not looked: Away: gone"]
        ),
        "no failure noted",
    )
    failing.clear()
    until(lambda: [each.failures for each in words()] == [0], "no good round noted")


def test_what_goes_wrong_with_another_does_not_end_it(
    polling: Callable[..., Poller],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fails() -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(poller, "revive", fails)
    work = Work()
    looking = polling(work)
    goes_on(work)
    assert looking.alive
    assert "the other rounds were not looked after" in caplog.text


def test_it_waits_longer_after_each_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    looking = Poller(
        "patient",
        Work(Away(), Away(), Away()),
        pauses=(1.0, 2.0, 4.0),
        trouble="not looked",
        away=(Away,),
    )
    waited: list[float] = []

    def wait(seconds: float) -> bool:
        waited.append(seconds)
        looking._stopped = len(waited) > OFTEN
        return False

    monkeypatch.setattr(looking._look, "wait", wait)
    looking._run()
    assert waited == [2.0, 4.0, 4.0, 1.0]


def test_a_stopped_one_is_never_begun_anew_and_nobody_waits_for_its_word(
    polling: Callable[..., Poller],
) -> None:
    looking = polling(Work())
    looking.stop(1.0)
    looking.start()
    poller.revive()
    assert not looking.alive
    assert "looker" not in {each.name for each in rounds.last()}
