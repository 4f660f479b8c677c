"""Pages are tested with people whose passwords are hashed cheaply."""

import pytest

from policies.budgets.models import Budget


@pytest.fixture
def no_shipped_budgets(db: None) -> None:
    Budget.objects.all().delete()
