"""One's own tokens: a secret is shown once, and another's token is nobody else's to touch."""

import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from console.models import ApiToken
from tests.pages.people import person, signed_in
from tests.pages.programs import Program, token

pytestmark = pytest.mark.django_db
FORM = {"name": "nightly", "scopes": ["runs:read"], "days": "30"}


def inside(name: str, group: str = "operator") -> Client:
    client = Client()
    client.force_login(person(group, name), backend="django.contrib.auth.backends.ModelBackend")
    return client


def secret_in(response: Any) -> str:
    found = re.search(r"sbx_[\w-]+", response.content.decode())
    return found[0] if found else ""


def test_a_secret_is_shown_once_and_works() -> None:
    client = inside("anna")
    made = client.post("/tokens/", FORM)
    secret = secret_in(made)
    assert made.status_code == 200
    assert "no-store" in made["Cache-Control"]
    assert Program(secret).get("runs/00000000-0000-4000-8000-000000000000").status_code == 404
    again = client.get("/tokens/").content.decode()
    assert secret not in again
    assert "nightly" in again
    assert "in force" in again


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"name": ""}, "A token needs a name."),
        ({"name": "a (b)"}, "without brackets"),
        ({"scopes": []}, "Say what it is for."),
        ({"scopes": ["everything"]}, "Select a valid choice"),
        ({"days": "367"}, "less than or equal to 366"),
        ({"days": "x"}, "Enter a whole number"),
    ],
)
def test_what_cannot_be_made_is_said_at_its_field(given: dict[str, Any], sentence: str) -> None:
    answer = inside("anna").post("/tokens/", {**FORM, **given})
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not ApiToken.objects.exists()


def test_a_name_that_is_taken_is_refused_until_its_token_is_revoked() -> None:
    client = inside("anna")
    first = secret_in(client.post("/tokens/", FORM))
    assert "already" in client.post("/tokens/", FORM).content.decode()
    answer = client.post(f"/tokens/{ApiToken.objects.get().pk}/revoke/", follow=True)
    assert "opens nothing any more" in answer.content.decode()
    assert Program(first).get("runs/00000000-0000-4000-8000-000000000000").status_code == 401
    assert secret_in(client.post("/tokens/", FORM)) not in {"", first}


def test_nobody_sees_or_revokes_the_token_of_somebody_else() -> None:
    token(person("operator", "olga"), name="of olga")
    client = inside("anna", "admin")
    assert "of olga" not in client.get("/tokens/").content.decode()
    assert client.post(f"/tokens/{ApiToken.objects.get().pk}/revoke/").status_code == 404
    assert client.post(f"/tokens/{'9' * 30}/revoke/").status_code == 404
    assert ApiToken.objects.get().revoked_at is None


def test_a_page_says_how_each_token_stands() -> None:
    client = inside("anna")
    for name in ("one", "two", "three"):
        client.post("/tokens/", {**FORM, "name": name})
    ApiToken.objects.filter(name="two").update(expires_at=timezone.now())
    ApiToken.objects.filter(name="three").update(revoked_at=timezone.now())
    page = client.get("/tokens/").content.decode()
    assert [word in page for word in ("in force", "expired", "revoked")] == [True] * 3
    assert page.count("/revoke/") == 1


def test_whoever_may_see_no_run_makes_no_token() -> None:
    assert signed_in("").get("/tokens/").status_code == 403
    assert 'href="/tokens/"' in inside("vera", "viewer").get("/").content.decode()
