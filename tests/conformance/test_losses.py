"""What becomes of leases whose worker is lost, wherever runs are kept: who is blamed, who is a
suspect, who may take it next.
"""

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from runs.engine import events as e
from runs.runtime import blame, run_ledger
from runs.runtime.blame import Loss
from runs.runtime.lease import Lease
from tests.conformance.conftest import Place

AT = datetime(2026, 3, 2, tzinfo=UTC)
KILLED = Loss("ended: SIGKILL", "no more")
ASKED = Loss("ended: exit code 0", blame=False)
IN_HAND = {"status": "running", "takes": 0}
CALLING = {**IN_HAND, "phase": "calling", "tool": "pay"}


def taken(place: Place, owner: str = "one", showing: Mapping[str, object] = IN_HAND) -> Lease:
    """The run in a worker's hands, with its row as given."""
    held = place.acquire(owner)
    assert held is not None
    rows, _ = run_ledger.rows(
        [e.RunLeased(at=AT, owner=owner, epoch=held.epoch)], run_ledger.origin(held)
    )
    store = place.store(held)
    place.play(store.append(rows, len(store.read_now(0)), dict(showing)))
    place.play(store.let_go())
    return held


def lost(place: Place, times: int, showing: Mapping[str, object] = CALLING) -> None:
    for number in range(times):
        taken(place, f"worker {number}", showing)
        assert place.lose(f"worker {number}", KILLED) == [place.run]


def test_what_a_lost_worker_held_is_free_at_once_and_says_what_became_of_it(place: Place) -> None:
    taken(place, showing=CALLING)
    assert place.unheld() == []
    place.lose("one", KILLED)
    heir = taken(place, "two")
    assert (heir.lost, heir.blamed, heir.crashes) == (True, True, 1)
    assert (heir.after, heir.words) == ("ended: SIGKILL, with pay at work", "no more")


def test_a_worker_that_holds_nothing_loses_nothing(place: Place) -> None:
    taken(place)
    assert place.lose("another", KILLED) == []
    assert place.acquire("two") is None


def test_a_worker_that_was_asked_to_end_says_nothing_against_its_runs(place: Place) -> None:
    taken(place, showing=CALLING)
    place.lose("one", ASKED)
    heir = taken(place, "two")
    assert (heir.lost, heir.blamed, heir.crashes, heir.suspect) == (True, False, 0, False)


def test_a_loss_that_does_not_count_takes_back_that_the_run_was_taken(place: Place) -> None:
    held = place.acquire("one")
    assert held is not None
    place.lose("one", ASKED)
    assert place.shows("takes") == 0


def test_the_second_loss_in_a_row_makes_a_suspect_which_is_taken_by_those_alone_who_have_room(
    place: Place,
) -> None:
    lost(place, 1)
    assert (place.shows("suspect"), place.suspects()) == (False, [])
    lost(place, 1)
    assert (place.shows("suspect"), place.suspects(), place.unheld()) == (True, [place.run], [])
    assert place.acquire("two", suspects=False) is None
    held = place.acquire("two")
    assert held is not None
    assert (held.suspect, held.crashes) == (True, 2)


def test_losses_of_which_nobody_knows_why_make_a_suspect_in_the_end(place: Place) -> None:
    lost(place, blame.MANY, {**IN_HAND, "phase": "planning"})
    assert (place.shows("crashes"), place.shows("suspect")) == (blame.MANY, True)


@pytest.mark.parametrize("seen", [True, False])
def test_a_lease_that_ran_out_counts_like_a_loss_whether_or_not_somebody_saw_it(
    place: Place, seen: bool
) -> None:
    taken(place, showing=CALLING)
    place.expire()
    if seen:
        place.lose_expired()
    heir = taken(place, "two")
    assert (heir.lost, heir.blamed, heir.crashes) == (True, True, 1)
    assert heir.after == f"{blame.UNSEEN.after}, with pay at work"


def test_a_worker_that_takes_again_what_it_lost_in_its_sleep_has_a_new_epoch(place: Place) -> None:
    held = taken(place)
    place.expire()
    again = place.acquire("one")
    assert again is not None
    assert (again.epoch, again.lost) == (held.epoch + 1, True)
