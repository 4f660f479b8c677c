"""Gives the tests their own PostgreSQL and Valkey.

A plugin and not a conftest, because pytest-django loads settings before any conftest.

The addresses are set as soon as this is imported; the servers start only when a test outside
`tests/core` was collected. Tests that run side by side (pytest-xdist) do so in processes that each
import this: each has servers of its own.
"""

import fcntl
import os
import signal
from pathlib import Path

import pytest

from console.stack import chromium, parent_death, testing
from console.stack import session as services
from tests import order

HERE = Path(__file__).parent
MAY_INSTALL = testing.NAMED_IN
_session = services.open_session(durable=False)
MISSING = "no Chromium: install one, or name one in CHROMIUM"

if "PYTEST_XDIST_WORKER" in os.environ:
    # it does not outlive whoever handed it the tests, and its servers do not outlive it
    parent_death.put_on_parent_death(signal.SIGKILL, os.getppid())

os.environ.update(_session.environment())
# tests let many threads loose at once; the processes that they start have what they always have
os.environ["SIGNALBOX_DJANGO_POOL"] = "20"
# most tests decide and look at what came of it; those of the seconds to undo it set them
os.environ["SIGNALBOX_DECISION_HOLD"] = "0"
os.environ["DJANGO_SETTINGS_MODULE"] = "console.settings"
# Playwright's synchronous API runs an event loop in the main thread, where Django would refuse to
# talk to the database
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--slow", action="store_true", help="run the tests marked slow as well")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What starts consoles is spread among what computes; browser tests last:

    Playwright leaves an event loop running in the main thread, where later tests could not run
    theirs.
    """
    if not config.getoption("slow"):
        for item in items:
            if item.get_closest_marker("slow"):
                item.add_marker(pytest.mark.skip(reason="slow: only with --slow"))
    places = order.spread((item.path for item in items), _waits, _browses)
    items.sort(key=lambda item: places[item.path])
    browsing = [item for item in items if _browses(item.path)]
    if browsing and not _browser():
        for item in browsing:
            item.add_marker(pytest.mark.skip(reason=MISSING))


def pytest_collection_finish(session: pytest.Session) -> None:
    outside = [item for item in session.items if HERE / "core" not in item.path.parents]
    if outside and not session.config.option.collectonly:
        _session.start()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Counted in the reports, for the tests may have been run by other processes than the one that
    sums up.
    """
    for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed"):
        for name, figure in report.user_properties:
            if name == "figure" and report.when == "call":
                terminalreporter.write_line(f"figure: {figure}")
    if missed := sum(
        MISSING in str(report.longrepr) for report in terminalreporter.getreports("skipped")
    ):
        terminalreporter.write_line(
            f"NOT RUN: {missed} browser tests, because no Chromium was found", red=True, bold=True
        )


def pytest_unconfigure() -> None:
    _session.stop()


def _browses(file: Path) -> bool:
    return HERE / "browser" in file.parents


def _waits(file: Path) -> bool:
    return HERE / "fire" in file.parents or HERE / "stack" in file.parents


def _browser() -> str | None:
    """One process installs it, the others wait and find it."""
    if not os.environ.get(MAY_INSTALL):
        return chromium.find()
    with Path(chromium.__file__).open() as one_at_a_time:
        fcntl.flock(one_at_a_time, fcntl.LOCK_EX)
        return chromium.find() or chromium.install()
