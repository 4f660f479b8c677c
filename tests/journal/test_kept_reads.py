"""Reads whose statement is put together once give what Django would give each time."""

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.db.models import QuerySet
from django.test.utils import CaptureQueriesContext

from console.journal.kept_reads import KeptRead

pytestmark = pytest.mark.django_db


def rights(codename: str) -> QuerySet[Permission]:
    return Permission.objects.filter(codename=codename).select_related("content_type").defer("name")


def test_rows_are_what_django_makes_of_them_with_what_belongs_to_them() -> None:
    read = KeptRead(lambda: rights("stand-in"), "stand-in")
    for codename in ("view_run", "operate_run", "view_run", "there is none"):
        found, wanted = read(codename), list(rights(codename))
        assert [vars(each) | {"_state": None} for each in found] == [
            vars(each) | {"_state": None} for each in wanted
        ]
        assert [each.get_deferred_fields() for each in found] == [{"name"}] * len(wanted)


def test_a_row_and_what_belongs_to_it_take_one_statement() -> None:
    read = KeptRead(lambda: rights("stand-in"), "stand-in")
    with CaptureQueriesContext(connection) as seen:
        [found] = read("view_run")
        assert isinstance(found.content_type, ContentType)
        assert found.content_type.app_label == "runs"
    assert len(seen) == 1
    assert found == rights("view_run").get()


def test_a_row_that_was_read_can_be_saved() -> None:
    person = User.objects.create_user("ada")
    person.groups.add(Group.objects.get(name="viewer"))
    [found] = KeptRead(lambda: User.objects.filter(pk=-1), -1)(person.pk)
    found.first_name = "Ada"
    found.save()
    person.refresh_from_db()
    assert person.first_name == "Ada"
