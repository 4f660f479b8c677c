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
        "http://10.0.0.5/v1",
        "https://api.openai.com/v1",
        "http://[::1]:1/",
    ],
)
def test_local_and_private_ones_and_the_wide_world_are_not(url: str) -> None:
    assert addresses.problem(url) == ""


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
