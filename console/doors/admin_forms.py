"""The doors of the admin: the list and the forms of each model, with what Django asks for at each,
and the pages beside them.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from django.contrib import admin

from console.doors.inventory import ACTS, possible

LOOKS = ("view", "change")


@dataclass(frozen=True, slots=True)
class AdminDoor:
    """One page of the admin. Any one of `permissions` opens it; without any, being staff does.

    An empty `permissions` with `nobody` is a form that is not offered to anybody.
    """

    address: str
    method: str
    permissions: tuple[str, ...] = ()
    nobody: bool = False
    acts: bool = False
    row: bool = False


def doors() -> Iterator[AdminDoor]:
    """Every list and form, in the order of their addresses."""
    yield AdminDoor("admin/", "GET")
    known = admin.site._registry  # noqa: SLF001  Django has no other list
    for label in sorted({model._meta.app_label for model in known}):
        for model, place in sorted(known.items(), key=lambda pair: pair[0]._meta.label_lower):
            if model._meta.app_label == label:
                name = model._meta.model_name
                able = {act for act in ACTS if possible(place, act)}
                yield from forms(f"admin/{label}/{name}/", label, str(name), able)


def forms(base: str, label: str, name: str, able: set[str]) -> Iterator[AdminDoor]:
    def door(address: str, method: str, *acts: str, row: bool = True) -> AdminDoor:
        offered = tuple(f"{label}.{act}_{name}" for act in acts if act in able)
        posts = method == "POST"
        return AdminDoor(
            f"{base}{address}", method, offered, nobody=not offered, acts=posts, row=row
        )

    yield door("", "GET", *LOOKS, row=False)
    yield door("add/", "GET", "add", row=False)
    yield door("add/", "POST", "add", row=False)
    yield door("<row>/change/", "GET", *LOOKS)
    yield door("<row>/change/", "POST", "change")
    yield door("<row>/delete/", "GET", "delete")
    yield door("<row>/delete/", "POST", "delete")
    yield door("<row>/history/", "GET", *LOOKS)
    if (label, name) == ("auth", "user"):
        yield door("<row>/password/", "GET", "change")
        yield door("<row>/password/", "POST", "change")
