"""The page of breakers, its levers, and the policies of breakers and retries in the admin."""

import html
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.urls import reverse

from console import admin_places
from console.journal import append
from console.journal.records import HOUSE_KEY
from policies.circuit import rows as breaker_rows
from policies.circuit import rules
from policies.circuit.breaker_states import standings
from policies.circuit.models import Breaker, BreakerPolicy
from policies.circuit.rules import BreakerPhase, BreakerThresholds, CallFailed, Succeeded
from policies.retries.models import RetryPolicy
from tests.pages.people import signed_in
from tests.pages.test_frame import INLINE

pytestmark = pytest.mark.django_db
NOW = datetime.now(UTC)
PAGE = "/policies/breakers/"


def kept(tool: str, *happenings: rules.Happening, at: datetime | None = None) -> None:
    """A breaker with this history in the table."""
    raw = append.raw_connection(connection)
    (state,) = breaker_rows.locked(raw, [tool])
    for each in happenings:
        state = rules.moved(state, each, BreakerThresholds(), at or datetime.now(UTC))
    breaker_rows.write(raw, [state])


def text(client: Client, path: str) -> str:
    return client.get(path).content.decode()


def test_tools_that_are_cut_off_come_first_with_the_reason_and_when_they_are_tried_again() -> None:
    kept("a_healthy_tool", Succeeded(12))
    kept("get_rates", *[CallFailed("503 Service Unavailable")] * 5)
    kept("b_shaky_tool", Succeeded(8), CallFailed("busy"))
    assert [each.row.tool for each in standings(datetime.now(UTC))] == [
        "get_rates",
        "b_shaky_tool",
        "a_healthy_tool",
    ]
    page = text(signed_in("operator"), PAGE)
    assert "5 of 5 calls in 60 s failed, the last one: 503 Service Unavailable" in page
    assert 'data-tick="left"' in page
    assert page.index("get_rates") < page.index("b_shaky_tool") < page.index("a_healthy_tool")


def test_counts_are_of_the_last_minute() -> None:
    kept("get_order", Succeeded(12), at=NOW - timedelta(minutes=5))
    (standing,) = standings(NOW)
    assert standing.minute.calls == 0


@pytest.mark.parametrize(
    ("group", "code"),
    [("viewer", 403), ("operator", 200), ("approver", 200), ("auditor", 200), ("admin", 200)],
)
def test_the_page_is_for_those_who_may_read_tool_calls(group: str, code: int) -> None:
    client = signed_in(group)
    assert client.get(PAGE).status_code == client.get("/policies/").status_code == code


def test_only_those_who_may_pull_levers_have_them() -> None:
    kept("get_rates", *[CallFailed()] * 5)
    assert "Cut off…" not in text(signed_in("auditor"), PAGE)
    for path in ("/policies/breakers/force/", "/policies/breakers/reset/"):
        assert (
            signed_in("approver").post(path, {"tool": "get_rates", "reason": "x"}).status_code
            == 403
        )
        User.objects.all().delete()
    assert Breaker.objects.get().phase == "open"


def test_a_tool_is_cut_off_and_let_again_by_hand() -> None:
    client = signed_in("operator")
    page = client.post(
        "/policies/breakers/force/", {"tool": "get_rates", "reason": "migrating"}, follow=True
    ).content.decode()
    assert "get_rates is cut off in every worker" in page
    assert "some-operator: migrating" in page
    assert Breaker.objects.get().phase == "forced"
    page = client.post(
        "/policies/breakers/reset/", {"tool": "get_rates", "reason": "done"}, follow=True
    ).content.decode()
    assert "get_rates may be called again." in page
    kinds = [stored.record.kind for stored in append.read(connection, HOUSE_KEY)]
    assert kinds[-2:] == ["breaker.forced", "breaker.reset"]


@pytest.mark.parametrize("verb", ["force", "reset"])
def test_a_lever_that_has_a_page_of_its_own_leads_to_the_breakers(verb: str) -> None:
    its_page = f"/policies/breakers/{verb}/"
    asked = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{its_page}?tool=get_order"}
    kept("get_order", *[CallFailed("503 Service Unavailable")] * 5)
    form = {"tool": "get_order", "reason": "why"}
    answer = signed_in("operator").post(its_page, form, headers=asked)
    assert (answer.status_code, answer["HX-Redirect"]) == (204, "/policies/breakers/")


