"""A row of each model that the admin edits, and its form as the page for changing it would send
it.
"""

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.test import Client
from django.utils import timezone

from approvals.models import Channel, Delivery
from policies.circuit.models import Breaker
from policies.outages.models import PatiencePolicy
from tests.doors.house import SECRET
from tests.markup import Element, read


def add() -> None:
    """Rows of the models that are empty in a new house."""
    now = timezone.now()
    used = Channel.objects.create(name="used", kind="email", target="b@example.com")
    Delivery.objects.create(channel=used, created_at=now, error=f"{SECRET} error")
    Breaker.objects.create(tool="issue_refund", phase="forced", by="user:olga", why=f"{SECRET} why")
    PatiencePolicy.objects.create(name="patient", priority=900, planners="openai:*")


def first() -> dict[str, str]:
    """The key of the row of each model, by its list's address."""
    found = {}
    for model in admin.site._registry:
        row: Any = model._default_manager.first()
        if row is not None:
            found[f"admin/{model._meta.app_label}/{model._meta.model_name}"] = str(row.pk)
    return found


def form(client: Client, address: str) -> bytes:
    """What the form at this address sends when nothing was changed in it."""
    page = read(client.get(address).content.decode())
    pairs = [pair for each in page.all("form", method="post") for pair in sent(each)]
    return urlencode(pairs).encode()


def sent(form: Element) -> list[tuple[str, str]]:
    found = [
        (each.attrs["name"], each.attrs.get("value", "on" if ticked(each) else ""))
        for each in form.all("input")
        if "name" in each.attrs and chosen(each)
    ]
    found += [
        # a browser leaves the first line break out
        (each.attrs["name"], "".join(map(str, each.parts)).removeprefix("\n"))
        for each in form.all("textarea")
    ]
    for each in form.all("select"):
        found += [
            (each.attrs["name"], option.attrs["value"])
            for option in each.all("option")
            if "selected" in option.attrs
        ]
    return found


def ticked(field: Element) -> bool:
    return field.attrs.get("type") in ("checkbox", "radio")


def chosen(field: Element) -> bool:
    kind = field.attrs.get("type", "text")
    if kind in ("submit", "button", "file", "image"):
        return field.attrs.get("name") == "_save"
    return not ticked(field) or "checked" in field.attrs
