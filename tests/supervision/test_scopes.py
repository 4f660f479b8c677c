"""A tool's scope is asked of whoever the run works for: without it no policy and no approver lets
the call through.
"""

from typing import Any

import pytest
from django.contrib.auth.models import Group, User

from policies import current
from policies.scopes.models import ScopeGrant
from runs.demo.models import Refund
from runs.engine.vocabulary import RunStatus, Waiting
from runs.models import Agent, Run
from tests.runtime.conftest import answering as final
from tests.runtime.conftest import calling, stored
from tests.supervision import answering
from tests.supervision.conftest import Shop, in_force

ORDER, CUSTOMER = 1_042, "rosa.thorne1@example.com"
PAY = calling(
    "issue_refund",
    f'{{ order_id = {ORDER}, amount = 40.00, recipient = "{CUSTOMER}", reason = "broken" }}',
)
LOOK = calling("get_order", f"{{ order_id = {ORDER} }}")


@pytest.fixture
def desk(shop: Shop) -> Shop:
    Agent.objects.filter(name="refund-desk").update(acceptance=[])
    in_force("small-refunds")
    return shop


def granted(name: str, **facts: Any) -> None:
    ScopeGrant.objects.update_or_create(name=name, defaults=facts)
    current.refresh()


def played(desk: Shop) -> Run:
    return desk.play("refund-desk", LOOK + PAY + final(), f"Put order {ORDER} right.")


def refused(run: Run) -> list[tuple[str, str]]:
    return [
        (row.record.rule, str(row.record.data["sentence"]))
        for row in stored(run)
        if row.record.kind == "call.refused"
    ]


def test_operators_hold_every_scope_out_of_the_box(desk: Shop) -> None:
    assert (refused(played(desk)), Refund.objects.count()) == ([], 1)


def test_without_the_scope_a_call_is_refused_with_its_rule_and_a_sentence_and_the_run_goes_on(
    desk: Shop,
) -> None:
    granted("operators", scopes="tickets:* orders:*")
    run = played(desk)
    sentence = (
        "issue_refund needs the scope refunds:issue, and operator, for whom this run works, does"
        " not hold it."
    )
    assert refused(run) == [("scope:refunds:issue", sentence)]
    assert (run.status, Refund.objects.count()) == (RunStatus.COMPLETED, 0)


def test_a_tool_that_needs_no_scope_is_for_everybody(desk: Shop) -> None:
    ScopeGrant.objects.all().delete()
    current.refresh()
    run = desk.play("refund-desk", LOOK + final(), f"Look order {ORDER} up.")
    assert (run.status, refused(run)) == (RunStatus.COMPLETED, [])


def test_any_group_of_the_person_may_bring_the_scope(desk: Shop) -> None:
    granted("operators", enabled=False)
    granted("desk", group="desk", scopes="refunds:*")
    desk.starter.groups.add(Group.objects.create(name="desk"))
    assert (refused(played(desk)), Refund.objects.count()) == ([], 1)


def test_a_superuser_holds_every_scope(desk: Shop) -> None:
    ScopeGrant.objects.all().delete()
    current.refresh()
    User.objects.filter(pk=desk.starter.pk).update(is_superuser=True)
    assert (refused(played(desk)), Refund.objects.count()) == ([], 1)


def test_an_approver_cannot_lend_a_scope_that_was_withdrawn_meanwhile(desk: Shop) -> None:
    in_force("small-refunds", enabled=False)
    run = played(desk)
    assert run.waiting_for == Waiting.APPROVAL
    granted("operators", enabled=False)
    run, _ = desk.played(run)
    assert [rule for rule, _ in refused(run)] == ["scope:refunds:issue"]
    assert (answering.asked(run), Refund.objects.count()) == ([], 0)
