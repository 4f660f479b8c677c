"""A yes to a changed call that nothing can take back is asked back once, with what it was and what
it is now; by forms alone, without a script.
"""

import pytest
from django.test import Client

from approvals.models import Request
from tests.approvals.desk import Desk
from tests.markup import Element, read

ASKED = "Nothing is decided yet. You changed what it asks for:"


def client(desk: Desk) -> Client:
    found = Client()
    found.force_login(desk.ada, backend="django.contrib.auth.backends.ModelBackend")
    return found


def form(page: Element, amount: str) -> dict[str, str]:
    """The card's form as a browser would send it, with this amount typed if one is."""
    found = page.one("form", id="answer")
    fields = {
        one.attrs["name"]: one.attrs.get("value", "")
        for one in found.all("input")
        if "name" in one.attrs and one.attrs.get("type") != "checkbox"
    }
    return {**fields, "act": "approve", **({"arg-amount": amount} if amount else {})}


def sent(desk: Desk, request: Request, page: Element | None = None, amount: str = "") -> Element:
    """What comes back of the card, or of the page that it was answered with."""
    url = f"/approvals/{request.pk}/"
    page = page or read(client(desk).get(url).content)
    return read(client(desk).post(url, form(page, amount), follow=True).content)


def test_it_says_what_it_was_and_what_it_is_now_and_decides_nothing(approvals_desk: Desk) -> None:
    request = approvals_desk.asked(approvals_desk.start())
    page = sent(approvals_desk, request, amount="900")
    assert page.one(id="ask-title").words.startswith("Pay 900.00")
    back = page.one(id="asks-back")
    assert ASKED in back.words
    assert "amount was 180.00 → now 900.00" in back.words
    assert "Cannot be undone." in back.words
    request.refresh_from_db()
    assert (request.status, request.held, approvals_desk.paid()) == ("open", None, [])


def test_said_once_more_it_is_taken_as_it_was_changed(approvals_desk: Desk) -> None:
    request = approvals_desk.asked(approvals_desk.start())
    page = sent(approvals_desk, request, amount="900")
    told = sent(approvals_desk, request, page)
    assert "You approved it with changes: Pay 900.00" in told.one(id="toasts").words
    assert not told.all(id="asks-back")


def test_a_yes_to_one_change_is_none_to_another(approvals_desk: Desk) -> None:
    request = approvals_desk.asked(approvals_desk.start())
    page = sent(approvals_desk, request, amount="900")
    back = sent(approvals_desk, request, page, amount="990").one(id="asks-back")
    assert "now 990" in back.words


def test_its_key_does_not_ask_a_third_time(approvals_desk: Desk) -> None:
    request = approvals_desk.asked(approvals_desk.start())
    first = read(client(approvals_desk).get(f"/approvals/{request.pk}/").content)
    assert "data-arms" in first.one("button", value="approve").attrs
    page = sent(approvals_desk, request, amount="900")
    assert "data-arms" not in page.one("button", value="approve").attrs


@pytest.mark.parametrize(("typed", "said"), [("-3", "more than 0"), ("5000", "never-that-much")])
def test_what_is_refused_anyway_is_not_asked_back(
    approvals_desk: Desk, typed: str, said: str
) -> None:
    request = approvals_desk.asked(approvals_desk.start())
    page = sent(approvals_desk, request, amount=typed)
    assert not page.all(id="asks-back")
    assert said in page.words


def test_what_was_not_changed_or_can_be_undone_is_not_asked_back(approvals_desk: Desk) -> None:
    one = approvals_desk.asked(approvals_desk.start())
    assert "You approved it: Pay 180.00" in sent(approvals_desk, one).one(id="toasts").words
    other = approvals_desk.asked(approvals_desk.start("{ order_id = 7, amount = 5.0 }"))
    Request.objects.filter(pk=other.pk).update(undo=True, effect="reversible")
    told = sent(approvals_desk, other, amount="6")
    assert "You approved it with changes: Pay 6.00" in told.one(id="toasts").words
