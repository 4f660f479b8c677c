"""What every page has in common: nothing inline, no dead link, icons that exist,
errors in words."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.test import Client

from runs.engine.vocabulary import StopReason
from tests.pages.lives import agent, life, running
from tests.pages.people import person, signed_in

ROOT = Path(settings.BASE_DIR)
SPRITE = (ROOT / "static/icons.svg").read_text()
INLINE = re.compile(
    r"<style|\sstyle=|<script(?![^>]*\ssrc=)|\son[a-z]+=|javascript:|hx-on", re.IGNORECASE
)


def pages() -> dict[str, str]:
    """A page of every kind, as an operator sees it."""
    who = person("operator", "otto")
    one, ended, doubt = running(who), life(who), life(who)
    ended.lease()
    ended.stop(StopReason.CRASH_LOOP)
    ended.written()
    doubt.lease()
    doubt.plan(("charge_card", {}))
    doubt.intend("charge_card", {})
    doubt.lease(epoch=2)
    doubt.doubt()
    doubt.written()
    agent("keyless", planner="openai:gpt-5-mini", key_variable="NO_SUCH_API_KEY")
    client = signed_in("operator")
    paths = ["/", "/?view=bad", "/runs/start/", f"/runs/{ended.run.pk}/", f"/runs/{doubt.run.pk}/"]
    paths += [
        f"/runs/{one.run.pk}/{rest}"
        for rest in ("", "audit/", "context/", "kill/", "since/?after=0")
    ]
    paths += ["/audit/", "/health/", "/nowhere/"]
    return {
        **{path: client.get(path).content.decode() for path in paths},
        "/signin/": Client().get("/signin/").content.decode(),
    }


@pytest.mark.django_db
def test_no_page_holds_a_style_a_script_or_a_handler_of_its_own() -> None:
    for path, text in pages().items():
        assert not INLINE.search(text), (path, INLINE.search(text))


@pytest.mark.django_db
def test_every_page_carries_a_policy_that_forbids_them() -> None:
    policy = signed_in("viewer").get("/")["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "script-src 'self'" in policy
    assert "style-src 'self'" in policy


@pytest.mark.django_db
def test_what_a_page_asks_for_exists() -> None:
    for path, text in pages().items():
        for asset in re.findall(r'(?:src|href)="/static/r-[0-9a-f]{12}/([^"#]+)', text):
            assert finders.find(asset), (path, asset)
        for icon in re.findall(r'icons\.svg#([^"]+)"', text):
            assert f'id="{icon}"' in SPRITE, (path, icon)


def test_the_sprite_holds_no_icon_that_nobody_uses() -> None:
    sources = [
        *(ROOT / "templates").rglob("*.html"),
        *(ROOT / "runs/reading").glob("*.py"),
        *(ROOT / "console").rglob("*.py"),
    ]
    said = "\n".join(source.read_text() for source in sources)
    unused = [icon for icon in re.findall(r'id="([a-z0-9-]+)"', SPRITE) if f'"{icon}"' not in said]
    assert unused == []


@pytest.mark.django_db
@pytest.mark.parametrize("group", ["viewer", "operator", "approver", "admin", "auditor"])
def test_the_rail_leads_nowhere_its_reader_may_not_go(group: str) -> None:
    client = signed_in(group)
    rail = re.search(r'<nav class="rail".*?</nav>', client.get("/").content.decode(), re.DOTALL)
    assert rail
    for link in re.findall(r'href="([^"]+)"', rail[0]):
        assert client.get(link).status_code == 200, link


@pytest.mark.django_db
def test_what_is_not_there_and_what_is_not_theirs_is_said_in_words() -> None:
    missing, forbidden = (
        signed_in("operator").get("/nowhere/"),
        signed_in("viewer").get("/runs/start/"),
    )
    assert (missing.status_code, forbidden.status_code) == (404, 403)
    assert "There is nothing here" in missing.content.decode()
    assert "You may not do that" in forbidden.content.decode()


@pytest.mark.django_db
def test_signing_out_is_a_post() -> None:
    client = signed_in("viewer")
    assert client.get("/signout/").status_code == 405
    client.post("/signout/")
    assert client.get("/").status_code == 302


@pytest.mark.django_db
@pytest.mark.parametrize("demo", [True, False])
def test_the_demo_says_that_it_is_one_and_nothing_else_does(
    monkeypatch: pytest.MonkeyPatch, demo: bool
) -> None:
    monkeypatch.setattr(settings, "DEMO", demo)
    text = signed_in("operator").get("/").content.decode()
    assert ("no money is spent" in text) is demo
