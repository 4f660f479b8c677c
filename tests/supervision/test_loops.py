"""An agent that asks for the same thing in ever new words: told once, then paused or stopped, with
the calls laid side by side.
"""

from collections.abc import Mapping

import pytest
from django.contrib.auth.models import User

from approvals.rules.request_vocabulary import RequestKind
from console.json_value import Json
from policies import current
from policies.thresholds.models import Thresholds
from runs.engine.ports import ToolContext
from runs.engine.vocabulary import AnswerAct, RunStatus, StopReason
from runs.models import Run
from tests.runtime.conftest import Bench, answering, calling, stored
from tests.supervision.answering import answer, asked, hints

CONTROL_REQUESTS = (
    "which countries let drones deliver parcels to private homes today",
    "list of countries where delivery of parcels by drone is allowed at present",
    "countries that permit drones to deliver parcels, newest list",
    "where may drones deliver parcels to the homes of people now",
    "what countries have allowed parcels to be delivered by drone so far",
    "all countries in which drones may deliver parcels to homes this year",
    "is there a table of countries that allow drones to deliver parcels",
    "which of the countries allow private homes to get parcels by drone",
    "drones delivering parcels to homes, countries that allow it by now",
    "in which countries are drones allowed to deliver parcels at the moment",
)
ASKING = "".join(
    calling("search", f'{{ query = "{control_request}" }}')
    for control_request in CONTROL_REQUESTS * 3
)
HITS = [
    "Flying parcels: nine countries compared",
    "Noise limits for delivery drones",
    "What a permit costs",
]


@pytest.fixture
def searcher(house: Bench) -> Bench:
    async def search(args: Mapping[str, Json], context: ToolContext) -> Json:
        return {"results": [{"title": title} for title in HITS]}

    house.tool("search", search)
    return house


def control_requests(run: Run, calls: list[str]) -> list[str]:
    """What was asked for in the calls that a finding names."""
    intents = {
        row.record.data["call"]: row.record.data["args"]
        for row in stored(run)
        if row.record.kind == "call.intended"
    }
    return [intents[call]["query"] for call in calls]


def thresholds(**changes: float) -> None:
    Thresholds.objects.filter(kind="loops").update(changes=changes)
    current.refresh()


def test_it_is_told_first_and_paused_when_it_goes_on(searcher: Bench) -> None:
    run = searcher.play(searcher.start(ASKING))
    [hint] = hints(run)
    assert (hint.rule, hint.facts["kind"]) == ("loop-near", "near")
    assert "Try something different" in hint.text
    assert (run.status, run.stop_reason) == (RunStatus.PAUSED, StopReason.LOOP_DETECTED)
    assert hint.step < run.step <= 12


def test_the_calls_it_repeated_are_named_so_that_they_can_be_laid_side_by_side(
    searcher: Bench,
) -> None:
    run = searcher.play(searcher.start(ASKING))
    [paused] = [row.record for row in stored(run) if row.record.kind == "run.paused"]
    facts = paused.data["facts"]
    assert facts["calls"][-1] == f"{run.step}.1"
    assert (
        control_requests(run, facts["calls"])
        == list(CONTROL_REQUESTS[: run.step])[-len(facts["calls"]) :]
    )
    assert facts["score"] >= 0.6


def test_a_person_may_let_a_run_that_was_paused_go_on_and_it_is_judged_anew(
    searcher: Bench, approver: User
) -> None:
    run = searcher.play(searcher.start(ASKING))
    first = run.step
    assert (run.status, run.stop_reason) == (RunStatus.PAUSED, StopReason.LOOP_DETECTED)
    [card] = asked(run, RequestKind.LOOP)
    assert control_requests(run, card.facts["calls"])
    answer(card, approver, AnswerAct.APPROVE, note="one more try")
    run = searcher.play(run)
    assert (run.status, run.stop_reason) == (RunStatus.PAUSED, StopReason.LOOP_DETECTED)
    assert run.step > first + 1
    assert len(hints(run)) == 2
    assert asked(run, RequestKind.LOOP) != [card]


def test_who_takes_the_hint_completes(searcher: Bench) -> None:
    first = searcher.look(searcher.play(searcher.start(ASKING)))
    told = hints(first)[0].step
    script = "".join(
        calling("search", f'{{ query = "{control_request}" }}')
        for control_request in CONTROL_REQUESTS[:told]
    ) + answering("three titles, no list")
    run = searcher.play(searcher.start(script))
    assert (run.status, len(hints(run))) == (RunStatus.COMPLETED, 1)


def test_polling_with_changing_answers_is_no_loop(house: Bench) -> None:
    seen = iter(range(100))

    async def progress(args: Mapping[str, Json], context: ToolContext) -> Json:
        return {"job": "render", "frames_done": next(seen) * 37, "of": 3_000}

    house.tool("job_status", progress)
    run = house.play(
        house.start(calling("job_status", '{ job = "render" }', "repeat = 30") + answering())
    )
    assert (run.status, hints(run)) == (RunStatus.COMPLETED, [])


def test_every_verdict_is_on_the_record_with_its_rule_and_its_version(searcher: Bench) -> None:
    thresholds(stop=0.7)
    run = searcher.play(searcher.start(ASKING))
    edited = Thresholds.objects.get(kind="loops").version
    found = {
        row.record.kind: (row.record.rule, row.record.data["version"])
        for row in stored(run)
        if "version" in row.record.data
    }
    assert edited > 1
    assert found["call.intended"] == ("reads", 1)
    assert found["call.returned"] == ("answer", Thresholds.objects.get(kind="truth").version)
    assert found["hint.given"] == found["run.paused"] == ("loop-near", edited)
