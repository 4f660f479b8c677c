"""People are renamed and switched off while runs wait: who they are and what they may is asked of them as they are now."""

import pytest

from approvals.errors import NotDecided
from approvals.rules.refusals import Reason
from runs.runtime.lease import Lease
from runs.supervision import assembly
from tests.approvals.desk import Desk, person


def test_whoever_started_a_run_does_not_approve_it_under_another_name(approvals_desk: Desk) -> None:
    request = approvals_desk.asked(approvals_desk.start())
    olga = approvals_desk.bench.user
    olga.groups.add(*approvals_desk.ada.groups.all())
    olga.username = "olga-renamed"
    olga.save()
    with pytest.raises(NotDecided) as no:
        approvals_desk.decide(request, by=olga)
    assert no.value.refusal.reason is Reason.OWN_RUN


def test_a_yes_of_somebody_who_was_switched_off_counts_no_more(approvals_desk: Desk) -> None:
    approvals_desk.gated.terms = {"quorum": 2}
    request = approvals_desk.asked(approvals_desk.start())
    approvals_desk.decide(request)
    approvals_desk.ada.is_active = False
    approvals_desk.ada.save()
    assert approvals_desk.decide(request, by=person("bert", "approver")).status == "open"
    assert approvals_desk.decide(request, by=person("cleo", "approver")).status == "decided"


def test_whoever_was_switched_off_lends_a_run_neither_groups_nor_an_owners_rights(approvals_desk: Desk) -> None:
    run = approvals_desk.start()
    ada = approvals_desk.ada
    ada.is_superuser, ada.is_active = True, False
    ada.save()
    keeper = assembly.keeper(Lease(run.pk, "", 1, run.snapshot, run.correlation_id, "ada", ada.pk))
    assert (keeper.groups, keeper.unbounded) == (frozenset(), False)
