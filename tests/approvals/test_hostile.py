"""A text made to deceive whoever reads it goes through every way out of the house, and on none of
them it is raw.
"""

import logging
import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.mail import EmailMessage
from django.core.management import call_command
from django.test import Client

from approvals.models import Channel
from approvals.services import announcing, delivering, granting
from policies.gate.models import ToolPolicy
from runs.engine.vocabulary import AnswerAct
from runs.models import Agent, Run
from tests.approvals.desk import Desk
from tests.runtime.conftest import answering, calling, stored

RAW = "\u202e\u202c\u2066\u2069\u200b\u2063\u200f\ufeff\U000e0041\u00ad\x1b\r\u3164\ue000\x07\ufe01"
HOSTILE = (
    "bob\u202emoc.live@kcatta\u202c"
    " \u2066x\u2069\u200b\u2063\u200f\ufeff\U000e0041\u00ad\x1b[31m\rz\u3164\ue000\x07\ufe01end"
)
NAME = "memo\u202e_di"
TOML = "".join(f"\\U{ord(each):08X}" for each in HOSTILE)
TOML_NAME = "".join(f"\\U{ord(each):08X}" for each in NAME)
LIKE = "\u0430nna@example.com"

pytestmark = pytest.mark.django_db(transaction=True)


def asking(desk: Desk) -> Run:
    """A run that says and wants nothing but hostile things, and waits for a person."""
    desk.pay.spec = desk.pay.spec.__class__(
        "pay", "pays", {"type": "object"}, effect=desk.pay.spec.effect, idempotent=True
    )
    args = (
        f'{{ order_id = 1042, amount = 180.0, recipient = "{TOML}", to = "{LIKE}", "{TOML_NAME}" ='
        f' "{TOML}" }}'
    )
    look = (
        f'[[step]]\nthought = "{TOML}"\ncall = {{ tool = "look", args = {{ text = "{TOML}" }} }}\n'
    )

    async def answer(given: object, context: object) -> object:
        return {HOSTILE: HOSTILE}

    desk.bench.tool("look", answer)
    run = desk.start(script=look + calling("pay", args) + answering(TOML))
    Agent.objects.filter(pk=run.agent_id).update(title=HOSTILE[:60], prompt=HOSTILE)
    return run


def reader() -> Client:
    client = Client()
    client.force_login(
        User.objects.create_superuser("alba"), backend="django.contrib.auth.backends.ModelBackend"
    )
    return client


def raw(text: str) -> list[str]:
    return sorted({f"U+{ord(each):04X}" for each in text if each in RAW})


def test_no_page_holds_it_raw_and_those_that_show_it_write_it_out(approvals_desk: Desk) -> None:
    run, client = asking(approvals_desk), reader()
    card = approvals_desk.asked(run).pk
    shows = [
        f"/approvals/{card}/",
        "/approvals/",
        f"/approvals/bulk/?like={card}",
        f"/runs/{run.pk}/",
        f"/runs/{run.pk}/audit/",
        "/audit/",
    ]
    admin = [
        f"/admin/runs/agent/{run.agent_id}/change/",
        "/admin/runs/agent/",
        f"/admin/runs/run/{run.pk}/change/",
    ]
    for page in [
        *shows,
        *admin,
        "/",
        f"/runs/{run.pk}/context/",
        "/approvals/standing/",
        "/approvals/rows/",
    ]:
        text = client.get(page).content.decode()
        assert raw(text) == [], page
        assert page not in shows or "⟨U+202E⟩" in text, page
    approvals_desk.decide(approvals_desk.asked(run))
    approvals_desk.bench.play(run)
    assert raw(client.get(f"/runs/{run.pk}/").content.decode()) == []
    for row in re.findall(r'id="event-(\d+)"', client.get("/audit/").content.decode()):
        assert raw(client.get(f"/audit/{row}/").content.decode()) == []


def test_the_card_sets_values_apart_and_says_what_is_odd_about_them(approvals_desk: Desk) -> None:
    card = (
        reader()
        .get(f"/approvals/{approvals_desk.asked(asking(approvals_desk)).pk}/")
        .content.decode()
    )
    assert "<strong><bdi>" in card
    assert "holds characters that cannot be seen" in card
    assert "This text holds Cyrillic letters among Latin ones." in card
    assert re.search(r"⟨holds Cyrillic letters⟩", card)


