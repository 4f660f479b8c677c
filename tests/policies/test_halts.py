"""Halt levers: pulled once, with a reason, known to every process within a second, released once,
all of it on the house's chain.
"""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from time import monotonic

import pytest
from django.contrib.auth.models import User
from django.db import connection

from console.journal import append, pool
from console.journal.records import HOUSE_KEY, JournalRecord
from console.live import control
from console.refused import Refused
from policies import current
from policies.current import policy_bundle
from policies.current.policy_bundle import PolicyPart
from policies.current.revision import Revision
from policies.decision import DecisionKind
from policies.halts import halt_levers
from policies.halts.models import Halt
from policies.retries.models import RetryPolicy
from tests.patience import PATIENCE, ended, until

pytestmark = pytest.mark.django_db(transaction=True)
AT = datetime(2026, 11, 20, 14, 2, tzinfo=UTC)
LATER = AT + timedelta(minutes=5)


@pytest.fixture
def anna(transactional_db: None) -> User:
    return User.objects.create_user("anna")


@pytest.fixture(autouse=True)
def _fresh(transactional_db: None) -> Iterator[None]:
    current.forget()
    yield
    current.stop()
    current.forget()
    pool.close()


def pull(
    who: User, reach: str = "irreversible", target: str = "", reason: str = "Refunds go astray"
) -> Halt:
    return halt_levers.pull(reach=reach, target=target, reason=reason, actor=who, at=AT)


def events(kind: str) -> list[JournalRecord]:
    return [
        stored.record for stored in append.read(connection, HOUSE_KEY) if stored.record.kind == kind
    ]


def test_a_pulled_lever_halts_what_it_reaches_until_it_is_released(anna: User) -> None:
    row = pull(anna)
    current.refresh()
    halt = halt_levers.decision("refund-desk", "issue_refund", "irreversible")
    assert halt.kind is DecisionKind.PAUSE
    assert (
        halt.sentence
        == "Halted by anna at 14:02 UTC: Refunds go astray. Everything irreversible is halted."
    )
    assert halt_levers.decision("refund-desk", "get_order", "read").allowed
    halt_levers.release(halt_id=row.pk, actor=anna, at=LATER)
    current.refresh()
    assert halt_levers.decision("refund-desk", "issue_refund", "irreversible").allowed


def test_pulling_and_releasing_are_on_the_houses_chain_with_name_and_reason(anna: User) -> None:
    halt_levers.release(
        halt_id=pull(anna, "agent", " refund-desk  bug-* ").pk,
        actor=anna,
        at=LATER,
        note_="sorted out",
    )
    (pulled,), (released,) = events("halt.pulled"), events("halt.released")
    assert (pulled.actor, pulled.rule, pulled.at) == ("user:anna", "halt:agent", AT)
    assert pulled.data["target"] == "refund-desk bug-*"
    assert (released.data["reason"], released.data["lever"]) == ("sorted out", pulled.data["lever"])


def test_names_of_tools_are_not_in_an_event_that_everybody_reads(anna: User) -> None:
    pull(anna, "tool", "issue_refund")
    pull(anna, "all")
    assert [record.visibility for record in events("halt.pulled")] == ["user_hidden", "visible"]


def test_one_lever_is_pulled_once(anna: User) -> None:
    row = pull(anna)
    with pytest.raises(
        Refused, match=r"on already\. Halted by anna at 14:02 UTC: Refunds go astray\."
    ):
        pull(User.objects.create_user("bert"))
    pull(anna, "tool", "issue_*")
    pull(anna, "tool", "send_*")
    halt_levers.release(halt_id=row.pk, actor=anna, at=LATER)
    pull(anna)
    assert len(halt_levers.load()) == 3


def test_two_people_who_pull_at_the_same_instant_leave_one_lever(anna: User) -> None:
    barrier, told = threading.Barrier(8), list[str]()

    def one() -> None:
        barrier.wait(PATIENCE)
        try:
            told.append(str(pull(anna).pk))
        except Refused as refused:
            told.append(refused.sentence)
        finally:
            connection.close()

    threads = [threading.Thread(target=one) for _ in range(8)]
    for thread in threads:
        thread.start()
    ended(*threads)
    assert len(halt_levers.load()) == 1
    assert sum(word.isdigit() for word in told) == 1
    assert len(told) == 8


