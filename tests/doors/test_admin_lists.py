"""Lists of the admin answer by their own filters alone: nobody learns from a count what a page does
not show.
"""

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from tests.pages.lives import life
from tests.pages.people import person

pytestmark = pytest.mark.django_db
PLACES: list[Any] = sorted(admin.site._registry.values(), key=lambda place: place.opts.label)


def address(place: Any, page: str = "changelist") -> str:
    return reverse(f"admin:{place.opts.app_label}_{place.opts.model_name}_{page}")


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.opts.label)
def test_a_list_is_narrowed_by_its_own_filters_and_no_other_column(
    place: Any, client: Client
) -> None:
    client.force_login(User.objects.create_superuser("alba"))
    filters = {*place.list_filter, place.opts.pk.name}
    for column in place.opts.concrete_fields:
        asked = client.get(address(place), {f"{column.name}__isnull": "0"})
        assert (asked.status_code == 400) is (column.name not in filters), column.name
        hidden = client.get(address(place), {f"{column.name}__x__startswith": "a"})
        assert hidden.status_code != 200, column.name


def staff(group: str) -> Client:
    who, client = person(group), Client()
    who.is_staff = True
    who.save()
    client.force_login(who)
    return client


def test_nobody_guesses_a_prompt_by_its_first_letters() -> None:
    life(person("operator", "anna"))
    auditor = staff("auditor")
    for path in ("runs/run/?snapshot__prompt__startswith=", "runs/agent/?prompt__startswith="):
        assert auditor.get(f"/admin/{path}You").status_code == 400


def test_a_table_of_runs_is_for_those_who_may_read_what_tools_were_told() -> None:
    run, viewer = life(person("operator", "anna")).run, staff("viewer")
    for path in (f"/admin/runs/run/{run.pk}/change/", "/admin/runs/run/"):
        assert viewer.get(path).status_code == 403
    assert staff("auditor").get("/admin/runs/run/").status_code == 200
