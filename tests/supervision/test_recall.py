"""Reading earlier results again under all the rules of the house: let through, no loop, hidden from
people as before.
"""

from console.json_value import Json
from runs.engine.ports import ToolContext
from runs.engine.recall import RECALL
from runs.engine.vocabulary import RunStatus, Visibility
from tests.runtime.conftest import Bench, answering, calling, stored
from tests.supervision.answering import hints
from tests.supervision.conftest import in_force


async def read(args: Json, context: ToolContext) -> Json:
    return f"page {args['n']}: " + " ".join(f"word{args['n']}x{place}" for place in range(40))


def pages(count: int) -> str:
    return "".join(calling("read", f"{{ n = {number} }}") for number in range(count))


def again(*steps: int) -> str:
    return "".join(calling(RECALL, f"{{ step = {step} }}") for step in steps)


def test_what_was_read_may_be_read_again_whatever_policies_say_of_other_calls(house: Bench) -> None:
    house.tool("read", read)
    in_force("nothing at all", verdict="deny", tool="*", agent="*", priority=500)
    run = house.play(house.start(pages(2) + again(1) + answering()))
    assert run.status == RunStatus.COMPLETED
    made = [row.record for row in stored(run) if row.record.tool == RECALL]
    assert [each.kind for each in made] == ["call.intended", "call.returned"]
    assert made[0].rule == "built-in"
    assert made[1].data["result"].startswith("page 0: ")


def test_reading_many_old_results_again_is_no_loop(house: Bench) -> None:
    house.tool("read", read)
    run = house.play(house.start(pages(12) + again(*range(1, 13)) + answering()))
    assert run.status == RunStatus.COMPLETED
    assert hints(run) == []


def test_reading_the_same_again_and_again_is_one(house: Bench) -> None:
    house.tool("read", read)
    run = house.play(house.start(pages(2) + again(*[1] * 12) + answering()))
    assert hints(run)


def test_what_nobody_may_read_stays_hidden_when_it_is_recalled(house: Bench) -> None:
    house.tool("read", read, visibility=Visibility.ALWAYS_HIDDEN)
    run = house.play(house.start(pages(1) + again(1) + answering()))
    made = [row.record for row in stored(run) if row.record.kind == "call.returned"]
    assert [each.visibility for each in made] == ["always_hidden"] * 2
