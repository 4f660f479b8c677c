"""Whom a call that has to be ended with its process waits for."""

import asyncio

import pytest

from runs.toolprocess import calls_inside
from runs.toolprocess.calls_inside import InFlight


@pytest.fixture
async def deaf() -> InFlight:
    """A call that was told to end, by a process that attends to its messages, and goes on."""
    return call(1, repeatable=True, heard=True, ended=asyncio.Event())


def call(number: int, **facts: object) -> InFlight:
    answer = asyncio.get_running_loop().create_future()
    return InFlight(number, "tool", answer, 0.0, **facts)  # type: ignore[arg-type]


async def test_a_neighbour_that_cannot_simply_be_made_again_is_waited_for(deaf: InFlight) -> None:
    assert calls_inside.harmed(deaf, [deaf, call(2)])
    assert calls_inside.harmed(deaf, [call(2, repeatable=True), call(3)])


async def test_one_that_can_be_is_not(deaf: InFlight) -> None:
    assert not calls_inside.harmed(deaf, [deaf, call(2, repeatable=True)])
    assert not calls_inside.harmed(deaf, [deaf])


async def test_neither_is_one_that_is_to_end_as_well(deaf: InFlight) -> None:
    assert not calls_inside.harmed(deaf, [call(2, ended=asyncio.Event())])


async def test_a_call_that_is_not_repeatable_does_not_wait_for_itself(deaf: InFlight) -> None:
    deaf.repeatable = False
    assert not calls_inside.harmed(deaf, [deaf])


async def test_a_process_that_attends_to_nothing_makes_all_stand_still_and_is_ended_at_once(
    deaf: InFlight,
) -> None:
    deaf.heard = False
    assert not calls_inside.harmed(deaf, [call(2)])


async def test_once_the_call_is_over_nobody_is_waited_for(deaf: InFlight) -> None:
    deaf.end()
    assert deaf.ended is not None
    assert deaf.ended.is_set()
    assert not calls_inside.harmed(deaf, [call(2)])
