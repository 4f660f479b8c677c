"""Tokens: shown once, for some acts only, with no more than their owner's rights at that moment,
and dead once they are revoked, expired or their owner is gone.
"""

import logging
from datetime import timedelta
from io import StringIO
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from console.api import rate
from console.journal import acting
from console.journal import append as journal
from console.journal.records import HOUSE_KEY
from console.models import ApiToken
from console.people import api_tokens
from console.refused import Refused
from tests.pages.lives import life
from tests.pages.people import person, signed_in
from tests.pages.programs import Program, code, program, token

pytestmark = pytest.mark.django_db
RUN = f"runs/{uuid4()}"


def opens(asks: Program) -> bool:
    """Whether the token is known: then the run is missing, otherwise the sender is nobody."""
    return bool({404: True, 401: False}[asks.get(RUN).status_code])


def noted() -> list[tuple[str, str, Any]]:
    return [
        (each.record.kind, each.record.actor, each.record.data["token"])
        for each in journal.read(connection, HOUSE_KEY)
        if each.record.kind.startswith("token.")
    ]


def test_only_a_digest_of_it_is_kept() -> None:
    secret = token(person("operator"))
    with connection.cursor() as cursor:
        for table in ("console_apitoken", "journal_event"):
            cursor.execute(f"SELECT string_agg(t::text, ' ') FROM {table} t")
            assert secret not in cursor.fetchone()[0]
    assert opens(Program(secret))


def test_making_and_revoking_are_journalled_and_reading_is_not() -> None:
    anna = person("operator", "anna")
    asks = program(anna, name="nightly")
    opens(asks)
    api_tokens.revoke(token=ApiToken.objects.get(), at=timezone.now(), actor=acting.of(anna))
    assert noted() == [
        ("token.made", "user:anna", "nightly"),
        ("token.revoked", "user:anna", "nightly"),
    ]
    assert not opens(asks)


def test_a_revoked_token_is_revoked_once() -> None:
    anna = person("operator", "anna")
    token(anna)
    found = ApiToken.objects.get()
    facts: Any = {"token": found, "at": timezone.now(), "actor": acting.of(anna)}
    assert api_tokens.revoke(**facts)
    assert not api_tokens.revoke(**facts)
    assert len(noted()) == 2


def test_an_expired_token_opens_nothing_and_frees_its_name() -> None:
    anna = person("operator", "anna")
    old = program(anna)
    ApiToken.objects.update(expires_at=timezone.now())
    assert not opens(old)
    assert opens(program(anna))
    assert not opens(old)


def test_a_person_who_was_switched_off_has_no_token_any_more_not_even_back_again() -> None:
    anna = person("operator", "anna")
    asks = program(anna)
    anna.is_active = False
    anna.save()
    assert not opens(asks)
    anna.is_active = True
    anna.save()
    assert not opens(asks)
    assert [kind for kind, _, _ in noted()] == ["token.made", "token.revoked"]


def test_a_person_who_was_switched_off_behind_the_console_has_no_token_either() -> None:
    asks = program(person("operator", "anna"))
    User.objects.update(is_active=False)
    assert not opens(asks)


@pytest.mark.parametrize("held", ["runs:read", "runs:start", "runs:stop"])
def test_a_token_does_what_it_is_for_and_nothing_else(held: str) -> None:
    owner = person("operator", "anna")
    run = life(owner).run
    asks = program(owner, held)
    answers = {
        "runs:read": asks.get(f"runs/{run.pk}"),
        "runs:start": asks.post("runs", {"agent": "refund-desk", "goal": "x"}),
        "runs:stop": asks.post(f"runs/{run.pk}/pause"),
    }
    for scope, answer in answers.items():
        if scope == held:
            assert answer.status_code in {200, 201}, scope
        else:
            assert (answer.status_code, code(answer)) == (403, "scope_missing"), scope


def test_a_token_never_does_more_than_its_owner_may() -> None:
    run = life(person("operator", "otto")).run
    viewers = program(person("viewer"))
    assert viewers.get(f"runs/{run.pk}").status_code == 200
    assert code(viewers.post(f"runs/{run.pk}/kill")) == "forbidden"
    assert code(viewers.post("runs", {"agent": "refund-desk", "goal": "x"})) == "forbidden"
    nobodys = program(person(name="nina"))
    assert code(nobodys.get(f"runs/{run.pk}")) == "forbidden"


def test_rights_count_as_they_are_at_that_moment() -> None:
    owner = person("operator", "anna")
    asks, run = program(owner), life(owner).run
    owner.groups.clear()
    assert asks.get(f"runs/{run.pk}").status_code == 403
    owner.groups.set([Group.objects.get(name="viewer")])
    assert asks.get(f"runs/{run.pk}").status_code == 200


def test_a_session_opens_no_door_for_programs() -> None:
    run = life(person("operator", "otto")).run
    client = signed_in("operator")
    for answer in (
        client.get(f"/api/v1/runs/{run.pk}"),
        client.post(f"/api/v1/runs/{run.pk}/kill", "{}", "application/json"),
    ):
        assert (answer.status_code, code(answer)) == (401, "unauthorized")