def test_a_lever_without_a_reason_is_refused_in_words() -> None:
    answer = signed_in("operator").post("/policies/breakers/force/", {"tool": "get_rates"})
    assert answer.status_code == 409
    assert "needs a reason" in answer.content.decode()
    assert not Breaker.objects.exists()


def test_the_page_without_any_tool_says_what_it_is_for() -> None:
    assert "No tool was called yet" in text(signed_in("operator"), PAGE)


def test_the_list_is_fetched_with_a_constant_number_of_queries(
    django_assert_max_num_queries: Any,
) -> None:
    for number in range(60):
        kept(f"tool_{number}", Succeeded(3))
    client = signed_in("operator")
    with django_assert_max_num_queries(8):
        assert text(client, f"{PAGE}?rows").count("<tr") == 61


def test_breaker_pages_hold_nothing_inline() -> None:
    kept("get_rates", *[CallFailed("<script>alert(1)</script>")] * 5)
    client = signed_in("operator")
    for path in (
        PAGE,
        "/policies/breakers/force/?tool=get_rates",
        "/policies/breakers/reset/?tool=<script>",
        "/policies/",
    ):
        for headers in ({}, {"HX-Request": "true"}):
            page = client.get(path, headers=headers).content.decode()
            assert not INLINE.search(page), path
            assert "<script>" not in page, path


@pytest.fixture
def alba(client: Client) -> Client:
    client.force_login(
        User.objects.create_superuser("alba"), backend="django.contrib.auth.backends.ModelBackend"
    )
    return client


def form(of: BreakerPolicy | RetryPolicy, **changed: Any) -> dict[str, Any]:
    """What the admin's page of this policy would post."""
    values = {
        field.name: getattr(of, field.name)
        for field in of._meta.fields
        if field.editable and field.name != "id"
    }
    return {
        name: "on" if value is True else value
        for name, value in {**values, **changed}.items()
        if value is not False
    }


def test_an_edit_of_a_breaker_policy_is_a_new_version_and_is_journalled_with_what_was(
    alba: Client,
) -> None:
    policy = BreakerPolicy.objects.get()
    alba.post(
        reverse("admin:policies_breakerpolicy_change", args=[policy.pk]),
        form(policy, minimum_calls=9),
    )
    policy.refresh_from_db()
    assert (policy.minimum_calls, policy.version) == (9, 2)
    edits = [
        stored.record
        for stored in append.read(connection, HOUSE_KEY)
        if stored.record.kind == "breakerpolicy.changed"
    ]
    assert [edit.data["change"]["minimum_calls"] for edit in edits] == [[5, 9]]
    assert breaker_rows.policies()[0].calls == 9


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"failure_percent": 0}, "greater than or equal to 1"),
        ({"window_seconds": 4}, "greater than or equal to 5"),
        ({"longest_seconds": 3}, "open for longer than that"),
        ({"growth": "0.5"}, "greater than or equal to 1"),
    ],
)
def test_breaker_policies_that_make_no_sense_are_refused(
    alba: Client, changed: dict[str, Any], words: str
) -> None:
    policy = BreakerPolicy.objects.get()
    page = alba.post(
        reverse("admin:policies_breakerpolicy_change", args=[policy.pk]), form(policy, **changed)
    ).content.decode()
    assert words in page
    policy.refresh_from_db()
    assert policy.version == 1


def test_retry_policies_are_edited_and_refused_likewise(alba: Client) -> None:
    policy = RetryPolicy.objects.get()
    url = reverse("admin:policies_retrypolicy_change", args=[policy.pk])
    assert "longer than that" in alba.post(url, form(policy, cap_seconds=0.1)).content.decode()
    alba.post(url, form(policy, attempts=5))
    policy.refresh_from_db()
    assert (policy.attempts, policy.version) == (5, 2)


def test_levers_and_states_are_only_looked_at_in_the_admin(alba: Client) -> None:
    kept("get_rates", CallFailed())
    for name in ("halt", "breaker"):
        assert alba.get(reverse(f"admin:policies_{name}_changelist")).status_code == 200
        assert alba.get(reverse(f"admin:policies_{name}_add")).status_code == 403
    assert Breaker.objects.get().phase == BreakerPhase.CLOSED


def test_the_way_to_each_list_of_policies_says_what_they_are_for() -> None:
    admin = signed_in("admin")
    User.objects.update(is_staff=True)
    page = admin.get("/policies/").content.decode()
    for name in ("policies.ToolPolicy", "policies.Budget", "policies.RetryPolicy"):
        assert html.escape(admin_places.ABOUT[name]) in page
    assert "Nothing is halted" in page
