"""What the log says of requests that came to nothing."""

import logging
from types import SimpleNamespace

import pytest

from console.pages.logs import Tidy
from tests.pages.people import signed_in


def record(path: str, status: int) -> logging.LogRecord:
    made = logging.LogRecord(
        "django.request",
        logging.WARNING,
        "",
        0,
        "Forbidden: %s",
        (path,),
        (ValueError, ValueError(), None),
    )
    made.__dict__ |= {"status_code": status, "request": SimpleNamespace(path=path)}
    return made


def test_a_refusal_is_a_line_without_a_stack_and_a_failure_keeps_its_own() -> None:
    refused, failed = record("/audit/", 403), record("/audit/", 500)
    assert Tidy().filter(refused)
    assert Tidy().filter(failed)
    assert refused.exc_info is None
    assert failed.exc_info


def test_every_probe_at_a_house_that_is_not_well_is_not_a_line_of_its_own() -> None:
    assert not Tidy().filter(record("/healthz", 503))


@pytest.mark.django_db
def test_the_filter_hangs_where_django_says_it(caplog: pytest.LogCaptureFixture) -> None:
    assert signed_in("viewer").get("/audit/").status_code == 403
    assert [said.exc_info for said in caplog.records if said.name == "django.request"] == [None]
