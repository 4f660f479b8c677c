"""Somebody is switched off, or leaves a group, while a run works for them: it goes no further for
them, at once.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from channels.db import database_sync_to_async
from django.contrib.auth.models import Group, Permission, User

from console.json_value import Json
from console.refused import Refused
from policies import current
from policies.scopes.models import ScopeGrant
from runs import principals, services
from runs.engine.ports import ToolContext, ToolSpec
from runs.engine.vocabulary import Effect, RunStatus, StopReason
from runs.models import Run
from tests.patience import eventually
from tests.runtime.conftest import Bench, answering, calling, stored

SOON = 2.0
STEPS = "".join(calling("note", f"{{ n = {number} }}") for number in range(3)) + answering()


def noting(house: Bench, change: Callable[[], object], scope: str = "") -> Run:
    """A run of several calls; during the first one the change is made, as another process would: no
    model's signal tells of it. That call ends when this process has read what changed.
    """
    changed: list[bool] = []

    async def note(args: Mapping[str, Json], context: ToolContext) -> Json:
        if not changed:
            changed.append(True)
            known = current.bundle()
            await database_sync_to_async(change)()
            await eventually(lambda: current.bundle() is not known, "the change to be read", SOON)
        return {"noted": 1}

    tool = house.tool("note", note, effect=Effect.REVERSIBLE)
    schema: Any = {"type": "object"}
    tool.spec = ToolSpec("note", "notes", schema, effect=Effect.REVERSIBLE, scope=scope)
    return house.play(house.start(STEPS))


def moments(run: Run, kind: str) -> list[Any]:
    return [row.record for row in stored(run) if row.record.kind == kind]


def test_a_live_run_pauses_within_two_seconds_when_whoever_it_works_for_is_switched_off(
    house: Bench,
) -> None:
    run = noting(house, lambda: User.objects.filter(pk=house.user.pk).update(is_active=False))
    [returned] = moments(run, "call.returned")
    assert returned.outcome == "ok"
    assert (run.status, run.stop_reason) == (RunStatus.PAUSED, StopReason.PRINCIPAL_GONE)
    assert run.stop_detail == f"{house.user}, for whom it works, was deactivated."


def test_a_live_run_loses_the_scopes_of_a_group_that_its_person_leaves(house: Bench) -> None:
    writers = Group.objects.create(name="writers")
    house.user.groups.add(writers)
    ScopeGrant.objects.create(name="notes", group="writers", scopes="notes:write")
    current.forget()
    run = noting(
        house,
        lambda: User.groups.through.objects.filter(group=writers).delete(),
        scope="notes:write",
    )
    [returned], refused = moments(run, "call.returned"), moments(run, "call.refused")
    assert returned.outcome == "ok"
    assert {record.rule for record in refused} == {"scope:notes:write"}


def waiting(house: Bench) -> Run:
    house.tool("pay", effect=Effect.IRREVERSIBLE, idempotent=True)
    return house.play(house.start(calling("pay", "{ amount = 5 }") + answering()))


def switched(person: User, *, active: bool) -> None:
    person.is_active = active
    person.save()
    current.refresh()


def test_a_waiting_run_pauses_as_soon_as_its_person_is_switched_off(house: Bench) -> None:
    run = waiting(house)
    assert run.status == RunStatus.WAITING
    switched(house.user, active=False)
    run.refresh_from_db()
    assert (run.status, run.stop_reason) == (RunStatus.PAUSED, StopReason.PRINCIPAL_GONE)


def test_it_goes_on_only_once_its_person_is_back(house: Bench) -> None:
    run, owner = waiting(house), User.objects.create_superuser("owner")
    switched(house.user, active=False)
    with pytest.raises(Refused, match="Let them in again, or start it anew for somebody else"):
        services.resume(run_id=run.pk, actor=owner, at=datetime.now(UTC))
    switched(house.user, active=True)
    services.resume(run_id=run.pk, actor=owner, at=datetime.now(UTC))
    assert house.play(run).status == RunStatus.WAITING


def test_switching_somebody_off_without_a_model_is_found_by_the_round(house: Bench) -> None:
    run = waiting(house)
    User.objects.filter(pk=house.user.pk).update(is_active=False)
    assert principals.sweep(at=datetime.now(UTC)) == 1
    run.refresh_from_db()
    assert run.stop_reason == StopReason.PRINCIPAL_GONE


STARTERS = "starters"


def may_start(person: User) -> User:
    """By a group alone."""
    person.user_permissions.clear()
    group, _ = Group.objects.get_or_create(name=STARTERS)
    group.permissions.add(Permission.objects.get(codename="operate_run"))
    person.groups.add(group)
    current.refresh()
    return User.objects.get(pk=person.pk)


def demoted(person: User) -> None:
    person.groups.remove(Group.objects.get(name=STARTERS))
    current.refresh()


def by_a_starter(house: Bench) -> Run:
    house.user = may_start(house.user)
    return waiting(house)


def test_a_waiting_run_pauses_once_its_person_may_start_no_runs_any_more(house: Bench) -> None:
    run = by_a_starter(house)
    demoted(house.user)
    run.refresh_from_db()
    assert (run.status, run.stop_reason) == (RunStatus.PAUSED, StopReason.PRINCIPAL_GONE)
    assert run.stop_detail == f"{house.user}, for whom it works, may not run agents any more."


def test_it_goes_on_once_its_person_may_start_runs_again(house: Bench) -> None:
    run, owner = by_a_starter(house), User.objects.create_superuser("owner")
    demoted(house.user)
    with pytest.raises(Refused, match=r"may not run agents any more\. Let them in again"):
        services.resume(run_id=run.pk, actor=owner, at=datetime.now(UTC))
    may_start(house.user)
    services.resume(run_id=run.pk, actor=owner, at=datetime.now(UTC))
    assert house.play(run).status == RunStatus.WAITING


LOSSES: Mapping[str, Callable[[], object]] = {
    "membership": lambda: User.groups.through.objects.filter(group__name=STARTERS).delete(),
    "right of the group": lambda: Group.permissions.through.objects.filter(
        group__name=STARTERS
    ).delete(),
    "group": lambda: Group.objects.filter(name=STARTERS).delete(),
}


@pytest.mark.parametrize("loss", LOSSES)
def test_a_live_run_pauses_at_its_next_step_however_the_right_was_lost(
    house: Bench, loss: str
) -> None:
    house.user = may_start(house.user)
    run = noting(house, LOSSES[loss])
    assert (run.status, run.stop_reason) == (RunStatus.PAUSED, StopReason.PRINCIPAL_GONE)


def test_a_right_that_is_lost_without_a_model_is_found_by_the_round(house: Bench) -> None:
    run = by_a_starter(house)
    LOSSES["membership"]()
    assert principals.sweep(at=datetime.now(UTC)) == 1
    assert principals.sweep(at=datetime.now(UTC)) == 0
    run.refresh_from_db()
    assert run.stop_reason == StopReason.PRINCIPAL_GONE


def test_a_run_that_the_house_started_for_somebody_without_the_right_goes_on(house: Bench) -> None:
    house.user.user_permissions.clear()
    run = waiting(house)
    assert principals.sweep(at=datetime.now(UTC)) == 0
    run.refresh_from_db()
    assert run.status == RunStatus.WAITING
