"""Two people who may confirm what the other proposes."""

import pytest
from django.contrib.auth.models import User

from tests.policies.second_people import staff


@pytest.fixture
def anna() -> User:
    return staff("anna")


@pytest.fixture
def bert() -> User:
    return staff("bert")
