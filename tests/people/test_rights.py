"""Nobody lifts themself, takes over somebody who may more, or removes the last owner; and no name
can be taken for another.
"""

import pytest
from django.contrib.auth.models import AnonymousUser, Group, Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from console.journal import append as journal
from console.journal.records import HOUSE_KEY
from console.signing_in import known_person
from tests.pages.people import person
from tests.policies import second_people

pytestmark = pytest.mark.django_db
FORM = {
    "date_joined_0": "2026-01-01",
    "date_joined_1": "00:00:00",
    "last_login_0": "",
    "last_login_1": "",
}


def staff(group: str = "admin", name: str = "gadmin") -> User:
    user = person(group, name)
    user.is_staff = True
    user.save(update_fields=["is_staff"])
    return user


def client(user: User) -> Client:
    one = Client()
    one.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return one


def change(editor: User, whom: User, **fields: object) -> int:
    sent = {
        **FORM,
        "username": whom.username,
        "is_active": "on",
        "is_staff": "on" if whom.is_staff else "",
        **fields,
    }
    return (
        client(editor)
        .post(
            f"/admin/auth/user/{whom.pk}/change/",
            {key: value for key, value in sent.items() if value},
        )
        .status_code
    )


def again(user: User) -> User:
    return User.objects.get(pk=user.pk)


@pytest.fixture
def owner() -> User:
    return User.objects.create_superuser("olivia")


def test_a_page_knows_the_rights_of_its_reader_and_of_their_groups_in_one_statement() -> None:
    ada = person("viewer", "ada")
    ada.groups.add(Group.objects.get(name="approver"))
    ada.user_permissions.add(Permission.objects.get(codename="view_escrow"))
    read = known_person.with_rights(User.objects.get(pk=ada.pk))
    with CaptureQueriesContext(connection) as seen:
        found = read.get_all_permissions()
    assert (len(seen), found) == (0, User.objects.get(pk=ada.pk).get_all_permissions())


def test_nobody_has_a_right_who_may_not_come_in() -> None:
    gone = person("admin", "gone")
    gone.is_active = False
    assert not known_person.with_rights(gone).has_perm("runs.view_run")
    assert not known_person.with_rights(AnonymousUser()).has_perm("runs.view_run")


def test_a_right_that_was_taken_away_holds_no_longer_than_a_page() -> None:
    ada = person("operator", "ada")
    browser = client(ada)
    assert browser.get("/").status_code == 200
    ada.groups.clear()
    assert browser.get("/").status_code == 403
    ada.user_permissions.add(Permission.objects.get(codename="view_run"))
    assert browser.get("/").status_code == 200


def test_nobody_makes_themself_an_owner(owner: User) -> None:
    mine = staff()
    groups = [group.pk for group in Group.objects.all()]
    change(mine, mine, is_superuser="on", user_permissions=["1", "2"], groups=groups)
    assert (again(mine).is_superuser, again(mine).user_permissions.count()) == (False, 0)
    assert set(again(mine).groups.values_list("name", flat=True)) == {"admin"}


@pytest.mark.parametrize("path", ["change", "password", "delete"])
def test_an_owner_is_changed_deleted_and_let_in_by_owners_alone(owner: User, path: str) -> None:
    answer = client(staff()).post(
        f"/admin/auth/user/{owner.pk}/{path}/",
        {"post": "yes", "password1": "new password!", "password2": "new password!"},
    )
    assert answer.status_code == 403
    assert again(owner).password == owner.password


def test_an_owner_is_not_deleted_among_many(owner: User) -> None:
    sent = {"action": "delete_selected", "_selected_action": [str(owner.pk)], "post": "yes"}
    client(staff()).post("/admin/auth/user/", sent)
    assert User.objects.filter(pk=owner.pk).exists()


def test_nobody_signs_in_as_somebody_who_may_more(owner: User) -> None:
    approver = person("auditor", "ada")
    new = {"password1": "new password!", "password2": "new password!", "usable_password": "true"}
    assert client(staff()).post(f"/admin/auth/user/{approver.pk}/password/", new).status_code == 403
    assert client(owner).post(f"/admin/auth/user/{approver.pk}/password/", new).status_code == 302


@pytest.mark.parametrize(("usable", "noted"), [("true", ["eva"]), ("false", [])])
def test_a_password_that_comes_with_somebody_new_is_on_record_as_set_for_them(
    owner: User, usable: str, noted: list[str]
) -> None:
    new = {"username": "eva", "usable_password": usable}
    words = {"password1": "the lamp 42", "password2": "the lamp 42"} if noted else {}
    assert client(owner).post("/admin/auth/user/add/", new | words).status_code == 302
    found = second_people.events("user.password_set")
    assert [each.data["user"] for each in found] == noted


def test_only_rights_that_one_holds_are_handed_on_and_none_is_taken_by_the_way(owner: User) -> None:
    ada, operators = person("auditor", "ada"), Group.objects.get(name="operator")
    bert, auditors = person("viewer", "bert"), Group.objects.get(name="auditor")
    assert change(staff(), ada, groups=[operators.pk]) == 302
    assert set(again(ada).groups.values_list("name", flat=True)) == {"auditor", "operator"}
    change(User.objects.get(username="gadmin"), bert, groups=[operators.pk, auditors.pk])
    assert "auditor" not in again(bert).groups.values_list("name", flat=True)


def test_the_last_owner_stays(owner: User) -> None:
    assert change(owner, owner, is_superuser="on", is_active="") == 200
    assert change(owner, owner, is_superuser="") == 200
    assert (
        client(owner).post(f"/admin/auth/user/{owner.pk}/delete/", {"post": "yes"}).status_code
        == 403
    )
    assert (again(owner).is_superuser, again(owner).is_active) == (True, True)


def test_a_rename_is_written_down_under_the_id_that_stays(owner: User) -> None:
    anna = person("operator", "anna")
    assert change(owner, anna, username="anna.berg") == 302
    record = next(
        each.record
        for each in reversed(journal.read(connection, HOUSE_KEY))
        if each.record.kind == "user.changed"
    )
    assert (record.kind, record.actor, record.data["id"]) == (
        "user.changed",
        "user:olivia",
        anna.pk,
    )
    assert record.data["change"]["username"] == ["anna", "anna.berg"]
    assert "password" not in record.data["change"]


@pytest.mark.parametrize(
    "name", ["Anna", "аnnа", "ａnna", "a\u200bnna", "system", "Supervis0r", "clock", "ɑnna"]
)
def test_a_name_that_reads_like_another_is_refused(owner: User, name: str) -> None:
    person("operator", "anna")
    sent = {
        "username": name,
        "password1": "a long password!",
        "password2": "a long password!",
        "usable_password": "true",
    }
    assert client(owner).post("/admin/auth/user/add/", sent).status_code == 200
    assert not User.objects.filter(username=name).exists()


def test_a_name_of_its_own_is_taken(owner: User) -> None:
    person("operator", "anna")
    sent = {
        "username": "hannah",
        "password1": "a long password!",
        "password2": "a long password!",
        "usable_password": "true",
    }
    assert client(owner).post("/admin/auth/user/add/", sent).status_code == 302
