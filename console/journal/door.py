"""Signing in and out, and edits in the admin, as events of the house.

Listens to Django's own signals, so that no way in goes unnoticed.
"""

from typing import Any

from django.contrib.auth import get_user_model, signals
from django.db.models.signals import post_save
from django.http import HttpRequest

from console.journal import acting, database_clock
from console.journal.append import note

BY = "signed_in_by"  # set on the request by whoever lets somebody in: in which ways


def connect() -> None:
    """Called once, when the journal's app is ready."""
    signals.user_logged_in.connect(signed_in, dispatch_uid="journal.signed_in")
    signals.user_login_failed.connect(sign_in_failed, dispatch_uid="journal.sign_in_failed")
    signals.user_logged_out.connect(signed_out, dispatch_uid="journal.signed_out")
    post_save.connect(changed, sender="admin.LogEntry", dispatch_uid="journal.changed")


def signed_in(sender: Any, request: HttpRequest | None, user: Any, **_: Any) -> None:
    by = getattr(request, BY, "") or "password"
    note(
        kind="auth.signed_in",
        actor=acting.of(user),
        at=database_clock.now(),
        data={"by": by, "from": address(request)},
    )


def sign_in_failed(
    sender: Any, credentials: dict[str, Any], request: HttpRequest | None = None, **_: Any
) -> None:
    """Record a failed sign-in. It names who was tried only when there is such a person: people type
    passwords into the wrong field.
    """
    tried = str(credentials.get("username", ""))
    known = "\x00" not in tried and get_user_model().objects.filter(username=tried).exists()
    note(
        kind="auth.sign_in_failed",
        actor="visitor",
        at=database_clock.now(),
        data={"tried": tried if known else "nobody here", "from": address(request)},
    )


def signed_out(sender: Any, request: HttpRequest | None, user: Any, **_: Any) -> None:
    if user is not None:
        note(
            kind="auth.signed_out",
            actor=acting.of(user),
            at=database_clock.now(),
            data={"from": address(request)},
        )


ACTS = {1: "admin.added", 2: "admin.changed", 3: "admin.deleted"}


_noting_themselves: set[str] = set()


def notes_itself(app_label: str) -> None:
    """Leave out an app whose admin records its edits with better events of its own."""
    _noting_themselves.add(app_label)


def changed(sender: Any, instance: Any, created: bool, **_: Any) -> None:
    if not created or (
        instance.content_type and instance.content_type.app_label in _noting_themselves
    ):
        return
    facts = {
        "what": str(instance.content_type),
        "key": instance.object_id,
        "name": instance.object_repr,
        "change": instance.get_change_message(),
    }
    note(
        kind=ACTS.get(instance.action_flag, "admin.changed"),
        actor=acting.of(instance.user),
        at=instance.action_time,
        data=facts,
    )


def address(request: HttpRequest | None) -> str:
    return str(request.META.get("REMOTE_ADDR", "")) if request else ""
