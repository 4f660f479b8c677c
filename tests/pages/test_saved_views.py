"""Saved views of the fleet: kept on the server, shared by those who may, counted as tabs."""

import re
from collections.abc import Mapping

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from console.journal.models import Event
from console.pages import view_tabs
from runs import saved_views
from runs.language.query_terms import Query
from runs.models import PinnedView, Run, SavedView
from runs.search import runs_asked
from runs.search.asker import Asker
from runs.search.runs_asked import FoundRuns
from tests.pages.lives import life, running
from tests.pages.people import person

pytestmark = pytest.mark.django_db
FORM: Mapping[str, str] = {"name": "Failures", "query": "status:failed age<1h"}


def inside(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def mine(user: User, name: str = "Failures", query: str = "status:failed") -> SavedView:
    return saved_views.save(user=user, name=name, query=query, shared=False, at=timezone.now())


def shared(user: User, name: str = "Failures", query: str = "status:failed") -> SavedView:
    return saved_views.save(user=user, name=name, query=query, shared=True, at=timezone.now())


def tabs(client: Client, path: str = "/?q=") -> dict[str, str]:
    """The tabs of the fleet with their counts."""
    found = re.findall(
        r'class="tab".*?>\s+(.*?)\s*<small data-cell="[^"]+">(.*?)</small>',
        client.get(path).content.decode(),
        re.DOTALL,
    )
    return {re.sub("<[^>]+>", "", word).strip(): re.sub("<[^>]+>", "", n) for word, n in found}


def test_a_view_is_saved_and_stands_as_a_tab_with_its_count() -> None:
    anna = inside(person("viewer", "anna"))
    running(person("operator", "otto"), "goes on")
    page = anna.get("/?q=status:running").content.decode()
    assert "/views/save/?q=status%3Arunning" in page
    saved = anna.post("/views/save/", {"name": "  What\truns ", "query": "state:running"})
    assert saved.status_code == 422, "state is no field"
    saved = anna.post("/views/save/", {"name": "  What\truns ", "query": "status:RUNNING"})
    assert saved["Location"] == "/?q=status%3Arunning"
    assert tabs(anna)["What runs"] == "1"


def test_the_tab_of_the_view_that_is_shown_is_marked() -> None:
    anna = person("viewer", "anna")
    mine(anna, query="cost>1 age<1h")
    page = inside(anna).get("/?q=cost%3E1+age%3C1h").content.decode()
    [here] = re.findall(r'aria-current="page">\s+(.*?)\s*<small data-cell="tab-view', page)
    assert "Failures" in here


def test_a_view_that_is_ones_own_is_nobody_elses() -> None:
    view = mine(person("operator", "anna"))
    bert = inside(person("operator", "bert"))
    assert "Failures" not in bert.get("/views/").content.decode()
    for path in (f"/views/{view.pk}/", f"/views/{view.pk}/pin/", f"/views/{view.pk}/delete/"):
        assert bert.post(path, FORM).status_code == 404
    assert bert.get(f"/views/{view.pk}/").status_code == 404
    view.refresh_from_db()
    assert view.query == "status:failed"


def test_whoever_may_share_shares_and_it_is_on_record() -> None:
    anna = inside(person("operator", "anna"))
    anna.post("/views/save/", {**FORM, "shared": "on"})
    view = SavedView.objects.get()
    assert view.shared
    bert = person("viewer", "bert")
    assert "Failures" in inside(bert).get("/views/").content.decode()
    inside(bert).post(f"/views/{view.pk}/pin/", {"as": "pinned"})
    assert "Failures" in tabs(inside(bert))
    anna.post(f"/views/{view.pk}/", {"name": "Fails", "query": "status:failed", "shared": "on"})
    anna.post(f"/views/{view.pk}/delete/")
    kinds = Event.objects.filter(kind__startswith="savedview.").order_by("id")
    assert [each.kind for each in kinds] == [
        "savedview.added", "savedview.changed", "savedview.deleted",
    ]  # fmt: skip
    assert "Failures" not in tabs(inside(bert))


def test_a_viewer_cannot_share_by_form_or_by_hand() -> None:
    anna = inside(person("viewer", "anna"))
    assert 'name="shared"' not in anna.get("/views/save/").content.decode()
    answer = anna.post("/views/save/", {**FORM, "shared": "on"})
    assert answer.status_code == 422
    assert saved_views.NOT_SHARING in answer.content.decode()
    assert not SavedView.objects.exists()


def test_a_shared_view_is_changed_by_whoever_may_share_alone() -> None:
    view = shared(person("operator", "anna"))
    viewer, bert = inside(person("viewer", "vera")), inside(person("admin", "bert"))
    assert viewer.get(f"/views/{view.pk}/").status_code == 403
    assert viewer.post(f"/views/{view.pk}/delete/").status_code == 403
    bert.post(f"/views/{view.pk}/", {**FORM, "shared": "on"})
    view.refresh_from_db()
    assert view.query == "status:failed age<1h"


def test_what_is_shared_no_more_leaves_the_tabs_of_the_others() -> None:
    view = shared(anna := person("operator", "anna"))
    bert = person("viewer", "bert")
    saved_views.pin(view=view, user=bert, first=True)
    inside(anna).post(f"/views/{view.pk}/", FORM)
    assert "Failures" not in tabs(inside(bert))
    assert inside(bert).get("/").status_code == 200
    assert "Failures" in tabs(inside(anna))


def test_the_fleet_opens_with_the_view_that_is_first_and_all_is_one_click_away() -> None:
    anna = person("viewer", "anna")
    view = mine(anna)
    client = inside(anna)
    client.post(f"/views/{view.pk}/pin/", {"as": "first"})
    opened = client.get("/")
    assert (opened.status_code, opened["Location"]) == (302, "/?q=status%3Afailed")
    everything = client.get("/?q=")
    assert everything.status_code == 200
    assert 'href="/?q="' in everything.content.decode()
    client.post(f"/views/{view.pk}/pin/", {"as": "pinned"})
    assert client.get("/").status_code == 200


def test_one_view_is_first() -> None:
    anna = person("viewer", "anna")
    for name in ("one", "two"):
        saved_views.pin(view=mine(anna, name), user=anna, first=True)
    assert [pin.view.name for pin in PinnedView.objects.filter(first=True)] == ["two"]


def test_so_many_are_pinned_and_no_more() -> None:
    anna = person("viewer", "anna")
    for number in range(9):
        mine(anna, f"view {number}")
    assert len(saved_views.pinned(anna)) == 8
    ninth = SavedView.objects.get(name="view 8")
    answer = inside(anna).post(f"/views/{ninth.pk}/pin/", {"as": "pinned"}, follow=True)
    assert "8 views are pinned already" in answer.content.decode()
    first = SavedView.objects.get(name="view 0")
    inside(anna).post(f"/views/{first.pk}/pin/", {"as": "no"})
    inside(anna).post(f"/views/{ninth.pk}/pin/", {"as": "pinned"})
    assert "view 8" in tabs(inside(anna))


def test_so_many_are_kept_and_no_more() -> None:
    anna = person("viewer", "anna")
    for number in range(saved_views.MOST):
        mine(anna, f"view {number}")
    answer = inside(anna).post("/views/save/", FORM)
    assert "delete one first" in answer.content.decode()


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"name": ""}, "A view needs a name."),
        ({"name": " \u3000"}, "A view needs a name."),
        ({"name": "x" * 41}, "at most 40 characters"),
        ({"name": "a\u202eb"}, "letters, digits, signs and spaces"),
        ({"name": "all"}, "There is a view of this name already."),
        ({"name": "FAILURES"}, "There is a view of this name already."),
        ({"query": ""}, "A view needs a query."),
        ({"query": "   "}, "A view needs a query."),
        ({"query": "agnet:x"}, "Position 1: there is no field agnet."),
        ({"query": "x" * 1001}, "at most 1000 characters"),
    ],
)
def test_what_cannot_be_saved_is_said(given: dict[str, str], sentence: str) -> None:
    mine(anna := person("operator", "anna"))
    answer = inside(anna).post("/views/save/", {"name": "Other", "query": "cost>1", **given})
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert SavedView.objects.count() == 1


