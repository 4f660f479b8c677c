"""A form that was opened before somebody signed in anew in the same browser."""

import html
import re

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from runs.models import Run
from tests.pages.lives import agent
from tests.pages.people import person

pytestmark = pytest.mark.django_db
HERE, ELSEWHERE = {"origin": "http://localhost"}, {"origin": "https://elsewhere.example"}
HOST = {"host": "localhost"}
START = "/runs/start/"
TYPED = {"goal": "Pay order 1042 back:\n<b>all</b> of it", "agent": "nobody"}


def entered(name: str = "anna") -> Client:
    """A browser that asks for tokens, in which this person has signed in."""
    client = Client(enforce_csrf_checks=True)
    sign_in(client, name)
    return client


def sign_in(client: Client, name: str = "anna") -> None:
    token = token_of(client, "/signin/")
    sent = {"username": name, "password": "correct horse", "csrfmiddlewaretoken": token}
    assert client.post("/signin/", sent, headers=HOST | HERE).status_code == 302


def token_of(client: Client, page: str) -> str:
    text = client.get(page, headers=HOST).content.decode()
    found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', text)
    assert found
    return found[1]


def fields(text: str) -> dict[str, str]:
    """What the page would send, as a browser reads it."""
    hidden = re.findall(r'<textarea name="([^"]+)" hidden>\n(.*?)</textarea>', text, re.DOTALL)
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', text)
    found = {name: html.unescape(value) for name, value in hidden}
    return {**found, "csrfmiddlewaretoken": token[1] if token else ""}


def test_what_was_typed_before_a_new_sign_in_is_sent_by_one_more_press() -> None:
    agent()
    person("operator", "anna")
    client = entered()
    sent = {**TYPED, "agent": "refund-desk", "csrfmiddlewaretoken": token_of(client, START)}
    client.logout()
    sign_in(client)
    answer = client.post(START, sent, headers=HOST | HERE)
    text = answer.content.decode()
    assert (answer.status_code, "no-store" in answer["Cache-Control"]) == (403, True)
    assert "Send it as anna" in text
    assert not Run.objects.exists()
    assert client.post(START, fields(text), headers=HOST | HERE).status_code == 302
    assert Run.objects.get().goal == TYPED["goal"]


def test_what_was_typed_is_shown_as_text_whatever_it_is() -> None:
    person("operator", "anna")
    client = entered()
    text = client.post(START, TYPED, headers=HOST | HERE).content.decode()
    assert "&lt;b&gt;all&lt;/b&gt; of it" in text
    assert "<b>all" not in text


@pytest.mark.parametrize("origin", [ELSEWHERE, {"origin": "null"}, {}])
def test_a_form_of_elsewhere_is_not_repeated(origin: dict[str, str]) -> None:
    person("operator", "anna")
    answer = entered().post(START, TYPED, headers=HOST | origin)
    assert answer.status_code == 403
    assert b"1042" not in answer.content
    assert b"This page was too old" in answer.content


def test_whoever_is_not_signed_in_gets_nothing_back_of_what_they_sent() -> None:
    person(name="anna")
    client = Client(enforce_csrf_checks=True)
    typed = {"username": "anna", "password": "correct horse"}
    answer = client.post("/signin/", typed, headers=HOST | HERE)
    assert answer.status_code == 403
    assert b"correct horse" not in answer.content


def test_a_part_of_a_page_says_that_the_page_is_to_be_loaded_again() -> None:
    person("operator", "anna")
    part = {"hx-request": "true"}
    answer = entered().post(START, TYPED, headers=HOST | HERE | part)
    assert (answer.status_code, answer["HX-Reswap"]) == (409, "none")
    assert b"You have signed in anew since this page was opened" in answer.content


def test_what_is_sent_signed_out_is_kept_until_somebody_has_signed_in() -> None:
    agent()
    person("operator", "anna")
    client = entered()
    sent = {**TYPED, "agent": "refund-desk", "csrfmiddlewaretoken": token_of(client, START)}
    Session.objects.all().delete()
    answer = client.post(START, sent, headers=HOST | HERE)
    text = answer.content.decode()
    assert (answer.status_code, "no-store" in answer["Cache-Control"]) == (401, True)
    assert 'href="/signin/?next=/' in text
    assert fields(text)["goal"] == TYPED["goal"]
    again = client.post(START, fields(text), headers=HOST | HERE)
    assert (again.status_code, fields(again.content.decode())["goal"]) == (401, TYPED["goal"])
    sign_in(client)
    asked = client.post(START, fields(text), headers=HOST | HERE).content.decode()
    assert "Send it as anna" in asked
    assert client.post(START, fields(asked), headers=HOST | HERE).status_code == 302
    assert Run.objects.get().goal == TYPED["goal"]


def test_what_elsewhere_sends_signed_out_is_not_repeated() -> None:
    answer = Client().post(START, TYPED, headers=HOST | ELSEWHERE)
    assert answer.status_code == 302


def test_a_password_is_never_written_out() -> None:
    person("operator", "anna")
    typed = {"new_password1": "a lantern by the sea", "new_password2": "a lantern by the sea"}
    client = entered()
    anew = client.post("/account/password/", typed, headers=HOST | HERE)
    token = token_of(client, START)
    Session.objects.all().delete()
    away = client.post(
        "/account/password/", typed | {"csrfmiddlewaretoken": token}, headers=HOST | HERE
    )
    assert (anew.status_code, away.status_code) == (403, 302)
    assert b"lantern" not in anew.content
