"""How long a test waits: as long as it could look, and not for ever."""

from collections.abc import Iterator

import pytest

from tests import patience


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The moments that are read, one after the other; the last one stays."""
    moments = [0.0]
    monkeypatch.setattr(
        patience, "monotonic", lambda: moments.pop(0) if len(moments) > 1 else moments[0]
    )
    return moments


def comes(after: int) -> Iterator[bool]:
    yield from [False] * after
    yield True


def test_what_comes_while_the_machine_stood_still_is_still_waited_for(clock: list[float]) -> None:
    clock[:] = [0.0, 1.0, 300.0, 301.0, 900.0, 901.0]
    looks = comes(5)
    assert patience.until(lambda: next(looks), "it", 60.0)


def test_what_never_comes_is_not_waited_for_for_ever(clock: list[float]) -> None:
    clock[:] = [float(second) for second in range(100)]
    with pytest.raises(AssertionError, match="waited 60 s in vain: it"):
        patience.until(lambda: False, "it", 60.0)
    assert clock[0] == 61.0


def test_even_a_machine_that_stands_still_again_and_again_is_given_up(clock: list[float]) -> None:
    clock[:] = [100.0 * second for second in range(100)]
    with pytest.raises(AssertionError, match="in vain"):
        patience.until(lambda: False, "it", 60.0)


async def test_an_event_loop_waits_likewise(clock: list[float]) -> None:
    clock[:] = [0.0, 500.0, 501.0]
    looks = comes(2)
    assert await patience.eventually(lambda: next(looks), "it", 10.0)
