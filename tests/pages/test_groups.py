"""The five kinds of people: what each may do, on a database fresh from its migrations."""

import pytest
from django.contrib.auth.models import Group

from tests.pages.people import person

pytestmark = pytest.mark.django_db
LEVERS = {"policies.view_breaker", "policies.view_halt", "policies.view_proposedchange"}
POLICIES = {
    f"policies.view_{model}"
    for model in (
        "toolpolicy",
        "thresholds",
        "budget",
        "breakerpolicy",
        "retrypolicy",
        "judgepolicy",
        "patiencepolicy",
        "routingpolicy",
        "scopegrant",
        "foureyesrule",
    )
}
NOTICES = {f"approvals.view_{model}" for model in ("channel", "delivery", "guard")}
HELD = {
    "viewer": {"runs.view_run"},
    "operator": {
        "runs.view_run",
        "runs.operate_run",
        "runs.share_view",
        "journal.view_user_hidden",
        "journal.search_audit",
    }
    | {"approvals.view_request", "policies.pull_lever"}
    | LEVERS,
    "approver": {
        "runs.view_run",
        "journal.view_user_hidden",
        "approvals.view_request",
        "approvals.decide_request",
    },
    "auditor": {"runs.view_run", "runs.view_agent", "runs.view_mcpserver", "approvals.view_request"}
    | {"journal.view_user_hidden", "journal.view_always_hidden", "journal.search_audit"}
    | LEVERS
    | POLICIES
    | NOTICES,
}


@pytest.mark.parametrize("group", HELD)
def test_a_group_holds_exactly_its_permissions(group: str) -> None:
    assert person(group).get_all_permissions() == HELD[group]


def test_an_admin_operates_and_edits_and_still_reads_no_system_prompt_from_the_journal() -> None:
    held = person("admin").get_all_permissions()
    assert held >= HELD["operator"] | {
        "runs.change_agent",
        "runs.add_mcpserver",
        "auth.change_user",
    }
    assert "journal.view_always_hidden" not in held


def test_no_permission_is_there_twice() -> None:
    names = [
        (permission.content_type_id, permission.codename)
        for group in Group.objects.all()
        for permission in group.permissions.all()
    ]
    assert len({codename for _, codename in names}) == len(set(names))
