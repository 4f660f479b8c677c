"""Refuses account names that could be taken for another's, however an account is made or renamed:
form, command, shell, test.

Checked as a row is saved. Forms check earlier, so that the sentence stands beside the field.
"""

from collections.abc import Collection
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db.models.signals import pre_save

from console.journal import acting
from console.outside import confusable_names

FIELD = "username"


def connect() -> None:
    """Called once, when the roof is ready."""
    pre_save.connect(saving, sender=User, dispatch_uid="people.naming")


def saving(
    sender: Any,
    instance: User,
    raw: bool = False,
    update_fields: Collection[str] | None = None,
    **_: Any,
) -> None:
    """Raises ValidationError for a new name that could be taken for somebody else's. A name that is
    not changed is not checked again.
    """
    if raw or not instance.username or (update_fields is not None and FIELD not in update_fields):
        return
    stored = (
        User.objects.filter(pk=instance.pk).values_list(FIELD, flat=True).first()
        if instance.pk
        else None
    )
    if instance.username == stored:
        return
    User.username_validator(instance.username)
    if not acting.of_the_house(instance):
        told_apart(instance.username, own=stored or "")


def told_apart(name: str, own: str = "") -> None:
    """Raises ValidationError when the name reads like somebody else's, or like the house itself.
    `own`: what the person is called until now.
    """
    if trouble := confusable_names.problem(
        name, User.objects.values_list(FIELD, flat=True), own=own
    ):
        raise ValidationError(trouble)
