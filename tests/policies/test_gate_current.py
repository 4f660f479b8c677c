"""The policies a process knows: read once, read anew when somebody edits them, by whatever way, and
never by half.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from django.db import connection

from policies import current
from policies.current import policy_bundle
from policies.decision import DecisionKind
from policies.gate import rows as tool_policies
from policies.gate.models import ToolPolicy
from policies.thresholds.models import Thresholds
from tests.patience import PATIENCE, ended, until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _afresh() -> Iterator[None]:
    current.forget()
    yield
    current.stop()
    current.forget()


def eventually(true: Callable[[], bool]) -> bool:
    return until(true, "no watcher noticed the edit")


def verdict(name: str) -> DecisionKind | None:
    policy = tool_policies.in_force().named(name)
    return policy.verdict if policy else None


def test_asking_again_reads_nothing(django_assert_num_queries: Callable[[int], object]) -> None:
    current.bundle()
    with django_assert_num_queries(0):  # type: ignore[attr-defined]  # a context manager
        started = time.thread_time()
        for _ in range(10_000):
            current.bundle()
    assert (time.thread_time() - started) / 10_000 < 5e-6


def test_a_look_that_finds_nothing_new_keeps_what_is_compiled() -> None:
    before = tool_policies.in_force()
    assert not current.refresh()
    assert tool_policies.in_force() is before


@pytest.mark.parametrize(
    "edit",
    [
        lambda: ToolPolicy.objects.filter(name="reads").update(verdict="deny"),
        lambda: ToolPolicy.objects.get(name="reads").delete(),
        lambda: ToolPolicy.objects.bulk_create([ToolPolicy(name="new")]),
        lambda: Thresholds.objects.filter(kind="loops").update(changes={"pause": 0.61}),
        lambda: connection.cursor().execute(
            "UPDATE policies_toolpolicy SET enabled = false WHERE name = 'reads'"
        ),
    ],
    ids=["update", "delete", "bulk", "thresholds", "sql"],
)
def test_whatever_way_it_was_edited_the_next_look_finds_it(edit: Callable[[], object]) -> None:
    current.bundle()
    edit()
    assert current.refresh()


def test_a_process_that_watches_hears_of_an_edit_at_once() -> None:
    current.start()
    current.start()
    assert verdict("reads") is DecisionKind.ALLOW
    policy = ToolPolicy.objects.get(name="reads")
    policy.verdict = "deny"
    policy.save()
    assert eventually(lambda: verdict("reads") is DecisionKind.DENY)


def test_an_edit_that_nobody_announced_is_noticed_all_the_same() -> None:
    current.start()
    assert verdict("reads") is DecisionKind.ALLOW
    ToolPolicy.objects.filter(name="reads").update(verdict="deny")
    assert eventually(lambda: verdict("reads") is DecisionKind.DENY)


def test_the_first_question_may_come_from_an_event_loop() -> None:
    async def ask() -> DecisionKind | None:
        return verdict("reads")

    assert asyncio.run(ask()) is DecisionKind.ALLOW


def test_many_threads_that_ask_first_get_one_bundle() -> None:
    found: list[current.Bundle] = []
    gate = threading.Barrier(8, timeout=PATIENCE)

    def ask() -> None:
        gate.wait()
        found.append(current.bundle())
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    ended(*threads)
    assert len({id(bundle) for bundle in found}) == 1


def test_a_part_offered_later_is_read_too() -> None:
    current.bundle()
    part = current.offer("test", lambda: 42)
    try:
        assert current.bundle().get(part) == 42
        assert verdict("reads") is DecisionKind.ALLOW
    finally:
        policy_bundle._offered.pop("test")


def test_a_policy_whose_words_nobody_knows_denies_what_it_is_for_and_harms_no_other() -> None:
    ToolPolicy.objects.filter(name="reads").update(verdict="ask", condition="args.n < 2")
    assert current.refresh()
    policy = tool_policies.in_force().named("reads")
    assert policy is not None
    assert (policy.verdict, policy.condition) == (DecisionKind.DENY, "")
    assert policy.sentence == (
        "The policy reads cannot be read ('ask' is not a valid DecisionKind): what it is for is"
        " denied."
    )
