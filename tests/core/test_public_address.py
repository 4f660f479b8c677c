"""Where the console is reached from outside: behind a proxy on another port, under many names."""

from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware
from django.test import RequestFactory, override_settings

from console.doors import origin
from console.stack import public_address

HOSTS = ["signalbox.example.org", ".example.net"]


def test_a_host_that_begins_with_a_dot_trusts_all_its_names() -> None:
    found = public_address.trusted_origins(HOSTS, "")
    assert found == ["https://signalbox.example.org", "https://*.example.net"]


def test_the_public_address_is_trusted_with_its_port() -> None:
    found = public_address.trusted_origins(HOSTS, "https://signalbox.example.org:8443/sub")
    assert "https://signalbox.example.org:8443" in found


@pytest.mark.parametrize("url", ["", "nonsense", "http://[::1", "/path"])
def test_an_address_that_is_none_trusts_nobody(url: str) -> None:
    assert public_address.trusted_origins([], url) == []


def test_links_lead_to_the_first_whole_name_where_no_address_was_given() -> None:
    assert public_address.usual([".example.net", *HOSTS], https=True) == (
        "https://signalbox.example.org"
    )
    assert public_address.usual(["a.example"], https=False) == "http://a.example"
    assert public_address.usual([".example.net"], https=True) == public_address.HERE


@pytest.mark.parametrize(
    ("said", "host", "ours"),
    [
        ("http://127.0.0.1:8000", "127.0.0.1:8000", True),
        ("http://127.0.0.1:9999", "127.0.0.1:8000", False),
        ("http://127.0.0.1", "127.0.0.1:8000", False),
        ("https://localhost", "localhost", True),
        ("https://localhost", "localhost:443", True),
        ("http://localhost", "localhost:443", False),
        ("null", "127.0.0.1:8000", False),
        ("", "127.0.0.1:8000", False),
        ("http://127.0.0.1.evil.example:8000", "127.0.0.1:8000", False),
        ("http://evil.example", "evil.example", False),
        ("http://[::1", "[::1", False),
        ("https://proxy.example:8443", "proxy.example", True),
        ("https://proxy.example:8444", "proxy.example", False),
    ],
)
@override_settings(
    ALLOWED_HOSTS=["127.0.0.1", "localhost", "proxy.example"],
    CSRF_TRUSTED_ORIGINS=["https://proxy.example:8443"],
)
def test_a_live_socket_is_opened_by_pages_of_this_very_address_port_included(
    said: str, host: str, ours: bool
) -> None:
    assert origin.ours(said, host) is ours


def get(_request: HttpRequest) -> HttpResponse:
    return HttpResponse()


@override_settings(ALLOWED_HOSTS=["*"])
def test_a_form_of_a_trusted_address_is_taken_though_the_proxy_leaves_the_port_out() -> None:
    request = RequestFactory().post("/", headers={"host": "signalbox.example.org"})
    request.META["HTTP_ORIGIN"] = "https://signalbox.example.org:8443"
    check: Any = CsrfViewMiddleware(get)
    assert not check._origin_verified(request)
    given = public_address.trusted_origins(HOSTS, "https://signalbox.example.org:8443")
    with override_settings(CSRF_TRUSTED_ORIGINS=given):
        check = CsrfViewMiddleware(get)
        assert check._origin_verified(request)
        request.META["HTTP_ORIGIN"] = "https://team.example.net"
        assert check._origin_verified(request)
        request.META["HTTP_ORIGIN"] = "https://evil.example"
        assert not check._origin_verified(request)
