"""`prepare` on somebody's own database: tables, no invented people, and a way in only while there
is none.
"""

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.utils import timezone
from pytest_django import Settings

from runs.models import Agent, Run

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _own(settings: Settings) -> None:
    settings.DEMO = False


def said(capsys: pytest.CaptureFixture[str], *options: str) -> str:
    call_command("prepare", *options)
    return capsys.readouterr().out


def test_nobody_and_nothing_is_invented(capsys: pytest.CaptureFixture[str]) -> None:
    said(capsys)
    assert list(User.objects.values_list("username", flat=True)) == ["admin"]
    assert not Agent.objects.exists()
    assert not Run.objects.exists()


def test_a_new_console_lets_its_owner_in_and_goes_on_to_until_they_came(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert "open /signin/" in said(capsys)
    assert "open /signin/" in said(capsys)
    User.objects.update(last_login=timezone.now())
    assert "open /signin/" not in said(capsys)


def test_no_key_to_the_house_is_printed_while_an_administrator_has_a_password(
    capsys: pytest.CaptureFixture[str],
) -> None:
    User.objects.create_superuser("owner", password="a long enough one")
    assert "/signin/" not in said(capsys)
    assert "open /signin/" in said(capsys, "--link")


def test_an_administrator_who_was_switched_off_is_no_way_in(
    capsys: pytest.CaptureFixture[str],
) -> None:
    User.objects.create_superuser("owner", password="a long enough one", is_active=False)
    assert "open /signin/" in said(capsys)
