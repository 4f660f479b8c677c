"""Every address says what it asks of a person; whoever lacks it gets nothing, whatever they send;
and nothing sent is an error of ours.
"""

import logging
import re
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from console import permits
from console.doors import inventory
from console.doors.inventory import Door
from console.models import ApiToken
from runs.models import Run
from tests.doors import bodies
from tests.doors.house import ROLES, SECRET, House, client_of, furnished, person
from tests.pages.programs import program

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).parents[2]
APPS = ("console", "runs", "approvals", "policies")
SIGN_IN = "/signin/"
OWNER = "owner"
UNWELL = "healthz"  # says 503 in a house without a watchdog, and that is its answer
DOORS = tuple(door for door in inventory.pages() if door.address != UNWELL)
MODELS = tuple(admin.site._registry)


@pytest.fixture
def house(settings: Any) -> Iterator[House]:
    settings.SIGN_IN_PACED = False  # thousands of odd sign-ins from one address are the point here
    logging.disable(logging.CRITICAL)
    yield furnished()
    logging.disable(logging.NOTSET)


def may(user: User | None, door: Door) -> bool:
    permit = door.permit or permits.Permit(("nobody.may",))
    return permit.everybody or (user is not None and user.has_perms(permit.permissions))


def turned_away(status: int, location: str) -> bool:
    return status in {400, 401, 403, 405} or (status == 302 and location.startswith(SIGN_IN))


def told(user: User | None, response: Any, door: Door, what: str) -> Iterator[str]:
    """What is wrong with an answer."""
    status, text = response.status_code, response.content.decode(errors="replace")
    if status >= 500:
        yield f"{door.address} {what}: {status}"
    if may(user, door):
        return
    if SECRET in text or not turned_away(status, response.headers.get("Location", "")):
        yield f"{door.address} {what}: {status} for somebody who may not ask"


def test_every_address_says_what_it_asks_for() -> None:
    assert [door.address for door in DOORS if door.permit is None] == []


def test_the_list_of_doors_is_the_one_that_is_written_down() -> None:
    assert inventory.FILE.read_text() == inventory.written(), "run: python3 manage.py doors --write"


def test_a_view_that_says_nothing_is_closed(settings: Any) -> None:
    settings.ROOT_URLCONF = "tests.doors.forgotten"
    assert client_of(person("owner")).get("/forgotten/").status_code == 403


@pytest.mark.parametrize("role", ROLES)
def test_no_malformed_body_is_an_error_of_ours_or_tells_anything_to_whom_a_page_is_closed(
    house: House, role: str
) -> None:
    user = person(role)
    wrong: list[str] = []
    for number, door in enumerate(door for door in DOORS if "POST" in door.methods):
        client = client_of(user)
        for body in bodies.tried(number, all_of_them=role == OWNER and may(user, door)):
            response = sent(client, house.address(door), body)
            wrong += told(user, response, door, body.name)
    assert wrong == []


def programs() -> list[Door]:
    return [door for door in DOORS if door.permit and door.permit.scope]


def test_nothing_that_a_program_sends_is_an_error_of_ours(house: House) -> None:
    """With a token that opens everything; without one, and with a session instead, nothing does."""
    owner = User.objects.create_superuser("ruth")
    asks, sessions, wrong = program(owner), client_of(owner), []
    assert len(programs()) > 5
    for door in programs():
        address = house.address(door)
        for body in bodies.MALFORMED:
            ApiToken.objects.update(ready_at=None)
            for kind in (body.kind, "application/json"):
                answer = asks.client.generic(
                    "POST", address, body.content, kind, headers=asks.headers
                )
                strange = sessions.generic("POST", address, body.content, kind)
                if answer.status_code >= 500 or answer["Content-Type"] != "application/json":
                    wrong.append(f"{address} {body.name}: {answer.status_code}")
                if strange.status_code not in {400, 401, 405}:
                    wrong.append(f"{address} {body.name}: {strange.status_code} without a token")
    assert wrong == []


@pytest.mark.parametrize("role", ROLES)
def test_no_page_is_shown_to_whom_it_is_closed(house: House, role: str) -> None:
    user = person(role)
    client = client_of(user)
    gets = [door for door in DOORS if "GET" in door.methods]
    assert [
        line for door in gets for line in told(user, client.get(house.address(door)), door, "GET")
    ] == []