class Inputs(HTMLParser):
    """What a browser would send of the card, untouched."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: dict[str, str] = {}
        self._area = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "input" and given.get("type") != "checkbox":
            self.found[given.get("name", "")] = given.get("value", "")
        self._area = given.get("name", "") if tag == "textarea" else ""
        if self._area:
            self.found[self._area] = ""

    def handle_data(self, data: str) -> None:
        if self._area:
            self.found[self._area] += data

    def handle_endtag(self, tag: str) -> None:
        self._area = "" if tag == "textarea" else self._area


def test_a_card_that_is_sent_back_untouched_changes_no_byte(approvals_desk: Desk) -> None:
    run, client = asking(approvals_desk), reader()
    asked = approvals_desk.asked(run)
    form = Inputs(client.get(f"/approvals/{asked.pk}/").content.decode()).found
    assert (
        client.post(f"/approvals/{asked.pk}/decide/", {**form, "act": "approve"}).status_code == 302
    )
    asked.refresh_from_db()
    assert (asked.act, asked.decided_args) == ("approve", asked.proposed)
    approvals_desk.bench.play(run)
    [made] = [
        row.record.data["args"]
        for row in stored(run)
        if row.record.kind == "call.intended" and row.record.tool == "pay"
    ]
    assert (made["recipient"], made[NAME]) == (HOSTILE, HOSTILE)


def test_an_edit_of_one_field_leaves_the_others_and_writes_no_rendering(
    approvals_desk: Desk,
) -> None:
    run, client = asking(approvals_desk), reader()
    asked = approvals_desk.asked(run)
    form = Inputs(client.get(f"/approvals/{asked.pk}/").content.decode()).found
    edited = {
        **form,
        "arg-amount": "12.5",
        "arg-recipient": form["arg-recipient"] + "!",
        "act": "approve",
    }
    back = client.post(f"/approvals/{asked.pk}/decide/", edited)
    again = {**Inputs(back.content.decode()).found, "act": "approve"}
    assert client.post(f"/approvals/{asked.pk}/decide/", again).status_code == 302
    asked.refresh_from_db()
    assert asked.decided_args == {**asked.proposed, "amount": 12.5, "recipient": HOSTILE + "!"}


def test_a_prompt_in_the_admin_survives_being_saved_unchanged(approvals_desk: Desk) -> None:
    run, client = asking(approvals_desk), reader()
    page = f"/admin/runs/agent/{run.agent_id}/change/"
    form = Inputs(client.get(page).content.decode()).found
    said = client.post(page, {**form, "ticked": ["get_order"]})
    assert said.status_code == 302, re.findall(r"errorlist.*", said.content.decode())
    assert Agent.objects.get(pk=run.agent_id).prompt.split() == HOSTILE.split()


def test_no_export_of_the_audit_holds_it_raw(approvals_desk: Desk) -> None:
    asking(approvals_desk)
    client = reader()
    for form in ("csv", "json"):
        text = client.post(f"/audit/export.{form}").content.decode()
        assert "kcatta" in text
        assert raw(text.replace("\r\n", "\n")) == [], form


def test_no_message_to_people_outside_holds_it_raw(
    approvals_desk: Desk, mailoutbox: list[EmailMessage], monkeypatch: pytest.MonkeyPatch
) -> None:
    Channel.objects.create(name="desk", kind="email", target="desk@example.com")
    Channel.objects.create(name="chat", kind="webhook", target="http://127.0.0.1:9/hook")
    posted: list[bytes] = []
    monkeypatch.setattr(delivering, "post", lambda channel, body, at, name: posted.append(body))
    asking(approvals_desk)
    at = datetime.now(UTC)
    assert all(delivering.deliver(delivery_id=each, at=at) for each in announcing.gather(at=at))
    [mail] = mailoutbox
    assert "⟨U+202E⟩" in mail.subject
    assert raw(f"{mail.subject}{mail.body}") == []
    assert raw(posted[0].decode()) == []
    assert "\\u27e8U+202E\\u27e9" in posted[0].decode()


def test_no_command_and_no_line_of_the_log_holds_it_raw(caplog: pytest.LogCaptureFixture) -> None:
    ToolPolicy.objects.create(
        name="odd", tool="pay", agent=HOSTILE[:60], verdict="deny", priority=1
    )
    told = StringIO()
    call_command("policy", "list", stdout=told)
    assert "⟨U+202E⟩" in told.getvalue()
    assert raw(told.getvalue()) == []
    try:
        raise ValueError(HOSTILE)
    except ValueError as error:
        logging.getLogger("runs").exception("it said %s and\n%s", error, f"{HOSTILE}\nERROR forged")
    assert raw(caplog.text) == []
    assert "\nERROR forged" not in caplog.text


def test_a_session_approval_shows_it_written_out(approvals_desk: Desk) -> None:
    run = asking(approvals_desk)
    approvals_desk.decide(
        approvals_desk.asked(run), AnswerAct.APPROVE, standing=granting.SessionOffer(2, ())
    )
    text = reader().get("/approvals/standing/").content.decode()
    assert "⟨U+202E⟩" in text
    assert raw(text) == []
