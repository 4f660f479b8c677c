"""One's own password: set by oneself, with every other session over; none where an identity
provider says who comes in.
"""

import pytest
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.models import User
from django.test import Client

from console.live import publish
from tests.pages.people import person
from tests.people.test_second_factors import PASSWORD, inside, last, signed_in

pytestmark = pytest.mark.django_db
PAGE = "/account/password/"
NEW = "a lantern by the sea"


def sent(client: Client, first: str = NEW, second: str = NEW) -> int:
    form = {"new_password1": first, "new_password2": second}
    return client.post(PAGE, form).status_code


def test_it_is_changed_by_its_owner_and_every_other_session_is_over() -> None:
    anna = person("viewer", "anna")
    here, there = signed_in()[0], signed_in()[0]
    assert sent(here) == 302
    assert last() == ("auth.password_set", {"user": "anna", "id": anna.pk})
    assert (here.get("/account/").status_code, there.get("/account/").status_code) == (200, 302)
    assert "this one, now" in here.get("/account/").content.decode()
    anna.refresh_from_db()
    assert (anna.check_password(NEW), anna.check_password(PASSWORD)) == (True, False)


@pytest.mark.django_db(transaction=True)
def test_what_an_open_page_asks_at_that_moment_does_not_end_its_session(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    person("viewer", "anna")
    here, beside = signed_in()[0], Client()
    beside.cookies = here.cookies
    asked: list[int] = []
    monkeypatch.setattr(
        publish, "call_back", lambda _user: asked.append(beside.get("/account/").status_code)
    )
    assert sent(here) == 302
    assert asked == [200]
    assert here.get("/account/").status_code == 200


@pytest.mark.parametrize(
    ("first", "second", "words"),
    [
        (NEW, "another", "didn’t match"),
        ("short", "short", "too short"),
        ("password123", "password123", "too common"),
        ("", "", "required"),
        ("a\0b" * 5, "a\0b" * 5, ""),
    ],
)
def test_what_is_no_password_is_refused_in_words(first: str, second: str, words: str) -> None:
    anna = person("viewer", "anna")
    client = signed_in()[0]
    answer = client.post(PAGE, {"new_password1": first, "new_password2": second})
    assert (answer.status_code // 100, words in answer.content.decode()) == (4, True)
    anna.refresh_from_db()
    assert anna.check_password(PASSWORD)


def test_whoever_signed_in_a_while_ago_shows_first_who_they_are(settings: object) -> None:
    person("viewer", "anna")
    client = signed_in()[0]
    settings.CONFIRM_WITHIN = -1  # type: ignore[attr-defined]
    assert sent(client) == 302
    assert User.objects.get(username="anna").check_password(PASSWORD)


def test_whoever_came_by_a_link_sets_their_first_one() -> None:
    anna = person("viewer", "anna")
    anna.set_unusable_password()
    anna.save()
    client = Client()
    client.force_login(anna, backend="django.contrib.auth.backends.ModelBackend")
    assert ">Set…<" in client.get("/account/").content.decode()
    assert sent(client) == 302
    assert inside(signed_in(password=NEW)[0])


def test_an_identity_providers_people_have_none_here() -> None:
    anna = person("viewer", "anna")
    anna.set_unusable_password()
    anna.save()
    SocialAccount.objects.create(user=anna, provider="oidc", uid="7")
    client = Client()
    client.force_login(anna, backend="django.contrib.auth.backends.ModelBackend")
    assert PAGE not in client.get("/account/").content.decode()
    assert sent(client) == 404


def test_nobody_who_is_not_signed_in_has_the_page() -> None:
    assert Client().get(PAGE).status_code == 302
