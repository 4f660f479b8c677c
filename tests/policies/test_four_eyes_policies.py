"""Tool policies that are loosened and scope grants that are widened wait for a second person."""

from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.urls import reverse

from policies.current.four_eyes.models import ProposedChange
from policies.gate.models import ToolPolicy
from policies.scopes.models import ScopeGrant
from tests.policies import gate_forms
from tests.policies.second_people import answer, client, events, proposed, switch_on

pytestmark = pytest.mark.django_db


class TestAToolPolicy:
    @pytest.fixture(autouse=True)
    def _on(self) -> None:
        switch_on("tool_policy")
        ToolPolicy.objects.all().delete()
        ToolPolicy.objects.create(name="last", priority=900, verdict="allow")

    def policy(self, name: str = "probe", **facts: Any) -> ToolPolicy:
        sent = {"priority": 5, "tool": "issue_refund", "verdict": "deny", **facts}
        return ToolPolicy.objects.create(name=name, **sent)

    def test_that_is_loosened_waits_and_one_that_is_tightened_does_not(
        self, anna: User, bert: User
    ) -> None:
        row = self.policy()
        gate_forms.change(client(anna), row, gate_forms.form())
        row.refresh_from_db()
        assert (row.verdict, proposed().lines) == (
            "deny",
            [["verdict", "deny", "require approval"]],
        )
        answer(bert, proposed(), "confirm")
        row.refresh_from_db()
        assert row.verdict == "require_approval"
        gate_forms.change(client(anna), row, gate_forms.form(verdict="deny"))
        row.refresh_from_db()
        assert (row.verdict, ProposedChange.objects.count()) == ("deny", 1)

    def test_that_is_taken_out_of_force_with_others_waits_with_them(
        self, anna: User, bert: User
    ) -> None:
        rows = [self.policy(), self.policy("other", tool="send_mail")]
        sent = {"action": "disable", "_selected_action": [str(row.pk) for row in rows]}
        client(anna).post(reverse("admin:policies_toolpolicy_changelist"), sent)
        assert ToolPolicy.objects.filter(enabled=True).count() == 3
        assert proposed().what == "2 tool policies"
        answer(bert, proposed(), "confirm")
        assert [row.name for row in ToolPolicy.objects.filter(enabled=True)] == ["last"]

    def test_that_is_new_and_milder_than_what_follows_is_made_as_it_was_written(
        self, anna: User, bert: User
    ) -> None:
        ToolPolicy.objects.filter(name="last").update(verdict="deny")
        gate_forms.add(client(anna), gate_forms.form(note="by two"))
        assert not ToolPolicy.objects.filter(name="probe").exists()
        answer(bert, proposed(), "confirm")
        row = ToolPolicy.objects.get(name="probe")
        assert (row.note, row.verdict, row.priority) == ("by two", "require_approval", 5)
        (added,) = events("toolpolicy.added")
        assert added.actor == "user:anna (confirmed by bert)"

    @pytest.mark.parametrize(
        ("tool", "status"), [("issue_refund", "stale"), ("send_mail", "confirmed")]
    )
    def test_is_overtaken_by_an_edit_of_what_decides_in_its_place(
        self, anna: User, bert: User, tool: str, status: str
    ) -> None:
        row, heir = self.policy(), self.policy("heir", tool=tool, priority=7)
        ToolPolicy.objects.filter(pk=heir.pk).update(verdict="require_approval")
        gate_forms.change(client(anna), row, gate_forms.form(enabled=""))
        ToolPolicy.objects.filter(pk=heir.pk).update(note="what is not asked about calls")
        ToolPolicy.objects.filter(pk=heir.pk).update(verdict="allow")
        answer(bert, proposed(), "confirm")
        row.refresh_from_db()
        assert (proposed().status, row.enabled) == (status, status == "stale")

    def test_whose_name_was_taken_meanwhile_is_refused_in_words(
        self, anna: User, bert: User
    ) -> None:
        ToolPolicy.objects.filter(name="last").update(verdict="deny")
        gate_forms.add(client(anna), gate_forms.form())
        self.policy()
        assert "already exists" in answer(bert, proposed(), "confirm").content.decode()
        assert proposed().status == "open"


def test_a_scope_grant_that_is_widened_waits_and_a_narrower_one_does_not(
    anna: User, bert: User
) -> None:
    switch_on("scope")
    row = ScopeGrant.objects.create(name="desk", group="viewer", scopes="refunds:*")
    sent = {"name": "desk", "enabled": "on", "group": "viewer", "scopes": "refunds:* mail:*"}
    gate_forms.change(client(anna), row, sent)
    assert ScopeGrant.objects.get(pk=row.pk).scopes == "refunds:*"
    answer(bert, proposed(), "confirm")
    assert ScopeGrant.objects.get(pk=row.pk).scopes == "refunds:* mail:*"
    gate_forms.change(client(anna), row, sent | {"scopes": "mail:send"})
    assert ScopeGrant.objects.get(pk=row.pk).scopes == "mail:send"


@pytest.mark.parametrize("group", ["desk", ""])
def test_nobody_confirms_a_scope_grant_by_which_their_own_runs_hold_more(
    anna: User, bert: User, group: str
) -> None:
    switch_on("scope")
    ScopeGrant.objects.all().delete()
    bert.groups.add(Group.objects.create(name="desk"))
    sent = {"name": "more", "enabled": "on", "group": group, "scopes": "refunds:issue"}
    client(anna).post(reverse("admin:policies_scopegrant_add"), sent)
    told = answer(bert, proposed(), "confirm").content.decode()
    assert "Nobody widens their own rights" in told
    assert not ScopeGrant.objects.exists()
    ScopeGrant.objects.create(name="had", group="desk", scopes="refunds:*")
    answer(bert, proposed(), "confirm")
    assert ScopeGrant.objects.filter(name="more").exists()
