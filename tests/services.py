"""Gives the tests their own PostgreSQL and Valkey. A plugin and not a conftest, because pytest-django loads settings before any conftest.

The addresses are set as soon as this is imported; the servers start only when a test outside `tests/core` was collected.
"""

from pathlib import Path

import os

import pytest

from console.stack import session

CORE = Path(__file__).parent / "core"
_session = session.open_session(durable=False)
os.environ.update(_session.environment())
os.environ["DJANGO_SETTINGS_MODULE"] = "console.settings"
# Playwright's synchronous API runs an event loop in the main thread; Django would refuse to talk to the database there
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"


def pytest_collection_finish(session: pytest.Session) -> None:
    if not session.config.option.collectonly and any(CORE not in item.path.parents for item in session.items):
        _session.start()


def pytest_unconfigure() -> None:
    _session.stop()
