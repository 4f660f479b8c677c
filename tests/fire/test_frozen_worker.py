"""A worker that stands still past its lease, between the intent's commit and the effect, and is
woken when another has the run.
"""

from typing import Any

import pytest

from console.chaos.world_book import doubled
from tests.fire.conftest import Told
from tests.fire.stack import ENDED, Stack, answering, calling, go_on
from tests.patience import until
from tests.stack.launches import alive

PERSON_SAYS_NO = ("fire_rev", "fire_irr")
CONTRACTS = ("fire_read", "fire_idem", "fire_rev", "fire_revlook", "fire_irr", "fire_irrlook")


def performs_nothing(stack: Stack, tool: str, told: Told) -> None:
    """A worker is frozen before the effect, another ends the run, the first is woken: the effect
    happened once, by the other.
    """
    [run] = stack.start(calling(tool, n=1, freeze="call") + answering())
    pid = stack.flagged(run, "call")
    try:
        found = stack.rests([run])[run]
        if found["waiting_for"] == "in_doubt":
            assert tool in PERSON_SAYS_NO
            assert stack.ledger(run) == []
            stack.ask("settle", run=run, happened="no")
            until(lambda: stack.look(run)["status"] in ENDED, "the run to end")
    finally:
        go_on(pid)
    until(lambda: not alive(pid), "the end of the worker that stood still")
    lines = stack.ledger(run)
    told(f"{tool}: frozen before its effect: {len(lines)} in the ledger")
    assert doubled(lines) == {}
    assert [line.kind for line in lines] == [tool]
    returned: list[dict[str, Any]] = [
        event for event in stack.ask("journal", run=run) if event["kind"] == "call.returned"
    ]
    assert [event["verdict"] for event in returned] == ["succeeded"]


@pytest.mark.slow
@pytest.mark.parametrize("tool", CONTRACTS)
def test_a_worker_that_stood_still_past_its_lease_performs_nothing(
    stack: Stack, tool: str, told: Told
) -> None:
    performs_nothing(stack, tool, told)


def test_a_worker_frozen_before_an_irreversible_effect_leaves_it_to_the_one_that_looks_it_up(
    stack: Stack, told: Told
) -> None:
    performs_nothing(stack, "fire_irrlook", told)
