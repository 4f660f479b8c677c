"""Two people of one kind, and a rule of four eyes switched on, for tests of proposed changes."""

from typing import Any

from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client

from console.journal import append as journal
from console.journal.records import HOUSE_KEY, JournalRecord
from policies.current.four_eyes.models import FourEyesRule, ProposedChange


def staff(name: str, group: str = "admin") -> User:
    user = User.objects.create_user(name, is_staff=group == "admin")
    user.groups.add(Group.objects.get(name=group))
    return user


def client(user: User) -> Client:
    one = Client()
    one.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return one


def switch_on(kind: str, **facts: Any) -> None:
    FourEyesRule.objects.filter(kind=kind).update(enabled=True, **facts)


def proposed() -> ProposedChange:
    """The one change that was proposed."""
    return ProposedChange.objects.get()


def answer(who: User, change: ProposedChange, word: str, **more: str) -> Any:
    path = f"/policies/changes/{change.pk}/decide/"
    return client(who).post(path, {"answer": word, **more})


def events(*kinds: str) -> list[JournalRecord]:
    found = [row.record for row in journal.read(connection, HOUSE_KEY)]
    return [each for each in found if each.kind in kinds]
