"""A form that is sent after its sender's session ended leads back to the page it stood on, never to
an act.
"""

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("came", "back"),
    [
        ("http://testserver/approvals/1/?risk=bad", "/signin/?next=/approvals/1/%3Frisk%3Dbad"),
        ("http://evil.example/x/", "/signin/?next=/"),
        ("", "/signin/?next=/"),
    ],
)
def test_signing_in_after_a_form_leads_back_to_its_page(came: str, back: str) -> None:
    assert (
        Client().post("/approvals/1/decide/", {"act": "approve"}, headers={"Referer": came})[
            "Location"
        ]
        == back
    )
