"""Where requests may go, and that what an address answers is not repeated."""

import socket

import pytest
from pydantic import BaseModel, ValidationError

from console.outside import addresses, variables


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://169.254.170.2/v2/credentials",
        "https://metadata.google.internal/computeMetadata/v1/",
        "http://METADATA.google.internal./",
        "http://[fe80::1%25eth0]/",
        "http://[fe80::1]/",
        "http://[::ffff:169.254.169.254]/",
        "http://[fd00:ec2::254]/",
        "http://[fd00:ec2::23]/",
        "http://[fd20:ce::254]/",
        "http://2852039166/",
        "http://0xA9FEA9FE/",
        "http://169.254.43518/",
        "http://100.100.100.200/",
        "http://user@169.254.169.254:80/",
    ],
)
def test_an_address_that_hands_out_credentials_is_refused(url: str) -> None:
    assert "credentials" in addresses.problem(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:11434/v1",
        "http://127.0.0.1:8080/mcp",
        "http://127.1:8080/",
        "http://models.localhost/v1",
        "https://api.openai.com/v1",
        "http://[::1]:1/",
    ],
)
def test_this_machine_by_name_and_the_wide_world_are_not(url: str) -> None:
    assert addresses.reached_problem(url, {}) == ""


@pytest.mark.parametrize(
    "url",
    [
        "http://10.0.0.5/v1",
        "http://172.16.0.9/",
        "http://192.168.1.1/",
        "http://100.64.0.1/",
        "http://0.0.0.0:8000/",
        "http://[::]/",
        "http://[fd12::1]/",
        "http://[fec0::1]/",
        "http://[::ffff:10.0.0.5]/",
        "http://[64:ff9b::a00:5]/",
        "http://[2002:a00:5::]/",
        "http://[64:ff9b::7f00:1]/x",
        "http://[64:ff9b:1::a00:5]/",
        "http://[64:ff9b:1:a00:5::]/",
        "http://[::ffff:0:a00:5]/",
        "http://[::a00:5]/",
        "http://224.0.0.1/",
        "http://167772165/",
    ],
)
def test_a_private_address_is_reached_only_when_it_is_listed(url: str) -> None:
    listed = "0.0.0.0/0, ::/0"
    if "7f00" not in url:
        assert addresses.PRIVATE in addresses.problem(url, {})
    assert addresses.problem(url, {addresses.OWN_HOSTS: listed}) == ""


@pytest.mark.parametrize("listed", ["models.internal", "10.0.0.0/8", "a, Models.Internal.  ,b"])
def test_a_name_that_leads_inwards_is_reached_only_when_it_or_its_network_is_listed(
    listed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda *_args, **_facts: [(2, 1, 6, "", ("10.0.0.5", 0))]
    )
    url = "http://models.internal/v1"
    assert addresses.OWN_HOSTS in addresses.reached_problem(url, {})
    assert addresses.reached_problem(url, {addresses.OWN_HOSTS: listed}) == ""
    assert addresses.reached_problem(url, {addresses.OWN_HOSTS: "other.internal 10.9.0.0/16"})


def test_an_address_that_the_environment_gives_is_the_houses_own() -> None:
    given = {"OPENAI_BASE_URL": "http://10.0.0.5:11434/v1", "X_BASE_URL": "http://[::1"}
    assert addresses.problem("http://10.0.0.5/", given) == ""
    assert addresses.problem("http://10.0.0.6/", given)
    issuer = {"SIGNALBOX_OIDC_ISSUER": "http://sso.internal:8080/realms/x"}
    assert addresses.reason("sso.internal", ["10.0.0.7"], issuer) == ""


def test_no_setting_lets_anybody_reach_what_hands_out_credentials() -> None:
    everything = {addresses.OWN_HOSTS: "0.0.0.0/0 ::/0 169.254.169.254 metadata.google.internal"}
    for url in ("http://169.254.169.254/", "http://metadata.google.internal/"):
        assert addresses.problem(url, everything) == addresses.CREDENTIALS


@pytest.mark.parametrize(
    "url", ["", "file:///etc/passwd", "gopher://h/", "http://", "http://[::1", "http://h:port/"]
)
def test_what_is_no_web_address_is_refused(url: str) -> None:
    assert addresses.problem(url)


def test_a_name_is_asked_for_before_it_is_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda *_args, **_facts: [(2, 1, 6, "", ("169.254.169.254", 0))]
    )
    assert "credentials" in addresses.reached_problem("http://innocent.example/")
    assert addresses.reached_problem("http://127.0.0.1/") == ""


def test_what_the_other_side_sent_is_not_repeated() -> None:
    class Answer(BaseModel):
        id: int

    with pytest.raises(ValidationError) as caught:
        Answer.model_validate_json(b'{"id": "INTERNAL root:x:0:0"}')
    assert "INTERNAL" not in addresses.said(caught.value)
    assert "INTERNAL" not in addresses.said(
        ExceptionGroup("one", [RuntimeError("bad\ninput_value=b'INTERNAL'")])
    )


@pytest.mark.parametrize(
    "name",
    [
        "SECRET_KEY",
        "DATABASE_URL",
        "REDIS_URL",
        "SIGNALBOX_DATA",
        "PGPASSWORD",
        "DJANGO_SETTINGS_MODULE",
        "LD_PRELOAD",
        "PATH",
    ],
)
def test_the_houses_own_variables_are_handed_to_nobody_whatever_the_setting_says(name: str) -> None:
    assert not variables.may_be_named(name, {"SIGNALBOX_HANDS_ON": name})
    assert "Signalbox's own" in variables.problem([name], {"SIGNALBOX_HANDS_ON": name})


def test_keys_by_convention_and_what_the_setting_lists_may_be_named() -> None:
    assert (
        variables.problem(["OPENAI_API_KEY", "MY_TOKEN", ""], {"SIGNALBOX_HANDS_ON": "A, MY_TOKEN"})
        == ""
    )
    assert "MY_TOKEN may not be handed on" in variables.problem(["MY_TOKEN"], {})


def test_a_variable_goes_to_the_hosts_that_are_listed_with_it_and_nowhere_else() -> None:
    listed = {"SIGNALBOX_HANDS_ON": "CRM_TOKEN@crm.example.com, CRM_TOKEN@*.eu.example.com, FREE"}
    named = ["CRM_TOKEN", "FREE"]
    assert variables.problem(named, listed) == ""
    for host in ("crm.example.com", "CRM.example.com", "a.eu.example.com"):
        assert variables.problem(named, listed, host=host) == ""
    for host in ("evil.example", "eu.example.com", "crm.example.com.evil.example", ""):
        assert "CRM_TOKEN is for *.eu.example.com, crm.example.com only" in variables.problem(
            named, listed, host=host
        )
    assert variables.problem(["FREE"], listed, host="anywhere.example") == ""


def test_a_key_by_convention_can_be_bound_to_its_host_too() -> None:
    listed = {"SIGNALBOX_HANDS_ON": "OPENAI_API_KEY@api.openai.com"}
    assert variables.problem(["OPENAI_API_KEY"], listed, host="api.openai.com") == ""
    assert variables.problem(["OPENAI_API_KEY"], listed, host="evil.example")
    assert "not to a program" in variables.problem(["OPENAI_API_KEY"], listed, host="")
