"""The calendar case: an agent may put short and small meetings into the company's calendar; longer
or larger ones ask.
"""

import pytest

from runs.demo.models import CalendarEvent
from runs.engine.vocabulary import AnswerAct, RunStatus, Waiting
from tests.runtime.conftest import answering as final
from tests.runtime.conftest import calling
from tests.supervision import answering
from tests.supervision.conftest import Shop

OVER = "“Stock count” is longer than 2 hours or has more than 5 people, so a person decides."


def meeting(end: str, people: int) -> str:
    attendees = ", ".join(f'"p{number}@harbourfinch.example"' for number in range(people))
    args = (
        f'{{ title = "Stock count", start = "2027-03-01T10:00:00Z", end = "2027-03-01T{end}Z",'
        f" attendees = [{attendees}] }}"
    )
    return calling("create_event", args) + final()


def planned() -> int:
    return CalendarEvent.objects.filter(title="Stock count", starts_at__year=2027).count()


def test_two_hours_with_five_people_need_nobody(shop: Shop) -> None:
    run = shop.play("bug-triage", meeting("12:00:00", 5), "Plan the stock count.")
    assert (run.status, planned(), answering.asked(run)) == (RunStatus.COMPLETED, 1, [])


@pytest.mark.parametrize(
    ("end", "people"),
    [("12:00:01", 5), ("12:00:00", 6)],
    ids=["a second longer", "one person more"],
)
def test_more_than_that_waits_for_a_person(shop: Shop, end: str, people: int) -> None:
    run = shop.play("bug-triage", meeting(end, people), "Plan the stock count.")
    [asked] = answering.asked(run)
    assert (run.status, run.waiting_for, planned()) == (RunStatus.WAITING, Waiting.APPROVAL, 0)
    assert (asked.tool, asked.rule, asked.sentence, asked.facts["over"]) == (
        "create_event",
        "short-and-small-meetings",
        OVER,
        "caps",
    )


def test_it_is_put_in_the_calendar_as_the_approver_changed_it(shop: Shop) -> None:
    run = shop.play("bug-triage", meeting("16:00:00", 2), "Plan the stock count.")
    [asked] = answering.asked(run)
    answering.answer(asked, shop.approver, args={**asked.args, "end": "2027-03-01T13:00:00Z"})
    run, _ = shop.played(run)
    assert (run.status, planned()) == (RunStatus.COMPLETED, 1)
    assert CalendarEvent.objects.get(title="Stock count", starts_at__year=2027).ends_at.hour == 13


def test_a_no_reaches_the_planner_and_the_calendar_stays_empty(shop: Shop) -> None:
    run, _ = shop.played(
        shop.start("bug-triage", meeting("16:00:00", 2), "Plan the stock count."), AnswerAct.DENY
    )
    assert (run.status, planned()) == (RunStatus.COMPLETED, 0)
