"""Somebody who is signed in, as the journal knows who acts: by an opaque id, with the name they
have at this moment beside it.
"""

from typing import TYPE_CHECKING

from console.journal.records import PEOPLE, Actor

if TYPE_CHECKING:  # the journal is ready before there are users
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser


def of(user: "AbstractBaseUser | AnonymousUser") -> Actor:
    """Raises TypeError for whoever is not signed in: nothing is done by nobody."""
    if user.pk is None:
        raise TypeError("nobody is signed in")
    return Actor(f"{PEOPLE}{user.get_username()}", str(user.pk))
