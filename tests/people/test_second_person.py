"""Roles and rights of people wait for a second person, where the rule says so: given, made wider,
switched on again; who may confirm them, and what is never held up.
"""

from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.test import Client

from policies.current.four_eyes.models import ProposedChange
from tests.people.test_rights import change
from tests.policies.second_people import answer, client, events, proposed, staff, switch_on

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _on() -> None:
    switch_on("role")


@pytest.fixture
def anna() -> User:
    return staff("anna")


@pytest.fixture
def bert() -> User:
    return staff("bert")


def group(name: str) -> Group:
    return Group.objects.get(name=name)


def roles(person: User) -> set[str]:
    return set(User.objects.get(pk=person.pk).groups.values_list("name", flat=True))


def given(editor: User, whom: User, *names: str, **more: Any) -> int:
    return change(editor, whom, groups=[group(name).pk for name in names], **more)


def test_a_role_that_is_given_is_held_until_somebody_else_confirms_it(
    anna: User, bert: User
) -> None:
    olga = staff("olga", "viewer")
    given(anna, olga, "viewer", "operator", four_eyes_reason="new in the team")
    assert (roles(olga), proposed().lines) == ({"viewer"}, [["role", "nothing", "operator"]])
    assert proposed().reason == "new in the team"
    answer(bert, proposed(), "confirm")
    assert roles(olga) == {"viewer", "operator"}
    (event,) = events("user.changed")
    assert event.actor == "user:anna (confirmed by bert)"
    assert event.data["change"]["groups"] == [["viewer"], ["operator", "viewer"]]


def test_a_role_that_lets_into_the_configuration_does_so_once_confirmed(
    anna: User, bert: User
) -> None:
    olga = staff("olga", "viewer")
    given(anna, olga, "admin")
    assert not User.objects.get(pk=olga.pk).is_staff
    answer(bert, proposed(), "confirm")
    again = User.objects.get(pk=olga.pk)
    assert (again.is_staff, roles(olga)) == (True, {"admin"})


def test_a_role_that_is_taken_away_is_gone_at_once(anna: User) -> None:
    olga = staff("olga", "operator")
    given(anna, olga)
    assert (roles(olga), ProposedChange.objects.count()) == (set(), 0)


def test_somebody_who_is_switched_off_is_so_at_once_and_on_again_by_two(
    anna: User, bert: User
) -> None:
    olga = staff("olga", "operator")
    given(anna, olga, "operator", is_active="")
    assert not User.objects.get(pk=olga.pk).is_active
    given(anna, User.objects.get(pk=olga.pk), "operator")
    assert not User.objects.get(pk=olga.pk).is_active
    answer(bert, proposed(), "confirm")
    assert User.objects.get(pk=olga.pk).is_active


def test_nobody_confirms_what_widens_their_own_rights(anna: User) -> None:
    carla = staff("carla")
    auditors = Group.objects.create(name="helpers")
    given(anna, carla, "admin", auditors.name)
    assert "their own rights" in answer(carla, proposed(), "confirm").content.decode()
    assert roles(carla) == {"admin"}


def test_nobody_confirms_a_role_that_may_more_than_they() -> None:
    one, two = (User.objects.create_superuser(name) for name in ("olivia", "oskar"))
    olga, admin = staff("olga", "viewer"), staff("anna")
    given(one, olga, "auditor")
    assert "rights that you do not" in answer(admin, proposed(), "confirm").content.decode()
    answer(two, proposed(), "confirm")
    assert roles(olga) == {"auditor"}


def test_an_owner_is_made_by_two_owners(anna: User) -> None:
    one, two = (User.objects.create_superuser(name) for name in ("olivia", "oskar"))
    olga = staff("olga", "viewer")
    given(one, olga, "viewer", is_superuser="on")
    assert not User.objects.get(pk=olga.pk).is_superuser
    assert "for owners only" in answer(anna, proposed(), "confirm").content.decode()
    answer(two, proposed(), "confirm")
    assert User.objects.get(pk=olga.pk).is_superuser


def test_a_proposed_role_falls_with_the_proposers_own_rights(anna: User, bert: User) -> None:
    olga = staff("olga", "viewer")
    given(anna, olga, "operator")
    User.objects.filter(pk=anna.pk).update(is_active=False)
    assert "anna could not" in answer(bert, proposed(), "confirm").content.decode()
    assert roles(olga) == {"viewer"}


def test_a_role_that_may_more_by_now_than_when_it_was_proposed_is_proposed_again(
    anna: User, bert: User
) -> None:
    olga = staff("olga", "viewer")
    given(anna, olga, "operator")
    group("operator").permissions.add(Permission.objects.get(codename="change_budget"))
    assert "changed meanwhile" in answer(bert, proposed(), "confirm").content.decode()
    assert roles(olga) == {"viewer"}


def test_somebody_new_is_here_at_once_without_the_role(anna: User, bert: User) -> None:
    sent = {"username": "nina", "usable_password": "false", "groups": [str(group("operator").pk)]}
    told = client(anna).post("/admin/auth/user/add/", sent, follow=True).content.decode()
    nina = User.objects.get(username="nina")
    assert (roles(nina), proposed().lines) == (set(), [["role", "nothing", "operator"]])
    assert "here without a role" in told
    answer(bert, proposed(), "confirm")
    assert roles(nina) == {"operator"}


def save_group(editor: User, row: Group, *codenames: str, name: str = "") -> None:
    found = Permission.objects.filter(codename__in=codenames).values_list("pk", flat=True)
    sent: dict[str, Any] = {"name": name or row.name, "permissions": [str(each) for each in found]}
    client(editor).post(f"/admin/auth/group/{row.pk}/change/", sent)


def test_a_group_that_may_more_waits_and_one_that_may_less_does_not() -> None:
    one, two = (User.objects.create_superuser(name) for name in ("olivia", "oskar"))
    desk = Group.objects.create(name="desk")
    save_group(one, desk, "view_run", "operate_run")
    assert not desk.permissions.exists()
    answer(two, proposed(), "confirm")
    assert desk.permissions.count() == 2
    (event,) = events("group.changed")
    assert event.actor == "user:olivia (confirmed by oskar)"
    save_group(one, desk, "view_run")
    assert (desk.permissions.count(), ProposedChange.objects.count()) == (1, 1)


def test_passwords_are_in_no_proposal(anna: User) -> None:
    olga = staff("olga", "viewer")
    olga.set_password("correct horse")
    olga.save()
    given(anna, olga, "operator")
    (edit,) = proposed().args["rows"]
    assert not {"password", "last_login"} & edit["fields"].keys()
    assert olga.password not in str(proposed().args)


def test_a_viewer_sees_no_proposed_change(anna: User) -> None:
    given(anna, olga := staff("olga", "viewer"), "operator")
    page = f"/policies/changes/{proposed().pk}/"
    assert client(olga).get(page).status_code == 403
    assert Client().get(page).status_code == 302
    assert client(staff("otto", "operator")).get(page).status_code == 404
