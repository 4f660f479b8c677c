"""Servers that the environment names: an address that leads nowhere is one line, and no password is
in it.
"""

import pytest

from console.stack import given
from tests.stack.launches import free_port


@pytest.mark.parametrize("url", ["nonsense", "mysql://root:secret@host/db", "user:secret@host/db"])
def test_what_is_no_address_of_a_database_is_said_so_without_quoting_it(url: str) -> None:
    with pytest.raises(
        given.NotUsable, match="DATABASE_URL is no address of a database"
    ) as refused:
        given.check({"DATABASE_URL": url})
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("url", ["nonsense", "http://u:secret@host"])
def test_what_is_no_address_of_a_redis_is_said_so_without_quoting_it(url: str) -> None:
    with pytest.raises(given.NotUsable, match="REDIS_URL is no address of a Redis") as refused:
        given.check({"REDIS_URL": url})
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("variable", "scheme"), [("DATABASE_URL", "postgresql"), ("REDIS_URL", "redis")]
)
def test_where_nobody_answers_the_reason_is_one_line(
    variable: str, scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(given, "PATIENCE", 0.0)
    with pytest.raises(
        given.NotUsable, match=f"{variable}: .* cannot be reached: .*refused"
    ) as refused:
        given.check({variable: f"{scheme}://user:secret@127.0.0.1:{free_port()}/0"})
    assert "\n" not in str(refused.value)
    assert "secret" not in str(refused.value)


def test_nothing_is_asked_when_nothing_is_named() -> None:
    given.check({"DATABASE_URL": "", "SIGNALBOX_DATA": "/nowhere"})
