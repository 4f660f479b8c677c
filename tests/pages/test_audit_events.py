"""One event of the audit in full, its big values, and exports of what was found."""

import csv
import io
import json
from pathlib import Path
from uuid import UUID

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.test import Client

from console.journal import append as journal
from console.journal.ledger import HOUSE
from console.journal.records import HOUSE_KEY
from console.pages import exported_file
from tests.journal.ledgers import chain, record, write
from tests.pages.audited import STORY, written_story
from tests.pages.people import person, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(db: None) -> UUID:
    return written_story()


def number_of(run: UUID, seq: int) -> int:
    return journal.read(connection, run)[seq - 1].id


def test_one_event_is_shown_in_full(run: UUID) -> None:
    page = signed_in("operator").get(f"/audit/{number_of(run, 4)}/").content.decode()
    assert "call.returned charge_card" in page
    assert "error, failed" in page
    assert "number 4 of its chain" in page


def test_an_always_hidden_event_is_not_there_for_an_operator(run: UUID) -> None:
    client = signed_in("operator")
    assert client.get(f"/audit/{number_of(run, 2)}/").status_code == 404
    assert client.post(f"/audit/{number_of(run, 2)}/look/").status_code == 404


def test_an_auditor_looks_and_that_is_journalled(run: UUID) -> None:
    client, number = signed_in("auditor"), number_of(run, 2)
    offered = client.get(f"/audit/{number}/")
    assert b"secret" not in offered.content
    before = len(journal.read(connection, HOUSE_KEY))
    shown = client.post(f"/audit/{number}/look/")
    assert b"the secret prompt" in shown.content
    [look] = journal.read(connection, HOUSE_KEY, after=before)
    assert (look.record.kind, look.record.actor, look.record.data["event"]) == (
        "audit.looked",
        "user:some-auditor",
        number,
    )
    assert look.record.correlation_id == STORY


def test_looking_at_what_is_open_to_all_is_not_worth_an_event(run: UUID) -> None:
    before = len(journal.read(connection, HOUSE_KEY))
    assert signed_in("auditor").post(f"/audit/{number_of(run, 1)}/look/").status_code == 200
    assert [
        each
        for each in journal.read(connection, HOUSE_KEY, after=before)
        if each.record.kind == "audit.looked"
    ] == []


def spilled(visible: str) -> int:
    key = chain()
    journal.append(
        connection,
        HOUSE,
        key,
        [record(data={"result": "x" * 100_000}, visibility=visible)],
        epoch=None,
        projection={},
    )
    return number_of(key, 1)


@pytest.mark.parametrize(
    ("group", "visible", "status"),
    [
        ("viewer", "visible", 200),
        ("viewer", "user_hidden", 404),
        ("operator", "user_hidden", 200),
        ("auditor", "always_hidden", 404),
        ("", "visible", 403),
    ],
)
def test_a_big_value_is_for_those_who_may_read_its_event(
    group: str, visible: str, status: int
) -> None:
    response = signed_in(group).get(f"/audit/{spilled(visible)}/result/")
    assert response.status_code == status
    if status == 200:
        assert response.content == b"x" * 100_000
        assert response["Content-Disposition"].startswith("attachment")


def test_a_value_that_is_not_there_is_not_found() -> None:
    assert signed_in("operator").get(f"/audit/{spilled('visible')}/args/").status_code == 404


def test_an_auditor_takes_a_sealed_value_by_looking() -> None:
    response = signed_in("auditor").post(
        f"/audit/{spilled('always_hidden')}/look/", {"value": "result"}
    )
    assert response.content == b"x" * 100_000
    assert journal.read(connection, HOUSE_KEY)[-1].record.kind == "audit.looked"


def test_an_export_holds_what_the_page_shows_and_is_journalled(run: UUID) -> None:
    client = signed_in("auditor")
    whole = json.loads(client.post("/audit/export.json?correlation=3f2a9c1e").content)
    assert ([event["kind"] for event in whole["events"]][:2], whole["hidden"]) == (
        ["run.completed", "run.pause_requested"],
        1,
    )
    assert journal.read(connection, HOUSE_KEY)[-1].record.kind == "audit.exported"
    table = list(
        csv.reader(
            io.StringIO(client.post("/audit/export.csv?correlation=3f2a9c1e").content.decode())
        )
    )
    assert (table[0][0], len(table), table[-1][0]) == (
        "id",
        7,
        "(1 hidden events are not in this file)",
    )


@pytest.mark.parametrize("method", ["get", "head"])
def test_what_fetches_the_address_of_an_export_gets_and_writes_nothing(
    run: UUID, method: str
) -> None:
    before = journal.read(connection, HOUSE_KEY)[-1:]
    assert (
        getattr(signed_in("auditor"), method)("/audit/export.csv?correlation=3f2a9c1e").status_code
        == 405
    )
    assert not [
        each
        for each in journal.read(connection, HOUSE_KEY)[len(before) :]
        if each.record.kind == "audit.exported"
    ]


