"""Pages are tested with people whose passwords are hashed cheaply."""

import pytest
from pytest_django import Settings

from policies.budgets.models import Budget


@pytest.fixture(autouse=True)
def _cheap_passwords(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def no_shipped_budgets(db: None) -> None:
    Budget.objects.all().delete()
