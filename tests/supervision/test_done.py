"""Agents that pretend to be done: the answer goes back with what is missing, a few times; then the
run has failed its criteria.
"""

from runs.engine.vocabulary import RunStatus, StopReason
from tests.runtime.conftest import Bench, calling, stored
from tests.runtime.conftest import answering as final
from tests.supervision.answering import hints

CRITERIA = [
    {
        "name": "looked-up",
        "cel": "called('get_order') > 0",
        "sentence": "The order has not been looked up.",
    },
    {"name": "told", "cel": "called('tell') > 0", "sentence": "The customer has not been told."},
    {"name": "names-order", "cel": "final.text.contains('1042')"},
]
DONE = final("Order 1042 is settled.")


def tools(house: Bench) -> None:
    house.tool("get_order")
    house.tool("tell")


def test_after_so_many_refused_answers_the_run_has_failed(house: Bench) -> None:
    tools(house)
    run = house.play(
        house.start(calling("get_order") + DONE * 9, acceptance=CRITERIA, answers_refused=3)
    )
    assert (run.status, run.stop_reason) == (RunStatus.STOPPED, StopReason.ACCEPTANCE_FAILED)
    assert [(told.rule, told.text) for told in hints(run)][:1] == [
        ("acceptance", "This answer is not accepted yet:\n- The customer has not been told.")
    ]
    refused = [told for told in hints(run) if told.rule == "acceptance"]
    assert len(refused) == 3
    assert [
        row.record.data.get("final") for row in stored(run) if row.record.kind == "step.planned"
    ].count("Order 1042 is settled.") == 4


def test_who_does_what_was_missing_is_done(house: Bench) -> None:
    tools(house)
    run = house.play(
        house.start(
            DONE + calling("get_order") + DONE + calling("tell") + DONE, acceptance=CRITERIA
        )
    )
    assert (run.status, run.stop_reason) == (RunStatus.COMPLETED, StopReason.COMPLETED)
    assert [told.text.count("\n- ") for told in hints(run)] == [2, 1]


def test_a_call_that_failed_does_not_count_as_done(house: Bench) -> None:
    tools(house)

    async def garbage(args: object, context: object) -> str:
        return "garbage"

    house.tool("tell", garbage, has_check=True)
    run = house.play(
        house.start(
            calling("get_order") + calling("tell") + DONE * 9,
            acceptance=CRITERIA,
            answers_refused=1,
        )
    )
    assert (run.stop_reason, len(house.tools["tell"].keys)) == (StopReason.ACCEPTANCE_FAILED, 1)


def test_each_criterion_is_in_the_refusals_facts_as_met_or_not(house: Bench) -> None:
    tools(house)
    run = house.play(
        house.start(calling("get_order") + DONE + calling("tell") + DONE, acceptance=CRITERIA)
    )
    [told] = hints(run)
    assert {check["name"]: check["passed"] for check in told.facts["checks"]} == {
        "looked-up": True,
        "told": False,
        "names-order": True,
    }


def test_criteria_that_cannot_be_read_accept_nothing(house: Bench) -> None:
    tools(house)
    run = house.play(house.start(DONE, acceptance=[{"name": "odd", "cel": "called("}]))
    assert run.stop_reason == StopReason.ACCEPTANCE_FAILED
    assert "odd" in run.stop_detail
