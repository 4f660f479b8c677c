"""What a change of a person sets off once it is committed, wherever the row is saved: in the admin,
in the shell.

A change that no model saved is found by the clock's round, and by each active run itself.
"""

from functools import partial
from typing import Any

from django.contrib.auth.models import Group, User
from django.db import transaction
from django.db.models.signals import m2m_changed, post_save, pre_save

from approvals.services import leaving
from console.journal import append, database_clock
from console.journal.records import Actor
from console.people import api_tokens
from console.signing_in import sessions
from runs import handing_over, principals
from runs.engine.vocabulary import FINAL
from runs.models import Run

WATCHED = frozenset({"is_active", "is_superuser"})
LOST = "_lost"
RIGHTS = (User.groups.through, User.user_permissions.through, Group.permissions.through)


def connect() -> None:
    """Called once, when the roof is ready."""
    pre_save.connect(before, sender=User, dispatch_uid="people.before")
    post_save.connect(saved, sender=User, dispatch_uid="people.saved")
    for rights in RIGHTS:
        m2m_changed.connect(regrouped, sender=rights, dispatch_uid=f"people.{rights.__name__}")


def before(sender: Any, instance: User, update_fields: Any = None, **_facts: Any) -> None:
    """Remember the row before it is saved: whether somebody is about to lose a right."""
    told = update_fields is None or WATCHED & set(update_fields)
    stored = (
        User.objects.filter(pk=instance.pk).only(*WATCHED).first() if told and instance.pk else None
    )
    lost: set[str] = {
        name for name in WATCHED if stored and getattr(stored, name) and not getattr(instance, name)
    }
    setattr(instance, LOST, lost)


def saved(sender: Any, instance: User, **_facts: Any) -> None:
    lost: set[str] = getattr(instance, LOST, set())
    if "is_active" in lost:
        note(instance)
        sessions.end_all(instance, actor=Actor("system"), at=database_clock.now())
        api_tokens.revoke_all(user=instance, at=database_clock.now(), actor=Actor("system"))
    if lost:
        settle()


def regrouped(sender: Any, action: str, **_facts: Any) -> None:
    if action in ("post_remove", "post_clear"):
        settle()


def note(person: User) -> None:
    """Record on the house's chain whose runs are paused from now on."""
    live = list(
        Run.objects.filter(principal=person)
        .exclude(status__in=list(FINAL))
        .values_list("pk", flat=True)
    )
    if live:
        data = {"user": person.username, "id": person.pk, "live_runs": len(live)}
        append.note(kind="user.left_runs", actor="system", at=database_clock.now(), data=data)


def settle() -> None:
    for sweep in (principals.sweep, handing_over.sweep, leaving.sweep):
        transaction.on_commit(partial(sweep, at=database_clock.now()), robust=True)
