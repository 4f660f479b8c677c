"""Many requests, deciders, the clock, a killer, lost workers: every request ends once, every
approved call is made once.
"""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from approvals.request_simulation.request_play import play
from approvals.request_simulation.request_world import AskingRun, RequestWorld
from approvals.rules import request_changes
from approvals.rules.change_of_requests import Change
from runs.engine import events as e
from runs.engine.kept_calls import Flight
from runs.engine.ports import Returned
from runs.engine.state import RunState


@pytest.mark.parametrize("seed", range(1, 7))
def test_nothing_is_violated_whoever_acts_when(seed: int) -> None:
    played = play(seed, requests=200, deciders=20)
    assert played.violations == ()
    assert played.requests >= 150
    assert sum(played.ends.values()) >= played.requests


def test_the_same_seed_is_the_same_story() -> None:
    assert play(3, requests=80) == play(3, requests=80)


def told(seeds: Sequence[int]) -> list[str]:
    return [sentence for seed in seeds for sentence in play(seed, requests=200).violations]


def test_it_notices_a_call_that_is_made_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = RequestWorld.perform

    def forgets_its_keys(world: RequestWorld, life: AskingRun, flight: Flight) -> Returned:
        return honest(world, life, replace(flight, idempotent=False))

    monkeypatch.setattr(RequestWorld, "perform", forgets_its_keys)
    assert any("made 2 times" in sentence for sentence in told(range(1, 9)))


def test_it_notices_requests_that_outlive_their_run(monkeypatch: pytest.MonkeyPatch) -> None:
    def closes_nothing(event: e.RunEvent, after: RunState) -> tuple[Change, ...]:
        return ()

    monkeypatch.setitem(request_changes.MEANINGS, e.KillAcknowledged, closes_nothing)
    monkeypatch.setitem(request_changes.MEANINGS, e.RunStopped, closes_nothing)
    monkeypatch.setattr("approvals.request_simulation.request_play.MOST_TURNS", 20_000)
    assert told([1])