def test_a_nul_is_turned_away() -> None:
    anna = inside(person("operator", "anna"))
    assert anna.post("/views/save/", {"name": "a\0b", "query": "x"}).status_code == 400


def test_two_shared_views_are_not_called_the_same() -> None:
    shared(person("operator", "anna"))
    bert = person("operator", "bert")
    answer = inside(bert).post("/views/save/", {**FORM, "name": "failures", "shared": "on"})
    assert "There is a view of this name already." in answer.content.decode()
    assert inside(bert).post("/views/save/", FORM).status_code == 302, "his own may be"


def test_a_hostile_name_is_only_text() -> None:
    anna = person("operator", "anna")
    mine(anna, "<script>alert(1)</script>", '"<img src=x onerror=alert(1)>"')
    for path in ("/?q=", "/views/", f"/views/{SavedView.objects.get().pk}/"):
        text = inside(anna).get(path).content.decode()
        assert "<script>alert" not in text
        assert "<img" not in text
    assert "&lt;script&gt;alert" in inside(anna).get("/?q=").content.decode()


def test_a_view_that_can_no_longer_be_read_says_so_and_breaks_nothing() -> None:
    anna = person("viewer", "anna")
    view = mine(anna)
    mine(anna, "Others", "status:running")
    SavedView.objects.filter(pk=view.pk).update(query="stauts:failed")
    saved_views.pin(view=view, user=anna, first=True)
    running(person("operator", "otto"))
    client = inside(anna)
    found = tabs(client)
    assert (found["Failures"], found["Others"]) == ("mistake", "1")
    assert "Did you mean status:" in client.get("/views/").content.decode()
    opened = client.get("/", follow=True)
    assert opened.status_code == 200
    assert "Position 1:" in opened.content.decode()


