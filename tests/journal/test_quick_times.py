"""Times of the database, as Python has them."""

from datetime import UTC, datetime

import pytest
from django.db import DataError, connection

pytestmark = pytest.mark.django_db


def read(text: str) -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::timestamptz", [text])
        (found,) = cursor.fetchone()
    assert isinstance(found, datetime)
    return found


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-11-17 15:47:00+00", datetime(2026, 11, 17, 15, 47, tzinfo=UTC)),
        ("2026-11-17 15:47:00.5+00", datetime(2026, 11, 17, 15, 47, 0, 500_000, tzinfo=UTC)),
        ("2026-11-17 15:47:00.000001+02", datetime(2026, 11, 17, 13, 47, 0, 1, tzinfo=UTC)),
        ("0001-01-01 00:00:00+00", datetime(1, 1, 1, tzinfo=UTC)),
        ("9999-12-31 23:59:59.999999+00", datetime.max.replace(tzinfo=UTC)),
    ],
)
def test_a_time_is_read_to_the_microsecond_and_in_the_zone_of_the_house(
    text: str, at: datetime
) -> None:
    assert read(text) == at
    assert read(text).tzinfo is UTC


@pytest.mark.parametrize("text", ["infinity", "0044-03-15 00:00:00+00 BC"])
def test_what_is_no_time_of_pythons_is_refused(text: str) -> None:
    with pytest.raises(DataError):
        read(text)
