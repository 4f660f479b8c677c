"""Every page of the documentation opens for whoever is signed in, and for nobody else."""

import re

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from django.utils.text import slugify

from console.docs import contents
from runs.engine.stop_reasons import EXPLANATIONS
from runs.engine.vocabulary import StopReason
from tests.pages.lives import life
from tests.pages.people import person, signed_in
from tests.pages.test_frame import INLINE

ADDRESSES = ["/docs/", *(f"/docs/{page.slug}/" for page in contents.PAGES)]


@pytest.mark.django_db
@pytest.mark.parametrize("address", ADDRESSES)
def test_a_page_opens_for_whoever_is_signed_in_also_without_any_group(address: str) -> None:
    client = Client()
    client.force_login(User.objects.create_user("nora"))
    answer = client.get(address)
    text = answer.content.decode()
    assert answer.status_code == 200
    assert not INLINE.search(text)
    assert "%%" not in text


@pytest.mark.django_db
@pytest.mark.parametrize("address", ADDRESSES)
def test_a_page_does_not_open_for_somebody_who_is_not(address: str) -> None:
    answer = Client().get(address)
    assert (answer.status_code, answer["Location"].split("?")[0]) == (302, "/signin/")


@pytest.mark.django_db
def test_a_page_that_does_not_exist_is_not_found_and_nothing_is_posted() -> None:
    client = signed_in("viewer")
    assert client.get("/docs/nothing/").status_code == 404
    assert client.get("/docs/..%2fsettings/").status_code == 404
    assert client.post("/docs/glossary/").status_code == 405


@pytest.mark.django_db
@pytest.mark.parametrize("page", contents.PAGES, ids=lambda page: page.slug)
def test_every_line_of_a_contents_list_leads_to_a_heading(page: contents.DocsPage) -> None:
    text = signed_in("viewer").get(f"/docs/{page.slug}/").content.decode()
    article = text[text.index("<article") : text.index("</article>")]
    anchors = re.findall(r'<h[23] id="([^"]+)"', article)
    assert re.findall(r'href="#([^"]+)"', article) == anchors
    assert all(text.count(f'id="{anchor}"') == 1 for anchor in anchors)


@pytest.mark.django_db
def test_the_rail_leads_to_the_docs() -> None:
    assert 'href="/docs/"' in signed_in("viewer").get("/").content.decode()


def test_a_page_can_be_printed_whole(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("docs", "events")
    assert "### run.paused" in capsys.readouterr().out


@pytest.mark.django_db
def test_a_run_that_stopped_leads_to_what_its_reason_means() -> None:
    one = life(person("operator", "otto"))
    one.lease()
    one.stop(StopReason.CRASH_LOOP)
    one.written()
    text = signed_in("operator").get(f"/runs/{one.run.pk}/").content.decode()
    assert 'href="/docs/stop-reasons/#crash-loop"' in text


@pytest.mark.django_db
def test_every_stop_reason_can_be_led_to() -> None:
    text = signed_in("viewer").get("/docs/stop-reasons/").content.decode()
    for reason in StopReason:
        assert f'<h2 id="{slugify(EXPLANATIONS[reason].title)}">' in text
