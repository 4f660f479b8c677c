"""What a page tells its own scripts: addresses and kinds of events stand once, on the server."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import resolve

from console.live.frames import ASKING
from runs.engine.events import KINDS
from tests.pages.lives import running
from tests.pages.people import person, signed_in

ROOT = Path(settings.BASE_DIR)
SCRIPTS = {
    str(path.relative_to(ROOT)): path.read_text()
    for path in sorted((ROOT / "static").rglob("*.js"))
}
ADDRESS = re.compile(r"""["'`]/[a-z]""")


def test_no_script_names_an_address_or_a_kind_of_event() -> None:
    assert len(SCRIPTS) > 15
    for name, text in SCRIPTS.items():
        assert not ADDRESS.search(text), name
        assert not [kind for kind in KINDS if kind in text or kind.replace(".", r"\.") in text], (
            name
        )


@pytest.mark.django_db
def test_every_page_says_after_which_events_something_else_may_need_a_person() -> None:
    reader = signed_in("approver")
    for path in ("/", "/approvals/", "/health/"):
        text = reader.get(path).content.decode()
        (news,) = re.findall(r'data-news="([^"]*)"', text)
        assert tuple(news.split(" ")) == ASKING


@pytest.mark.django_db
def test_the_addresses_that_scripts_follow_are_there() -> None:
    run = running(person("operator", "otto")).run
    text = signed_in("approver").get(f"/runs/{run.pk}/").content.decode()
    found = dict(re.findall(r'(data-(?:since|signin|needs-action))="([^"]*)"', text))
    assert {name: resolve(path).view_name for name, path in found.items()} == {
        "data-since": "runs:since",
        "data-signin": "signin",
        "data-needs-action": "approvals:count",
    }


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("group", "keys"), [("admin", "fqaph"), ("auditor", "fqaph"), ("viewer", "fh")]
)
def test_letters_go_where_this_reader_may_go(group: str, keys: str) -> None:
    text = signed_in(group).get("/").content.decode()
    assert "".join(re.findall(r'data-go="(\w)"', text)) == keys
