"""Who acts, as the journal knows them: by an opaque id, with the name they have at this moment
beside it.
"""

from typing import TYPE_CHECKING, Any

from django.apps import apps

from console.journal.records import PEOPLE, Actor

if TYPE_CHECKING:  # the journal is ready before there are users
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, User

HOUSE = "_of_the_house"


def of(user: "AbstractBaseUser | AnonymousUser") -> Actor:
    """Raises TypeError for whoever is not signed in: nothing is done by nobody."""
    if user.pk is None:
        raise TypeError("nobody is signed in")
    return Actor(f"{PEOPLE}{user.get_username()}", str(user.pk))


def house_account(name: str, **facts: Any) -> "tuple[User, bool]":
    """An account that the house itself acts under, made where it is missing, and whether it was:
    nobody has a password to it.

    Its name is one that no person may have.
    """
    users: type[User] = apps.get_model("auth", "User")
    if found := users.objects.filter(username=name).first():
        return found, False
    made = users(username=name, **facts)
    made.set_unusable_password()
    setattr(made, HOUSE, True)
    made.save()
    return made, True


def of_the_house(user: "User") -> bool:
    """Whether it is being made by `house_account`."""
    return bool(getattr(user, HOUSE, False))
