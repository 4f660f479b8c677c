"""The names of runs that are not over lead to them, and to no others: before and after a round of
the index, after an end and a new beginning, for whoever may see what has the name.
"""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from django.contrib.auth.models import User
from django.db import connection

from console.journal import append as journal
from console.journal import content_condition, content_index, content_words, visibility
from console.journal.content_search import Ways
from console.journal.content_tail import ContentTail
from console.journal.models import ChainName, IndexedEvent
from console.journal.records import USER_HIDDEN, VISIBLE
from runs import run_erasure
from runs.engine import events as e
from runs.engine.vocabulary import StopReason, Waiting
from runs.language import grammar
from runs.models import Run
from runs.runtime.run_ledger import RUNS
from runs.search import runs_asked, runs_led
from runs.search.asker import Asker
from tests.journal.ledgers import chain, record, write
from tests.pages.lives import Life, life
from tests.pages.people import person

pytestmark = pytest.mark.django_db
SEES, SEES_LESS = frozenset({VISIBLE, USER_HIDDEN}), frozenset({VISIBLE})


@pytest.fixture(autouse=True)
def leading_to_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """No newest event leads to a run: each is found by its names, or by a look into it."""
    monkeypatch.setattr(runs_led, "LED_AT_ONCE", 0)


def somebody(group: str) -> User:
    name = f"a-{group}"
    return User.objects.filter(username=name).first() or person(group, name)


def calling(tool: str = "issue_refund") -> Life:
    one = life(somebody("operator"), "Answer")
    one.lease()
    one.step(tool)
    one.written()
    return one


def ended(one: Life) -> Life:
    one.stop(StopReason.BUDGET_EXCEEDED, "50 of 50 steps")
    one.written()
    return one


def listed(text: str, group: str = "operator") -> set[UUID]:
    who = somebody(group)
    asker = Asker(who.pk, visibility.clearance_of(who), datetime.now(UTC))
    return {run.pk for run in runs_asked.found(grammar.parse(text), asker).page().runs}


def perhaps(*ways: tuple[tuple[str, str], ...], clearance: frozenset[str] = SEES) -> set[UUID]:
    """Which runs may have an event that fits one of the ways, by their names."""
    found = content_condition.perhaps(ways, clearance, ContentTail())
    return set(Run.objects.filter(found).values_list("pk", flat=True))


def named(tool: str) -> Ways:
    return ((("tool", tool),),)


def kept() -> set[tuple[UUID, int]]:
    return set(ChainName.objects.values_list("chain", "key"))


def indexed() -> None:
    content_index.go_round(5)


@pytest.mark.parametrize("rounds", [0, 1])
def test_a_run_is_found_by_the_name_that_it_got_a_moment_ago(rounds: int) -> None:
    one = calling("get_order")
    indexed()
    one.step("issue_refund")
    one.written()
    for _ in range(rounds):
        indexed()
    assert listed("tool:issue_refund") == listed("tool:get_order") == {one.run.pk}
    assert listed("tool:issue_*") == listed("tool:issue_refund verdict:succeeded") == {one.run.pk}


def test_only_runs_that_have_the_name_are_looked_into() -> None:
    one, other = calling("issue_refund"), calling("get_order")
    indexed()
    assert perhaps(*named("issue_refund")) == {one.run.pk}
    assert perhaps(*named("issue_refund"), *named("get_order")) == {one.run.pk, other.run.pk}
    assert perhaps((("tool", "issue_refund"), ("verdict", "succeeded"))) == {one.run.pk}
    assert perhaps((("tool", "issue_refund"), ("verdict", "failed"))) == set()


def test_words_keep_no_run_out() -> None:
    both = {calling("issue_refund").run.pk, calling("get_order").run.pk}
    indexed()
    assert perhaps(((content_words.WORD, "zanzibar"),)) == both
    assert perhaps((("tool", "get_order"), (content_words.WORD, "zanzibar"))) < both
    assert perhaps() == both


