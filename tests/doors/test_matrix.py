"""Who may what, as it is written down, is what the running console does."""

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Group

from console.doors import matrix, role_table
from console.doors.role_table import ROLES
from console.stack.processes import Running
from tests.doors import mutations
from tests.doors.walk import Walk, written

pytestmark = pytest.mark.django_db


@pytest.fixture
def quiet(settings: Any) -> Iterator[None]:
    settings.SIGN_IN_PACED = False  # thousands of odd sign-ins from one address are the point here
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture
def walk(quiet: None) -> Walk:
    return Walk()


def test_the_table_of_rights_is_what_the_groups_hold() -> None:
    held = {
        group.name: {
            f"{each.content_type.app_label}.{each.codename}"
            for each in group.permissions.select_related("content_type")
        }
        for group in Group.objects.all()
    }
    assert held == {group: set(names) for group, names in role_table.held().items()}


def test_what_is_written_down_of_a_door_is_what_it_declares() -> None:
    assert list(matrix.lines()) == list(written()), "run: python3 manage.py matrix --write"


@pytest.mark.parametrize("role", [role.name for role in ROLES])
def test_everybody_gets_the_answer_that_is_written_down(walk: Walk, role: str) -> None:
    lines = [line for line in written() if line.method != "SOCKET"]
    assert [str(cell) for cell in walk.cells(lines, [role]) if cell.wrong] == []


def test_a_permission_that_is_taken_away_is_missed(walk: Walk) -> None:
    assert mutations.missed(walk, written()) == (10, [])


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("quiet")
def test_the_live_socket_opens_to_whom_it_is_written_down(web: Running) -> None:
    lines = [line for line in written() if line.method == matrix.SOCKET]
    cells = list(Walk(web).cells(lines))
    assert len(cells) == len(ROLES) * 3
    assert [str(cell) for cell in cells if cell.wrong] == []
