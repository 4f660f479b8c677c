"""A tool in the worker's own process that ends or freezes it: known, cut off, on record, and from
then on where it can be killed.
"""

from collections import Counter
from pathlib import Path

import pytest

from console.chaos.world_book import doubled
from tests.fire.conftest import Told
from tests.fire.stack import ENDED, Stack, answering, burning, calling
from tests.fire.test_guardian import INLINE
from tests.patience import until

NEIGHBOURS = 10
INLINE_TOOLS = {
    "fire_exit_inline": "was the worker itself, which ended: exit code 1",
    "fire_hold_inline": "was the worker itself, which stood still for 5 s and was ended",
    "fire_block_inline": "was the worker itself, which stood still for 5 s and was ended",
}


@pytest.mark.parametrize("tool", INLINE_TOOLS)
def test_an_inline_tool_that_takes_its_worker_along_is_cut_off_and_does_so_once(
    stack: Stack, tool: str, told: Told
) -> None:
    neighbours = stack.start(
        calling("fire_irrlook", n=1, seconds=6) + calling("fire_read", n=2) + answering(),
        NEIGHBOURS,
    )
    until(lambda: all(stack.ledger(run) for run in neighbours), "the neighbours")
    before = set(stack.workers())
    [poison] = stack.start(calling(tool, n=1) + answering())
    until(lambda: stack.ask("tool", name=tool)["times"] > 0, "the crash to be on record")
    known = stack.ask("tool", name=tool)
    assert (known["opened"], known["how"]) == (1, INLINE_TOOLS[tool])
    found = stack.rests([poison, *neighbours], 120)
    until(lambda: len(stack.workers()) == 2, "both workers")
    ended = len(before - set(stack.workers()))
    twice = doubled(
        line for run in neighbours for line in stack.ledger(run) if line.kind != "fire_read"
    )
    statuses = Counter(found[run]["status"] for run in neighbours)
    told(
        f"{tool}: {ended} worker ended; {NEIGHBOURS} neighbours: doubled {len(twice)},"
        f" {dict(statuses)}"
    )
    assert ended == 1
    assert {line.pid for line in stack.ledger(poison)} & before, "it was made in a worker"
    assert len({line.pid for line in stack.ledger(poison)} & before) == 1, "and in no second one"
    assert twice == {}
    assert statuses == {"completed": NEIGHBOURS}


@pytest.mark.slow
def test_suspects_are_held_one_at_a_time_each_by_a_process_that_holds_nothing_else(
    tmp_path: Path, told: Told
) -> None:
    with burning(tmp_path, "--workers", "1", beside=INLINE) as stack:
        bystanders = stack.start(calling("fire_wait", n=1, seconds=40.0) + answering(), NEIGHBOURS)
        until(lambda: len(stack.ledger()) == NEIGHBOURS, "the bystanders to be at work")
        poison = stack.start(calling("fire_murder", n=1) + answering(), 2)
        seen = Counter[str]()

        def over() -> bool:
            held = stack.ask("leases")
            beside = Counter(owner for _run, owner, _suspect in held)
            seen.update(f"alone {beside[owner] == 1}" for _run, owner, suspect in held if suspect)
            return all(
                row["status"] in ENDED
                for row in stack.ask("look", runs=[*poison, *bystanders]).values()
            )

        until(over, "the end of all", 240)
        found = stack.ask("look", runs=[*poison, *bystanders])
        reasons = Counter(found[run]["stop_reason"] for run in bystanders)
        told(
            f"2 runs that have their worker killed: suspects seen held {dict(seen)}; {NEIGHBOURS}"
            f" bystanders {dict(reasons)}"
        )
        assert set(seen) == {"alone True"}
        assert {found[run]["stop_reason"] for run in poison} == {"CRASH_LOOP"}
        assert reasons == {"COMPLETED": NEIGHBOURS}