def test_no_odd_parameter_is_an_error_of_ours(house: House) -> None:
    client, wrong = client_of(person("owner")), []
    for door in (door for door in DOORS if "GET" in door.methods and door.address != "health/"):
        for name, query in bodies.queries()[: len(bodies.ODD)]:
            response = client.get(house.address(door), query)
            wrong += (
                [f"{door.address}?{name}: {response.status_code}"]
                if response.status_code >= 500
                else []
            )
    assert wrong == []


def test_every_parameter_that_a_page_reads_is_tried() -> None:
    sources = (path.read_text() for app in APPS for path in (ROOT / app).rglob("*.py"))
    read = {name for source in sources for name in re.findall(r'\.GET\.get\("(\w+)"', source)}
    assert len(read) > 10
    assert read <= {*bodies.PARAMETERS}


@pytest.mark.parametrize("odd", ["²", "--1", "\u0661", "1²"])
def test_a_number_that_is_none_is_no_error_of_ours_at_a_page_that_counts(
    house: House, odd: str
) -> None:
    client = client_of(person("owner"))
    for box in ("fleet", "audit", "approvals"):
        answer = client.get(reverse("complete", args=[box]), {"q": "status:", "at": odd})
        assert answer.status_code == 200
    page = reverse("runs:run", args=[Run.objects.order_by("pk")[0].pk])
    assert client.get(page, {"at": "12:30", "ahead": odd}).status_code < 400


def forms() -> Iterator[str]:
    """The admin's lists, and its forms to add, change and delete the first row of each model."""
    for model in MODELS:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        yield reverse(f"{name}_changelist")
        yield reverse(f"{name}_add")
        row: Any = model._default_manager.first()
        for act in ("change", "delete", "history") if row is not None else ():
            yield reverse(f"{name}_{act}", args=[row.pk])


@pytest.mark.parametrize("role", ROLES)
def test_no_malformed_form_of_the_admin_is_an_error_of_ours_or_tells_anything_to_whom_it_is_closed(
    house: House, role: str
) -> None:
    client, wrong = client_of(person(role)), []
    for number, address in enumerate(list(forms())):
        seen = client.get(address)
        opened = role == OWNER and seen.status_code == HTTPStatus.OK
        tried = bodies.tried(number, all_of_them=opened)
        answers = [
            ("GET", seen),
            *((body.name, sent(client, address, body)) for body in tried),
        ]
        wrong += [
            f"{address} {name}: {answer.status_code}"
            for name, answer in answers
            if answer.status_code >= 500
        ]
        if seen.status_code != HTTPStatus.OK:
            wrong += [
                f"{address} {name}: open"
                for name, answer in answers
                if SECRET in answer.content.decode(errors="replace")
            ]
    assert wrong == []


def sent(client: Client, address: str, body: bodies.Body) -> Any:
    return client.generic("POST", address, body.content, body.kind)


def test_no_odd_parameter_of_the_admin_is_an_error_of_ours(house: House) -> None:
    client, wrong = client_of(person("owner")), []
    lists = [address for address in forms() if address.count("/") == 4]
    for address in lists:
        for name, query in [
            *bodies.queries()[: len(bodies.ODD)],
            ("a year", {"pulled_at__year": "9" * 40}),
        ]:
            response = client.get(address, query)
            wrong += (
                [f"{address}?{name}: {response.status_code}"] if response.status_code >= 500 else []
            )
    assert wrong == []


def test_an_auditor_may_read_every_form_that_is_theirs_to_read(house: House) -> None:
    auditor = person("auditor, staff")
    assert auditor is not None
    client = client_of(auditor)
    read = {}
    for model in MODELS:
        label, name = model._meta.app_label, model._meta.model_name
        row = model._default_manager.first()
        if row is not None and auditor.has_perm(f"{label}.view_{name}"):
            read[f"{label}.{name}"] = client.get(
                reverse(f"admin:{label}_{name}_change", args=[row.pk])
            ).status_code
    assert set(read.values()) == {200}, read
    assert "policies.toolpolicy" in read
