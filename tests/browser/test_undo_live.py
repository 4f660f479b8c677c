"""Undoing, seen in a real browser: of a run that is killed between two calls, of one killed in the
middle of a call that nobody can look up, and of steps that somebody ticks later.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from console.json_value import Json
from runs.engine.ports import ToolContext
from runs.engine.vocabulary import Effect
from runs.models import Run
from runs.runtime import loop
from tests.browser.conftest import Opener
from tests.browser.test_fleet_live import live
from tests.patience import PATIENCE, ended
from tests.runtime.conftest import Bench, answering, calling
from tests.runtime.conftest import bench as bench
from tests.supervision.conftest import house as house

pytestmark = pytest.mark.django_db(transaction=True)
UNDOABLE: dict[str, Any] = {"effect": Effect.REVERSIBLE, "has_undo": True, "undo_idempotent": True}
THINKS = '[[step]]\ndelay = 60\ncall = { tool = "charge_card", args = {} }\n'


class Gate:
    """What a tool does that waits until the test opens it."""

    def __init__(self) -> None:
        self.open = asyncio.Event()

    async def __call__(self, args: Mapping[str, Json], context: ToolContext) -> Json:
        await self.open.wait()
        return {"ok": True}

    def opened(self) -> None:
        loop.loop().call_soon_threadsafe(self.open.set)


def killed(page: Page) -> None:
    page.get_by_role("link", name="Kill…").click()
    expect(page.get_by_label("What it did")).to_have_value("undo")
    page.get_by_role("button", name="Kill it").click()


def pill(page: Page) -> Any:
    return page.locator("#head .pill")


def test_an_order_is_seen_undone_when_its_run_is_killed_before_the_card_is_charged(
    house: Bench, opened: Opener
) -> None:
    gate = Gate()
    order = house.tool("create_order", **UNDOABLE)
    order.undoing = gate
    card = house.tool("charge_card", effect=Effect.REVERSIBLE)
    run = house.start(calling("create_order") + THINKS)
    worker = house.playing(run)
    page = live(opened(f"/runs/{run.pk}/"))
    expect(page.locator(".now-line")).to_contain_text("model turn")
    expect(page.locator("#t-call-1-1")).to_be_visible()
    killed(page)
    expect(pill(page)).to_have_text("Undoing 1 of 1")
    expect(page.locator(".now-line")).to_contain_text("Undoing what it did: 0 of 1 undone")
    fleet = page.context.new_page()
    fleet.goto(page.url.partition("/runs/")[0])
    expect(fleet.locator(f"#run-{run.pk} .c-status")).to_have_text("Undoing 1 of 1")
    gate.opened()
    expect(pill(page)).to_have_text("Killed")
    expect(page.locator("#t-undo-1-1-1")).to_be_visible()
    ended(worker)
    assert (order.undone, card.keys) == ([f"{run.id}:1.1:undo"], [])


def test_a_run_killed_in_a_call_that_nobody_can_look_up_is_on_a_persons_list_before_it_is_undone(
    house: Bench, opened: Opener
) -> None:
    order = house.tool("create_order", **UNDOABLE)
    card = house.tool("charge_card", house.forever, effect=Effect.REVERSIBLE, timeout=60)
    run = house.start(calling("create_order") + calling("charge_card") + answering())
    worker = house.playing(run)
    assert card.begun.wait(PATIENCE)
    page = live(opened(f"/runs/{run.pk}/"))
    killed(page)
    expect(pill(page)).to_have_text("In doubt")
    expect(page.locator("#settle-title")).to_contain_text("Did the call happen?")
    ended(worker)
    assert order.undone == []
    fleet = page.context.new_page()
    fleet.goto(page.url.partition("/runs/")[0] + "/?view=person")
    expect(fleet.locator(f"#run-{run.pk}")).to_be_visible()
    page = live(opened(f"/runs/{run.pk}/", "approver"))
    page.get_by_text("Say what became of it").click()
    page.get_by_label("How you know").fill("The bank has no such charge")
    page.get_by_label("I looked it up at the other side.").check()
    page.get_by_role("button", name="It did not").click()
    expect(page.locator("#settle-title")).to_have_count(0)
    house.play(Run.objects.get(pk=run.pk))
    expect(pill(page)).to_have_text("Killed")
    assert order.undone == [f"{run.id}:1.1:undo"]


def test_a_ticked_step_of_a_completed_run_is_undone_and_the_run_stays_completed(
    house: Bench, opened: Opener
) -> None:
    order = house.tool("create_order", **UNDOABLE)
    run = house.play(house.start(calling("create_order") + calling("create_order") + answering()))
    page = live(opened(f"/runs/{run.pk}/"))
    page.get_by_role("link", name="Undo…").click()
    ticks = page.locator("dialog input[type=checkbox]")
    expect(ticks).to_have_count(2)
    ticks.first.check()
    page.get_by_label("Why").fill("It was ordered twice")
    page.get_by_role("button", name="Undo the ticked").click()
    expect(pill(page)).to_have_text("Undoing 1 of 1")
    house.play(Run.objects.get(pk=run.pk))
    expect(pill(page)).to_have_text("Completed")
    assert order.undone == [f"{run.id}:2.1:undo"]
    page.get_by_role("link", name="Undo…").click()
    expect(page.locator("dialog input[type=checkbox]")).to_have_count(1)
    expect(page.locator("dialog .effects")).to_contain_text("Undone")