def test_while_there_are_events_that_nobody_has_read_no_run_is_kept_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one, other = calling(), calling("get_order")
    monkeypatch.setattr("console.journal.content_tail.TAIL", 1)
    assert perhaps(*named("issue_refund")) == {one.run.pk, other.run.pk}
    assert listed("tool:issue_refund") == {one.run.pk}


def test_of_a_run_that_is_over_no_name_is_kept_and_it_is_found() -> None:
    one = calling()
    indexed()
    assert {run for run, _ in kept()} == {one.run.pk}
    ended(one)
    assert listed("tool:issue_refund") == {one.run.pk}
    indexed()
    assert kept() == set()
    assert listed("tool:issue_refund") == {one.run.pk}


@pytest.mark.parametrize("rounds", [0, 1])
def test_a_run_that_goes_on_after_its_end_is_found_by_all_of_its_names(rounds: int) -> None:
    one = ended(calling())
    indexed()
    one.happen(
        e.RunExtended(at=one.after(1), actor="user:otto", limit="steps", value="99", was="50")
    )
    assert one.written().status == "queued"
    for _ in range(rounds):
        indexed()
    assert listed("status:live tool:issue_refund") == {one.run.pk}
    assert listed("status:live kind:run.extended") == {one.run.pk}


def test_made_anew_the_names_are_the_same() -> None:
    going, over = calling(), ended(calling("get_order"))
    indexed()
    going.step("get_order")
    going.written()
    indexed()
    before = kept()
    content_index.rebuild()
    assert kept() == set()
    assert listed("tool:get_order") == {going.run.pk, over.run.pk}
    indexed()
    assert kept() == before != set()


def test_what_was_erased_and_retired_leaves_no_name() -> None:
    erased, going = calling(), calling()
    indexed()
    erased.stop()
    erased.erased()
    indexed()
    assert {run for run, _ in kept()} == {going.run.pk}
    assert listed("tool:issue_refund") == {erased.run.pk, going.run.pk}
    ended(going)  # and no round has met that
    for each in (erased, going):
        run_erasure.retire(run_id=each.run.pk, actor="user:ada", reason="old", at=each.after(1))
    assert kept() == set()
    indexed()
    assert kept() == set()


@pytest.mark.parametrize("rounds", [0, 1])
def test_who_may_not_see_an_event_is_not_led_to_its_run(rounds: int) -> None:
    one = calling()
    for _ in range(rounds):
        indexed()
    assert listed("tool:issue_refund", "viewer") == set()
    assert listed("tool:issue_refund", "operator") == {one.run.pk}
    indexed()
    assert perhaps(*named("issue_refund"), clearance=SEES_LESS) == set()
    assert perhaps((("kind", "run.created"),), clearance=SEES_LESS) == {one.run.pk}


def test_a_guarded_event_names_its_tool_only_to_those_who_see_tools() -> None:
    one = life(somebody("operator"), "Answer")
    one.lease()
    one.happen(
        e.RunWaiting(at=one.after(1), waiting_for=Waiting.APPROVAL, why="issue_refund needs a yes")
    )
    one.written()
    indexed()
    for seen in (SEES, SEES_LESS):
        assert perhaps((("kind", "run.waiting"),), clearance=seen) == {one.run.pk}


def test_a_chain_that_is_no_run_and_what_is_always_hidden_have_no_names() -> None:
    write(chain(), record(visibility=VISIBLE))
    one = calling()
    hidden = record(tool="secret_tool", visibility="always_hidden")
    journal.append(connection, RUNS, one.run.pk, [hidden], epoch=None, projection={})
    indexed()
    assert IndexedEvent.objects.count() > 0
    assert {run for run, _ in kept()} == {one.run.pk}
    assert perhaps(*named("secret_tool"), clearance=SEES | {"always_hidden"}) == set()


def test_a_name_is_looked_up_by_its_index() -> None:
    indexed()
    condition = content_condition.perhaps(named("issue_refund"), SEES, ContentTail())
    sql, params = Run.objects.filter(condition).order_by().values("pk").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {sql}", params)
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "Index Only Scan using journal_named_pkey" in plan or "Bitmap Index Scan" in plan, plan
