"""What several rooms' tests share: a database that starts clean, real processes, the browser as
this machine has it.
"""

from collections.abc import Iterator
from typing import Any

import django.test
import pytest
from hypothesis import HealthCheck, settings
from pytest_django import DjangoDbBlocker

from console.stack import chromium, processes
from runs.tools import registry
from tests import database, passwords

# what holds of all values is no promise of time, and a busy machine is no finding
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> None:
    """Left as they are: tests that run side by side have a server each, and processes that they
    start know the database by its name.
    """


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    with django_db_blocker.unblock():
        database.remember()


@pytest.fixture(scope="session", autouse=True)
def _reset_instead_of_flush() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            django.test.TransactionTestCase, "_fixture_teardown", lambda _case: database.reset()
        )
        yield


@pytest.fixture(scope="session", autouse=True)
def _quick_passwords() -> Iterator[None]:
    with django.test.override_settings(PASSWORD_HASHERS=passwords.QUICK):
        yield


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The distribution's Chromium: the wheel's own download is out of reach on many machines."""
    return {
        **browser_type_launch_args,
        "executable_path": chromium.bare(),
        "args": chromium.arguments(),
    }


@pytest.fixture
def no_tools(monkeypatch: pytest.MonkeyPatch) -> None:
    """A registry without any tool. Those of the installed apps register when their modules are
    imported, which happens once a process: before, so that they are in the true one afterwards.
    """
    registry.discover()
    monkeypatch.setattr(registry, "REGISTRY", {})


@pytest.fixture(scope="session")
def web(django_db_setup: None) -> Iterator[processes.Running]:
    """A web server of its own on the tests' database. Tests that use it commit:

    `django_db(transaction=True)`.
    """
    with processes.web() as running:
        yield running


@pytest.fixture
def worker(transactional_db: None) -> Iterator[processes.Running]:
    """A worker process, for one test, which may kill it."""
    with processes.worker() as running:
        yield running