def test_a_token_opens_no_page_and_makes_no_session() -> None:
    asks = program(person("operator"))
    answer = asks.client.get("/", headers=asks.headers)
    assert (answer.status_code, answer["Location"]) == (302, "/signin/?next=/")
    asks.get(RUN)
    assert not asks.client.cookies


def test_no_forged_request_is_possible_and_so_no_csrf_token_is_asked_for() -> None:
    owner = person("operator")
    run, secret = life(owner).run, token(owner)
    client = Client(enforce_csrf_checks=True)
    headers = {"Authorization": f"Bearer {secret}", "Origin": "https://elsewhere.example"}
    address = f"/api/v1/runs/{run.pk}/pause"
    assert client.post(address, "{}", "application/json", headers=headers).status_code == 200


@pytest.mark.parametrize(
    "sent", ["", "Bearer", "Bearer sbx_", "Basic YTpi", "Bearer nonsense", "Bearer sbx_ñ", "sbx_a"]
)
def test_whatever_is_no_token_is_a_401(sent: str) -> None:
    answer = Client().get(f"/api/v1/{RUN}", headers={"Authorization": sent})
    assert (answer.status_code, code(answer)) == (401, "unauthorized")


def test_a_token_that_asks_too_often_is_told_when_to_come_back() -> None:
    anna = person("operator", "anna")
    asks, other = program(anna, name="busy"), program(anna, name="calm")
    busy = ApiToken.objects.filter(name="busy")
    busy.update(ready_at=timezone.now() + rate.AHEAD + timedelta(seconds=300))
    late = asks.get(RUN)
    assert (late.status_code, code(late)) == (429, "too_many_requests")
    assert 200 < int(late["Retry-After"]) <= 300
    assert other.get(RUN).status_code == 404, "each token has its own pace"
    before = timezone.now() + rate.AHEAD - timedelta(seconds=10)
    busy.update(ready_at=before)
    assert asks.get(RUN).status_code == 404
    assert busy.get().ready_at == before + rate.INTERVAL, "what a request costs"


def test_a_use_is_seen_at_the_token() -> None:
    asks = program(person("operator"))
    assert ApiToken.objects.get().last_used_at is None
    before = timezone.now()
    opens(asks)
    assert (ApiToken.objects.get().last_used_at or before) > before


def test_no_token_stands_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    secret = token(person("viewer"))
    with caplog.at_level(logging.DEBUG):
        Program(secret).post(f"{RUN}/kill", b"{")
        Program(f"{secret}x").get(RUN)
    assert caplog.records
    assert secret not in caplog.text


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        ({"name": ""}, "name"),
        ({"name": "a (b)"}, "brackets"),
        ({"name": "x" * 41}, "40"),
        ({"scopes": []}, "one or more"),
        ({"scopes": ["approvals:decide"]}, "one or more"),
        ({"lasts": timedelta()}, "1 to 366 days"),
        ({"lasts": timedelta(days=367)}, "1 to 366 days"),
    ],
)
def test_a_token_that_cannot_be_says_why(facts: dict[str, Any], sentence: str) -> None:
    anna = person("operator", "anna")
    usual: dict[str, Any] = {
        "user": anna,
        "name": "n",
        "scopes": ["runs:read"],
        "lasts": timedelta(days=1),
        "at": timezone.now(),
        "actor": acting.of(anna),
    }
    with pytest.raises(Refused, match=sentence):
        api_tokens.make(**{**usual, **facts})
    assert not ApiToken.objects.exists()


def test_a_name_is_given_once_and_their_number_is_bounded() -> None:
    anna = person("operator", "anna")
    token(anna, name="n0")
    with pytest.raises(Refused, match="already"):
        token(anna, name="n0")
    for number in range(1, api_tokens.MOST):
        token(anna, name=f"n{number}")
    with pytest.raises(Refused, match="revoke one first"):
        token(anna, name="one more")


def given(*words: str) -> str:
    out = StringIO()
    call_command("token", *words, stdout=out)
    return out.getvalue().strip()


def test_a_command_makes_and_revokes_one() -> None:
    person("operator", "anna")
    asks = Program(given("anna", "--name", "ci", "--scope", "runs:read", "--expires", "7"))
    assert opens(asks)
    found = ApiToken.objects.get()
    assert found.expires_at - found.made_at == timedelta(days=7)
    assert given("anna").startswith("ci · runs:read · in force, until ")
    assert "last used 20" in given("anna")
    assert "Revoked: ci of anna" in given("anna", "--name", "ci", "--revoke")
    assert not opens(asks)
    assert "ci · runs:read · revoked" in given("anna")
    assert {actor.split(":")[0] for _, actor, _ in noted()} == {"shell"}


@pytest.mark.parametrize(
    "words",
    [("nobody", "--name", "ci"), ("anna", "--name", "ci", "--revoke"), ("anna", "--name", "(")],
)
def test_a_command_that_cannot_be_followed_says_why(words: tuple[str, ...]) -> None:
    person("operator", "anna")
    with pytest.raises(CommandError):
        given(*words)
