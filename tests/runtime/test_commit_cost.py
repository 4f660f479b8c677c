"""What a commit of a step does not pay for."""

import pytest
from django.db import connection


@pytest.mark.django_db
def test_no_commit_of_a_step_has_a_check_of_its_tables_read_anew() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname FROM pg_constraint WHERE contype = 'c'"
            " AND conrelid IN ('runs_run'::regclass, 'journal_event'::regclass)"
        )
        assert cursor.fetchall() == []
