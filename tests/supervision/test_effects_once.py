"""An effect that a tool's or a policy's key names is had once, however a planner words it, by
whatever run, and whoever is lost in between.
"""

import pytest

from runs.engine.vocabulary import Effect, RunStatus
from runs.models import Run
from tests.runtime.conftest import Bench, answering, calling, stored
from tests.supervision.conftest import in_force

pytestmark = pytest.mark.django_db(transaction=True)
FIRST = '{ order = 1042, amount = 12.5, note = "postage" }'
AGAIN = '{ note = "the postage, once more", amount = "12.50", order = " 1042" }'


def refused(run: Run) -> list[tuple[str, str]]:
    rows = (row.record for row in stored(run) if row.record.kind == "call.refused")
    return [(row.rule, row.data["repeats"]) for row in rows]


@pytest.fixture
def refunds_allowed(house: Bench) -> None:
    in_force("refunds", priority=1, tool="refund", verdict="allow")


@pytest.mark.usefixtures("refunds_allowed")
def test_a_reworded_repeat_within_a_run_is_answered_with_the_recorded_result(house: Bench) -> None:
    async def pay(args: object, context: object) -> object:
        return {"refund": 77}

    refund = house.tool("refund", pay, effect=Effect.IRREVERSIBLE, effect_key=("order", "amount"))
    script = calling("refund", FIRST) + calling("refund", AGAIN) + answering()
    run = house.play(house.start(script))
    assert (run.status, len(refund.keys)) == (RunStatus.COMPLETED, 1)
    assert refused(run) == [("effect-key", "1.1")]


@pytest.mark.usefixtures("refunds_allowed")
def test_another_amount_is_another_refund(house: Bench) -> None:
    refund = house.tool("refund", effect=Effect.IRREVERSIBLE, effect_key=("order", "amount"))
    other = FIRST.replace("12.5", "13")
    script = calling("refund", FIRST) + calling("refund", other) + answering()
    assert house.play(house.start(script)).status == RunStatus.COMPLETED
    assert len(refund.keys) == 2
