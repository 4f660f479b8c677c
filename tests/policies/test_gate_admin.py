"""Tool policies in Django admin: mistakes are pointed at, edits are journalled and in force."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from policies import current
from policies.gate import rows as tool_policies
from policies.gate.models import ToolPolicy
from tests.markup import read
from tests.policies.gate_forms import add, change, events, form, signed_in, trial

pytestmark = pytest.mark.django_db


def saved(admin: Client, **changed: Any) -> Any:
    return admin.post(reverse("admin:policies_toolpolicy_add"), form(**changed))


def test_a_policy_names_what_tells_effects_apart_and_for_how_long(admin: Client) -> None:
    wrong = saved(admin, effect_key="order id? amount", effect_hours=0).content.decode()
    assert "is no name of an argument" in wrong
    assert "greater than or equal to 1" in wrong
    assert saved(admin, effect_key="order_id,  amount", effect_hours=24).status_code == 302
    assert ToolPolicy.objects.get(name="probe").effect_key == "order_id amount"
    gate = tool_policies.load()
    assert gate.effect_terms("probe") == (("order_id", "amount"), 24)
    assert gate.effect_terms("reads") == ((), None)


@pytest.fixture
def admin() -> Client:
    return signed_in("admin")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"condition": "args.amount <= 50 &&"}, "Line 1, column 21 at the end: it ends too early"),
        (
            {"condition": "args.amount <= 50\n&& size(arg.x) > 2"},
            "Line 2, column 9 at “arg.x) &gt; 2”: there is no arg here",
        ),
        ({"condition": "args.reason.matches(args.pattern)"}, "a pattern is written out"),
        ({"condition": "tained(args.recipient)"}, "there is no function tained"),
        ({"verdict": "allow_with_caps", "caps": "args.amount =< 50"}, "Line 1, column 13"),
        ({"verdict": "allow_with_caps"}, "needs at least one"),
        ({"verdict": "allow", "cap_per_run": 3}, "Only “allow with caps” has caps"),
        ({"sentence": "{amount} is too much"}, "{amount} cannot be filled in"),
        ({"name": "two words"}, "without a space: “two-words” would do."),
        ({"condition": "1 + " * 900 + "1 > 0"}, "at most 2000 characters"),
        ({"name": "reads"}, "already exists"),
    ],
)
def test_a_policy_that_cannot_work_is_refused_where_the_mistake_is(
    admin: Client, changed: dict[str, Any], said: str
) -> None:
    assert said in add(admin, form(**changed))
    assert not ToolPolicy.objects.filter(priority=5).exists()
    assert not events("toolpolicy.added")


def test_an_edit_is_a_new_version_and_journalled_with_what_was_and_what_is(admin: Client) -> None:
    add(admin, form())
    policy = ToolPolicy.objects.get(name="probe")
    change(admin, policy, form(verdict="allow_with_caps", caps="args.amount <= 50"))
    [added], [changed] = events("toolpolicy.added"), events("toolpolicy.changed")
    assert added.actor == changed.actor == "user:some-admin"
    assert changed.data["toolpolicy"] == "probe"
    assert changed.data["change"] == {
        "version": [1, 2],
        "verdict": ["require_approval", "allow_with_caps"],
        "caps": ["", "args.amount <= 50"],
    }


def test_an_edit_is_in_force_at_the_next_look(admin: Client) -> None:
    current.refresh()
    add(admin, form(verdict="deny"))
    assert current.refresh()
    assert tool_policies.in_force().named("probe") is not None
    assert not current.refresh()


def test_the_list_is_in_the_order_in_which_policies_are_asked(admin: Client) -> None:
    page = admin.get(reverse("admin:policies_toolpolicy_changelist")).content.decode()
    names = [
        "recordings",
        "links-to-known-hosts",
        "short-and-small-meetings",
        "small-refunds",
        "reads",
        "irreversible-needs-a-person",
    ]
    places = [page.index(f">{name}<") for name in names]
    assert places == sorted(places)
    for word in (
        "allow with caps",
        "require approval",
        "all tools, if it cannot be undone",
        "200 a run; 2,000 an hour",
    ):
        assert word in page


def test_policies_are_switched_from_the_list_and_the_journal_has_it(admin: Client) -> None:
    rows = ToolPolicy.objects.filter(name__in=["reads", "small-refunds"])
    url = reverse("admin:policies_toolpolicy_changelist")
    page = admin.post(
        url, {"action": "enable", "_selected_action": [row.pk for row in rows]}, follow=True
    ).content.decode()
    assert "1 put in force" in page
    assert rows.get(name="small-refunds").enabled
    [changed] = events("toolpolicy.changed")
    assert changed.data["change"] == {"version": [1, 2], "enabled": [False, True]}


@pytest.mark.parametrize(
    ("group", "status"), [("operator", 403), ("auditor", 403), ("viewer", 403)]
)
def test_only_administrators_edit(group: str, status: int) -> None:
    client = signed_in(group)
    assert client.post(reverse("admin:policies_toolpolicy_add"), form()).status_code == status
    assert (
        client.post(reverse("admin:policies_toolpolicy_add"), form() | trial()).status_code
        == status
    )
    policy = ToolPolicy.objects.get(name="reads")
    url = reverse("admin:policies_toolpolicy_change", args=[policy.pk])
    assert client.post(url, form() | trial()).status_code == status
    assert ToolPolicy.objects.get(name="reads").verdict == "allow"


def test_calls_of_an_hour_are_counted_up_to_the_cap_and_no_further() -> None:
    at = datetime(2026, 3, 1, 14, 59, tzinfo=UTC)
    with connection.cursor() as cursor:
        taken = [tool_policies.take(cursor, policy="p", agent="a", at=at, cap=2) for _ in range(4)]
        assert taken == [True, True, False, False]
        assert tool_policies.taken(cursor, agent="a", at=at) == {"p": 2}
        assert tool_policies.take(cursor, policy="p", agent="b", at=at, cap=2)
        assert tool_policies.take(cursor, policy="p", agent="a", at=at.replace(hour=15), cap=2)
        assert not tool_policies.take(cursor, policy="q", agent="a", at=at, cap=0)
        assert tool_policies.take(cursor, policy="p", agent="a", at=at.replace(day=3), cap=2)
        assert tool_policies.taken(cursor, agent="a", at=at) == {}


def test_its_page_speaks_of_decisions_effects_and_people(admin: Client) -> None:
    page = read(admin.get(reverse("admin:policies_toolpolicy_add")).content.decode())
    labels = {each.words.rstrip(":") for each in page.all("label")}
    assert {"Decision", "Started by people of"} <= labels
    assert "any effect" in {each.words for each in page.all("option")}
    there = read(admin.get(reverse("admin:policies_toolpolicy_changelist")).content.decode())
    acts = {each.words for each in there.all("option")}
    assert {"Enable the selected policies", "Disable the selected policies"} <= acts