def test_the_page_offers_its_exports_as_buttons(run: UUID) -> None:
    page = signed_in("auditor").get("/audit/?q=3f2a9c1e").content.decode()
    assert 'formaction="/audit/export.csv?' in page
    assert 'href="/audit/export' not in page


def test_a_spreadsheet_runs_nothing_of_an_export() -> None:
    write(chain(), record(tool="=HYPERLINK()", correlation_id=STORY))
    table = list(
        csv.DictReader(
            io.StringIO(
                signed_in("operator")
                .post("/audit/export.csv?run=&correlation=3f2a9c1e")
                .content.decode()
            )
        )
    )
    assert table[0]["tool"] == "'=HYPERLINK()"


@pytest.mark.parametrize("form", ["xml", "CSV"])
def test_there_is_no_other_export(form: str) -> None:
    assert signed_in("operator").post(f"/audit/export.{form}").status_code == 404


def test_an_export_of_nothing_that_can_be_searched_is_refused() -> None:
    assert signed_in("operator").post("/audit/export.csv?correlation=1").status_code == 400


def test_an_edit_in_the_admin_is_journalled() -> None:
    client = Client()
    boss = person("admin", "boss")
    boss.is_staff = True
    boss.save()
    client.force_login(boss, backend="django.contrib.auth.backends.ModelBackend")
    response = client.post(
        "/admin/auth/user/add/", {"username": "carla", "usable_password": "false", "_save": "Save"}
    )
    assert response.status_code == 302
    written = journal.read(connection, HOUSE_KEY)[-1].record
    assert (written.kind, written.actor, written.data["name"]) == (
        "admin.added",
        "user:boss",
        "carla",
    )


def exported(form: str, folder: Path) -> Path:
    found = signed_in("auditor").post(f"/audit/export.{form}?correlation=3f2a9c1e")
    file = folder / f"audit.{form}"
    file.write_bytes(found.content)
    return file


def checked(file: Path) -> tuple[str, bool]:
    with file.open(encoding="utf-8", newline="") as text:
        rows = exported_file.read(text)
    found = exported_file.held_against(journal.raw_connection(connection), rows)
    return "\n".join(found.lines(9)), found.holds


@pytest.mark.parametrize("character", ["\u202e", "\x7f"])
def test_a_file_is_read_however_much_of_it_cannot_be_seen(tmp_path: Path, character: str) -> None:
    hidden = character * (60_000 // len(character.encode()))
    write(chain(), record(data={"goal": hidden}, correlation_id=STORY))
    told, holds = checked(exported("csv", tmp_path))
    assert holds, told


@pytest.mark.parametrize("form", ["csv", "json"])
def test_an_exported_file_is_held_against_the_chain(run: UUID, form: str, tmp_path: Path) -> None:
    file = exported(form, tmp_path)
    told, holds = checked(file)
    assert (told, holds) == (
        "Holds: 5 rows as the journal has them, in 1 chain that proves.\n" + exported_file.LEFT_OUT,
        True,
    )
    text = file.read_text()
    file.write_text(text.replace("user:bert", "user:anna", 1))
    told, holds = checked(file)
    assert not holds
    assert "what it says is not the journal's: actor" in told


def test_the_page_says_that_a_file_is_not_signed_and_how_it_is_proved(run: UUID) -> None:
    answer = signed_in("auditor").get("/audit/?correlation=3f2a9c1e")
    text = " ".join(answer.content.decode().split())
    assert "Not signed: each row has its digest and its link in the chain, by which" in text


def test_a_file_whose_journal_was_changed_does_not_hold(run: UUID, tmp_path: Path) -> None:
    file = exported("csv", tmp_path)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        changed = "UPDATE journal_event SET tool = 'x' WHERE run = %s AND tool = 'charge_card'"
        cursor.execute(changed, [run])
    told, holds = checked(file)
    assert not holds
    assert "what it says is not the journal's: tool" in told
    assert "the journal itself: event" in told


def test_the_command_says_what_it_found_and_what_is_no_export(tmp_path: Path) -> None:
    other = tmp_path / "other.csv"
    other.write_text("a,b\n1,2\n")
    with pytest.raises(CommandError, match="no export of the audit page: it has no column id"):
        call_command("journal", "check-export", str(other))
    with pytest.raises(CommandError, match="check-export which file"):
        call_command("journal", "check-export")


def test_what_has_no_tokens_exports_none(run: UUID) -> None:
    client = signed_in("auditor")
    text = client.post("/audit/export.csv?correlation=3f2a9c1e").content.decode()
    paused = next(row for row in csv.DictReader(io.StringIO(text)) if "pause" in row["kind"])
    assert (paused["tokens_in"], paused["tokens_out"], paused["usd"]) == ("", "", "")
    assert len(paused["digest"]) == len(paused["link"]) == 64
