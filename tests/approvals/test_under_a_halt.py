"""Whoever approves while a halt will hold the call reads so before and after they answer: on the
card, on the page for many, and in the message of their answer.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from pytest_django import Settings

from approvals.models import Request
from policies import current
from policies.halts import halt_levers
from runs import run_rows
from runs.engine import events as e
from tests.approvals.desk import Desk
from tests.approvals.held_answers import HOLD, client_of, page, post
from tests.markup import Element, read

WAITS = "The call waits until the halt is off."


@pytest.fixture(autouse=True)
def _read_anew() -> Iterator[None]:
    yield
    current.forget()


def halted(desk: Desk) -> None:
    facts: Any = {"reason": "the shop is closed.", "actor": desk.ada, "at": datetime.now(UTC)}
    halt_levers.pull(reach="irreversible", target="", **facts)
    current.forget()


def two(desk: Desk) -> tuple[Request, Request]:
    first, second = (
        desk.asked(desk.start(f"{{ order_id = {number}, amount = 20.0 }}")) for number in (1, 2)
    )
    return first, second


def toast(found: Element) -> Element:
    return found.one(id="toasts").all("div", "toast")[0]


def test_a_card_says_before_and_after_that_the_call_waits_for_the_halt(
    approvals_desk: Desk, settings: Settings
) -> None:
    settings.DECISION_HOLD = HOLD.total_seconds()
    request, _ = two(approvals_desk)
    halted(approvals_desk)
    card = f"/approvals/{request.pk}/"
    before = page(approvals_desk.ada, card).one(data_cell="warns").words
    assert before.startswith("Approved calls wait until the halt is off. Halted by ada at")
    told = toast(read(post(approvals_desk.ada, request).content))
    assert told.words.startswith("You approved it: Pay 20.00 for order 1 (")
    assert WAITS in told.words
    assert told.all("form") or told.all("button")
    after = page(approvals_desk.ada, card).one(data_cell="warns").words
    assert after.startswith(WAITS)


def test_a_decided_card_says_it_until_the_halt_is_off(approvals_desk: Desk) -> None:
    request, _ = two(approvals_desk)
    halted(approvals_desk)
    approvals_desk.decide(request)
    held = e.RunPaused(at=datetime.now(UTC), rule="halt:irreversible", facts={"lever": 1})
    run_rows.appended(request.run, run_rows.state_of(request.run), [held])
    card = f"/approvals/{request.pk}/"
    assert page(approvals_desk.ada, card).one(data_cell="warns").words.startswith(WAITS)
    [lever] = halt_levers.pulled()
    halt_levers.release(halt_id=lever.pk, actor=approvals_desk.ada, at=datetime.now(UTC))
    current.forget()
    assert page(approvals_desk.ada, card).one(data_cell="warns").words == ""


def test_a_denial_waits_for_nothing(approvals_desk: Desk) -> None:
    request, _ = two(approvals_desk)
    halted(approvals_desk)
    told = toast(read(post(approvals_desk.ada, request, "deny", note="no").content))
    assert WAITS not in told.words


def test_the_page_for_many_says_it_before_and_after(approvals_desk: Desk) -> None:
    requests = two(approvals_desk)
    halted(approvals_desk)
    bulk = f"/approvals/bulk/?like={requests[0].pk}"
    assert "Approved calls wait until the halt is off." in page(approvals_desk.ada, bulk).words
    picks = [f"{each.pk}:{each.version}:{each.digest}" for each in requests]
    sent = {"pick": picks, "act": "approve", "note": "all fine"}
    answer = client_of(approvals_desk.ada).post("/approvals/bulk/", sent, follow=True)
    assert "You approved 2 requests, 40.00 in all. The calls wait until the halt is off." in (
        toast(read(answer.content)).words
    )