def test_what_somebody_shared_who_was_switched_off_is_looked_after_by_others() -> None:
    anna = person("operator", "anna")
    view = shared(anna)
    mine(anna, "Her own")
    anna.is_active = False
    anna.save()
    client = inside(person("operator", "bert"))
    page = client.get("/views/").content.decode()
    assert "(left)" in page
    assert "Her own" not in page
    assert client.post(f"/views/{view.pk}/", {**FORM, "shared": "on"}).status_code == 302
    client.post(f"/views/{view.pk}/delete/")
    assert not SavedView.objects.filter(pk=view.pk).exists()


def test_an_owner_who_may_share_no_more_can_still_take_it_back() -> None:
    anna = person("operator", "anna")
    view = shared(anna)
    anna.groups.clear()
    anna = User.objects.get(pk=anna.pk)
    with pytest.raises(Exception, match="Sharing a view"):
        saved_views.change(
            view=view, user=anna, name="X", query="cost>9", shared=True, at=timezone.now()
        )
    saved_views.change(
        view=view, user=anna, name="X", query="cost>9", shared=False, at=timezone.now()
    )
    assert not SavedView.objects.get().shared


def test_counts_of_an_open_page_come_with_its_rows() -> None:
    anna = person("viewer", "anna")
    view = mine(anna, "Running here", "status:running")
    running(person("operator", "otto"))
    rows = inside(anna).get("/fleet/rows/?q=cost%3E1&ids=&new=").content.decode()
    assert f'data-cell="tab-view-{view.pk}">1<' in rows


def test_eight_views_are_counted_in_one_statement(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    anna = person("viewer", "anna")
    for number in range(8):
        mine(anna, f"view {number}", f"cost>{number} age<1h")
    client = inside(anna)
    client.get("/?q=")
    life(person("operator", "otto"))
    with django_assert_max_num_queries(24 + 5):
        client.get("/?q=")


def test_a_view_that_takes_too_long_has_no_count_and_holds_nothing_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    anna = person("viewer", "anna")
    mine(anna, "Slow", "cost>0 age<1h")
    mine(anna, "Quick", "status:running")
    running(person("operator", "otto"))
    found = runs_asked.found

    def slow(query: Query, asker: Asker) -> FoundRuns:
        if not query.named("cost"):
            return found(query, asker)
        counts = "(SELECT count(*) FROM generate_series(1, 100000000)) > 0"
        return FoundRuns((Run.objects.extra(where=[counts]), None))

    monkeypatch.setattr(runs_asked, "found", slow)
    monkeypatch.setattr(view_tabs, "ALONE", 0.05)
    monkeypatch.setattr(view_tabs, "_slow", {})
    shown = tabs(inside(anna))
    assert (shown["All"], shown["Quick"], shown["Slow"]) == ("1", "1", "")
    assert [text for _, text in view_tabs._slow] == ["cost>0 age<1h"]


def test_pages_of_views_ask_for_a_sign_in() -> None:
    for name in ("saved_views", "saved_view_save"):
        assert Client().get(reverse(name)).status_code == 302
