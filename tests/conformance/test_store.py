"""What every store of runs does, wherever it keeps them:
fences, order, leases, requests, appends of which nobody knew if they arrived.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from console.journal.encoding import EncodedRow
from runs.engine import events as e
from runs.engine.kept_calls import KeyedCall
from runs.engine.state import RunState
from runs.engine.vocabulary import Control, Outcome, Verdict
from runs.runtime import effect_claims, lease, run_ledger
from runs.runtime.effect_claims import EffectTaken
from runs.runtime.lease import Lease
from runs.runtime.store_port import LeaseLost, Moved, StorePort
from tests.conformance.conftest import Place

AT = datetime(2026, 3, 2, tzinfo=UTC)


def leased(held: Lease) -> e.RunEvent:
    return e.RunLeased(at=AT, owner=held.owner, epoch=held.epoch)


def hint(number: int) -> e.RunEvent:
    return e.HintGiven(at=AT + timedelta(seconds=number), step=0, text=f"hint {number}", rule="r")


def rows(held: Lease, *events: e.RunEvent) -> list[EncodedRow]:
    return run_ledger.rows(events, run_ledger.origin(held))[0]


def taken(place: Place, owner: str = "one") -> Lease:
    held = place.acquire(owner)
    assert held is not None
    return held


def append(
    place: Place,
    held: Lease,
    seq: int,
    *events: e.RunEvent,
    store: StorePort | None = None,
    **facts: Any,
) -> int:
    projection = facts.pop("projection", {})
    last: int = place.play(
        (store or place.store(held)).append(rows(held, *events), seq, projection, **facts)
    )
    return last


def kinds(place: Place, held: Lease) -> list[str]:
    return [row.record.kind for row in place.store(held).read_now(0)]


def shipped(held: Lease, key: str, *, call: str = "1.1", repeats: str = "") -> Sequence[Any]:
    """What a commit that begins this call does beside its events."""
    until = datetime.now(UTC) + timedelta(days=900)
    taken = KeyedCall(key, call, "ship", 1, {}, until=until, repeats=repeats)
    return effect_claims.statements(held.run, RunState(), RunState(effects=(taken,)))


def test_an_effect_is_claimed_by_one_run_with_the_events_that_begin_it(place: Place) -> None:
    held = taken(place)
    first = len(kinds(place, held))
    other = replace(held, run=uuid4())
    one = append(place, held, first, leased(held), beside=shipped(other, "k"))
    with pytest.raises(EffectTaken):
        append(place, held, one, hint(1), beside=shipped(held, "k"))
    assert len(kinds(place, held)) == one
    assert append(place, held, one, hint(1), beside=shipped(held, "another")) == one + 1
    told = shipped(held, "k", repeats=f"{other.run}/1.1")
    assert append(place, held, one + 1, hint(2), beside=told) == one + 2


def test_an_effect_that_was_not_had_is_free_for_every_run(place: Place) -> None:
    held = taken(place)
    first = len(kinds(place, held))
    other = replace(held, run=uuid4())
    append(place, held, first, leased(held), beside=shipped(other, "k"))
    *_, (_, taking) = shipped(other, "k")
    stranger = KeyedCall("k", "7.1", "ship", 7, {}, until=taking[-1])
    not_mine = [effect_claims.free(other.run, stranger)]
    append(place, held, first + 1, hint(1), beside=not_mine)
    with pytest.raises(EffectTaken):
        append(place, held, first + 2, hint(2), beside=shipped(held, "k"))
    mine = [effect_claims.free(other.run, replace(stranger, call="1.1"))]
    append(place, held, first + 2, hint(2), beside=mine)
    last = append(place, held, first + 3, hint(3), beside=shipped(held, "k"))
    assert append(place, held, last, hint(4), beside=shipped(held, "k", call="4.1")) == last + 1


def test_what_made_way_for_an_effect_that_was_not_had_counts_again(place: Place) -> None:
    held = taken(place)
    last = len(kinds(place, held))
    first, second = replace(held, run=uuid4()), replace(held, run=uuid4())
    repeating = shipped(second, "k", repeats=f"{first.run}/1.1")
    failed = [effect_claims.free(second.run, KeyedCall("k", "1.1", "ship", 1, {}))]
    last = append(place, held, last, leased(held), beside=shipped(first, "k"))
    last = append(place, held, last, hint(1), beside=repeating)
    last = append(place, held, last, hint(2), beside=failed)
    with pytest.raises(EffectTaken):
        append(place, held, last, hint(3), beside=shipped(held, "k"))
    told = shipped(held, "k", repeats=f"{first.run}/1.1")
    assert append(place, held, last, hint(3), beside=told) == last + 1


def test_what_made_way_and_was_undone_meanwhile_counts_no_more(place: Place) -> None:
    held = taken(place)
    last = len(kinds(place, held))
    first, second = replace(held, run=uuid4()), replace(held, run=uuid4())
    effect = KeyedCall("k", "1.1", "ship", 1, {})
    repeating = shipped(second, "k", repeats=f"{first.run}/1.1")
    undone = [effect_claims.free(each.run, effect) for each in (first, second)]
    last = append(place, held, last, leased(held), beside=shipped(first, "k"))
    last = append(place, held, last, hint(1), beside=repeating)
    last = append(place, held, last, hint(2), beside=undone)
    assert append(place, held, last, hint(3), beside=shipped(held, "k")) == last + 1


def test_events_are_read_back_in_order_with_their_numbers(place: Place) -> None:
    held = taken(place)
    first = len(kinds(place, held))
    assert append(place, held, first, leased(held), hint(1)) == first + 2
    assert append(place, held, first + 2, hint(2)) == first + 3
    read = place.play(place.store(held).read(first))
    assert [row.seq for row in read] == [first + 1, first + 2, first + 3]
    assert run_ledger.events(read) == [leased(held), hint(1), hint(2)]


def test_many_events_in_one_append_arrive_all_and_in_order(place: Place) -> None:
    held = taken(place)
    hints = [hint(number) for number in range(63)]
    last = append(place, held, 1, leased(held), *hints)
    assert last == 65
    assert run_ledger.events(place.store(held).read_now(2)) == hints


def test_more_events_than_one_statement_takes_arrive_all_or_none(place: Place) -> None:
    held = taken(place)
    hints = [hint(number) for number in range(150)]
    assert append(place, held, 1, leased(held), *hints) == 152
    assert run_ledger.events(place.store(held).read_now(2)) == hints
    with pytest.raises(Moved):
        append(place, held, 1, *hints, projection={"step": 7})
    assert len(place.store(held).read_now(0)) == 152
    assert place.shows("step") == 0


def test_what_believes_in_an_old_seq_changes_nothing(place: Place) -> None:
    held = taken(place)
    append(place, held, 1, leased(held))
    with pytest.raises(Moved):
        append(place, held, 1, hint(1), projection={"step": 7})
    assert kinds(place, held)[-1] == "run.leased"
    assert place.shows("step") == 0


def test_a_worker_whose_epoch_is_over_changes_nothing(place: Place) -> None:
    zombie = taken(place)
    place.expire()
    heir = taken(place, "two")
    assert heir.epoch == zombie.epoch + 1
    with pytest.raises(LeaseLost):
        append(place, zombie, 1, leased(zombie), projection={"step": 7})
    assert kinds(place, heir) == ["run.created"]
    assert place.shows("step") == 0
    append(place, heir, 1, leased(heir))


def test_a_run_in_hand_is_nobody_elses_until_its_lease_is_over(place: Place) -> None:
    held = taken(place)
    assert place.acquire("two") is None
    assert place.unheld() == []
    place.expire()
    assert place.unheld() == []
    assert place.lose_expired() == [place.run]
    assert place.unheld() == [place.run]
    heir = taken(place, "two")
    assert (heir.lost, heir.takes) == (True, held.takes + 1)


def test_a_run_given_back_in_order_was_not_lost(place: Place) -> None:
    held = taken(place)
    place.release(held.epoch)
    heir = taken(place, "two")
    assert (heir.lost, heir.takes) == (False, 1)


def test_whoever_lost_a_run_gives_nothing_back(place: Place) -> None:
    zombie = taken(place)
    place.expire()
    heir = taken(place, "two")
    place.release(zombie.epoch)
    assert place.acquire("three") is None
    assert place.play(place.store(heir).keep("two"))


def test_a_run_that_rests_after_a_failure_is_taken_later_and_known_to_have_been_lost(
    place: Place,
) -> None:
    held = taken(place)
    place.hold_off(held.epoch, lease.TTL)
    assert place.acquire("two") is None
    place.expire()
    assert taken(place, "two").lost


def test_an_expired_lease_that_nobody_took_is_kept_by_renewing_it(place: Place) -> None:
    held = taken(place)
    place.expire()
    assert place.play(place.store(held).keep("one"))
    assert place.acquire("two") is None


def test_a_lease_that_is_anothers_cannot_be_kept(place: Place) -> None:
    held = taken(place)
    place.expire()
    taken(place, "two")
    assert not place.play(place.store(held).keep("one"))
    assert place.renew("one") == []


def test_a_heartbeat_tells_the_epoch_and_what_a_person_control_requests(place: Place) -> None:
    held = taken(place)
    append(place, held, 1, leased(held), projection={"status": "running"})
    assert [(beat.epoch, beat.control) for beat in place.renew("one")] == [(held.epoch, "")]
    place.say([e.KillRequested(at=AT)], control=Control.KILL.value)
    assert [beat.control for beat in place.renew("one")] == ["kill"]


def test_a_persons_word_moves_the_seq_under_a_workers_feet(place: Place) -> None:
    held = taken(place)
    append(place, held, 1, leased(held), projection={"status": "running"})
    place.say([e.PauseRequested(at=AT)], control=Control.PAUSE.value)
    with pytest.raises(Moved):
        append(place, held, 2, hint(1))
    assert append(place, held, 3, hint(1)) == 4


def test_a_waiting_run_is_taken_when_it_wakes_and_a_killed_one_at_once(place: Place) -> None:
    held = taken(place)
    waits = {
        "status": "waiting",
        "wake_at": None,
        "lease_owner": "",
        "lease_expires_at": None,
        "takes": 0,
    }
    append(place, held, 1, leased(held), projection=waits)
    assert place.acquire("two") is None
    place.say([e.KillRequested(at=AT)], control=Control.KILL.value)
    assert place.unheld() == [place.run]
    assert not taken(place, "two").lost


def broken_off(store: StorePort, monkeypatch: pytest.MonkeyPatch, *, arrives: bool) -> list[int]:
    """The first append loses its connection, after or before it arrived."""
    one = store._append
    tries: list[int] = []

    async def lost(written: Sequence[EncodedRow], seq: int, *rest: Any) -> int:
        tries.append(seq)
        if len(tries) > 1:
            return await one(written, seq, *rest)
        if arrives:
            await one(written, seq, *rest)
        raise psycopg.OperationalError("the connection is lost")

    monkeypatch.setattr(store, "_append", lost)
    return tries


@pytest.mark.parametrize("arrives", [True, False])
def test_an_append_whose_connection_was_lost_is_there_once(
    place: Place, monkeypatch: pytest.MonkeyPatch, arrives: bool
) -> None:
    held = taken(place)
    store = place.store(held)
    tries = broken_off(store, monkeypatch, arrives=arrives)
    assert append(place, held, 1, leased(held), hint(1), store=store) == 3
    assert len(tries) == 2
    assert kinds(place, held) == ["run.created", "run.leased", "hint.given"]


def test_anothers_event_is_not_taken_for_our_own_that_arrived(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = taken(place)
    append(place, held, 1, leased(held), projection={"status": "running"})
    store = place.store(held)
    broken_off(store, monkeypatch, arrives=False)
    place.say([e.PauseRequested(at=AT)], control=Control.PAUSE.value)
    with pytest.raises(Moved):
        append(place, held, 2, hint(1), store=store)


def test_what_came_back_late_is_written_although_the_lease_is_over(place: Place) -> None:
    zombie = taken(place)
    append(place, zombie, 1, leased(zombie), projection={"status": "running"})
    place.expire()
    heir = taken(place, "two")
    late = e.CallLate(
        at=AT,
        step=1,
        tool="pay",
        call="1.1",
        epoch=zombie.epoch,
        outcome=Outcome.OK,
        verdict=Verdict.SUCCEEDED,
    )
    place.play(place.store(zombie).late(run_ledger.origin(zombie), late))
    assert kinds(place, heir)[-1] == "call.late"
    assert place.shows("late") == 1
