"""Everything that a browser can ask of the house, with the permission that is checked first: read
from the addresses, the socket and the admin.

`manage.py doors` writes it to `console/doors/doors.txt`; a test keeps the two the same.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from inspect import getclosurevars
from pathlib import Path
from typing import Any, cast

from django.contrib import admin
from django.contrib.admin import ModelAdmin
from django.http import HttpRequest
from django.urls import URLPattern, URLResolver, get_resolver

from console import permits
from console.live import requests, session_reader, socket_urls
from console.permits import Permit

FILE = Path(__file__).with_name("doors.txt")
ANY = ("GET", "HEAD", "POST")
ACTS = ("view", "add", "change", "delete")


@dataclass(frozen=True, slots=True)
class Door:
    """One address and the methods it takes. `permit` is None for a view that declares nothing."""

    address: str
    methods: tuple[str, ...]
    permit: Permit | None

    def __str__(self) -> str:
        return (
            f"{','.join(self.methods):<14} /{self.address:<58}"
            f" {self.permit or 'CLOSED: asks for nothing'}"
        )


class Owner:
    """Somebody with every right, for finding out what nobody may do."""

    is_active = is_staff = is_superuser = is_authenticated = True
    pk = None

    def has_perm(self, _permission: str, _obj: object = None) -> bool:
        return True


def written() -> str:
    """The whole list as text, one door on each line."""
    parts = (("Pages", pages()), ("The live socket", sockets()), ("The admin", models()))
    return "\n".join(
        f"# {title}\n" + "".join(f"{line}\n" for line in lines) for title, lines in parts
    )


def pages() -> Iterator[Door]:
    """Every address outside the admin."""
    doors = dict.fromkeys(found(get_resolver().url_patterns, ""))  # one may have two names
    yield from sorted(doors, key=lambda door: door.address)


def found(patterns: Sequence[URLPattern | URLResolver], before: str) -> Iterator[Door]:
    for each in patterns:
        address = f"{before}{each.pattern}"
        if isinstance(each, URLPattern):
            yield Door(address, methods(each.callback), permits.of(each.callback))
        elif each.namespace != admin.site.name:
            yield from found(each.url_patterns, address)


def methods(view: Callable[..., Any]) -> tuple[str, ...]:
    """The methods that Django's decorators let through to the view, or that its class has."""
    if (kind := getattr(view, "view_class", None)) is not None:
        return tuple(
            name.upper()
            for name in kind.http_method_names
            if hasattr(kind, name) and name in ("get", "head", "post")
        )
    inner: Any = view
    while inner is not None:
        if (listed := getclosurevars(inner).nonlocals.get("request_method_list")) is not None:
            return tuple(listed)
        inner = getattr(inner, "__wrapped__", None)
    return ANY


def socket_addresses() -> Iterator[str]:
    yield from (str(each.pattern) for each in socket_urls.websocket_urlpatterns)


def sockets() -> Iterator[str]:
    for each in socket_addresses():
        yield f"{'open':<14} /{each:<58} {session_reader.VIEW_RUN}"
        needed = f"{session_reader.VIEW_RUN}; {requests.READ_ONLY}"
        yield f"{'message':<14} /{each:<58} {needed}"


def models() -> Iterator[str]:
    """Each model's list and forms: what of view, add, change and delete there is at all, and its
    actions.
    """
    known = admin.site._registry  # noqa: SLF001  Django has no other list
    for model, place in sorted(known.items(), key=lambda pair: pair[0]._meta.label_lower):
        label, name = model._meta.app_label, model._meta.model_name
        acts = [f"{label}.{act}_{name}" for act in ACTS if possible(place, act)]
        yield (
            f"{'GET,POST':<14} /{f'admin/{label}/{name}/':<58}"
            f" {', '.join([*acts, *actions(place)])}"
        )


def possible(place: ModelAdmin[Any], act: str) -> bool:
    request = HttpRequest()
    request.user = cast("Any", Owner())
    return bool(getattr(place, f"has_{act}_permission")(request))


def actions(place: ModelAdmin[Any]) -> Iterator[str]:
    for name in place.actions or ():
        wanted = getattr(getattr(place, str(name), None), "allowed_permissions", ())
        yield f"action {name} ({', '.join(wanted)})"
