"""How a tool's calls went, on the Tools page: counted, timed, the last failure in its words for who
may read it; and a tool that an admin leaves out.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from console.journal.models import Event
from console.journal.records import USER_HIDDEN, VISIBLE
from runs.engine import events as e
from runs.engine.vocabulary import Outcome, Verdict, Visibility
from runs.models import McpServer, ServedTool
from runs.reading import own_tools, tool_figures
from runs.reading.tool_figures import NONE_YET, ToolFigures
from runs.tools import registry, seen_tools, sightings
from runs.tools.definitions import Definition
from runs.tools.toolbox import Box
from tests.pages.lives import Life, life
from tests.pages.people import person, signed_in

pytestmark = pytest.mark.django_db
READER = frozenset({VISIBLE, USER_HIDDEN})
LATER = datetime.now(UTC) + timedelta(hours=1)


@pytest.fixture
def shop() -> McpServer:
    server = McpServer.objects.create(name="shop", command="shop-server")
    sightings.seen("shop", [Definition(name, name, {"type": "object"}) for name in ("pay", "look")])
    return server


def called(one: Life, tool: str, seconds: float, **facts: Any) -> None:
    """A call that took so long."""
    one.plan((tool, {}))
    call = one.intend(tool, {})
    told = {"outcome": Outcome.OK, "verdict": Verdict.SUCCEEDED, **facts}
    one.happen(
        e.CallReturned(
            at=one.after(0.1), step=one.state.step, tool=tool, call=call, duration=seconds, **told
        )
    )


@pytest.fixture
def worked() -> None:
    """Twenty calls of one tool, of which two failed."""
    one = life(person("operator", "otto"))
    one.lease()
    for tenth in range(1, 19):
        called(one, "shop.pay", tenth / 10)
    called(one, "shop.pay", 4.0, verdict=Verdict.FAILED, error="the bank is closed")
    called(one, "shop.pay", 9.0, outcome=Outcome.TIMEOUT, error="No answer within 9 s.")
    one.written()


def lately(now: datetime = LATER, clearance: frozenset[str] = READER) -> ToolFigures:
    return tool_figures.lately(clearance, now).get("shop.pay", NONE_YET)


def test_calls_are_counted_and_timed_by_half_and_by_nineteen_of_twenty(worked: None) -> None:
    found = lately()
    assert (found.calls, found.failed) == (20, 2)
    assert (found.p50, found.p95) == (1.0, 4.0)
    assert found.took == "1.0 s / 4.0 s"
    assert found.counted == "20 calls, 2 failed"


def test_the_last_failure_is_told_in_its_words(worked: None) -> None:
    failure = lately().failure
    assert failure is not None
    assert failure.why == "No answer within 9 s."


def test_what_a_reader_may_not_read_is_counted_and_never_told() -> None:
    one = life(person("operator", "otto"))
    one.lease()
    hidden = {"visibility": Visibility.ALWAYS_HIDDEN, "error": "of Rosalind"}
    called(one, "shop.pay", 1.0, verdict=Verdict.FAILED, **hidden)
    one.written()
    found = lately()
    assert (found.calls, found.failed, found.failure) == (1, 1, None)
    assert "Rosalind" not in signed_in("operator").get(reverse("runs:tools")).content.decode()


def test_what_is_older_than_a_week_is_not_counted(worked: None) -> None:
    assert lately(LATER + timedelta(days=8)) == NONE_YET


def test_no_more_than_the_newest_events_are_looked_at(
    worked: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tool_figures, "ROWS", 3)
    assert lately().calls == 1


def test_a_cancelled_call_is_neither_a_success_nor_a_failure() -> None:
    one = life(person("operator", "otto"))
    one.lease()
    called(one, "shop.pay", 1.0, outcome=Outcome.CANCELLED, verdict=Verdict.UNKNOWN)
    one.written()
    assert lately() == NONE_YET


def test_the_figures_cost_two_queries_however_many_tools_there_are(
    worked: None, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(2):
        tool_figures.lately(READER, LATER)


def test_a_tool_without_a_call_has_no_figures() -> None:
    assert (NONE_YET.took, NONE_YET.counted) == ("—", "")


def page(who: Client, q: str = "") -> str:
    answer = who.get(reverse("runs:tools"), {"q": q} if q else {})
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_page_shows_them_beside_the_tool(shop: McpServer, worked: None) -> None:
    shown = page(signed_in("operator"))
    assert "1.0 s / 4.0 s" in shown
    assert "20 calls, 2 failed" in shown
    assert "No answer within 9 s." in shown
    assert "no calls" in shown


def test_own_tools_stand_there_as_their_code_declares_them() -> None:
    name = next(iter(registry.discover()))
    found = {each.spec.name: each for each in own_tools.found("", {name: ToolFigures(7)})}
    assert found.keys() == registry.discover().keys()
    assert found[name].figures.calls == 7
    assert own_tools.found("no such words anywhere", {}) == []
    assert own_tools.found(name.upper(), {})[0].spec.name == name
    shown = page(signed_in("operator"))
    assert "Own tools" in shown
    assert f"<code>{name}</code>" in shown


def leave_out(who: Client, tool: ServedTool, verb: str = "leave_out") -> Any:
    return who.post(reverse(f"runs:tool_{verb}", args=[tool.pk]))


def offered(server: McpServer) -> Box:
    snapshot = {"mcp_servers": [{"name": server.name, "transport": "stdio", "command": "x"}]}
    box = seen_tools.beside(Box([]), snapshot)
    assert isinstance(box, Box)
    return box


def test_a_tool_that_is_left_out_is_offered_to_no_run(shop: McpServer) -> None:
    admin, tool = signed_in("admin"), ServedTool.objects.get(name="pay")
    assert [spec.name for spec in offered(shop).specs()] == ["shop.pay", "shop.look"]
    assert leave_out(admin, tool).status_code == 302
    assert [spec.name for spec in offered(shop).specs()] == ["shop.look"]
    said = "shop.pay is left out: some-admin said that no run is offered it (Tools page)."
    assert offered(shop).withheld == {"shop.pay": said}
    assert sightings.held("shop") == {"pay": said}
    assert Event.objects.filter(kind="tool.left_out", actor="user:some-admin").count() == 1
    assert "Left out" in page(admin)


def test_it_is_offered_again_by_the_same_people(shop: McpServer) -> None:
    admin, tool = signed_in("admin"), ServedTool.objects.get(name="pay")
    assert leave_out(admin, tool, "offer").status_code == 409
    leave_out(admin, tool)
    assert leave_out(admin, tool).status_code == 409
    assert leave_out(admin, tool, "offer").status_code == 302
    assert sightings.held("shop") == {}
    assert Event.objects.filter(kind="tool.offered").count() == 1


def test_an_operator_leaves_nothing_out(shop: McpServer) -> None:
    operator, tool = signed_in("operator"), ServedTool.objects.get(name="pay")
    assert leave_out(operator, tool).status_code == 403
    assert leave_out(operator, tool, "offer").status_code == 403
    assert "Leave it out" not in page(operator)


def test_a_change_that_is_left_out_waits_for_nobody(shop: McpServer) -> None:
    sightings.seen("shop", [Definition("pay", "Pays me.", {"type": "object"})])
    tool, admin = ServedTool.objects.get(name="pay"), signed_in("admin")
    assert "Held until somebody looks" in page(admin)
    assert "Held, since nobody has looked" in admin.get("/health/").content.decode()
    leave_out(admin, tool)
    assert "Held until somebody looks" not in page(admin)
    assert "Held, since nobody has looked" not in admin.get("/health/").content.decode()
    leave_out(admin, tool, "offer")
    assert "Held until somebody looks" in page(admin)


def test_a_long_journal_is_read_by_its_newest_rows_alone() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        text = f"EXPLAIN {tool_figures.COUNTED}"
        cursor.execute(text, {"rows": 5, "since": LATER, "open": list(READER)})
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "journal_event_pkey" in plan
