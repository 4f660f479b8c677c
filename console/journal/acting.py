"""Who acts, as the journal knows them: an opaque id, with the name they have at this moment beside
it.
"""

from typing import TYPE_CHECKING, Any

from django.apps import apps

from console.journal.records import PEOPLE, Actor

if TYPE_CHECKING:  # the journal is ready before there are users
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, User

HOUSE = "_of_the_house"
MEANS = "_means"
ROBOT = "_robot"


def by(user: "User", means: str) -> "User":
    """The user, who acts by some means that the journal names beside them: `token nightly`."""
    setattr(user, MEANS, means)
    return user


def robot(user: "User") -> "User":
    """The account as the house itself acts under it: what is done so is done by no person, whoever
    else signs in with it.
    """
    setattr(user, ROBOT, True)
    return user


def of(user: "AbstractBaseUser | AnonymousUser") -> Actor:
    """The user as an actor. Raises TypeError for a user who is not signed in: nothing is done by
    nobody.
    """
    if user.pk is None:
        raise TypeError("nobody is signed in")
    means = getattr(user, MEANS, "")
    if getattr(user, ROBOT, False):
        return Actor(user.get_username(), str(user.pk))
    named = f"{PEOPLE}{user.get_username()}"
    return Actor(f"{named} ({means})" if means else named, str(user.pk))


def house_account(name: str, **facts: Any) -> "tuple[User, bool]":
    """An account that the house itself acts under, and whether it was made just now. Nobody has a
    password for it, and no person may have its name.
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