@pytest.mark.parametrize(
    ("reach", "target", "reason"),
    [
        ("irreversible", "", " "),
        ("everything", "", "why not"),
        ("tool", " ", "why not"),
        ("agent", "", "why not"),
    ],
)
def test_a_lever_wants_a_reason_and_an_aim(
    anna: User, reach: str, target: str, reason: str
) -> None:
    with pytest.raises(Refused):
        pull(anna, reach, target, reason)
    assert not Halt.objects.exists()


def test_a_lever_is_released_once(anna: User) -> None:
    row = pull(anna)
    halt_levers.release(halt_id=row.pk, actor=anna, at=LATER)
    with pytest.raises(Refused, match="released already, by anna at 14:07 UTC"):
        halt_levers.release(halt_id=row.pk, actor=anna, at=LATER)
    with pytest.raises(Refused, match="no such halt"):
        halt_levers.release(halt_id=0, actor=anna, at=LATER)


def test_a_pull_moves_the_revision_like_every_edit_of_a_policy(anna: User) -> None:
    before = Revision.objects.get().number
    pull(anna)
    assert Revision.objects.get().number > before


@pytest.mark.parametrize("redis", [True, False], ids=["by nudge", "by poll alone"])
def test_a_watching_process_knows_within_a_second(
    anna: User, monkeypatch: pytest.MonkeyPatch, redis: bool
) -> None:
    known, refresh = threading.Event(), current.refresh
    current.bundle()

    def looked() -> bool:
        moved = refresh()
        if not halt_levers.decision("refund-desk", "issue_refund", "irreversible").allowed:
            known.set()
        return moved

    monkeypatch.setattr(policy_bundle, "refresh", looked)
    if not redis:
        monkeypatch.setattr(control, "nudge", lambda channel, payload: 0)
    current.start()

    def took() -> float:
        began = monotonic()
        lever = pull(anna)
        assert known.wait(PATIENCE)
        waited = monotonic() - began
        halt_levers.release(halt_id=lever.pk, actor=anna, at=LATER)
        until(
            lambda: halt_levers.decision("refund-desk", "issue_refund", "irreversible").allowed,
            "the release was never heard of",
        )
        known.clear()
        return waited

    assert any(took() <= 1.0 for _ in range(5)), (
        "not once, though what else keeps the machine busy comes and goes"
    )


def test_a_policy_that_this_version_cannot_read_keeps_no_lever_from_being_in_force(
    anna: User,
) -> None:
    """As somebody leaves it who edits the tables by hand, or goes back to an older version."""
    current.bundle()
    broken = RetryPolicy.objects.create(name="odd")
    RetryPolicy.objects.filter(pk=broken.pk).update(used_up="nonsense")
    lever = pull(anna, "tool", "issue_*")
    with pytest.raises(policy_bundle.PoliciesUnread, match="retries: "):
        current.refresh()
    assert halt_levers.decision("desk", "issue_refund").kind is DecisionKind.PAUSE
    halt_levers.release(halt_id=lever.pk, actor=anna, at=LATER, note_="found")
    with pytest.raises(policy_bundle.PoliciesUnread):
        current.refresh()
    assert halt_levers.decision("desk", "issue_refund").kind is DecisionKind.ALLOW
    broken.delete()
    assert current.refresh()
    assert not current.refresh()


def test_a_lever_waits_for_no_other_kind_of_policy(
    anna: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their table may be locked for a while."""
    current.bundle()
    seen: list[DecisionKind] = []

    def slow() -> dict[str, str]:
        seen.append(halt_levers.decision("desk", "issue_refund").kind)
        return {}

    monkeypatch.setitem(
        policy_bundle._offered, "a table that is locked", PolicyPart("a table that is locked", slow)
    )
    pull(anna, "all")
    assert current.refresh()
    assert seen == [DecisionKind.PAUSE]
