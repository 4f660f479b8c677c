"""An account at the identity provider is connected from one's own page alone, and on record."""

import pytest
from allauth.socialaccount.models import SocialLogin
from allauth.socialaccount.signals import social_account_added
from django.db import connection
from django.test import RequestFactory

from console.journal import append
from console.journal.records import HOUSE_KEY
from tests.pages.people import person, signed_in

pytestmark = pytest.mark.django_db
CONNECT = "/signin/oidc/?process=connect"


@pytest.mark.parametrize(
    ("headers", "led"),
    [
        ({}, False),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({"Sec-Fetch-Site": "none"}, False),
        ({"Referer": "http://evil.example/account/"}, False),
        ({"Referer": "http://testserver.evil.example/"}, False),
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Referer": "http://testserver/account/"}, True),
    ],
)
def test_another_site_connects_nobody(headers: dict[str, str], led: bool) -> None:
    answer = signed_in("operator").get(CONNECT, headers=headers)
    if led:
        assert answer.status_code == 404, "no provider is set up here"
    else:
        assert (answer.status_code, answer["Location"]) == (302, "/account/")


def test_signing_in_may_begin_anywhere() -> None:
    assert signed_in().get("/signin/oidc/").status_code == 404, "no provider is set up here"


def test_a_new_way_into_an_account_is_on_record() -> None:
    request = RequestFactory().get("/signin/oidc/back/")
    request.user = anna = person("operator", "anna")
    social_account_added.send(sender=SocialLogin, request=request, sociallogin=None)
    record = append.read(connection, HOUSE_KEY)[-1].record
    assert (record.kind, record.person) == ("auth.factor_added", str(anna.pk))
    assert str(record.data["factor"]).startswith("account at ")
